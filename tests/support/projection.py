"""What a full run would have said at an earlier bar: the yardstick of the replay tests.

A result is cut at bar k: what became known later is dropped, what was withdrawn later stands again, and the few
fields that are documented as *as of the last bar* are set back from the history that the result carries.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wyckoff.model.kinds import EventStatus, Phase, RangeStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wyckoff.model.patterns import Pattern
    from wyckoff.model.phases import PhaseReading, PhaseSegment, StructureEvent
    from wyckoff.model.ranges import TradingRange, Zone

_INSIDE: Final = (RangeStatus.FORMING, RangeStatus.ACTIVE)


def ranges_as_of(ranges: Sequence[TradingRange], bar_index: int) -> tuple[TradingRange, ...]:
    """Ranges as a run on the bars up to ``bar_index`` gives them, but for the visits of their zones.

    ``touch_count`` and ``status`` of a zone carry no history; compare them with :func:`without_zone_visits`.
    """
    return tuple(_range_as_of(item, bar_index) for item in ranges if item.known_at_index <= bar_index)


def without_zone_visits(ranges: Sequence[TradingRange]) -> tuple[TradingRange, ...]:
    """The ranges with the visits of all zones forgotten."""
    return tuple(replace(item, zones=tuple(_forget_visits(zone) for zone in item.zones)) for item in ranges)


def phases_as_of(
    phases: Sequence[PhaseReading], ranges: Sequence[TradingRange], bar_index: int
) -> tuple[PhaseReading, ...]:
    """Readings as a run on the bars up to ``bar_index`` gives them, but for ``sub_phase``, which is emptied.

    ``ranges`` are those of the full run, in the order of the readings.
    """
    return tuple(
        _reading_as_of(reading, bar_index)
        for reading, item in zip(phases, ranges, strict=True)
        if item.known_at_index <= bar_index
    )


def without_sub_phase(phases: Sequence[PhaseReading]) -> tuple[PhaseReading, ...]:
    """The readings with the sub-phase, which moves with every bar, forgotten."""
    return tuple(replace(reading, sub_phase="") for reading in phases)


def patterns_as_of(patterns: Sequence[Pattern], bar_index: int) -> tuple[Pattern, ...]:
    """Patterns as a run on the bars up to ``bar_index`` gives them."""
    return tuple(
        replace(item, withdrawn_at_index=None, reason="")
        if item.withdrawn_at_index is not None and item.withdrawn_at_index > bar_index
        else item
        for item in patterns
        if item.known_at_index <= bar_index
    )


def _range_as_of(item: TradingRange, bar_index: int) -> TradingRange:
    revisions = tuple(revision for revision in item.revisions if revision.known_at_index <= bar_index)
    status = revisions[-1].status
    # Until a range is left it reaches to the last bar.
    end = bar_index if status in _INSIDE else item.end_index
    zones = tuple(zone for zone in item.zones if zone.known_at_index <= bar_index)
    return replace(item, end_index=end, status=status, zones=zones, revisions=revisions)


def _forget_visits(zone: Zone) -> Zone:
    return replace(zone, touch_count=0, status=type(zone.status).FRESH)


def _reading_as_of(reading: PhaseReading, bar_index: int) -> PhaseReading:
    states = tuple(state for state in reading.states if state.known_at_index <= bar_index)
    failed = reading.failed_at_index if (reading.failed_at_index or bar_index) <= bar_index else None
    return replace(
        reading,
        side=states[-1].side if states else reading.side,
        phase=states[-1].phase if states else Phase.UNSPECIFIED,
        sub_phase="",
        confidence=states[-1].confidence if states else 0,
        segments=reading.segments if failed is not None else _segments_as_of(reading.segments, bar_index),
        events=tuple(_event_as_of(event, bar_index) for event in reading.events if event.known_at_index <= bar_index),
        states=states,
        failed_at_index=failed,
        failure_reason="" if failed is None else reading.failure_reason,
    )


def _event_as_of(event: StructureEvent, bar_index: int) -> StructureEvent:
    if event.withdrawn_at_index is None or event.withdrawn_at_index <= bar_index:
        return event
    return replace(event, status=EventStatus.CONFIRMED, withdrawn_at_index=None, reason="")


def _segments_as_of(segments: Sequence[PhaseSegment], bar_index: int) -> tuple[PhaseSegment, ...]:
    """The segments known by then; the last of them had no successor yet and reached to the last bar."""
    known = [segment for segment in segments if segment.known_at_index <= bar_index]
    return (*known[:-1], *(replace(segment, end_index=bar_index) for segment in known[-1:]))
