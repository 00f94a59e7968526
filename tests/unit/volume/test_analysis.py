from __future__ import annotations

import functools
import operator

import numpy as np
import pytest

from services.volume.analysis import analyze_volume
from services.volume.baseline import trailing_count, trailing_sums
from services.volume.config import VolumeSettings
from wyckoff.market.bars import Bars, make_bars
from wyckoff.model.kinds import EffortResult
from wyckoff.schematics import random_walk

SETTINGS = VolumeSettings()
DAY_MS = 86_400_000


def _bars(volume: list[float], spread: list[float] | None = None, close: list[float] | None = None) -> Bars:
    """Bars around 100 with the given volumes and spreads; closes at the middle when not given."""
    count = len(volume)
    half = np.asarray(spread if spread is not None else [2.0] * count) / 2.0
    closes = np.asarray(close if close is not None else [100.0] * count)
    middle = np.full(count, 100.0)
    return make_bars("T", "1d", np.arange(count) * DAY_MS, middle, middle + half, middle - half, closes, volume)


def _known(bars: Bars) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.asarray(bars.volume > 0)


def test_ratio_is_to_the_mean_of_the_twenty_bars_before() -> None:
    bars = _bars([10.0] * 20 + [25.0, 10.0])
    ratio = analyze_volume(bars, _known(bars), SETTINGS).volume_ratio
    assert np.isnan(ratio[:20]).all()
    assert ratio[20] == 2.5
    assert ratio[21] == pytest.approx(10.0 / 10.75)


def test_a_constant_baseline_gives_exact_ratios() -> None:
    bars = _bars([0.1] * 20 + [0.1 * 1.5], [0.3] * 20 + [0.3])
    result = analyze_volume(bars, _known(bars), SETTINGS)
    assert result.spread_ratio[20] == 1.0
    assert result.volume_ratio[20] >= 1.5


def test_unknown_volume_is_null_and_stays_out_of_the_baseline() -> None:
    bars = _bars([10.0] * 10 + [0.0] * 10 + [20.0, 0.0])
    result = analyze_volume(bars, _known(bars), SETTINGS)
    assert result.volume_ratio[20] == 2.0
    assert np.isnan(result.volume_ratio[21])
    assert result.effort(21) is EffortResult.NORMAL


def test_a_known_zero_volume_is_a_ratio_of_zero() -> None:
    bars = _bars([10.0] * 20 + [0.0])
    result = analyze_volume(bars, np.ones(21, dtype=np.bool_), SETTINGS)
    assert result.volume_ratio[20] == 0.0


@pytest.mark.parametrize("count", [21, 22, 40, 300])
def test_baselines_add_up_one_bar_after_another(count: int) -> None:
    values = np.exp(np.random.default_rng(count).normal(size=(2, count)) * 5)
    total = trailing_sums(values, 20)
    assert np.isnan(total[:, :20]).all()
    for row, sums in zip(values.tolist(), total.tolist(), strict=True):
        assert sums[20:] == [functools.reduce(operator.add, row[i - 20 : i]) for i in range(20, count)]


@pytest.mark.parametrize("count", [5, 19, 20, 21, 22, 60])
def test_known_bars_are_counted_over_the_window(count: int) -> None:
    known = np.random.default_rng(count).random(count) < 0.5
    found = np.broadcast_to(trailing_count(known, 20), count)
    assert [found[i] for i in range(20, count)] == [known[i - 20 : i].sum() for i in range(20, count)]
    assert trailing_count(np.ones(count, dtype=np.bool_), 20) == 20.0


def test_nothing_known_gives_no_ratio() -> None:
    bars = _bars([0.0] * 30)
    result = analyze_volume(bars, _known(bars), SETTINGS)
    assert np.isnan(result.volume_ratio).all()
    assert np.isnan(analyze_volume(bars, np.ones(30, dtype=np.bool_), SETTINGS).volume_ratio).all()


def test_flat_bars_have_spread_ratio_zero_and_close_in_the_middle() -> None:
    bars = _bars([10.0] * 22, [0.0] * 22)
    result = analyze_volume(bars, _known(bars), SETTINGS)
    assert result.spread_ratio[21] == 0.0
    assert (result.close_position == 0.5).all()


def test_a_huge_volume_leaves_no_trace_in_later_baselines() -> None:
    bars = _bars([1e18] + [0.5] * 40)
    assert analyze_volume(bars, _known(bars), SETTINGS).volume_ratio[30] == 1.0


def test_true_range_counts_the_gap() -> None:
    bars = _bars([10.0] * 21, close=[100.0] * 19 + [104.0, 100.0])
    plain = analyze_volume(bars, _known(bars), SETTINGS)
    gap = analyze_volume(bars, _known(bars), SETTINGS, true_range=True)
    assert plain.spread_ratio[20] == 1.0
    assert gap.spread_ratio[20] == 2.5


@pytest.mark.parametrize(
    ("volume", "spread", "close", "expected"),
    [
        (2.0, 1.0, 100.0, EffortResult.CLIMACTIC),
        (1.99, 1.0, 100.0, EffortResult.NORMAL),
        (1.5, 1.5, 100.0, EffortResult.CLIMACTIC),
        (1.49, 1.5, 100.0, EffortResult.NORMAL),
        (1.4, 0.8, 100.0, EffortResult.ABSORPTION),
        (1.4, 0.81, 100.0, EffortResult.NORMAL),
        (2.5, 0.9, 100.0, EffortResult.NORMAL),
        (0.6, 0.8, 100.1, EffortResult.NO_DEMAND),
        (0.6, 0.8, 99.9, EffortResult.NO_SUPPLY),
        (0.61, 0.8, 99.9, EffortResult.NORMAL),
    ],
)
def test_effort_classes_include_their_bounds(
    volume: float, spread: float, close: float, expected: EffortResult
) -> None:
    bars = _bars([100.0] * 20 + [100.0 * volume], [10.0] * 20 + [10.0 * spread], [100.0] * 20 + [close])
    assert analyze_volume(bars, _known(bars), SETTINGS).effort(20) is expected


@pytest.mark.parametrize("count", [1, 19, 20, 21])
def test_short_series_are_answered(count: int) -> None:
    bars = _bars([5.0] * count)
    result = analyze_volume(bars, _known(bars), SETTINGS)
    assert len(result.effort_code) == count
    assert np.isfinite(result.volume_ratio).sum() == max(0, count - 20)


def test_shapes_must_agree() -> None:
    bars = _bars([5.0] * 3)
    with pytest.raises(ValueError, match="volume_known has shape"):
        analyze_volume(bars, np.ones(2, dtype=np.bool_), SETTINGS)


def test_scaling_volume_changes_no_ratio() -> None:
    bars = random_walk(5, 300)
    scaled = make_bars("T", "1d", bars.open_time_ms, bars.open, bars.high, bars.low, bars.close, bars.volume * 1024.0)
    known = _known(bars)
    before, after = analyze_volume(bars, known, SETTINGS), analyze_volume(scaled, known, SETTINGS)
    assert np.array_equal(before.volume_ratio, after.volume_ratio, equal_nan=True)
