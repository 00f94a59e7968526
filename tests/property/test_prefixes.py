"""Later bars add to what was said, they never change it: any prefix says what the full run said by then."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.pipeline import StageResults, run_stages
from tests.support.strategies import arbitrary_bars, structures
from wyckoff.model.kinds import EventStatus

if TYPE_CHECKING:
    from wyckoff.market.bars import Bars
    from wyckoff.model.patterns import Pattern
    from wyckoff.model.phases import StructureEvent
    from wyckoff.schematics import LabelledSeries

shares = st.floats(0.02, 1.0)


def event_by(event: StructureEvent, last: int) -> StructureEvent:
    """The event without a withdrawal that came after bar ``last``."""
    if event.withdrawn_at_index is None or event.withdrawn_at_index <= last:
        return event
    return replace(event, status=EventStatus.CONFIRMED, withdrawn_at_index=None, reason="")


def pattern_by(pattern: Pattern, last: int) -> Pattern:
    """The pattern without a withdrawal that came after bar ``last``."""
    if pattern.withdrawn_at_index is None or pattern.withdrawn_at_index <= last:
        return pattern
    return replace(pattern, withdrawn_at_index=None, reason="")


def said_by(found: StageResults, last: int) -> dict[str, Any]:
    """All that was said up to the close of bar ``last``, without what holds for the last bar only."""
    ranges = [item for item in found.ranges if item.known_at_index <= last]
    known = {item.range_id for item in ranges}
    return {
        "ranges": {
            item.range_id: (
                replace(item, end_index=0, status=item.revisions[0].status, zones=(), revisions=()),
                tuple(revision for revision in item.revisions if revision.known_at_index <= last),
            )
            for item in ranges
        },
        "zones": {
            (item.range_id, zone.type, zone.bar_index, zone.known_at_index, zone.low, zone.high)
            for item in ranges
            for zone in item.zones
            if zone.known_at_index <= last
        },
        "events": {
            reading.range_id: [event_by(event, last) for event in reading.events if event.known_at_index <= last]
            for reading in found.phases
            if reading.range_id in known
        },
        "states": {
            reading.range_id: [state for state in reading.states if state.known_at_index <= last]
            for reading in found.phases
            if reading.range_id in known
        },
        "patterns": [pattern_by(item, last) for item in found.patterns if item.known_at_index <= last],
    }


def check_prefix(bars: Bars, share: float) -> None:
    count = max(1, int(len(bars) * share))
    full, early = run_stages(bars), run_stages(bars.head(count))
    for name in ("volume_ratio", "spread_ratio", "close_position", "effort_code"):
        np.testing.assert_array_equal(getattr(full.volume, name)[:count], getattr(early.volume, name))
    assert said_by(early, count - 1) == said_by(full, count - 1)


@given(series=structures, share=shares)
def test_prefixes_of_structures(series: LabelledSeries, share: float) -> None:
    check_prefix(series.bars, share)


@settings(max_examples=200)
@given(bars=arbitrary_bars, share=shares)
def test_prefixes_of_arbitrary_bars(bars: Bars, share: float) -> None:
    check_prefix(bars, share)
