"""Phases of a labelled structure, from its events."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from wyckoff.model.kinds import EventType, Phase

if TYPE_CHECKING:
    from wyckoff.schematics.series import Label, LabelledSeries

_STOPPING: Final = frozenset({EventType.SC, EventType.BC})
_TESTING: Final = frozenset({EventType.SPRING, EventType.UTAD, EventType.TEST})
_LEAVING: Final = frozenset({EventType.SOS, EventType.SOW})
_LAST: Final = frozenset({EventType.LPS, EventType.LPSY})


def phases_of(series: LabelledSeries) -> list[tuple[Phase, int, int]]:
    """Phase, first and last bar, in order.

    Each phase begins at its first event: A at the climax (or the start of the range), B after the secondary test,
    C at the shake-out or the last test, D at the breakout, E after the pullback. A structure that breaks ends there.
    """
    starts: dict[int, Phase] = {}
    current = Phase.UNSPECIFIED
    if not any(label.type in _STOPPING for label in series.events):
        current = starts[series.range_start] = Phase.B
    for label in _outer_events(series):
        phase, at = _begun(label.type, label.bar_index, current)
        if phase is not current:
            current = starts[at] = phase
    end = len(series.bars) - 1 if series.broken_at is None else series.broken_at
    return [(starts[first], first, after - 1) for first, after in pairwise([*sorted(starts), end + 1])]


def _outer_events(series: LabelledSeries) -> list[Label]:
    """Events by bar, without those of smaller ranges within the structure."""
    inner = [item for item in series.more_ranges if series.range_start < item.start and item.end < series.range_end]
    ordered = sorted(series.events, key=lambda label: label.bar_index)
    return [label for label in ordered if not any(item.start <= label.bar_index <= item.end for item in inner)]


def _begun(kind: EventType, bar_index: int, current: Phase) -> tuple[Phase, int]:
    if kind in _STOPPING:
        return Phase.A, bar_index
    if kind is EventType.ST and current is Phase.A:
        return Phase.B, bar_index + 1
    if kind in _TESTING and current in (Phase.B, Phase.E):
        return Phase.C, bar_index
    if kind in _LEAVING and current is not Phase.E:
        return Phase.D, bar_index
    if kind in _LAST:
        return Phase.E, bar_index + 1
    return current, bar_index
