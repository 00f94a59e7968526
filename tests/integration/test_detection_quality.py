"""How well the stages together read series whose structures are known."""

from __future__ import annotations

from functools import cache, reduce
from itertools import product
from operator import add
from typing import get_args

import pytest

from tests.support.pipeline import StageResults, run_stages
from tests.support.score import Score, per_thousand_bars, score
from wyckoff.model.kinds import Direction, EventType
from wyckoff.schematics import (
    Kind,
    LabelledSeries,
    accumulation_then_distribution,
    broken_base,
    random_walk,
    schematic,
)

NOISES = (0.5, 0.75, 1.0)
NULL_BARS = 600


@cache
def labelled() -> tuple[tuple[LabelledSeries, StageResults], ...]:
    """Both sides, with and without a shake-out, three levels of noise, eight of each."""
    cases = product(get_args(Kind), (False, True), NOISES, range(8))
    made = [schematic(kind, shakeout=shakeout, noise=noise, seed=seed) for kind, shakeout, noise, seed in cases]
    return tuple((series, run_stages(series.bars)) for series in made)


@cache
def total() -> Score:
    return reduce(add, (score(found.detections, series) for series, found in labelled()))


def test_schematics_are_read() -> None:
    assert total().f1 >= 0.90, f"missed {total().misses}, said without reason {total().false_alarms}"


def test_two_structures_in_one_series_are_read() -> None:
    made = [accumulation_then_distribution(shakeout=bool(seed % 2), noise=0.75, seed=seed) for seed in range(16)]
    result = reduce(add, (score(run_stages(series.bars).detections, series) for series in made))
    assert result.f1 >= 0.90, f"missed {result.misses}, said without reason {result.false_alarms}"


def test_schematics_give_trades_in_their_direction_only() -> None:
    without = []
    for series, found in labelled():
        wanted = Direction.LONG if series.events[0].type is EventType.SC else Direction.SHORT
        first, last = series.range_start, series.scored[0][1]
        directions = {item.direction for item in found.patterns if first <= item.bar_index <= last}
        assert directions <= {wanted}, series.bars.symbol
        if not directions:
            without.append(series.bars.symbol)
    assert len(without) <= 0.05 * len(labelled()), without


def test_random_walks_give_hardly_any_pattern() -> None:
    found = [run_stages(random_walk(seed, NULL_BARS)) for seed in range(10)]
    patterns = sum(len(result.patterns) for result in found)
    assert per_thousand_bars(patterns, 10 * NULL_BARS) <= 1.0


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("seed", range(4))
def test_a_broken_base_is_not_bought(noise: float, seed: int) -> None:
    series = broken_base(noise=noise, seed=seed)
    assert series.broken_at is not None
    found = run_stages(series.bars)
    bought = [item for item in found.patterns if item.direction is Direction.LONG]
    assert [item for item in bought if item.known_at_index >= series.broken_at] == []
