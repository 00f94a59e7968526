from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from wyckoff.market.activity import RANGE_DEVIATION_FLOOR, measure_activity, trailing_z, volatility_unit
from wyckoff.market.mirror import log_bars
from wyckoff.schematics import mirrored_bars, random_walk

if TYPE_CHECKING:
    from wyckoff.market.bars import FloatArray


def _z(values: FloatArray, deviation_floor: float) -> FloatArray:
    """Against the 120 values before."""
    (z,) = trailing_z(values[None], 120, np.array([deviation_floor]))
    return np.asarray(z)


def test_the_unit_is_the_mean_range_before_the_bar() -> None:
    unit = volatility_unit(np.array([0.02] * 150 + [0.5]))
    assert unit == pytest.approx(0.02)


def test_the_unit_of_flat_prices_can_divide() -> None:
    assert (volatility_unit(np.zeros(30)) > 0.0).all()
    assert len(volatility_unit(np.zeros(0))) == 0


def test_z_is_against_the_values_before() -> None:
    values = np.array([1.0, 3.0] * 60 + [4.0])
    assert _z(values, 0.1)[120] == pytest.approx(2.0)


def test_z_needs_twenty_known_values() -> None:
    values = np.array([1.0] * 20 + [2.0, np.nan, 2.0])
    z = _z(values, RANGE_DEVIATION_FLOOR)
    assert np.isnan(z[:20]).all()
    assert z[20] == pytest.approx(1.0 / RANGE_DEVIATION_FLOOR)
    assert np.isnan(z[21])
    assert np.isnan(_z(np.full(40, np.nan), 0.1)).all()


def test_a_long_calm_does_not_make_small_moves_loud() -> None:
    values = np.array([1.0] * 200 + [1.03])
    assert _z(values, 0.15)[200] == pytest.approx(0.2)


def test_activity_is_the_same_on_mirrored_bars() -> None:
    bars = random_walk(3, 300)
    known = np.asarray(bars.volume > 0)
    upright = measure_activity(log_bars(bars, mirrored=False), bars.volume, known)
    reflected = measure_activity(log_bars(mirrored_bars(bars), mirrored=True), bars.volume, known)
    assert upright.unit == pytest.approx(reflected.unit)
    assert upright.range_z == pytest.approx(reflected.range_z, nan_ok=True, abs=1e-9)


def test_unknown_volume_has_no_z() -> None:
    bars = random_walk(3, 60)
    activity = measure_activity(log_bars(bars, mirrored=False), bars.volume, np.arange(60) != 40)
    assert np.isnan(activity.volume_z[40])
    assert np.isfinite(activity.volume_z[41])
