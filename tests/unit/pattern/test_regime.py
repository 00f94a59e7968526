"""The state of the market at a bar."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.pattern.config import PatternSettings
from services.pattern.regime import directional_index, regime_at
from services.pattern.volatility import average_true_range
from wyckoff.market.bars import Bars, make_bars
from wyckoff.model.kinds import MarketRegime

SETTINGS = PatternSettings()


def bars_from(close: list[float], spread: float = 1.0, volume: list[float] | None = None) -> Bars:
    values = np.asarray(close)
    return make_bars(
        "TEST",
        "1d",
        np.arange(len(values)) * 86_400_000,
        values,
        values + spread,
        values - spread,
        values,
        np.ones(len(values)) if volume is None else volume,
    )


def test_a_steady_rise_trends_up_and_its_fall_down() -> None:
    rise = list(np.linspace(100, 200, 120))

    assert regime_at(bars_from(rise), 119, SETTINGS) is MarketRegime.TRENDING_UP
    assert regime_at(bars_from(rise[::-1]), 119, SETTINGS) is MarketRegime.TRENDING_DOWN


def test_to_and_fro_is_sideways() -> None:
    wave = [100 + 2 * np.sin(index / 2) for index in range(150)]

    assert regime_at(bars_from(wave), 149, SETTINGS) is MarketRegime.SIDEWAYS


def test_too_few_bars_say_nothing() -> None:
    assert regime_at(bars_from([100.0] * 27), 26, SETTINGS) is MarketRegime.UNSPECIFIED
    assert average_true_range(bars_from([100.0] * 13), 12, 14) == 0.0


def test_the_widest_ranges_on_the_most_volume_are_high_volatility() -> None:
    close = [100.0 + (index % 2) for index in range(250)] + [100.0 + 10 * (index % 2) for index in range(20)]
    loud = [1.0] * 269 + [9.0]

    assert regime_at(bars_from(close, volume=loud), 269, SETTINGS) is MarketRegime.HIGH_VOLATILITY
    assert regime_at(bars_from(close), 269, SETTINGS) is not MarketRegime.HIGH_VOLATILITY


def test_the_directional_index_is_wilders() -> None:
    rng = np.random.default_rng(7)
    close = list(100 + np.cumsum(rng.normal(0, 1, 100)))
    bars = bars_from(close)
    plus, minus = [], []
    for index in range(1, 100):
        rise, fall = bars.high[index] - bars.high[index - 1], bars.low[index - 1] - bars.low[index]
        plus.append(rise if rise > fall and rise > 0 else 0.0)
        minus.append(fall if fall > rise and fall > 0 else 0.0)

    def wilder(values: list[float]) -> list[float]:
        out = [sum(values[:14]) / 14]
        for value in values[14:]:
            out.append(out[-1] + (value - out[-1]) / 14)
        return out

    dx = [100 * abs(a - b) / (a + b) for a, b in zip(wilder(plus), wilder(minus), strict=True)]

    assert directional_index(bars, 99, SETTINGS) == pytest.approx(wilder(dx)[-1])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(30, 299))
def test_nothing_after_the_bar_is_read(seed: int, index: int) -> None:
    rng = np.random.default_rng(seed)
    bars = bars_from(list(100 * np.exp(np.cumsum(rng.normal(0, 0.02, 300)))), volume=list(rng.uniform(1, 5, 300)))

    assert regime_at(bars, index, SETTINGS) is regime_at(bars.head(index + 1), index, SETTINGS)
