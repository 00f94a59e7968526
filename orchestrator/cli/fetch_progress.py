"""Progress of `wyckoff fetch`: a bar a symbol under way, and one for all of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from wyckoff.market.file_columns import iso_ms

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import Console
    from rich.progress import TaskID

    from wyckoff.market.provider import FetchReport, FetchRequest


class FetchProgress:
    """Bars on standard error; nothing where that is no terminal."""

    def __init__(self, console: Console, symbols: int) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[item]}", markup=False),
            console=console,
            transient=True,
            disable=not console.is_terminal,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._all = self._progress.add_task("symbols", total=symbols, item="")

    def begin(self, request: FetchRequest) -> SymbolProgress:
        """A bar for one symbol; how far it is goes by time, as the number of its bars is not known."""
        total = None if request.start_ms is None else request.end_ms - request.start_ms
        task = self._progress.add_task(request.symbol, total=total, item="")
        return SymbolProgress(self._progress, task, self._all, request)

    def stop(self) -> None:
        """Out of the way for good."""
        self._progress.stop()

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()


class SymbolProgress:
    """The bar of one symbol."""

    def __init__(self, progress: Progress, task: TaskID, whole: TaskID, request: FetchRequest) -> None:
        self._progress, self._task, self._whole, self._request = progress, task, whole, request

    def page(self, report: FetchReport) -> None:
        """Another page is stored."""
        if not report.last_time:
            return
        reached = min(iso_ms(report.last_time), self._request.end_ms)
        start = self._request.start_ms if self._request.start_ms is not None else iso_ms(report.first_time)
        self._progress.update(
            self._task,
            total=max(1, self._request.end_ms - start),
            completed=max(0, reached - start),
            item=f"{report.bar_count:,} bars to {datetime.fromtimestamp(reached / 1000, tz=UTC).date()}",
        )

    def end(self) -> None:
        """The symbol is done, one way or the other."""
        self._progress.remove_task(self._task)
        self._progress.advance(self._whole)
