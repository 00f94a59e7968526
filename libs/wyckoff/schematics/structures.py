"""Structures that begin with a climax. Everything is drawn from a seed: the same arguments give the same bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from wyckoff.model.kinds import EventType
from wyckoff.schematics import legs as parts
from wyckoff.schematics import legs_more as more
from wyckoff.schematics.build import Plan, RangePlan, build
from wyckoff.schematics.series import Kind, LabelledSeries, followed, mirrored

if TYPE_CHECKING:
    from typing import Literal

    from numpy.random import Generator

    from wyckoff.schematics.path import Leg

#: What may rightly be said of a base that breaks down, and is not labelled.
BREAKDOWN_TYPES: Final = (EventType.SOW, EventType.LPSY, EventType.UTAD, EventType.TEST)


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
    height = _height(rng)
    lead = int(rng.integers(90, 141)) if lead_bars is None else lead_bars
    legs = [*parts.down_trend(rng, lead, height), *parts.stopping_action(rng), *parts.phase_b(rng)]
    legs += parts.spring_and_test(rng, height) if shakeout else parts.higher_low(rng)
    legs += [*parts.breakout(rng, height), *parts.markup(rng, height, markup_bars)]
    return _sided(kind, build(rng, _from_top(legs, height), noise, f"{kind[:4].upper()}{seed}"))


def broken_base(*, noise: float, seed: int, after_bars: int = 120) -> LabelledSeries:
    """A base that looks right up to phase B and then breaks down on volume at ``broken_at``."""
    rng = np.random.default_rng([seed, 23])
    height = _height(rng)
    legs = [*parts.down_trend(rng, int(rng.integers(90, 141)), height), *parts.stopping_action(rng)]
    legs += parts.phase_b(rng)
    break_leg = len(legs) + 1
    legs += parts.breakdown(rng, height, after_bars)
    return build(rng, _from_top(legs, height, break_leg=break_leg), noise, f"FAIL{seed}")


def accumulation_then_distribution(*, shakeout: bool, noise: float, seed: int) -> LabelledSeries:
    """An accumulation, its markup, and a distribution at the end of it. ``range_*`` are the accumulation's."""
    first = schematic("accumulation", shakeout=shakeout, noise=noise, seed=seed, markup_bars=30)
    second = schematic("distribution", shakeout=shakeout, noise=noise, seed=seed + 1000)
    return followed(first, second)


def long_structure(kind: Kind, *, shakeout: bool, noise: float, seed: int) -> LabelledSeries:
    """A structure whose range takes about 140 to 280 bars, climax to breakout."""
    rng = np.random.default_rng([seed, int(shakeout), 41])
    height = _height(rng)
    legs = [*_opening(rng, height), *more.long_phase_b(rng)]
    legs += parts.spring_and_test(rng, height) if shakeout else parts.higher_low(rng)
    legs += [*parts.breakout(rng, height), *parts.markup(rng, height, 110)]
    return _sided(kind, build(rng, _from_top(legs, height), noise, f"LONG{seed}"))


def classed_spring(kind: Kind, *, spring_class: Literal[1, 2, 3], noise: float, seed: int) -> LabelledSeries:
    """A structure with a spring (or UTAD) of a class.

    1 is a terminal shake-out, deep and on heavy volume, 2 goes through on ordinary volume, 3 on hardly any.
    """
    rng = np.random.default_rng([seed, spring_class, 43])
    height = _height(rng)
    legs = [*_opening(rng, height), *parts.phase_b(rng), *more.SPRINGS[spring_class](rng, height)]
    legs += [*parts.breakout(rng, height), *parts.markup(rng, height, 110)]
    return _sided(kind, build(rng, _from_top(legs, height), noise, f"SPRING{spring_class}-{seed}"))


def overrun_early(kind: Kind, *, noise: float, seed: int) -> LabelledSeries:
    """Both borders are overrun for a bar in phase B (UT), long before the shake-out of phase C."""
    rng = np.random.default_rng([seed, 47])
    height = _height(rng)
    legs = [*_opening(rng, height), *more.overrun_phase_b(rng, height), *parts.spring_and_test(rng, height)]
    legs += [*parts.breakout(rng, height), *parts.markup(rng, height, 110)]
    return _sided(kind, build(rng, _from_top(legs, height), noise, f"EARLY{seed}"))


def failed_structure(kind: Kind, *, stage: Literal["B", "C", "D"], noise: float, seed: int) -> LabelledSeries:
    """A structure that fails in phase B, after its shake-out (C) or after its breakout (D), and is broken.

    Up to the failure it is what it looks like, and labelled so.
    """
    rng = np.random.default_rng([seed, ord(stage), 53])
    height = _height(rng)
    legs = [*_opening(rng, height), *parts.phase_b(rng)]
    if stage != "B":
        legs += parts.spring_and_test(rng, height)
    if stage == "C":
        legs += more.failed_rally(rng)
    if stage == "D":
        legs += more.false_breakout(rng, height)
    break_leg = len(legs) + 1
    legs += parts.breakdown(rng, height, 120)
    plan = _from_top(legs, height, break_leg=break_leg, unscored=BREAKDOWN_TYPES)
    return _sided(kind, build(rng, plan, noise, f"FAIL{stage}{seed}"))


def overlapping_structures(kind: Kind, *, noise: float, seed: int) -> LabelledSeries:
    """The pullback after the breakout becomes a range of its own, over the upper border of the first."""
    rng = np.random.default_rng([seed, 59])
    height = _height(rng)
    legs = [*_opening(rng, height), *parts.phase_b(rng), *parts.spring_and_test(rng, height)]
    legs += more.jump(rng, height)
    first = len(legs) - 1
    stepping, low, high = more.stepping_stone(rng)
    legs += [*stepping, *parts.markup(rng, height, 110)]
    second = RangePlan(first, first + len(stepping), low, high)
    plan = _from_top(legs, height, more_ranges=(second,))
    return _sided(kind, build(rng, plan, noise, f"OVER{seed}"))


def nested_structures(kind: Kind, *, noise: float, seed: int) -> LabelledSeries:
    """A long range that holds a small range, with a shake-out of its own, in its upper half."""
    rng = np.random.default_rng([seed, 61])
    height = float(rng.uniform(0.20, 0.27))
    legs = [*_opening(rng, height), *parts.phase_b(rng)]
    first = len(legs)
    inner, low, high = more.inner_range(rng)
    legs += inner
    last = next(number for number, leg in enumerate(legs) if leg.mark is EventType.SOS)
    legs += [*parts.phase_b(rng), *parts.spring_and_test(rng, height)]
    legs += [*parts.breakout(rng, height), *parts.markup(rng, height, 110)]
    plan = _from_top(legs, height, more_ranges=(RangePlan(first, last, low, high),))
    return _sided(kind, build(rng, plan, noise, f"NEST{seed}"))


def _height(rng: Generator) -> float:
    return float(rng.uniform(0.13, 0.19))


def _opening(rng: Generator, height: float) -> list[Leg]:
    return [*parts.down_trend(rng, int(rng.integers(90, 141)), height), *parts.stopping_action(rng)]


def _from_top(
    legs: list[Leg],
    height: float,
    *,
    break_leg: int | None = None,
    more_ranges: tuple[RangePlan, ...] = (),
    unscored: tuple[EventType, ...] = (),
) -> Plan:
    return Plan(
        legs,
        legs[0].level * 1.5,
        height,
        more_ranges=more_ranges,
        break_leg=break_leg,
        unscored_types=unscored,
    )


def _sided(kind: Kind, series: LabelledSeries) -> LabelledSeries:
    return mirrored(series) if kind == "distribution" else series
