"""Where the command writes: results to standard output, messages and progress to standard error."""

from __future__ import annotations

from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TextIO

from google.protobuf import json_format
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.message import Message

EXIT_OK: Final = 0
EXIT_FAILURE: Final = 1
EXIT_BAD_INPUT: Final = 2

#: Columns of a table that goes to a file or a pipe.
_PIPE_WIDTH: Final = 140


class OutputFormat(StrEnum):
    """How results are printed."""

    TABLE = "table"
    JSON = "json"


def results_console(file: TextIO | None = None, *, width: int | None = None) -> Console:
    """Standard output unless ``file`` is given. Text is printed as it is: brackets in it are no markup."""
    console = Console(file=file, highlight=False, markup=False, emoji=False, width=width)
    if width is None and not console.is_terminal:
        console.width = _PIPE_WIDTH
    return console


def messages_console() -> Console:
    """Standard error."""
    return Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)


def say(console: Console, message: str) -> None:
    """One message, marked as the command's own."""
    console.print(f"wyckoff: {message}")


def json_line(message: Message) -> str:
    """Proto JSON on one line: snake_case names, enum names, fields at their default included."""
    return json_format.MessageToJson(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True, indent=None
    )


class ProgressBar:
    """A bar on standard error while something is done to ``total`` items; nothing where that is no terminal."""

    def __init__(self, console: Console, title: str, total: int) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[item]}", markup=False),
        )
        # redirecting would send results to standard error
        self._progress = Progress(
            *columns,
            console=console,
            transient=True,
            disable=not console.is_terminal,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task = self._progress.add_task(title, total=total, item="")

    def advance(self, item: str) -> None:
        """One more is done; ``item`` was it."""
        self._progress.update(self._task, advance=1, item=item)

    @contextmanager
    def shown(self) -> Iterator[ProgressBar]:
        """The bar, from here to the end of the block."""
        with self._progress:
            yield self

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Out of the way while something else is printed."""
        self._progress.stop()
        try:
            yield
        finally:
            self._progress.start()
