"""Structures within a trend: they begin without a climax."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from wyckoff.model.kinds import EventType
from wyckoff.schematics import legs as parts
from wyckoff.schematics import legs_more as more
from wyckoff.schematics.build import Plan, RangePlan, build
from wyckoff.schematics.series import followed, mirrored
from wyckoff.schematics.structures import schematic

if TYPE_CHECKING:
    from wyckoff.schematics.series import Kind, LabelledSeries

#: The first reaction and the low after it have no agreed names without a climax.
UNNAMED_TYPES: Final = (EventType.AR, EventType.ST)
#: Length of that reaction, the rally and the low after it.
UNNAMED_BARS: Final = 40


def reaccumulation(
    kind: Kind, *, shakeout: bool, noise: float, seed: int, lead_bars: int | None = None, markup_bars: int = 110
) -> LabelledSeries:
    """A range after an advance that ended on ordinary volume, left upwards; its mirror is the redistribution.

    The prior trend takes ``lead_bars`` (70 to 120 when None). Labelled are the shake-out, its test (or the last
    higher low), the breakout and the pullback.
    """
    rng = np.random.default_rng([seed, int(shakeout), 67])
    height = float(rng.uniform(0.11, 0.17))
    lead = int(rng.integers(70, 121)) if lead_bars is None else lead_bars
    legs, start = more.up_trend(rng, lead, height)
    first = len(legs) - 1
    legs += [*more.first_reaction(rng), *parts.phase_b(rng)]
    legs += parts.spring_and_test(rng, height) if shakeout else parts.higher_low(rng)
    legs += parts.breakout(rng, height)
    last = next(number for number, leg in enumerate(legs) if leg.mark is EventType.SOS)
    legs += parts.markup(rng, height, markup_bars)
    plan = Plan(legs, start, height, range=RangePlan(first, last), unscored_types=UNNAMED_TYPES)
    series = build(rng, plan, noise, f"REAC{seed}")
    return mirrored(series) if kind == "distribution" else series


def staircase(kind: Kind, *, shakeout: bool, noise: float, seed: int) -> LabelledSeries:
    """An accumulation and, higher up, a reaccumulation in one series."""
    first = schematic("accumulation", shakeout=shakeout, noise=noise, seed=seed, markup_bars=20)
    second = reaccumulation("accumulation", shakeout=not shakeout, noise=noise, seed=seed + 1000, lead_bars=60)
    # in this series AR and ST have a meaning, so the bars in which they would be unnamed are left out
    settled = (second.range_start + UNNAMED_BARS, second.scored[-1][1])
    series = followed(first, replace(second, scored=(settled,), unscored_types=()))
    return mirrored(series) if kind == "distribution" else series
