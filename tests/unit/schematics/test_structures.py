"""The generated series are what their labels say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from wyckoff.market.bars import COLUMNS, Bars
from wyckoff.market.gate import check_bars, inspect_bars
from wyckoff.model.kinds import EventType
from wyckoff.schematics import (
    Kind,
    LabelledSeries,
    accumulation_then_distribution,
    broken_base,
    mirrored_bars,
    random_walk,
    schematic,
)

NOISES = (0.5, 0.75, 1.0)
KINDS: tuple[Kind, ...] = ("accumulation", "distribution")


def index_of(series: LabelledSeries, kind: EventType) -> int:
    return next(label.bar_index for label in series.events if label.type is kind)


def everything(seed: int) -> list[Bars]:
    made = [broken_base(noise=0.75, seed=seed).bars, random_walk(seed, 400)]
    made += [accumulation_then_distribution(shakeout=True, noise=0.75, seed=seed).bars]
    made += [schematic(kind, shakeout=bool(seed % 2), noise=1.0, seed=seed).bars for kind in KINDS]
    return made


@pytest.mark.parametrize("seed", range(4))
def test_generated_bars_pass_the_gate_without_a_finding(seed: int) -> None:
    for bars in everything(seed):
        check_bars(bars)
        report = inspect_bars(bars)
        assert {finding.code for finding in report.findings} <= {"PRICE_GAP"}
        assert (bars.high >= np.maximum(bars.open, bars.close)).all()
        assert (bars.low <= np.minimum(bars.open, bars.close)).all()


def test_the_same_arguments_give_the_same_bars() -> None:
    def same(one: Bars, two: Bars) -> bool:
        return all(np.array_equal(getattr(one, name), getattr(two, name)) for name in COLUMNS)

    arguments: dict[str, Any] = {"shakeout": True, "noise": 0.75, "seed": 8}
    assert same(schematic("accumulation", **arguments).bars, schematic("accumulation", **arguments).bars)
    assert not same(schematic("accumulation", **arguments).bars, random_walk(8, 300))
    assert same(random_walk(8, 300), random_walk(8, 300))
    assert not same(random_walk(8, 300), random_walk(9, 300))


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("seed", range(4))
def test_an_accumulation_shows_its_events_in_price_and_volume(noise: float, seed: int) -> None:
    series = schematic("accumulation", shakeout=True, noise=noise, seed=seed)
    bars = series.bars
    usual = {label.type: bars.volume[label.bar_index - 20 : label.bar_index].mean() for label in series.events}
    volume = {label.type: bars.volume[label.bar_index] / usual[label.type] for label in series.events}
    indices = [label.bar_index for label in series.events]
    assert indices == sorted(indices)
    assert 90 <= series.range_start <= 141
    assert volume[EventType.SC] > 2.0
    assert volume[EventType.SOS] > 1.5
    assert volume[EventType.SPRING] < 0.85
    spring, strength = index_of(series, EventType.SPRING), index_of(series, EventType.SOS)
    assert bars.low[spring] < series.support
    assert bars.close[spring + 1 : spring + 6].max() > series.support
    assert bars.close[strength] > series.resistance
    assert bars.close[:20].mean() > 1.3 * series.support
    assert bars.close[-1] > series.resistance


def test_without_a_shakeout_support_holds() -> None:
    series = schematic("accumulation", shakeout=False, noise=0.5, seed=3)
    assert EventType.SPRING not in {label.type for label in series.events}
    climax, strength = series.range_start, series.range_end
    assert series.bars.low[climax + 1 : strength].min() > series.support * 0.99


def test_a_distribution_is_the_reflection_of_its_accumulation() -> None:
    up = schematic("accumulation", shakeout=True, noise=0.75, seed=5)
    down = schematic("distribution", shakeout=True, noise=0.75, seed=5)
    assert [label.bar_index for label in down.events] == [label.bar_index for label in up.events]
    assert [label.type.value for label in down.events] == ["BC", "AR", "ST", "UTAD", "TEST", "SOW", "LPSY"]
    np.testing.assert_allclose(up.bars.high * down.bars.low, up.bars.close[0] ** 2)
    assert down.support < down.resistance


def test_mirroring_twice_gives_the_bars_back() -> None:
    bars = random_walk(3, 200)
    twice = mirrored_bars(mirrored_bars(bars))
    for name in COLUMNS:
        np.testing.assert_allclose(getattr(twice, name), getattr(bars, name), rtol=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_a_broken_base_never_comes_back(seed: int) -> None:
    series = broken_base(noise=0.75, seed=seed)
    assert series.broken_at is not None
    assert series.bars.close[series.broken_at :].max() < series.support
    assert {label.type.value for label in series.events} == {"SC", "AR", "ST"}


def test_two_structures_follow_each_other() -> None:
    series = accumulation_then_distribution(shakeout=False, noise=0.5, seed=2)
    types = [label.type.value for label in series.events]
    assert types == ["SC", "AR", "ST", "TEST", "SOS", "LPS", "BC", "AR", "ST", "TEST", "SOW", "LPSY"]
    indices = [label.bar_index for label in series.events]
    assert indices == sorted(indices)
    top = index_of(series, EventType.BC)
    assert series.bars.high[top] >= 0.99 * series.bars.high.max()
    for (first, last), kind in zip(series.scored, (EventType.SC, EventType.BC), strict=True):
        assert first <= index_of(series, kind) <= last
