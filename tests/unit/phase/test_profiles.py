"""Events by fixed multiples: each part is a condition, and nothing unknown meets one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from pydantic import ValidationError

from services.phase.config import PhaseSettings
from services.phase.detect import detect_phases
from services.range.config import RangeSettings
from services.range.detect import detect_ranges
from services.volume.analysis import analyze_volume
from services.volume.config import VolumeSettings
from tests.unit.phase.structures import CAUSE, CLIMAX, SECONDARY, STOPPING, read
from tools.sample_bars import sample_bars
from wyckoff.market.gate import inspect_bars
from wyckoff.model.kinds import EventType, Phase

if TYPE_CHECKING:
    from wyckoff.market.bars import Bars
    from wyckoff.model.phases import PhaseReading, StructureEvent

CLASSIC: Final = PhaseSettings(profile="classic")
BASE: Final = (*STOPPING, *SECONDARY, *CAUSE)
NEXT: Final = CLIMAX + len(BASE)
SHAKEOUT: Final = (0.3, 0.1, -0.1, -0.18, 0.06, 0.15, 0.1, 0.05, 0.15, 0.3, 0.4, 0.5)
ADVANCE: Final = (0.6, 0.75, 0.9, 1.0, 1.25, 1.35)
PULLBACK: Final = (1.2, 1.1, 1.05, 1.2, 1.35, 1.5)
COMPLETE: Final = (*BASE, *SHAKEOUT, *ADVANCE, *PULLBACK)
TEST_LOW: Final = CLIMAX + len(STOPPING) + 3
SPRING: Final = NEXT + 3
RETEST: Final = NEXT + 7
SOS: Final = NEXT + len(SHAKEOUT) + 4
LOW: Final = NEXT + len(SHAKEOUT) + len(ADVANCE) + 2
VOLUMES: Final = {SPRING: 0.5, RETEST: 0.3, SOS: 2.2}


def _read(
    places: tuple[float, ...] = COMPLETE, volumes: dict[int, float] | None = None, *, mirrored: bool = False
) -> PhaseReading:
    result = read(places, VOLUMES | (volumes or {}), mirrored=mirrored, settings=CLASSIC)
    assert result.failed == ()
    return result.phases[0]


def _kinds(reading: PhaseReading) -> list[str]:
    return [str(event.type) for event in reading.events]


def _event(reading: PhaseReading, kind: EventType) -> StructureEvent:
    (event,) = [event for event in reading.events if event.type is kind]
    return event


def test_a_complete_structure_by_fixed_multiples() -> None:
    reading = _read()
    assert _kinds(reading) == ["SC", "AR", "ST", "SPRING", "TEST", "SOS", "LPS"]
    assert reading.phase is Phase.E
    found = {event.type: event.bar_index for event in reading.events}
    assert found[EventType.ST] == TEST_LOW
    assert found[EventType.SPRING] == SPRING
    assert found[EventType.TEST] == RETEST
    assert found[EventType.SOS] == SOS
    assert found[EventType.LPS] == LOW


def test_the_mirror_of_it() -> None:
    reading = _read(mirrored=True)
    assert _kinds(reading) == ["BC", "AR", "ST", "UTAD", "TEST", "SOW", "LPSY"]


def test_confidence_is_the_points() -> None:
    for event in _read().events:
        points = next(item.value for item in event.evidence if item.name == "points")
        assert event.confidence == points


def test_a_secondary_test_needs_a_fifth_less_volume_than_the_climax() -> None:
    assert _event(_read(BASE, {TEST_LOW: 3.1}), EventType.ST).bar_index == TEST_LOW
    around = range(TEST_LOW - 2, TEST_LOW + 3)
    assert "ST" not in _kinds(_read(BASE, dict.fromkeys(around, 3.4)))
    assert "ST" not in _kinds(_read(BASE, dict.fromkeys(around, 0.0)))


def test_a_secondary_test_lies_within_two_percent_of_the_climax() -> None:
    higher = (*STOPPING, 0.45, 0.4, 0.35, 0.3, 0.4, 0.5, 0.6, *CAUSE)
    assert "ST" not in _kinds(_read(higher))


@pytest.mark.parametrize("volume", [0.75, 2.0, 0.0])
def test_a_spring_is_quiet(volume: float) -> None:
    kinds = _kinds(_read((*BASE, *SHAKEOUT), {SPRING: volume}))
    assert "SPRING" not in kinds
    assert "UT" in kinds


def test_its_mirror_may_be_loud() -> None:
    assert "UTAD" in _kinds(_read((*BASE, *SHAKEOUT), {SPRING: 2.0}, mirrored=True))
    assert "UTAD" not in _kinds(_read((*BASE, *SHAKEOUT), {SPRING: 1.0}, mirrored=True))


def test_a_dip_of_more_than_five_percent_is_a_breakdown() -> None:
    deep = (0.3, 0.1, -0.2, -0.45, 0.05, 0.2, 0.4)
    kinds = _kinds(_read((*BASE, *deep)))
    assert "SPRING" not in kinds
    assert "UT" not in kinds


def test_a_recovery_takes_five_bars_at_most() -> None:
    def after(bars: int) -> list[str]:
        return _kinds(_read((*BASE, 0.3, 0.1, -0.1, -0.22, *[-0.1] * (bars - 1), 0.05, 0.2)))

    assert "SPRING" in after(5)
    assert "SPRING" not in after(6)


def test_a_test_of_the_spring_is_quieter_than_the_spring() -> None:
    assert "TEST" in _kinds(_read((*BASE, *SHAKEOUT), {RETEST: 0.49, RETEST - 1: 0.6}))
    assert "TEST" not in _kinds(_read((*BASE, *SHAKEOUT), {RETEST: 0.6, RETEST - 1: 0.6}))


@pytest.mark.parametrize("volume", [1.4, 0.0])
def test_a_sign_of_strength_needs_half_more_volume(volume: float) -> None:
    assert "SOS" not in _kinds(_read(volumes={SOS: volume}))


def test_a_sign_of_strength_closes_one_percent_beyond_the_creek() -> None:
    short = (*BASE, *SHAKEOUT, 0.6, 0.75, 0.85, 0.9, 1.07, 1.08, 1.05)
    assert "SOS" not in _kinds(_read(short))


def test_a_last_point_is_quieter_than_the_breakout_and_bounces() -> None:
    assert "LPS" not in _kinds(_read(volumes={LOW: 2.5}))
    flat = (*BASE, *SHAKEOUT, *ADVANCE, 1.2, 1.1, 1.05, 1.07, 1.08, 1.1, 1.12, 1.2)
    assert "LPS" not in _kinds(_read(flat))


@pytest.mark.parametrize("bars", [sample_bars("MSFT").head(1400).tail(420), sample_bars("GOOG").head(900).tail(400)])
def test_classic_readings_are_never_rewritten(bars: Bars) -> None:
    def said(part: Bars) -> list[tuple[str, EventType, int, int, float, int]]:
        volume = analyze_volume(part, inspect_bars(part).volume_known, VolumeSettings())
        ranges = detect_ranges(part, volume, RangeSettings(profile="classic"))
        phases = detect_phases(part, volume, ranges.ranges, CLASSIC)
        assert ranges.failed == phases.failed == ()
        return [
            (reading.range_id, event.type, event.bar_index, event.known_at_index, event.price, event.confidence)
            for reading in phases.phases
            for event in reading.events
        ]

    full = said(bars)
    assert len(full) > 5
    for k in range(20, len(bars), 5):
        assert said(bars.head(k + 1)) == [item for item in full if item[3] <= k], k


def test_another_profile_is_refused() -> None:
    assert PhaseSettings().profile == "adaptive"
    with pytest.raises(ValidationError, match="profile"):
        PhaseSettings(profile="modern")  # type: ignore[arg-type]
