"""How long after its bar each kind of thing was said."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final

from wyckoff.replay.entry import EntryKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wyckoff.replay.entry import Entry

#: What describes an earlier bar; the others are about the bar at which they are said.
_LAGGING: Final = (EntryKind.RANGE, EntryKind.EVENT, EntryKind.PATTERN)


@dataclass(frozen=True, slots=True)
class Lag:
    """Lag in bars of everything of one kind and name."""

    kind: EntryKind
    what: str
    count: int
    median_bars: float
    longest_bars: int


def lags(entries: Iterable[Entry]) -> tuple[Lag, ...]:
    """Lags of ranges, events and patterns by name, in that order."""
    groups: dict[tuple[EntryKind, str], list[int]] = {}
    for entry in entries:
        if entry.kind in _LAGGING:
            groups.setdefault((entry.kind, entry.what), []).append(entry.lag_bars)
    order = sorted(groups, key=lambda group: (_LAGGING.index(group[0]), group[1]))
    return tuple(Lag(*group, len(groups[group]), median(groups[group]), max(groups[group])) for group in order)
