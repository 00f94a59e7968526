"""A timeline as rows of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wyckoff.chart.labels import price_text
from wyckoff.replay.entry import EntryKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from wyckoff.replay.entry import Entry

#: Headings of :func:`row`; ``>`` marks numbers.
HEADINGS: Final = (">bar", "known", "said", "what", "range", "scale", "of", ">price", ">conf.", ">lag", "reason")
_SAID: Final = {
    EntryKind.RANGE: "range",
    EntryKind.REVISION: "range is",
    EntryKind.EVENT: "event",
    EntryKind.EVENT_WITHDRAWN: "withdrawn",
    EntryKind.PHASE: "phase",
    EntryKind.PATTERN: "pattern",
    EntryKind.PATTERN_WITHDRAWN: "withdrawn",
    EntryKind.SIGNAL: "signal",
    EntryKind.REJECTION: "refused",
}
_SHORT_ID: Final = 6
_MEASURED_SHOWN: Final = 3
_PARTS_SHOWN: Final = 2


def short_id(range_id: str) -> str:
    """The part of an id that tells the ranges of one timeline apart for a person."""
    return range_id[:_SHORT_ID]


def said_text(entry: Entry) -> str:
    """What kind of thing was said, in a word or two."""
    return f"refused by {entry.stage}" if entry.stage else _SAID[entry.kind]


def row(entry: Entry, date: Callable[[int], str]) -> tuple[str, ...]:
    """Texts under :data:`HEADINGS`; ``date`` gives the text of a bar's time."""
    return (
        str(entry.known_at_index),
        date(entry.known_at_index),
        said_text(entry),
        entry.what,
        short_id(entry.range_id),
        entry.scale,
        date(entry.bar_index) if entry.lag_bars else "",
        "" if entry.price is None else price_text(entry.price),
        "" if entry.confidence is None else str(entry.confidence),
        str(entry.lag_bars),
        _short(entry),
    )


def _short(entry: Entry) -> str:
    """The reason, of an event and a revision only what comes first: all of it is in the other forms."""
    if entry.kind is EntryKind.EVENT:
        return ", ".join(entry.reason.split(", ")[:_MEASURED_SHOWN])
    return "; ".join(entry.reason.split("; ")[:_PARTS_SHOWN]) if entry.kind is EntryKind.REVISION else entry.reason
