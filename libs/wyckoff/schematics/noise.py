"""Random material of generated series: clustered volatility, candles, volume, business days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wyckoff.market.bars import Bars, make_bars

if TYPE_CHECKING:
    from numpy.random import Generator

Floats = NDArray[np.float64]

#: Monday 2010-01-04, the first bar of every generated series.
FIRST_DAY = np.datetime64("2010-01-04", "D")


@dataclass(frozen=True, slots=True)
class ClimaxBar:
    """A bar with a tail: ``close_position`` is where its close lies between low (0) and high (1)."""

    index: int
    close_position: float


def clustered_volatility(rng: Generator, bars: int, persistence: float = 0.92, spread: float = 0.12) -> Floats:
    """Factors around 1, shape ``(bars,)``: the exponential of a first-order autoregression."""
    level = 0.0
    out = np.empty(bars)
    for i, shock in enumerate(rng.normal(0.0, spread, bars)):
        level = persistence * level + shock
        out[i] = level
    return np.exp(out)


def business_days_ms(bars: int) -> NDArray[np.int64]:
    """Midnights (UTC) of consecutive business days, in milliseconds."""
    days = np.busday_offset(FIRST_DAY, np.arange(bars), roll="forward")
    return days.astype("datetime64[ms]").astype(np.int64)


def candles(
    rng: Generator,
    log_close: Floats,
    sigma: Floats,
    volume: Floats,
    symbol: str,
    climaxes: tuple[ClimaxBar, ...] = (),
    gaps: Floats | None = None,
) -> Bars:
    """Bars around a path of log closes. ``sigma`` is the usual log move of each bar, shape ``(bars,)``.

    ``gaps`` is the part of each bar's log move that lies between its open and the close before.
    """
    bars = len(log_close)
    previous = np.concatenate(([log_close[0]], log_close[:-1])) + (0.0 if gaps is None else gaps)
    open_ = previous + rng.normal(0.0, 0.15, bars) * sigma
    high = np.maximum(open_, log_close) + np.abs(rng.normal(0.0, 0.5, bars)) * sigma
    low = np.minimum(open_, log_close) - np.abs(rng.normal(0.0, 0.5, bars)) * sigma
    for climax in climaxes:
        i, position = climax.index, climax.close_position
        high[i] = max(open_[i], log_close[i]) + 0.1 * sigma[i]
        low[i] = log_close[i] - position / (1.0 - position) * (high[i] - log_close[i])
    opened, highs, lows, closed = np.round(np.exp(np.stack([open_, high, low, log_close])), 6)
    return make_bars(symbol, "1d", business_days_ms(bars), opened, highs, lows, closed, np.round(volume))


def traded_volume(
    rng: Generator, factor: Floats, log_close: Floats, sigma: Floats, typical: float, noise: Floats
) -> Floats:
    """Volume in units: ``factor`` times ``typical``, more on bars that moved more.

    ``noise`` is the standard deviation, a bar each, of the log volume that has no cause; a part of it clusters.
    """
    bars = len(factor)
    move = np.abs(np.diff(log_close, prepend=log_close[0])) / sigma
    chance = np.log(clustered_volatility(rng, bars, 0.6, 0.4)) + rng.normal(0.0, 0.85, bars)
    return typical * factor * np.exp(noise * chance) * (0.85 + 0.15 * np.minimum(move, 2.0))
