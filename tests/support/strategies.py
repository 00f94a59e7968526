"""Hypothesis strategies for bars: anything that passes the data gate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from hypothesis import strategies as st

from wyckoff.market.bars import Bars, make_bars
from wyckoff.schematics import LabelledSeries, accumulation_then_distribution, broken_base, schematic
from wyckoff.schematics.noise import Floats, business_days_ms

if TYPE_CHECKING:
    from numpy.random import Generator

LOWEST_PRICE: Final = 1e-4
HIGHEST_PRICE: Final = 1e6
MAX_STRATEGY_BARS: Final = 300

WALKS: Final = ("walk", "trend", "constant", "wave")
VOLUMES: Final = ("usual", "zero", "constant", "spikes", "patchy")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of a series. ``jump`` is the log gap before it, ``ticks`` how many price steps a bar's move is cut to."""

    bars: int
    walk: str
    sigma: float
    drift: float
    jump: float
    ticks: int | None
    volume: str


stretches = st.builds(
    Stretch,
    bars=st.integers(1, 120),
    walk=st.sampled_from(WALKS),
    sigma=st.sampled_from([1e-5, 0.003, 0.012, 0.05, 0.3]),
    drift=st.sampled_from([-0.04, -0.008, 0.0, 0.008, 0.04]),
    jump=st.sampled_from([0.0, 0.0, -0.7, 0.7, -0.12, 0.12, 3.0, -3.0]),
    ticks=st.sampled_from([None, None, 1, 3]),
    volume=st.sampled_from(VOLUMES),
)


def _moves(rng: Generator, part: Stretch) -> Floats:
    if part.walk == "constant":
        moves = np.zeros(part.bars)
    elif part.walk == "wave":
        moves = np.diff(8.0 * part.sigma * np.sin(np.arange(part.bars + 1) / 4.0))
    else:
        drift = part.drift if part.walk == "trend" else 0.0
        moves = drift + rng.normal(0.0, part.sigma, part.bars)
    if part.ticks is not None:
        step = part.sigma / part.ticks
        moves = np.round(moves / step) * step
    moves[0] += part.jump
    return moves


def _wick(rng: Generator, part: Stretch) -> Floats:
    if part.walk == "constant":
        return np.zeros(part.bars)
    if part.ticks is not None:
        return rng.integers(0, 2, part.bars).astype(np.float64) * part.sigma
    return rng.exponential(0.5, part.bars) * part.sigma


def _volume(rng: Generator, part: Stretch) -> Floats:
    usual = np.asarray(np.round(np.exp(rng.normal(12.0, 0.4, part.bars))), dtype=np.float64)
    if part.volume == "zero":
        return np.zeros(part.bars)
    if part.volume == "constant":
        return np.full(part.bars, 1000.0)
    if part.volume == "spikes":
        return usual * (1.0 + 19.0 * (rng.random(part.bars) < 0.1).astype(np.float64))
    if part.volume == "patchy":
        return usual * (rng.random(part.bars) < 0.7).astype(np.float64)
    return usual


def bars_of(parts: list[Stretch], seed: int, log_price: float, crossed: bool = False) -> Bars:
    """The bars of ``parts`` one after another; ``crossed`` lets some closes lie outside their bar."""
    rng = np.random.default_rng(seed)
    close = log_price + np.cumsum(np.concatenate([_moves(rng, part) for part in parts]))
    wick_up = np.concatenate([_wick(rng, part) for part in parts])
    wick_down = np.concatenate([_wick(rng, part) for part in parts])
    volume = np.concatenate([_volume(rng, part) for part in parts])
    open_ = np.concatenate(([log_price], close[:-1]))
    gaps = np.concatenate([np.concatenate(([part.jump], np.zeros(part.bars - 1))) for part in parts])
    open_ = open_ + gaps
    high, low = np.maximum(open_, close) + wick_up, np.minimum(open_, close) - wick_down
    if crossed:
        close = np.where(rng.random(len(close)) < 0.1, high + wick_up, close)

    def priced(logs: Floats) -> Floats:
        return np.clip(np.exp(np.clip(logs, -60.0, 60.0)), LOWEST_PRICE, HIGHEST_PRICE)

    head = slice(0, MAX_STRATEGY_BARS)
    prices = [priced(column)[head] for column in (open_, high, low, close)]
    times = business_days_ms(len(prices[0]))
    return make_bars("ANY", "1d", times, prices[0], prices[1], prices[2], prices[3], volume[head])


#: 1 to 300 bars, prices 1e-4 to 1e6: jumps, gaps, constant stretches, missing volume, equal highs and lows.
arbitrary_bars = st.builds(
    bars_of,
    parts=st.lists(stretches, min_size=1, max_size=5),
    seed=st.integers(0, 2**32 - 1),
    log_price=st.floats(float(np.log(LOWEST_PRICE)), float(np.log(HIGHEST_PRICE))),
    crossed=st.sampled_from([False, False, False, True]),
)


def _structure(which: str, shakeout: bool, noise: float, seed: int) -> LabelledSeries:
    if which == "broken":
        return broken_base(noise=noise, seed=seed)
    if which == "two":
        return accumulation_then_distribution(shakeout=shakeout, noise=noise, seed=seed)
    return schematic(
        "accumulation" if which == "accumulation" else "distribution", shakeout=shakeout, noise=noise, seed=seed
    )


#: Series with structures in them, so that late stages have something to say.
structures = st.builds(
    _structure,
    which=st.sampled_from(["accumulation", "distribution", "broken", "two"]),
    shakeout=st.booleans(),
    noise=st.sampled_from([0.5, 0.75, 1.0]),
    seed=st.integers(0, 10_000),
)
