"""What was begun and what has ended, for tests of traces inside one process."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from wyckoff.telemetry.settings import TelemetrySettings
from wyckoff.telemetry.setup import setup_telemetry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opentelemetry.context import Context

WAIT_S = 20


class SpanBook(SpanProcessor):
    """Keeps every span. Only for spans of one thread."""

    def __init__(self) -> None:
        self.started: list[Span] = []
        self.ended: list[ReadableSpan] = []
        self._changed = asyncio.Event()

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        self.started.append(span)

    def on_end(self, span: ReadableSpan) -> None:
        self.ended.append(span)
        self._changed.set()

    @property
    def open_count(self) -> int:
        return len(self.started) - len(self.ended)

    async def all_ended(self, count: int) -> list[ReadableSpan]:
        """Every span, once there are ``count`` and none is open."""
        async with asyncio.timeout(WAIT_S):
            while len(self.ended) < count or self.open_count:
                self._changed.clear()
                await self._changed.wait()
        return list(self.ended)

    def named(self, name: str, kind: str = "INTERNAL") -> ReadableSpan:
        """The one span of that name and kind that has ended."""
        (found,) = [span for span in self.ended if span.name == name and span.kind.name == kind]
        return found


@contextmanager
def watching(settings: TelemetrySettings | None = None) -> Iterator[SpanBook]:
    """Traces of this process into a book."""
    book = SpanBook()
    telemetry = setup_telemetry("test", settings or TelemetrySettings(), logs=False, span_processors=[book])
    try:
        yield book
    finally:
        telemetry.shutdown()


def parent_id(span: ReadableSpan) -> int | None:
    return None if span.parent is None else span.parent.span_id


def span_id(span: ReadableSpan) -> int:
    assert span.context is not None
    number: int = span.context.span_id
    return number
