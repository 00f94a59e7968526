"""Set-ups from structural events: what is measured, when it is said, what it costs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from services.pattern.config import PatternSettings
from services.pattern.detect import DETECTORS, NEEDS, detect_patterns
from tests.unit.pattern.detecting import SETTINGS, fact, one, run
from tests.unit.pattern.scenes import Sketch, breakout_sketch, spring_sketch
from wyckoff.model.evidence import Evidence
from wyckoff.model.kinds import Direction, EntryOrder, EventType, PatternType, Phase

if TYPE_CHECKING:
    from collections.abc import Callable

    from wyckoff.model.patterns import Pattern

OPPOSITE = {PatternType.SPRING: PatternType.UTAD, PatternType.SOS: PatternType.SOW, PatternType.LPS: PatternType.LPSY}


def test_a_tested_spring_is_said_when_its_test_is_confirmed() -> None:
    spring = one(spring_sketch(), PatternType.SPRING)

    assert (spring.bar_index, spring.known_at_index, spring.direction) == (60, 66, Direction.LONG)
    assert spring.tested
    assert spring.test_volume_ratio == pytest.approx(0.35)
    assert spring.entry_price == pytest.approx(100.5)
    assert spring.stop_loss == pytest.approx(98.5 * 0.98)
    assert spring.target_price == pytest.approx(140.0)
    assert spring.r_multiple == pytest.approx((140 - 100.5) / (100.5 - 98.5 * 0.98))
    assert spring.secondary_targets == pytest.approx((110.0, 120.0, 120.25))
    assert spring.entry_order is EntryOrder.LIMIT
    assert (spring.phase, spring.phase_confidence) == (Phase.C, 88)


def test_spring_confidence_adds_the_points_of_its_parts() -> None:
    # volume 0.45: 20, penetration 1.5 %: 35, back after one bar: 25, tested: 20, strength 80: 10
    assert one(spring_sketch(), PatternType.SPRING).confidence == 100
    untested = one(spring_sketch(tested=False), PatternType.SPRING)
    assert untested.confidence == 90


def test_spring_evidence_carries_thresholds() -> None:
    spring = one(spring_sketch(), PatternType.SPRING)

    assert fact(spring, "penetration_pct").value == pytest.approx(0.015)
    assert fact(spring, "penetration_pct").threshold == pytest.approx(0.05)
    assert fact(spring, "volume_ratio") == Evidence("volume_ratio", 0.45, 0.7, met=True)
    assert fact(spring, "recovery_bars").value == 1
    assert fact(spring, "test_volume_ratio") == Evidence("test_volume_ratio", 0.35, 0.45, met=True)


@pytest.mark.parametrize(("low", "buffer"), [(98.5, 0.02), (97.5, 0.015), (96.5, 0.01)])
def test_the_stop_of_a_deeper_spring_is_nearer_to_its_low(low: float, buffer: float) -> None:
    sketch = spring_sketch()
    sketch.bar(60, ohlc=(100.8, 101.0, low, 99.5), volume=0.45)
    settings = PatternSettings(shakeout_stop_atr=0.0)

    assert one(sketch, PatternType.SPRING, settings).stop_loss == pytest.approx(low * (1 - buffer))


def test_the_stop_leaves_half_a_true_range_below_the_spring() -> None:
    sketch = spring_sketch()
    for index in range(52, 60):
        sketch.bar(index, ohlc=(105.0, 112.0, 100.2, 105.0), volume=1.0)

    spring = one(sketch, PatternType.SPRING)

    assert spring.stop_loss < 98.5 * 0.98


def test_an_untested_spring_is_said_when_the_time_for_a_test_is_over() -> None:
    spring = one(spring_sketch(tested=False), PatternType.SPRING)

    assert spring.known_at_index == 60 + 15 + 2
    assert not spring.tested
    assert spring.test_volume_ratio is None
    assert fact(spring, "tested").met is False


def test_a_spring_withdrawn_before_its_test_is_no_set_up() -> None:
    assert run(spring_sketch(withdrawn=64)).patterns == ()
    assert run(spring_sketch(tested=False, withdrawn=70)).patterns == ()


def test_a_spring_withdrawn_later_stays_and_says_so() -> None:
    spring = one(spring_sketch(withdrawn=90), PatternType.SPRING)

    assert (spring.withdrawn_at_index, spring.reason) == (90, "low broken")
    assert spring.r_multiple == one(spring_sketch(), PatternType.SPRING).r_multiple


def test_a_test_belongs_to_the_latest_spring_before_it() -> None:
    sketch = spring_sketch()
    sketch.bar(63, ohlc=(100.8, 101.0, 98.8, 100.6), volume=0.5)
    sketch.event(EventType.SPRING, 63, 63, 98.8)

    springs = [pattern for pattern in run(sketch).patterns if pattern.type is PatternType.SPRING]

    assert [(item.bar_index, item.known_at_index, item.tested) for item in springs] == [(63, 66, True), (60, 77, False)]


def test_a_quiet_pullback_is_a_test_even_where_the_structure_marks_none() -> None:
    sketch = spring_sketch(tested=False)
    sketch.volume[65] = 0.44
    spring = one(sketch, PatternType.SPRING)

    assert (spring.known_at_index, spring.tested, spring.test_volume_ratio) == (66, True, 0.44)


def test_a_loud_test_is_shown_when_no_quiet_one_comes_in_time() -> None:
    sketch = spring_sketch(tested=False)
    sketch.event(EventType.TEST, 65, 66, 99.5)
    spring = one(sketch, PatternType.SPRING)

    assert (spring.known_at_index, spring.tested, spring.test_volume_ratio) == (77, True, 0.5)
    assert fact(spring, "test_volume_ratio").met is False


def test_a_pullback_below_the_spring_ends_the_search_for_a_test() -> None:
    sketch = spring_sketch(tested=False)
    sketch.bar(64, ohlc=(100.5, 101.0, 98.4, 100.5), volume=0.9)
    sketch.volume[65] = 0.3

    assert one(sketch, PatternType.SPRING).tested is False


def test_a_test_after_its_window_does_not_count() -> None:
    sketch = spring_sketch(tested=False)
    sketch.event(EventType.TEST, 76, 76, 99.5)

    assert one(sketch, PatternType.SPRING).tested is False


@pytest.mark.parametrize("make", [spring_sketch, breakout_sketch])
def test_the_mirror_gives_the_same_set_ups_for_shorts(make: Callable[..., Sketch]) -> None:
    upright, mirrored = run(make(mirrored=False)).patterns, run(make(mirrored=True)).patterns

    opposite = {
        PatternType.SPRING: PatternType.UTAD,
        PatternType.SOS: PatternType.SOW,
        PatternType.LPS: PatternType.LPSY,
    }
    assert [opposite[item.type] for item in upright] == [item.type for item in mirrored]
    for long, short in zip(upright, mirrored, strict=True):
        assert short.direction is Direction.SHORT
        assert (short.bar_index, short.known_at_index) == (long.bar_index, long.known_at_index)
        assert short.confidence == long.confidence
        assert short.entry_order is long.entry_order
        assert short.stop_loss > short.entry_price > short.target_price
        assert short.entry_price == pytest.approx(11_000 / long.entry_price, rel=2e-4)
        assert short.stop_loss == pytest.approx(11_000 / long.stop_loss, rel=5e-3)
        for a, b in zip(long.evidence, short.evidence, strict=True):
            assert a.name == b.name
            if a.name not in ("stop_distance_pct",) and a.value is not None:
                assert b.value == pytest.approx(a.value, rel=1e-9, abs=1e-12)


def test_an_upthrust_counts_effort_without_result() -> None:
    sketch = spring_sketch(mirrored=True)
    sketch.volume[60] = 2.1
    utad = one(sketch, PatternType.UTAD)

    assert fact(utad, "volume_ratio") == Evidence("volume_ratio", 2.1, 1.5, met=True)
    assert utad.confidence == 100


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("make", [spring_sketch, breakout_sketch])
def test_every_prefix_says_what_the_whole_says(make: Callable[..., Sketch], mirrored: bool) -> None:
    bars, volume, trading_range, reading = make(mirrored=mirrored).build()
    whole = detect_patterns(bars, volume, [trading_range], [reading], SETTINGS).patterns
    for count in range(25, len(bars) + 1):
        cut = replace(
            volume,
            volume_ratio=volume.volume_ratio[:count],
            spread_ratio=volume.spread_ratio[:count],
            close_position=volume.close_position[:count],
            effort_code=volume.effort_code[:count],
        )
        known = replace(
            reading,
            events=tuple(item for item in reading.events if item.known_at_index < count),
            states=tuple(item for item in reading.states if item.known_at_index < count),
        )
        revised = replace(
            trading_range, revisions=tuple(item for item in trading_range.revisions if item.known_at_index < count)
        )
        part = detect_patterns(bars.head(count), cut, [revised], [known], SETTINGS).patterns
        assert part == tuple(item for item in whole if item.known_at_index < count)


def test_a_failing_detector_takes_no_other_down() -> None:
    bars, volume, trading_range, reading = breakout_sketch().build()

    def broken(*_: object) -> tuple[Pattern, ...]:
        raise ZeroDivisionError("no width")

    result = detect_patterns(bars, volume, [trading_range], [reading], SETTINGS, {**DETECTORS, "pattern.sos": broken})

    assert [item.type for item in result.patterns] == [PatternType.LPS]
    assert [(item.detector, item.error) for item in result.failed] == [("pattern.sos", "ZeroDivisionError: no width")]


def test_inputs_that_do_not_belong_together_are_refused() -> None:
    bars, volume, trading_range, reading = spring_sketch().build()

    with pytest.raises(ValueError, match="range_id 'range-1' is in no range"):
        detect_patterns(bars, volume, [], [reading], SETTINGS)
    with pytest.raises(ValueError, match="120 values for 119 bars"):
        detect_patterns(bars.head(119), volume, [trading_range], [reading], SETTINGS)


def test_unknown_volume_scores_nothing_and_says_unknown() -> None:
    sketch = spring_sketch()
    sketch.volume[60] = float("nan")
    spring = one(sketch, PatternType.SPRING)

    assert fact(spring, "volume_ratio") == Evidence("volume_ratio", None, 0.7, met=None)
    assert spring.confidence == 90


def test_a_detector_is_asked_only_when_an_event_that_it_needs_is_there() -> None:
    bars, volume, trading_range, reading = breakout_sketch().build()
    asked: list[str] = []

    def recording(name: str) -> Callable[..., tuple[Pattern, ...]]:
        def detect(*_: object) -> tuple[Pattern, ...]:
            asked.append(name)
            return ()

        return detect

    detectors = {name: recording(name) for name in (*DETECTORS, "pattern.other")}
    detect_patterns(bars, volume, [trading_range], [reading], SETTINGS, detectors)

    assert set(NEEDS) == set(DETECTORS)
    present = {event.type for event in reading.events}
    assert asked == [name for name in detectors if name not in NEEDS or NEEDS[name] & present]
    assert "pattern.sos" in asked
    assert "pattern.spring" not in asked
