"""Series in which there is nothing to find, and traps that look like something."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from wyckoff.market.bars import Bars, make_bars
from wyckoff.schematics.noise import Floats, candles, clustered_volatility, traded_volume

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

#: A GARCH(1,1) of daily returns: share of the last square, share of the last variance.
_GARCH_ALPHA: Final = 0.09
_GARCH_BETA: Final = 0.89


def random_walk(seed: int, bars: int) -> Bars:
    """Nothing to find: fat-tailed moves with clustered volatility, and volume that follows it."""
    rng = np.random.default_rng([seed, 31])
    sigma = float(rng.uniform(0.008, 0.016)) * clustered_volatility(rng, bars, 0.96, 0.1)
    moves = sigma * rng.standard_t(5.0, bars) * np.sqrt(3.0 / 5.0)
    log_close = float(rng.uniform(2.5, 5.0)) + np.cumsum(moves)
    factor = clustered_volatility(rng, bars, 0.9, 0.06) * (sigma / sigma.mean()) ** 0.5
    typical = float(np.exp(rng.uniform(12.0, 15.0)))
    volume = traded_volume(rng, factor, log_close, sigma, typical, np.full(bars, 0.28))
    return candles(rng, log_close, sigma, volume, f"NULL{seed}")


def gaussian_walk(seed: int, bars: int) -> Bars:
    """Independent normal moves of one size, and volume that knows nothing but the bar's own move."""
    rng = np.random.default_rng([seed, 71])
    sigma = np.full(bars, float(rng.uniform(0.008, 0.016)))
    return _walk(rng, sigma * rng.normal(0.0, 1.0, bars), sigma, f"GAUSS{seed}")


def fat_tailed_walk(seed: int, bars: int) -> Bars:
    """Independent moves from Student's t with three degrees of freedom: now and then a crash out of nothing."""
    rng = np.random.default_rng([seed, 73])
    sigma = np.full(bars, float(rng.uniform(0.008, 0.016)))
    return _walk(rng, sigma * rng.standard_t(3.0, bars) / np.sqrt(3.0), sigma, f"TAILS{seed}")


def garch_walk(seed: int, bars: int) -> Bars:
    """GARCH(1,1) with normal shocks: variance = omega + alpha * last move squared + beta * last variance."""
    rng = np.random.default_rng([seed, 79])
    usual = float(rng.uniform(0.008, 0.016)) ** 2
    shocks = rng.normal(0.0, 1.0, bars)
    variance, moves = np.empty(bars), np.empty(bars)
    now = usual
    for i in range(bars):
        variance[i] = now
        moves[i] = np.sqrt(now) * shocks[i]
        now = usual * (1.0 - _GARCH_ALPHA - _GARCH_BETA) + _GARCH_ALPHA * moves[i] ** 2 + _GARCH_BETA * now
    return _walk(rng, moves, np.sqrt(variance), f"GARCH{seed}")


def block_shuffled(bars: Bars, seed: int, longest_block: int = 5) -> Bars:
    """The same bars in another order: blocks of 1 to ``longest_block`` bars are drawn without replacement.

    A bar is its volume and its log distances from the close before, so that gaps stay where they were. Times, first
    bar and last close stay. Raises ValueError where there are fewer than two bars or no block.
    """
    if len(bars) < 2 or longest_block < 1:
        raise ValueError(f"{len(bars)} bars in blocks of up to {longest_block}: at least 2 bars and 1 are needed")
    rng = np.random.default_rng([seed, 83])
    order = _block_order(rng, len(bars) - 1, longest_block)
    logs = np.log(np.stack([bars.open, bars.high, bars.low, bars.close]))
    before = logs[3, :-1]
    shape = (logs[:, 1:] - before)[:, order]
    close = logs[3, 0] + np.concatenate(([0.0], np.cumsum(shape[3])))
    prices = np.exp(np.concatenate([logs[:, :1], shape + close[:-1]], axis=1))
    volume = np.concatenate([bars.volume[:1], bars.volume[1:][order]])
    return _of_columns(bars.symbol, bars, prices, volume)


def false_climaxes(seed: int, bars: int) -> Bars:
    """Panics and euphorias on several times the volume that are no end of anything: the move goes on."""
    rng = np.random.default_rng([seed, 89])
    sigma = float(rng.uniform(0.008, 0.014)) * clustered_volatility(rng, bars, 0.96, 0.08)
    moves = sigma * rng.normal(0.0, 1.0, bars)
    busy = np.ones(bars)
    for at in _places(rng, bars, 90):
        way = float(rng.choice([-1.0, 1.0]))
        moves[at - 2 : at + 1] = way * sigma[at - 2 : at + 1] * np.array([1.2, 1.6, float(rng.uniform(3.0, 4.5))])
        busy[at - 2 : at + 1] = (1.5, 1.9, float(rng.uniform(3.0, 4.5)))
        after = slice(at + 1, at + 1 + int(rng.integers(12, 25)))
        moves[after] = way * sigma[after] * 0.7 + 0.6 * moves[after]
    return _walk(rng, moves, sigma, f"PANIC{seed}", busy=busy)


def gapped_walk(seed: int, bars: int) -> Bars:
    """A walk with overnight gaps of 3 to 8 usual moves, some of them on volume."""
    rng = np.random.default_rng([seed, 97])
    sigma = float(rng.uniform(0.008, 0.014)) * clustered_volatility(rng, bars, 0.95, 0.08)
    moves = sigma * rng.normal(0.0, 1.0, bars)
    gaps, busy = np.zeros(bars), np.ones(bars)
    for at in _places(rng, bars, 45):
        gaps[at] = float(rng.choice([-1.0, 1.0]) * rng.uniform(3.0, 8.0)) * sigma[at]
        moves[at] += gaps[at]
        busy[at] = float(rng.choice([1.0, rng.uniform(1.8, 3.5)]))
    return _walk(rng, moves, sigma, f"GAPS{seed}", busy=busy, gaps=gaps)


def halted_walk(seed: int, bars: int) -> Bars:
    """A walk with halts of 1 to 6 bars: flat bars at the last close without volume, then a jump."""
    walk = garch_walk(seed, bars)
    rng = np.random.default_rng([seed, 101])
    columns = np.stack([walk.open, walk.high, walk.low, walk.close])
    volume = walk.volume.copy()
    for at in _places(rng, bars, 60):
        still = slice(at, at + int(rng.integers(1, 7)))
        columns[:, still] = columns[3, at - 1]
        volume[still] = 0.0
    return _of_columns(f"HALT{seed}", walk, columns, volume)


def split_walk(seed: int, bars: int) -> Bars:
    """A walk with one or two splits that nobody adjusted: price over the ratio, volume times it, from a bar on."""
    walk = garch_walk(seed, bars)
    rng = np.random.default_rng([seed, 103])
    columns = np.stack([walk.open, walk.high, walk.low, walk.close])
    volume = walk.volume.copy()
    for at in _places(rng, bars, bars // 2):
        ratio = float(rng.choice([2.0, 3.0, 1.5, 4.0, 0.1]))
        columns[:, at:] /= ratio
        volume[at:] *= ratio
    return _of_columns(f"SPLIT{seed}", walk, columns, np.round(volume))


def _walk(
    rng: Generator,
    moves: Floats,
    sigma: Floats,
    symbol: str,
    *,
    busy: Floats | None = None,
    gaps: Floats | None = None,
) -> Bars:
    """Bars of a path of log moves; volume follows volatility, the bar's own move and ``busy``."""
    bars = len(moves)
    log_close = float(rng.uniform(2.5, 5.0)) + np.cumsum(moves)
    factor = clustered_volatility(rng, bars, 0.9, 0.06) * (sigma / sigma.mean()) ** 0.5
    if busy is not None:
        factor = factor * busy
    typical = float(np.exp(rng.uniform(12.0, 15.0)))
    volume = traded_volume(rng, factor, log_close, sigma, typical, np.full(bars, 0.28))
    return candles(rng, log_close, sigma, volume, symbol, gaps=gaps)


def _of_columns(symbol: str, like: Bars, prices: Floats, volume: Floats) -> Bars:
    """Bars at the times of ``like``; ``prices`` has the rows open, high, low, close."""
    open_, high, low, close = prices
    return make_bars(symbol, like.timeframe, like.open_time_ms, open_, high, low, close, volume)


def _places(rng: Generator, bars: int, distance: int) -> list[int]:
    """Bars about ``distance`` apart, none in the first 40 and the last 10."""
    places, at = [], 40 + int(rng.integers(0, distance))
    while at < bars - 10:
        places.append(at)
        at += int(rng.integers(distance * 2 // 3, distance * 4 // 3 + 1))
    return places


def _block_order(rng: Generator, count: int, longest_block: int) -> NDArray[np.int64]:
    starts = [0]
    while starts[-1] < count:
        starts.append(min(count, starts[-1] + int(rng.integers(1, longest_block + 1))))
    blocks = [np.arange(first, last) for first, last in pairwise(starts)]
    return np.concatenate([blocks[number] for number in rng.permutation(len(blocks))])
