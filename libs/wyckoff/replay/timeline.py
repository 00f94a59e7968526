"""The timeline of an analysis: one entry for everything that was said, at the bar at which it became known."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wyckoff.replay.entry import Entry, EntryKind
from wyckoff.replay.readers import read_phases, read_ranges, read_trades

if TYPE_CHECKING:
    from wyckoff.orchestrator.v1.orchestrator_pb2 import Analysis

_RANK: Final = {kind: rank for rank, kind in enumerate(EntryKind)}


@dataclass(frozen=True, slots=True)
class Timeline:
    """Entries in the order in which they were said. The order depends on nothing said later."""

    symbol: str
    timeframe: str
    bar_count: int
    entries: tuple[Entry, ...]

    def until(self, bar_index: int) -> tuple[Entry, ...]:
        """What had been said at the close of ``bar_index``."""
        return self.entries[: bisect_right(self.entries, bar_index, key=lambda entry: entry.known_at_index)]


def build_timeline(analysis: Analysis) -> Timeline:
    """The timeline of ``analysis``.

    One analysis of all bars is enough, because it carries for each item when it became known and whether it was taken
    back since; :func:`wyckoff.replay.verify.verify` proves that against analyses of fewer bars.
    """
    said = (*read_ranges(analysis), *read_phases(analysis), *read_trades(analysis))
    return Timeline(analysis.symbol, analysis.timeframe, analysis.bar_count, tuple(sorted(said, key=_order)))


def _order(entry: Entry) -> tuple[int, int, int, str, str, str]:
    return entry.known_at_index, _RANK[entry.kind], entry.bar_index, entry.range_id, entry.what, entry.reason
