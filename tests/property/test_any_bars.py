"""What holds for every series of bars that passes the data gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings

from tests.support.pipeline import StageResults, run_stages
from tests.support.strategies import arbitrary_bars, structures
from wyckoff.market.bars import make_bars
from wyckoff.model.kinds import Direction
from wyckoff.model.volume import EFFORT_ORDER
from wyckoff.schematics import LabelledSeries, random_walk, schematic
from wyckoff.schematics.noise import business_days_ms

if TYPE_CHECKING:
    from wyckoff.market.bars import Bars

WARM_UP_BARS = 20


def check_volume(found: StageResults) -> None:
    count, volume = len(found.bars), found.volume
    assert np.isnan(volume.volume_ratio[:WARM_UP_BARS]).all()
    assert np.isnan(volume.spread_ratio[:WARM_UP_BARS]).all()
    assert np.isnan(volume.volume_ratio[found.bars.volume == 0]).all()
    for column in (volume.volume_ratio, volume.spread_ratio, volume.close_position, volume.effort_code):
        assert column.shape == (count,)
    assert (np.nan_to_num(volume.volume_ratio, nan=1.0) > 0).all()
    assert np.isfinite(volume.volume_ratio[~np.isnan(volume.volume_ratio)]).all()
    assert ((volume.close_position >= 0) & (volume.close_position <= 1)).all()
    assert ((volume.effort_code >= 1) & (volume.effort_code <= len(EFFORT_ORDER))).all()


def check_ranges(found: StageResults) -> None:
    last = len(found.bars) - 1
    for item in found.ranges:
        assert 0 <= item.start_index <= item.known_at_index <= last
        assert item.start_index <= item.end_index <= last
        assert 0 < item.ice < item.creek
        assert item.revisions[0].known_at_index == item.known_at_index
        known = [revision.known_at_index for revision in item.revisions]
        assert known == sorted(known)
        assert known[-1] <= last
        for revision in item.revisions:
            assert 0 <= revision.quality.score <= 100
            assert 0 <= revision.ice_strength <= 100
            assert 0 <= revision.creek_strength <= 100
            assert revision.jump_down is None or 0 < revision.jump_down < item.ice
            assert revision.jump_up is None or revision.jump_up > item.creek
        for zone in item.zones:
            assert 0 <= zone.bar_index <= zone.known_at_index <= last
            assert zone.low <= zone.high
    assert len({item.range_id for item in found.ranges}) == len(found.ranges)


def check_phases(found: StageResults) -> None:
    last = len(found.bars) - 1
    ranges = {item.range_id for item in found.ranges}
    for reading in found.phases:
        assert reading.range_id in ranges
        assert 0 <= reading.confidence <= 100
        for segment in reading.segments:
            assert 0 <= segment.start_index <= segment.end_index <= last
        for state in reading.states:
            assert 0 <= state.start_index <= state.known_at_index <= last
            assert 0 <= state.confidence <= 100
    for event in found.events:
        assert 0 <= event.bar_index <= event.known_at_index <= last
        assert 0 <= event.confidence <= 100
        assert found.bars.low.min() <= event.price * (1 + 1e-9)
        assert event.price * (1 - 1e-9) <= found.bars.high.max()
        assert event.withdrawn_at_index is None or event.known_at_index <= event.withdrawn_at_index <= last


def check_patterns(found: StageResults) -> None:
    last = len(found.bars) - 1
    ranges = {item.range_id for item in found.ranges}
    for item in found.patterns:
        assert item.range_id in ranges
        assert 0 <= item.bar_index <= item.known_at_index <= last
        assert 0 <= item.confidence <= 100
        stop, entry, target = item.stop_loss, item.entry_price, item.target_price
        assert min(stop, entry, target) > 0
        assert stop < entry if item.direction is Direction.LONG else stop > entry
        # A target that price has passed already gives a reward below 0, which the risk stage refuses.
        assert item.r_multiple == pytest.approx((target - entry) / (entry - stop))
    assert len({item.pattern_id for item in found.patterns}) == len(found.patterns)


def check(bars: Bars) -> StageResults:
    found = run_stages(bars)
    assert found.failed == ()
    check_volume(found)
    check_ranges(found)
    check_phases(found)
    check_patterns(found)
    return found


@settings(max_examples=400)
@given(bars=arbitrary_bars)
def test_no_stage_fails_on_arbitrary_bars(bars: Bars) -> None:
    check(bars)


@given(series=structures)
def test_what_is_said_of_structures_is_consistent(series: LabelledSeries) -> None:
    found = check(series.bars)
    assert found.ranges
    assert found.events


@pytest.mark.parametrize("count", [1, 2, 3, 19, 20, 21, 40])
def test_short_series_have_nothing_to_say(count: int) -> None:
    found = check(schematic("accumulation", shakeout=True, noise=0.5, seed=1).bars.head(count))
    assert (found.ranges, found.phases, found.patterns) == ((), (), ())


@pytest.mark.parametrize("volume", [0.0, 1000.0])
@pytest.mark.parametrize("count", [1, 2, 50, 300])
def test_constant_bars_have_nothing_to_say(count: int, volume: float) -> None:
    flat = np.full(count, 42.0)
    bars = make_bars("FLAT", "1d", business_days_ms(count), flat, flat, flat, flat, np.full(count, volume))
    found = check(bars)
    assert (found.ranges, found.phases, found.patterns) == ((), (), ())


def test_fifty_thousand_bars_are_read_to_the_end() -> None:
    found = check(random_walk(4, 50_000))
    assert found.ranges
    assert max(item.known_at_index for item in found.ranges) > 45_000
    assert len(found.volume.volume_ratio) == 50_000


def test_without_volume_nothing_is_known_of_it() -> None:
    bars = schematic("accumulation", shakeout=True, noise=0.5, seed=1).bars
    blind = make_bars("BLIND", "1d", bars.open_time_ms, bars.open, bars.high, bars.low, bars.close, np.zeros(len(bars)))
    found = check(blind)
    assert np.isnan(found.volume.volume_ratio).all()
    said = [event.evidence for event in found.events] + [pattern.evidence for pattern in found.patterns]
    of_volume = [fact for evidence in said for fact in evidence if "volume" in fact.name]
    assert of_volume
    assert [fact for fact in of_volume if fact.value is not None or fact.met is not None] == []
