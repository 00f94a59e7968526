"""From a plan of legs to labelled bars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from wyckoff.model.kinds import EventType
from wyckoff.schematics.noise import candles, traded_volume
from wyckoff.schematics.path import Leg, walk
from wyckoff.schematics.series import SETTLING_BARS, Label, LabelledRange, LabelledSeries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.random import Generator

    from wyckoff.market.bars import Bars
    from wyckoff.schematics.path import Path

#: Events that are told but never scored.
_UNSCORED: Final = frozenset({EventType.PS, EventType.UT})
#: Events whose bar is the plan's, not an extreme near it.
_EXACT: Final = frozenset({EventType.SC, EventType.SOS})


@dataclass(frozen=True, slots=True)
class RangePlan:
    """A range as the plan has it: numbers of the legs whose ends are its first and last bar, and its levels."""

    first_leg: int
    last_leg: int
    low: float = 0.0
    high: float = 1.0


@dataclass(frozen=True, slots=True)
class Plan:
    """Legs of an accumulation whose range is ``height`` high in logs, beginning at ``start_level``.

    ``range`` is needed without a climax; with one, the climax and the automatic rally make the range.
    ``break_leg`` is the number of the leg that ends the structure by breaking it.
    """

    legs: Sequence[Leg]
    start_level: float
    height: float
    range: RangePlan | None = None
    more_ranges: tuple[RangePlan, ...] = ()
    break_leg: int | None = None
    unscored_types: tuple[EventType, ...] = ()


def build(rng: Generator, plan: Plan, noise: float, symbol: str) -> LabelledSeries:
    """Bars along the plan, with each label where the swing really ended."""
    path = walk(rng, list(plan.legs), plan.start_level, plan.height, noise)
    base = float(rng.uniform(2.5, 5.0))
    typical = float(np.exp(rng.uniform(12.0, 15.0)))
    chance = np.full(len(path.log_close), 0.08 + 0.22 * noise)
    # The bars that make the structure carry the volume that the plan gives them.
    chance[[at for _, at in path.marks]] *= 0.3
    volume = traded_volume(rng, path.volume_factor, path.log_close, path.sigma, typical, chance)
    bars = candles(rng, base + path.log_close, path.sigma, volume, symbol, path.climaxes)
    found = [Label(mark, _swing_end(bars, mark, at, path.leg_ends)) for mark, at in path.marks]
    unscored = _UNSCORED.union(plan.unscored_types)
    events = tuple(label for label in found if label.type not in unscored)
    broken_at = None if plan.break_leg is None else path.leg_ends[plan.break_leg]
    others = tuple(_planned(path, item, base, plan.height) for item in plan.more_ranges)
    if plan.range is not None:
        main = _planned(path, plan.range, base, plan.height)
    else:
        of_others = {item.end for item in others}
        main = _from_climax(bars, [label for label in events if label.bar_index not in of_others], broken_at)
    return LabelledSeries(
        bars=bars,
        events=events,
        range_start=main.start,
        range_end=main.end,
        support=main.support,
        resistance=main.resistance,
        scored=((0, (events[-1].bar_index if broken_at is None else broken_at) + SETTLING_BARS),),
        broken_at=broken_at,
        more_ranges=others,
        unscored_types=plan.unscored_types,
        unscored_events=tuple(label for label in found if label.type in unscored),
    )


def _planned(path: Path, plan: RangePlan, base: float, height: float) -> LabelledRange:
    low, high = (float(np.exp(base + level * height)) for level in (plan.low, plan.high))
    return LabelledRange(path.leg_ends[plan.first_leg], path.leg_ends[plan.last_leg], low, high)


def _from_climax(bars: Bars, events: Sequence[Label], broken_at: int | None) -> LabelledRange:
    climax = next(label.bar_index for label in events if label.type is EventType.SC)
    rally = next(label.bar_index for label in events if label.type is EventType.AR)
    strength = [label.bar_index for label in events if label.type is EventType.SOS]
    return LabelledRange(
        start=climax,
        end=strength[0] if strength else broken_at or len(bars) - 1,
        support=float(bars.close[climax]),
        resistance=float((bars.high[rally] + bars.close[rally]) / 2.0),
    )


def _swing_end(bars: Bars, mark: EventType, at: int, leg_ends: list[int]) -> int:
    """The extreme of the bars from half the leg before ``at`` to half the leg after it."""
    if mark in _EXACT:
        return at
    leg = leg_ends.index(at)
    start = (leg_ends[leg - 1] + at) // 2 + 1
    stop = (at + leg_ends[leg + 1]) // 2 + 1
    if mark is EventType.AR:
        return start + int(np.argmax(bars.high[start:stop]))
    return start + int(np.argmin(bars.low[start:stop]))
