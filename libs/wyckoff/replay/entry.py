"""One thing said."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

#: ``what`` of the entry of kind phase that says that a structure is no more.
FAILED: Final = "failed"


class EntryKind(StrEnum):
    """What an entry tells. At one bar entries stand in this order, which is that of cause and consequence."""

    RANGE = "range"
    REVISION = "revision"
    EVENT = "event"
    EVENT_WITHDRAWN = "event-withdrawn"
    PHASE = "phase"
    PATTERN = "pattern"
    PATTERN_WITHDRAWN = "pattern-withdrawn"
    SIGNAL = "signal"
    REJECTION = "rejection"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing said at the close of bar ``known_at_index`` about bar ``bar_index``.

    ``what`` is its short name: the side of a range, its status, an event, a phase, a pattern with its direction.
    ``stage`` is the step of the risk chain that refused a set-up, empty otherwise. ``price`` is None for what has no
    single price, ``confidence`` (0-100) None for what has none. ``scale`` is that of the range: minor, intermediate or
    major. A withdrawal is about the bar of what it takes back.
    """

    known_at_index: int
    kind: EntryKind
    bar_index: int
    range_id: str
    scale: str
    what: str
    price: float | None = None
    confidence: int | None = None
    stage: str = ""
    reason: str = ""

    @property
    def lag_bars(self) -> int:
        """Bars from the one described to the one at whose close this was said."""
        return self.known_at_index - self.bar_index
