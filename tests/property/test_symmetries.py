"""What must not change when prices are mirrored, or prices or volumes are measured in other units."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.pipeline import StageResults, run_stages
from tests.support.strategies import structures
from tools.sample_bars import sample_bars
from wyckoff.market.bars import PRICE_COLUMNS
from wyckoff.model.kinds import Direction, EventType, Side
from wyckoff.schematics import MIRROR_TYPES, LabelledSeries, mirrored_bars

if TYPE_CHECKING:
    from wyckoff.market.bars import Bars

REFLECTED = {**MIRROR_TYPES, **{mirror: upright for upright, mirror in MIRROR_TYPES.items()}}
OTHER_SIDE = {
    Side.ACCUMULATION: Side.DISTRIBUTION,
    Side.DISTRIBUTION: Side.ACCUMULATION,
    Side.UNDETERMINED: Side.UNDETERMINED,
}


def events_of(found: StageResults, *, reflected: bool = False) -> Counter[tuple[Any, ...]]:
    return Counter(
        (REFLECTED[event.type] if reflected else event.type, event.bar_index, event.known_at_index, event.status)
        for event in found.events
    )


def ranges_of(found: StageResults, *, reflected: bool = False) -> Counter[tuple[Any, ...]]:
    return Counter(
        (OTHER_SIDE[item.side] if reflected else item.side, item.start_index, item.known_at_index, item.end_index)
        for item in found.ranges
    )


def patterns_of(found: StageResults, *, reflected: bool = False) -> Counter[tuple[Any, ...]]:
    def direction_type(name: str, direction: Direction) -> tuple[str, str]:
        if not reflected:
            return name, direction
        opposite = Direction.SHORT if direction is Direction.LONG else Direction.LONG
        return REFLECTED[EventType(name)].value, opposite

    return Counter(
        (*direction_type(item.type.value, item.direction), item.bar_index, item.known_at_index)
        for item in found.patterns
    )


def assert_same(one: StageResults, two: StageResults, *, reflected: bool = False) -> None:
    assert ranges_of(one) == ranges_of(two, reflected=reflected)
    assert events_of(one) == events_of(two, reflected=reflected)
    assert patterns_of(one) == patterns_of(two, reflected=reflected)


def scaled(bars: Bars, price: float = 1.0, volume: float = 1.0) -> Bars:
    columns: dict[str, Any] = {name: getattr(bars, name) * price for name in PRICE_COLUMNS}
    return dataclasses.replace(bars, volume=bars.volume * volume, **columns)


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


@given(series=structures, exponent=st.integers(-30, 30))
def test_the_currency_does_not_matter(series: LabelledSeries, exponent: int) -> None:
    assert_same(run_stages(series.bars), run_stages(scaled(series.bars, price=1.25 * 2.0**exponent)))


@given(series=structures, exponent=st.integers(-10, 30))
def test_the_unit_of_volume_does_not_matter(series: LabelledSeries, exponent: int) -> None:
    assert_same(run_stages(series.bars), run_stages(scaled(series.bars, volume=1.25 * 2.0**exponent)))
