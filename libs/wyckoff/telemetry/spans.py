"""Steps of the work as spans; next to nothing while traces are off."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

import structlog

from wyckoff.telemetry.observers import current_watch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

#: Attribute of every span below one that has it, baggage between processes, field of log lines.
CORRELATION_ID: Final = "correlation_id"


class Span(Protocol):
    """A step that is being recorded, or not."""

    def set(self, name: str, value: str | int | float | bool) -> None:
        """Add an attribute."""
        ...

    def fail(self, text: str) -> None:
        """Mark the step as failed. A step that ends by an exception is marked without this."""
        ...


class OpenedSpan(Span, Protocol):
    """A span that begins and ends with a block."""

    def __enter__(self) -> Span: ...

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any, /) -> None: ...  # noqa: ANN401


class _Off:
    """A step while traces are off."""

    __slots__ = ()

    def set(self, name: str, value: str | int | float | bool) -> None:
        """Nobody listens."""

    def fail(self, text: str) -> None:
        """Nobody listens."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Nothing was opened."""


OFF: Final = _Off()


def span(name: str, **attributes: str | int | float | bool) -> AbstractContextManager[Span]:
    """A step as a span: child of the current one, current until its block ends.

    ``correlation_id`` among the attributes also goes to every span below it, those of other processes included.
    """
    open_span = current_watch().open_span
    return OFF if open_span is None else open_span(name, attributes)


@contextmanager
def analysis_span(symbol: str, timeframe: str, correlation_id: str) -> Iterator[Span]:
    """``orchestrator.analyze_symbol``: all that is called, logged or done in the block carries the correlation id."""
    with (
        structlog.contextvars.bound_contextvars(correlation_id=correlation_id),
        span(
            "orchestrator.analyze_symbol", symbol=symbol, timeframe=timeframe, correlation_id=correlation_id
        ) as current,
    ):
        yield current


def stage_ended(stage: str, *, success: bool, execution_time_ms: float) -> None:
    """Count a stage that has run."""
    stages = current_watch().stages
    if stages is not None:
        stages.stage_ended(stage, success=success, seconds=execution_time_ms / 1000)


def live_lag(seconds: float) -> None:
    """Tell how long stored bars waited until what was found in them was recorded."""
    live = current_watch().live
    if live is not None:
        live.live_lag(max(0.0, seconds))
