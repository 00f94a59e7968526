"""Labelled series for tests: schematics of both sides, broken bases, random walks and the mirror.

Everything is drawn from a seeded generator: the same arguments give the same bars. A label is the bar where
the swing really ended, found in the finished bars, not where the plan wanted it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from tests.support import schematic_path as plan
from tests.support.noise import business_days_ms, candles, clustered_volatility, traded_volume
from wyckoff.market.bars import PRICE_COLUMNS, Bars, make_bars
from wyckoff.model.kinds import EventType

if TYPE_CHECKING:
    from numpy.random import Generator

Kind = Literal["accumulation", "distribution"]

#: What an event of an accumulation is called in the mirror.
MIRROR_TYPES: Final = {
    EventType.PS: EventType.PSY,
    EventType.SC: EventType.BC,
    EventType.AR: EventType.AR,
    EventType.ST: EventType.ST,
    EventType.UT: EventType.UT,
    EventType.SPRING: EventType.UTAD,
    EventType.TEST: EventType.TEST,
    EventType.SOS: EventType.SOW,
    EventType.LPS: EventType.LPSY,
}
SETTLING_BARS: Final = 10


@dataclass(frozen=True, slots=True)
class Label:
    """An event that is really there."""

    type: EventType
    bar_index: int


@dataclass(frozen=True, slots=True)
class LabelledSeries:
    """Bars and what is in them.

    ``support`` < ``resistance`` are prices of the (first) structure, from ``range_start`` (its climax) to
    ``range_end`` (where it was left). ``scored`` are the index intervals, both ends included, in which every
    detection has to be right. ``broken_at`` is the bar that broke a base, None when it held.
    """

    bars: Bars
    events: tuple[Label, ...]
    range_start: int
    range_end: int
    support: float
    resistance: float
    scored: tuple[tuple[int, int], ...]
    broken_at: int | None = None


def schematic(
    kind: Kind,
    *,
    shakeout: bool,
    noise: float,
    seed: int,
    lead_bars: int | None = None,
    markup_bars: int = 110,
) -> LabelledSeries:
    """One complete structure: prior trend of ``lead_bars`` (90 to 140 when None), phases A to D, then the trend.

    ``noise`` 0.5 is tidy, 1.0 rough (1.2 % a bar). ``shakeout`` adds the spring or UTAD and its test.
    """
    rng = np.random.default_rng([seed, int(shakeout), 17])
    height = float(rng.uniform(0.13, 0.19))
    lead = int(rng.integers(90, 141)) if lead_bars is None else lead_bars
    legs = [*plan.down_trend(rng, lead, height), *plan.stopping_action(rng), *plan.phase_b(rng)]
    legs += plan.spring_and_test(rng, height) if shakeout else plan.higher_low(rng)
    legs += [*plan.breakout(rng, height), *plan.markup(rng, height, markup_bars)]
    series = _build(rng, legs, height, noise, f"{kind[:4].upper()}{seed}")
    return mirrored(series) if kind == "distribution" else series


def broken_base(*, noise: float, seed: int, after_bars: int = 120) -> LabelledSeries:
    """A base that looks right up to phase B and then breaks down on volume at ``broken_at``."""
    rng = np.random.default_rng([seed, 23])
    height = float(rng.uniform(0.13, 0.19))
    legs = [*plan.down_trend(rng, int(rng.integers(90, 141)), height), *plan.stopping_action(rng), *plan.phase_b(rng)]
    break_leg = len(legs) + 1
    legs += plan.breakdown(rng, height, after_bars)
    return _build(rng, legs, height, noise, f"FAIL{seed}", break_leg)


def accumulation_then_distribution(*, shakeout: bool, noise: float, seed: int) -> LabelledSeries:
    """An accumulation, its markup, and a distribution at the end of it. ``range_*`` are the accumulation's."""
    first = schematic("accumulation", shakeout=shakeout, noise=noise, seed=seed, markup_bars=30)
    second = schematic("distribution", shakeout=shakeout, noise=noise, seed=seed + 1000)
    offset = len(first.bars)
    later = tuple(Label(label.type, label.bar_index + offset) for label in second.events)
    end = later[-1].bar_index + SETTLING_BARS
    return replace(
        first,
        bars=_joined(first.bars, second.bars),
        events=first.events + later,
        scored=(first.scored[0], (offset + second.range_start - SETTLING_BARS, end)),
    )


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


def mirrored_bars(bars: Bars, product: float | None = None) -> Bars:
    """Every price p becomes ``product`` / p, high and low exchanged: a reflection of log prices.

    ``product`` defaults to the square of the first close, which leaves that close as it is.
    """
    k = float(bars.close[0]) ** 2 if product is None else product
    prices = (k / bars.open, k / bars.low, k / bars.high, k / bars.close)
    return make_bars(bars.symbol, bars.timeframe, bars.open_time_ms, *prices, bars.volume)


def mirrored(series: LabelledSeries) -> LabelledSeries:
    """The distribution that is the reflection of an accumulation."""
    k = float(series.bars.close[0]) ** 2
    return replace(
        series,
        bars=mirrored_bars(series.bars, k),
        events=tuple(Label(MIRROR_TYPES[label.type], label.bar_index) for label in series.events),
        support=k / series.resistance,
        resistance=k / series.support,
    )


def _build(
    rng: Generator, legs: list[plan.Leg], height: float, noise: float, symbol: str, break_leg: int | None = None
) -> LabelledSeries:
    start = legs[0].level * 1.5
    path = plan.walk(rng, legs, start, height, noise)
    base = float(rng.uniform(2.5, 5.0))
    typical = float(np.exp(rng.uniform(12.0, 15.0)))
    chance = np.full(len(path.log_close), 0.08 + 0.22 * noise)
    # The bars that make the structure carry the volume that the plan gives them.
    chance[[at for _, at in path.marks]] *= 0.3
    volume = traded_volume(rng, path.volume_factor, path.log_close, path.sigma, typical, chance)
    bars = candles(rng, base + path.log_close, path.sigma, volume, symbol, path.climaxes)
    events = tuple(Label(mark, _swing_end(bars, mark, at, path.leg_ends)) for mark, at in path.marks)
    climax = next(label.bar_index for label in events if label.type is EventType.SC)
    rally = next(label.bar_index for label in events if label.type is EventType.AR)
    broken_at = None if break_leg is None else path.leg_ends[break_leg]
    strength = [label.bar_index for label in events if label.type is EventType.SOS]
    return LabelledSeries(
        bars=bars,
        events=events,
        range_start=climax,
        range_end=strength[0] if strength else broken_at or len(bars) - 1,
        support=float(bars.close[climax]),
        resistance=float((bars.high[rally] + bars.close[rally]) / 2.0),
        scored=((0, (events[-1].bar_index if broken_at is None else broken_at) + SETTLING_BARS),),
        broken_at=broken_at,
    )


def _swing_end(bars: Bars, mark: EventType, at: int, leg_ends: list[int]) -> int:
    """The extreme of the bars from half the leg before ``at`` to half the leg after it."""
    if mark in (EventType.SC, EventType.SOS):
        return at
    leg = leg_ends.index(at)
    start = (leg_ends[leg - 1] + at) // 2 + 1
    stop = (at + leg_ends[leg + 1]) // 2 + 1
    if mark is EventType.AR:
        return start + int(np.argmax(bars.high[start:stop]))
    return start + int(np.argmin(bars.low[start:stop]))


def _joined(first: Bars, second: Bars) -> Bars:
    """``second`` continues ``first``: same price and volume level at the seam, days run on."""
    scale = float(first.close[-1] / second.open[0])
    busy = float(np.median(first.volume[-50:]) / np.median(second.volume[:50]))
    open_, high, low, close = (
        np.concatenate([getattr(first, name), getattr(second, name) * scale]) for name in PRICE_COLUMNS
    )
    volume = np.concatenate([first.volume, np.round(second.volume * busy)])
    return make_bars(first.symbol, first.timeframe, business_days_ms(len(volume)), open_, high, low, close, volume)
