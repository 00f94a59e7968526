from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from services.range.config import RangeSettings
from services.range.detect import detect_ranges
from services.volume.analysis import analyze_volume
from services.volume.config import VolumeSettings
from wyckoff.market.bars import Bars, make_bars
from wyckoff.model.kinds import RangeStatus, Side
from wyckoff.schematics import random_walk, schematic

if TYPE_CHECKING:
    from wyckoff.model.ranges import TradingRange

SETTINGS = RangeSettings()


def _ranges(bars: Bars, settings: RangeSettings = SETTINGS) -> tuple[TradingRange, ...]:
    volume = analyze_volume(bars, np.asarray(bars.volume > 0), VolumeSettings())
    result = detect_ranges(bars, volume, settings)
    assert result.failed == ()
    return result.ranges


def _swing(count: int) -> Bars:
    """Price swings between 95 and 105 every 20 bars, with no trend before and nothing loud."""
    at = np.arange(count)
    close = 100.0 + 5.0 * np.sin(at * 2.0 * np.pi / 20.0) + 0.01 * np.sin(at * 1.7)
    return make_bars("SWING", "1d", at * 86_400_000, close, close + 0.5, close - 0.5, close, np.full(count, 1000.0))


@pytest.fixture(scope="module")
def labelled() -> TradingRange:
    series = schematic("accumulation", shakeout=True, noise=0.5, seed=11)
    found = [item for item in _ranges(series.bars) if abs(item.start_index - series.range_start) <= 3]
    (item,) = found
    height = series.resistance - series.support
    assert abs(item.ice - series.support) < 0.15 * height
    assert abs(item.creek - series.resistance) < 0.15 * height
    return item


def test_a_range_is_anchored_on_its_climax(labelled: TradingRange) -> None:
    assert labelled.side is Side.ACCUMULATION
    assert labelled.start_index == labelled.climax_index
    assert labelled.climax_price is not None
    assert labelled.climax_price < labelled.ice < labelled.creek
    assert labelled.jump == labelled.creek + 2.0 * (labelled.creek - labelled.ice)


def test_revisions_tell_the_life_of_a_range(labelled: TradingRange) -> None:
    revisions = labelled.revisions
    assert revisions[0].known_at_index == labelled.known_at_index
    known = [revision.known_at_index for revision in revisions]
    assert known == sorted(set(known))
    statuses = list(dict.fromkeys(revision.status for revision in revisions))
    assert statuses == [RangeStatus.FORMING, RangeStatus.ACTIVE, RangeStatus.BREAKOUT, RangeStatus.COMPLETED]
    assert {15, 25, 40} <= {revision.duration_bars for revision in revisions}
    assert labelled.status is revisions[-1].status


def test_targets_come_with_duration(labelled: TradingRange) -> None:
    width = labelled.creek - labelled.ice
    for revision in labelled.revisions:
        if revision.duration_bars < 15:
            assert revision.jump_up is None
            assert revision.jump_factor == 0.0
        else:
            assert revision.jump_up == pytest.approx(labelled.creek + revision.jump_factor * width)


def test_a_range_without_a_climax_is_undetermined() -> None:
    items = _ranges(_swing(150))
    assert items
    first = items[0]
    assert first.side is Side.UNDETERMINED
    assert first.climax_index is None
    assert first.known_at_index >= first.start_index + SETTINGS.min_cluster_bars
    assert 94.0 < first.ice < 95.5
    assert 104.5 < first.creek < 106.0


def test_a_replaced_range_is_archived() -> None:
    found = [item for seed in range(8) for item in _ranges(random_walk(seed, 800))]
    archived = [item for item in found if item.status is RangeStatus.ARCHIVED]
    assert archived
    for item in archived:
        assert item.revisions[-1].status is RangeStatus.ARCHIVED
        assert item.revisions[-1].reason


def test_zones_are_narrow_and_loud() -> None:
    bars = random_walk(2, 800)
    volume = analyze_volume(bars, np.asarray(bars.volume > 0), VolumeSettings())
    zones = [zone for item in detect_ranges(bars, volume, SETTINGS).ranges for zone in item.zones]
    assert zones
    for zone in zones:
        assert volume.volume_ratio[zone.bar_index] >= SETTINGS.zone_volume_ratio
        assert volume.spread_ratio[zone.bar_index] <= SETTINGS.zone_spread_ratio
        assert zone.known_at_index >= zone.bar_index
        assert 40 <= zone.significance <= 100


def test_identity_is_content() -> None:
    bars = schematic("accumulation", shakeout=True, noise=0.5, seed=11).bars
    again = _ranges(bars)
    assert [item.range_id for item in _ranges(bars)] == [item.range_id for item in again]
    assert len({item.range_id for item in again}) == len(again)


@pytest.mark.parametrize("count", [1, 2, 11, 21])
def test_short_series_have_no_range(count: int) -> None:
    assert _ranges(random_walk(1, 60).head(count)) == ()


@pytest.mark.parametrize("price", [1e-6, 1.0, 1e9])
def test_flat_prices_have_no_range(price: float) -> None:
    flat = np.full(300, price)
    bars = make_bars("FLAT", "1d", np.arange(300) * 86_400_000, flat, flat, flat, flat, np.zeros(300))
    assert _ranges(bars) == ()


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_scaling_prices_changes_no_range(factor: float) -> None:
    bars = schematic("accumulation", shakeout=True, noise=0.8, seed=12).bars
    open_, high, low, close = (column * factor for column in (bars.open, bars.high, bars.low, bars.close))
    scaled = make_bars(bars.symbol, bars.timeframe, bars.open_time_ms, open_, high, low, close, bars.volume)
    before, after = _ranges(bars), _ranges(scaled)
    assert [(r.range_id, r.known_at_index, r.end_index, r.status) for r in before] == [
        (r.range_id, r.known_at_index, r.end_index, r.status) for r in after
    ]
    assert [r.ice * factor for r in before] == pytest.approx([r.ice for r in after])


def test_the_volume_analysis_must_be_of_the_same_bars() -> None:
    bars = random_walk(1, 60)
    volume = analyze_volume(bars.head(50), np.ones(50, dtype=np.bool_), VolumeSettings())
    with pytest.raises(ValueError, match="50 values for 60 bars"):
        detect_ranges(bars, volume, SETTINGS)
