"""Every family: bars that pass the gate, labels that fit them, the same from the same seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wyckoff.evaluation import find_cases
from wyckoff.market.bars import COLUMNS, Bars, make_bars
from wyckoff.market.files import read_bars
from wyckoff.market.gate import check_bars
from wyckoff.model.kinds import EventType
from wyckoff.schematics import (
    FAMILIES,
    Case,
    Kind,
    LabelledSeries,
    block_shuffled,
    make_cases,
    mirrored,
    random_walk,
    shuffled_case,
    write_case,
)
from wyckoff.schematics.continuations import reaccumulation, staircase
from wyckoff.schematics.files import case_labels
from wyckoff.schematics.nulls import halted_walk, split_walk
from wyckoff.schematics.structures import (
    classed_spring,
    failed_structure,
    long_structure,
    nested_structures,
    overlapping_structures,
    overrun_early,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Literal

seeds = st.integers(0, 2**32 - 1)
NULL_FAMILIES = ("null", "gauss", "tails", "garch", "panic", "gaps", "halt", "split", "decoy")


def same(one: Bars, two: Bars) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(two, name)) for name in (*COLUMNS, "open_time_ms"))


def at(series: LabelledSeries, kind: EventType) -> int:
    return next(label.bar_index for label in series.events if label.type is kind)


@settings(max_examples=120, deadline=None)
@given(seed=seeds, family=st.sampled_from(FAMILIES), number=st.integers(0, 5))
def test_bars_pass_the_gate_and_labels_fit_them(seed: int, family: str, number: int) -> None:
    case = list(make_cases(seed, number + 1, [family]))[number]
    bars, series = case.bars, case.series
    check_bars(bars)
    assert (bars.high >= np.maximum(bars.open, bars.close)).all()
    assert (bars.low <= np.minimum(bars.open, bars.close)).all()
    assert (case.kind == "null") == (series is None) == (family in NULL_FAMILIES)
    if series is None:
        return
    indices = [label.bar_index for label in series.events]
    assert indices == sorted(indices)
    for index in indices:
        assert any(first <= index <= last for first, last in series.scored), case.name
    assert series.scored[-1][1] < len(bars)
    assert not {label.type for label in series.events} & set(series.unscored_types)
    assert 0 <= series.range_start < series.range_end < len(bars)
    levels = [(series.support, series.resistance), *((item.support, item.resistance) for item in series.more_ranges)]
    for support, resistance in levels:
        assert bars.low.min() < support < resistance < bars.high.max()


@settings(max_examples=25, deadline=None)
@given(seed=seeds, family=st.sampled_from(FAMILIES))
def test_a_case_depends_on_its_seed_family_and_number_alone(seed: int, family: str) -> None:
    first, second = make_cases(seed, 2, [family])
    again = list(make_cases(seed, 3, [family]))
    assert same(first.bars, again[0].bars)
    assert case_labels(second) == case_labels(again[1])
    assert not same(first.bars, again[2].bars)
    assert not same(first.bars, next(iter(make_cases(seed + 1, 1, [family]))).bars)


STRUCTURES: tuple[Callable[[Kind, int], LabelledSeries], ...] = (
    lambda kind, seed: reaccumulation(kind, shakeout=bool(seed % 2), noise=0.75, seed=seed),
    lambda kind, seed: staircase(kind, shakeout=bool(seed % 2), noise=0.75, seed=seed),
    lambda kind, seed: long_structure(kind, shakeout=bool(seed % 2), noise=0.75, seed=seed),
    lambda kind, seed: nested_structures(kind, noise=0.75, seed=seed),
    lambda kind, seed: overlapping_structures(kind, noise=0.75, seed=seed),
    lambda kind, seed: overrun_early(kind, noise=0.75, seed=seed),
    lambda kind, seed: classed_spring(kind, spring_class=1, noise=0.75, seed=seed),
    lambda kind, seed: failed_structure(kind, stage="D", noise=0.75, seed=seed),
)


@pytest.mark.parametrize("make", STRUCTURES)
@pytest.mark.parametrize("seed", range(2))
def test_a_distribution_is_the_mirror_of_its_accumulation(
    make: Callable[[Kind, int], LabelledSeries], seed: int
) -> None:
    up, down = (make(kind, seed) for kind in get_args(Kind))
    back = mirrored(down)
    assert back.events == up.events
    assert (back.unscored_types, back.unscored_events) == (up.unscored_types, up.unscored_events)
    assert (back.range_start, back.range_end, back.scored) == (down.range_start, down.range_end, down.scored)
    for name in COLUMNS:
        np.testing.assert_allclose(getattr(back.bars, name), getattr(up.bars, name), rtol=1e-12)
    assert back.support == pytest.approx(up.support)
    assert all(label.type is not EventType.SC for label in down.events)


def test_springs_differ_by_class_in_depth_and_volume() -> None:
    def measured(spring_class: Literal[1, 2, 3]) -> tuple[float, float]:
        """Median over many series of the depth below support (log) and of volume over the usual."""
        depths, ratios = [], []
        for seed in range(20):
            series = classed_spring("accumulation", spring_class=spring_class, noise=0.5, seed=seed)
            spring, bars = at(series, EventType.SPRING), series.bars
            assert bars.close[spring + 1 : spring + 8].max() > series.support
            depths.append(np.log(series.support / bars.low[spring]))
            ratios.append(bars.volume[spring] / np.median(bars.volume[spring - 20 : spring]))
        return float(np.median(depths)), float(np.median(ratios))

    (deep, heavy), (middle, ordinary), (shallow, light) = measured(1), measured(2), measured(3)
    assert deep > 0.05 > middle > shallow > 0.02
    assert heavy > 2.0 > 1.3 > ordinary > 0.9 > 0.7 > light


@pytest.mark.parametrize("seed", range(6))
def test_long_ranges_are_long(seed: int) -> None:
    series = long_structure("accumulation", shakeout=bool(seed % 2), noise=0.75, seed=seed)
    assert series.range_end - series.range_start > 100


@pytest.mark.parametrize("seed", range(4))
def test_a_reaccumulation_comes_out_of_an_advance_without_a_climax(seed: int) -> None:
    series = reaccumulation("accumulation", shakeout=True, noise=0.5, seed=seed)
    bars, start = series.bars, series.range_start
    assert bars.close[0] < 0.8 * bars.close[start]
    assert [label.type.value for label in series.events] == ["SPRING", "TEST", "SOS", "LPS"]
    usual = np.median(bars.volume[start - 40 : start])
    assert bars.volume[start - 5 : start + 6].mean() < 1.6 * usual
    assert bars.close[series.range_end] > series.resistance


@pytest.mark.parametrize("stage", ["B", "C", "D"])
def test_a_failed_structure_never_comes_back(stage: Literal["B", "C", "D"]) -> None:
    series = failed_structure("accumulation", stage=stage, noise=0.75, seed=5)
    assert series.broken_at is not None
    assert series.bars.close[series.broken_at :].max() < series.support
    said = [label.type.value for label in series.events]
    assert said == ["SC", "AR", "ST", *(["SPRING"] if stage != "B" else []), *(["SOS"] if stage == "D" else [])]


def test_structures_in_and_over_each_other() -> None:
    nested = nested_structures("accumulation", noise=0.5, seed=3)
    (inner,) = nested.more_ranges
    assert nested.range_start < inner.start < inner.end < nested.range_end
    assert nested.support < inner.support < inner.resistance < nested.resistance
    over = overlapping_structures("accumulation", noise=0.5, seed=3)
    (upper,) = over.more_ranges
    assert over.support < upper.support < over.bars.high[over.range_end]
    assert upper.resistance > over.resistance


def test_borders_are_overrun_in_phase_b() -> None:
    series = overrun_early("distribution", noise=0.5, seed=3)
    (early,) = series.unscored_events
    assert early.type is EventType.UT
    assert at(series, EventType.ST) < early.bar_index < at(series, EventType.UTAD)
    assert series.bars.high[early.bar_index] > series.resistance


@settings(max_examples=30, deadline=None)
@given(seed=seeds, bars=st.integers(2, 200), longest=st.integers(1, 8))
def test_shuffled_bars_are_the_same_bars_in_another_order(seed: int, bars: int, longest: int) -> None:
    before = random_walk(7, bars)
    after = block_shuffled(before, seed, longest)
    check_bars(after)

    def shapes(item: Bars) -> list[list[float]]:
        rows = [np.log(getattr(item, name)[1:] / item.close[:-1]) for name in ("open", "high", "low", "close")]
        return sorted(np.column_stack([item.volume[1:], *rows]).tolist())

    np.testing.assert_allclose(shapes(after), shapes(before), atol=1e-9)
    assert after.close[-1] == pytest.approx(before.close[-1])
    for name in COLUMNS:
        assert getattr(after, name)[0] == pytest.approx(getattr(before, name)[0])
    assert np.array_equal(after.open_time_ms, before.open_time_ms)


def test_shuffling_breaks_the_order_of_single_bars_but_keeps_blocks() -> None:
    before = random_walk(7, 400)
    after = block_shuffled(before, 1)
    follows = {(a, b) for a, b in zip(before.volume[1:-1], before.volume[2:], strict=True)}
    kept = sum(pair in follows for pair in zip(after.volume[1:-1], after.volume[2:], strict=True)) / (len(after) - 2)
    assert 0.5 < kept < 0.8
    with pytest.raises(ValueError, match="at least 2 bars"):
        block_shuffled(before.head(1), 1)


def test_halts_and_splits_are_what_they_say() -> None:
    halted = halted_walk(3, 500)
    still = halted.volume == 0
    assert still.any()
    assert (halted.high[still] == halted.low[still]).all()
    split = split_walk(3, 500)
    assert np.abs(np.log(split.open[1:] / split.close[:-1])).max() > 0.35


def test_an_unknown_family_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no family cup"):
        list(make_cases(1, 1, ["cup"]))


def test_files_give_the_case_back(tmp_path: Path) -> None:
    made: dict[str, Case] = {case.name: case for case in make_cases(5, 1)}
    made["shuffled_NULL1-0003"] = shuffled_case(random_walk(1, 60), 5, 3)
    for case in made.values():
        write_case(tmp_path, case)
    found = find_cases(tmp_path)
    assert {item.name for item in found} == set(made)
    for item in found:
        case = made[item.name]
        assert same(read_bars(item.bars_path), case.bars), item.name
        if case.series is None:
            assert item.labels.is_null
            continue
        assert [(event.type, event.index) for event in item.labels.events] == [
            (label.type, label.bar_index) for label in case.series.events
        ]
        for label in case.series.events:
            assert item.labels.scores(label.type, label.bar_index)
        for start, end in case.series.scored:
            assert item.labels.scores(EventType.SOS, start)
            assert item.labels.scores(EventType.SOS, end)
            assert not item.labels.scores(EventType.SOS, end + 1)


def test_times_of_day_and_parts_of_a_unit_are_kept(tmp_path: Path) -> None:
    walk = random_walk(1, 60)
    times_ms = walk.open_time_ms[0] + 900_000 * np.arange(len(walk))
    prices = (walk.open, walk.high, walk.low, walk.close)
    bars = make_bars("EURUSD", "15m", times_ms, *prices, walk.volume + 0.25)
    path = write_case(tmp_path, shuffled_case(bars, 5, 0))
    again = read_bars(path, "15m")
    assert np.array_equal(again.open_time_ms, times_ms)
    assert sorted(again.volume) == sorted(bars.volume)
