"""Mirrored prices give the mirrored reading, on all scales, with a climax and without."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given

from tests.support.pipeline import StageResults, run_stages
from tests.support.strategies import structures
from tools.sample_bars import SYMBOLS, sample_bars
from wyckoff.model.kinds import Direction, EventType, RangeStatus, Scale, Side
from wyckoff.schematics import MIRROR_TYPES, LabelledSeries, mirrored_bars

REFLECTED = {**MIRROR_TYPES, **{mirror: upright for upright, mirror in MIRROR_TYPES.items()}}
OTHER_SIDE = {
    Side.ACCUMULATION: Side.DISTRIBUTION,
    Side.DISTRIBUTION: Side.ACCUMULATION,
    Side.UNDETERMINED: Side.UNDETERMINED,
}


def events_of(found: StageResults, *, reflected: bool = False) -> Counter[tuple[Any, ...]]:
    return Counter(
        (
            reading.scale,
            REFLECTED[event.type] if reflected else event.type,
            event.bar_index,
            event.known_at_index,
            event.status,
            event.withdrawn_at_index,
            event.confidence,
        )
        for reading in found.phases
        for event in reading.events
    )


def readings_of(found: StageResults, *, reflected: bool = False) -> Counter[tuple[Any, ...]]:
    def side(said: Side) -> Side:
        return OTHER_SIDE[said] if reflected else said

    return Counter(
        (
            reading.scale,
            side(reading.side),
            reading.segments,
            tuple((s.known_at_index, s.phase, s.start_index, s.confidence, side(s.side)) for s in reading.states),
            reading.failed_at_index,
        )
        for reading in found.phases
    )


def stage_of(status: RangeStatus) -> RangeStatus:
    """The status, without how a range ended: that the jump was reached is measured in price, not in log price."""
    ended = (RangeStatus.BREAKOUT, RangeStatus.COMPLETED, RangeStatus.ARCHIVED)
    return RangeStatus.ARCHIVED if status in ended else status


def ranges_of(found: StageResults, *, reflected: bool = False) -> Counter[tuple[Any, ...]]:
    return Counter(
        (
            item.scale,
            OTHER_SIDE[item.side] if reflected else item.side,
            item.start_index,
            item.known_at_index,
            item.end_index,
            stage_of(item.status),
            item.climax_index,
            item.reaction_index,
        )
        for item in found.ranges
    )


def patterns_of(found: StageResults, *, reflected: bool = False) -> Counter[tuple[Any, ...]]:
    def direction_type(name: str, direction: Direction) -> tuple[str, str]:
        if not reflected:
            return name, direction
        opposite = Direction.SHORT if direction is Direction.LONG else Direction.LONG
        return REFLECTED[EventType(name)].value, opposite

    return Counter(
        (item.scale, *direction_type(item.type.value, item.direction), item.bar_index, item.known_at_index)
        for item in found.patterns
    )


def assert_same(one: StageResults, two: StageResults, *, reflected: bool = False) -> None:
    assert ranges_of(one) == ranges_of(two, reflected=reflected)
    assert events_of(one) == events_of(two, reflected=reflected)
    assert readings_of(one) == readings_of(two, reflected=reflected)
    assert patterns_of(one) == patterns_of(two, reflected=reflected)


@given(series=structures)
def test_mirrored_prices_give_the_mirrored_reading(series: LabelledSeries) -> None:
    product = float(series.bars.close[0]) ** 2
    upright, mirror = run_stages(series.bars), run_stages(mirrored_bars(series.bars, product))
    assert_same(upright, mirror, reflected=True)
    ice = sorted(item.ice for item in upright.ranges)
    assert sorted(product / item.creek for item in mirror.ranges) == pytest.approx(ice)


@pytest.mark.parametrize(
    ("symbol", "start"),
    [("AAPL", 1500), ("GOOG", 500), ("IBM", 1500), ("MSFT", 1000), ("MSFT", 1500), ("SP500", 2000), ("NASDAQ", 2000)],
)
def test_mirrored_real_bars_give_the_mirrored_reading(symbol: str, start: int) -> None:
    bars = sample_bars(symbol).head(start + 500).tail(500)
    upright = run_stages(bars)
    assert upright.events
    assert_same(upright, run_stages(mirrored_bars(bars)), reflected=True)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_all_scales_and_ranges_without_a_climax_have_their_mirror(symbol: str) -> None:
    bars = sample_bars(symbol)
    upright = run_stages(bars)
    assert_same(upright, run_stages(mirrored_bars(bars)), reflected=True)
    assert {item.scale for item in upright.ranges} == set(Scale)
    without_climax = {item.range_id for item in upright.ranges if item.climax_index is None}
    assert any(reading.events for reading in upright.phases if reading.range_id in without_climax)
