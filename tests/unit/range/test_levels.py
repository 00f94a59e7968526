from __future__ import annotations

import math

import numpy as np
import pytest

from services.range.config import RangeSettings
from services.range.jump import jump_down, jump_factor, jump_of, jump_up
from services.range.levels import Level, Touch, Volumes, volume_trend
from services.range.pivots import PivotSearch
from services.range.quality import range_quality
from wyckoff.model.kinds import Side

NAN = math.nan


def _touches(volumes: list[float], *, gap: int = 10, rejection: float = 0.7, price: float = 4.6) -> list[Touch]:
    return [Touch(gap * k, price, volume, rejection) for k, volume in enumerate(volumes)]


def test_pivots_are_strict_on_both_sides() -> None:
    low = np.array([5.0, 4.0, 3.0, 2.0, 1.0, 2.0, 3.0, 4.0, 5.0, 1.0, 1.0, 5.0])
    assert PivotSearch(low + 1.0, low).find(3).lows == (4,)
    assert PivotSearch(low[:7] + 1.0, low[:7]).find(4).lows == ()


@pytest.mark.parametrize("count", [0, 1, 10])
def test_too_few_bars_have_no_pivot(count: int) -> None:
    values = np.arange(count, dtype=np.float64)
    assert PivotSearch(values, values).find(5).highs == ()


@pytest.mark.parametrize(("bars", "factor"), [(14, 0.0), (15, 2.0), (24, 2.0), (25, 2.5), (39, 2.5), (40, 3.0)])
def test_jump_factor_steps_with_duration(bars: int, factor: float) -> None:
    assert jump_factor(bars, RangeSettings()) == factor


def test_jump_projects_the_width() -> None:
    assert jump_up(100.0, 110.0, 3.0) == 140.0
    assert jump_down(100.0, 110.0, 2.0) == 80.0
    assert jump_of(Side.DISTRIBUTION, 100.0, 110.0, 2.0) == 80.0
    assert jump_of(Side.UNDETERMINED, 100.0, 110.0, 2.0) == 130.0


def test_a_downward_jump_stays_above_zero() -> None:
    assert 0.0 < jump_down(1.0, 2.0, 3.0) == 0.125


@pytest.mark.parametrize(
    ("volumes", "expected"),
    [([2.0, 1.0], 0.5), ([1.0, NAN, 1.0], 1.0), ([NAN, NAN], None), ([1.0], None), ([0.0, 1.0], None)],
)
def test_volume_trend_leaves_unknown_volumes_out(volumes: list[float], expected: float | None) -> None:
    assert volume_trend(volumes) == expected


def test_volumes_tell_the_trend_of_every_first_part() -> None:
    bars, ratios = [3, 8, 9, 12], [2.0, 1.0, 1.0, 4.0]
    volumes = Volumes(bars, ratios)
    for last in range(15):
        known = [ratio for bar, ratio in zip(bars, ratios, strict=True) if bar <= last]
        assert volumes.trend(last) == volume_trend(known)
        assert math.isnan(volumes.trend(last, fewest=3) or 0.0) == (len(known) < 3)


def test_strength_adds_touches_trend_rejection_and_hold() -> None:
    assert Level(_touches([2.0, 2.0, 1.0, 1.0, 1.0])).strength == 40 + 30 + 20 + 10
    assert Level(_touches([NAN, NAN], gap=5, rejection=0.29)).strength == 10 + 15 + 5 + 2
    assert Level(_touches([1.0, 2.0], gap=5, rejection=0.5)).strength == 10 + 0 + 15 + 2
    assert Level().strength == 0


def test_quality_adds_duration_touches_tightness_and_volume() -> None:
    four = Level(_touches([1.0] * 4))
    quality = range_quality(40, four, four, (0.5, 1.0), 0.01)
    assert (quality.duration, quality.touches, quality.tightness, quality.volume) == (30, 30, 20, 15)
    assert quality.score == 95


def test_quality_of_a_young_untouched_range_is_low() -> None:
    quality = range_quality(9, Level(), Level(), (NAN, NAN), 0.01)
    assert (quality.duration, quality.touches, quality.tightness, quality.volume) == (0, 5, 0, 0)


def test_a_wild_instrument_is_tight_on_its_own_terms() -> None:
    wide = Level([Touch(0, 4.600, 1.0, 0.5), Touch(9, 4.625, 1.0, 0.5)])
    assert range_quality(40, wide, wide, (NAN, NAN), 0.015).tightness == 10
    assert range_quality(40, wide, wide, (NAN, NAN), 0.030).tightness == 20
