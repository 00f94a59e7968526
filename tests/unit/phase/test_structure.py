from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from services.phase.config import PhaseSettings
from tests.unit.phase.structures import CAUSE, CLIMAX, KNOWN, REACTION, SECONDARY, STOPPING, read
from wyckoff.model.kinds import EventStatus, EventType, Phase

if TYPE_CHECKING:
    from wyckoff.model.phases import PhaseReading, StructureEvent

BASE: Final = (*STOPPING, *SECONDARY, *CAUSE)
#: First bar after the base.
NEXT: Final = CLIMAX + len(BASE)
SHAKEOUT: Final = (0.3, 0.1, -0.1, -0.22, 0.05, 0.15, 0.3, 0.2, 0.12, 0.2, 0.35, 0.5)
HIGHER_LOW: Final = (0.4, 0.3, 0.2, 0.15, 0.25, 0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8)
ADVANCE: Final = (0.6, 0.75, 0.9, 1.0, 1.25, 1.35, 1.45)
PULLBACK: Final = (1.35, 1.2, 1.1, 1.05, 1.2, 1.35, 1.5)
SPRING: Final = NEXT + 3
SOS: Final = NEXT + len(SHAKEOUT) + 4
COMPLETE: Final = (*BASE, *SHAKEOUT, *ADVANCE, *PULLBACK)
VOLUMES: Final = {SPRING: 0.5, SOS: 2.2}


def _read(places: tuple[float, ...], volumes: dict[int, float] | None = None) -> PhaseReading:
    result = read(places, volumes)
    assert result.failed == ()
    return result.phases[0]


def _event(reading: PhaseReading, kind: EventType) -> StructureEvent:
    (event,) = [event for event in reading.events if event.type is kind]
    return event


def _types(reading: PhaseReading) -> list[str]:
    return [str(event.type) for event in reading.events]


def test_a_complete_accumulation() -> None:
    reading = _read(COMPLETE, VOLUMES)
    assert _types(reading) == ["SC", "AR", "ST", "SPRING", "TEST", "SOS", "LPS"]
    assert [segment.phase for segment in reading.segments] == [Phase.A, Phase.B, Phase.C, Phase.D, Phase.E]
    assert reading.phase is Phase.E
    assert reading.sub_phase == "E_EARLY"
    assert reading.failed_at_index is None
    assert all(event.status is EventStatus.CONFIRMED for event in reading.events)


def test_climax_and_reaction_are_known_with_the_range() -> None:
    reading = _read(BASE)
    climax, reaction = _event(reading, EventType.SC), _event(reading, EventType.AR)
    assert (climax.bar_index, climax.known_at_index) == (CLIMAX, KNOWN)
    assert (reaction.bar_index, reaction.known_at_index) == (REACTION, KNOWN)


def test_mirrored_bars_give_the_mirrored_structure() -> None:
    upright, mirror = read(COMPLETE, VOLUMES).phases[0], read(COMPLETE, VOLUMES, mirrored=True).phases[0]
    assert _types(mirror) == ["BC", "AR", "ST", "UTAD", "TEST", "SOW", "LPSY"]
    for here, there in zip(upright.events, mirror.events, strict=True):
        assert (here.bar_index, here.known_at_index, here.confidence) == (
            there.bar_index,
            there.known_at_index,
            there.confidence,
        )
        assert here.price * there.price == pytest.approx(100.0**2)
    assert [s.phase for s in upright.states] == [s.phase for s in mirror.states]


def test_the_secondary_test_waits_for_its_rebound() -> None:
    low = STOPPING + SECONDARY[:4]
    assert EventType.ST not in _types(_read(low))
    event = _event(_read((*low, 0.2, 0.35)), EventType.ST)
    assert event.bar_index == CLIMAX + len(low) - 1
    assert event.bar_index < event.known_at_index


def test_nothing_follows_before_the_secondary_test() -> None:
    reading = _read((*STOPPING, *[0.6] * 30, *ADVANCE), {CLIMAX + len(STOPPING) + 34: 3.0})
    assert _types(reading) == ["SC", "AR"]
    assert reading.phase is Phase.A


def test_a_spring_is_said_at_the_close_that_recovers_the_support() -> None:
    event = _event(_read((*BASE, *SHAKEOUT), VOLUMES), EventType.SPRING)
    assert (event.bar_index, event.known_at_index) == (SPRING, SPRING + 1)
    evidence = {item.name: item for item in event.evidence}
    assert evidence["volume_ratio"].met is True
    assert evidence["recovery_bars"].value == 1


def test_a_dip_that_does_not_come_back_is_no_spring() -> None:
    slow = (0.3, -0.1, -0.22, *[-0.1] * 6, 0.1, 0.2)
    assert "SPRING" not in _types(_read((*BASE, *slow), {NEXT + 2: 0.5}))


def test_a_busy_slow_dip_is_no_spring() -> None:
    dip = (0.3, 0.1, -0.1, -0.22, -0.15, -0.12, -0.1, 0.05)
    assert "SPRING" not in _types(_read((*BASE, *dip), {SPRING: 3.5}))


def test_unknown_volume_does_not_forbid_a_spring() -> None:
    event = _event(_read((*BASE, *SHAKEOUT), {SPRING: 0.0}), EventType.SPRING)
    volume = next(item for item in event.evidence if item.name == "volume_ratio")
    assert (volume.value, volume.met) == (None, None)


def test_phase_b_comes_before_a_spring() -> None:
    early = (*STOPPING, *SECONDARY, 0.3, 0.1, -0.1, -0.22, 0.05, 0.2)
    assert "SPRING" not in _types(_read(early, {CLIMAX + len(early) - 3: 0.5}))


def test_a_low_under_the_spring_withdraws_it() -> None:
    again = (*BASE, *SHAKEOUT, 0.3, 0.0, -0.3, -0.1, 0.1, 0.3)
    reading = _read(again, {SPRING: 0.5, NEXT + len(SHAKEOUT) + 2: 0.5})
    springs = [event for event in reading.events if event.type is EventType.SPRING]
    assert [event.status for event in springs] == [EventStatus.WITHDRAWN, EventStatus.CONFIRMED]
    assert springs[0].withdrawn_at_index == NEXT + len(SHAKEOUT) + 2
    assert springs[0].reason
    assert [state.phase for state in reading.states][-3:] == [Phase.C, Phase.B, Phase.C]


def test_without_a_spring_the_last_low_is_the_test() -> None:
    sos = NEXT + len(HIGHER_LOW) + 4
    reading = _read((*BASE, *HIGHER_LOW, *ADVANCE), {sos: 2.2})
    test = _event(reading, EventType.TEST)
    assert "SPRING" not in _types(reading)
    assert (test.bar_index, test.known_at_index) == (NEXT + 4, sos)
    assert [segment.phase for segment in reading.segments] == [Phase.A, Phase.B, Phase.C, Phase.D]


@pytest.mark.parametrize(("factor", "said"), [(2.2, True), (0.6, False)])
def test_a_sign_of_strength_needs_effort(factor: float, said: bool) -> None:
    volumes = {SPRING: 0.5, **{SOS + k: factor for k in range(4)}}
    reading = _read((*BASE, *SHAKEOUT, *ADVANCE), volumes)
    assert ("SOS" in _types(reading)) is said


def test_a_breakout_that_falls_back_is_withdrawn() -> None:
    reading = _read((*BASE, *SHAKEOUT, *ADVANCE, 1.0, 0.7, 0.45), VOLUMES)
    event = _event(reading, EventType.SOS)
    assert event.status is EventStatus.WITHDRAWN
    assert event.withdrawn_at_index == NEXT + len(SHAKEOUT) + len(ADVANCE) + 2
    assert reading.phase is Phase.C


def test_the_last_point_is_the_low_near_the_creek() -> None:
    event = _event(_read(COMPLETE, VOLUMES), EventType.LPS)
    assert SOS + 3 <= event.bar_index < event.known_at_index
    assert event.price == pytest.approx(112.0, rel=0.02)


def test_no_last_point_without_a_pullback() -> None:
    straight = tuple(1.5 + 0.1 * k for k in range(12))
    assert "LPS" not in _types(_read((*BASE, *SHAKEOUT, *ADVANCE, *straight), VOLUMES))


def test_a_breakdown_ends_the_structure() -> None:
    down = (*BASE, *SHAKEOUT, 0.2, -0.2, -0.7, -1.1, 0.1, 0.5, 1.0, 1.5)
    reading = _read(down, {SPRING: 0.5, CLIMAX + len(down) - 1: 3.0})
    assert reading.failed_at_index is not None
    assert reading.failure_reason
    assert reading.phase is Phase.UNSPECIFIED
    assert reading.confidence == 0
    assert _event(reading, EventType.SPRING).status is EventStatus.WITHDRAWN
    assert all(event.known_at_index <= reading.failed_at_index for event in reading.events)


def test_too_long_below_the_climax_is_a_breakdown_too() -> None:
    reading = _read((*BASE, 0.2, *[-0.25] * 12))
    assert reading.failed_at_index == NEXT + PhaseSettings().failure_bars
    assert "10 closes" in reading.failure_reason


def test_states_only_grow_and_events_are_in_order() -> None:
    reading = _read(COMPLETE, VOLUMES)
    known = [state.known_at_index for state in reading.states]
    assert known == sorted(set(known))
    assert [e.known_at_index for e in reading.events] == sorted(e.known_at_index for e in reading.events)
    assert all(0 <= state.confidence <= 100 for state in reading.states)
    assert reading.confidence == reading.states[-1].confidence


def test_phase_b_is_counted_from_the_secondary_test() -> None:
    reading = _read((*BASE, *SHAKEOUT), VOLUMES)
    state = reading.as_of(SPRING + 1)
    assert state is not None
    assert state.phase_b_bars == SPRING - _event(reading, EventType.ST).bar_index
