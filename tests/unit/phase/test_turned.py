from __future__ import annotations

import pytest

from tests.unit.phase.structures import CAUSE, KNOWN, SECONDARY, STOPPING, read
from wyckoff.model.kinds import EventType, Phase, Side

#: From phase B of an accumulation down through the ice, for good.
FALL = (0.3, 0.15, 0.05, -0.25, -0.4, -0.5, -0.65, -0.8, -0.9, -1.0, -1.1)
FALL_START = KNOWN + 1 + len(SECONDARY) + len(CAUSE)
BREAK = FALL_START + 3
PLACES = (*STOPPING, *SECONDARY, *CAUSE, *FALL)


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_base_that_is_left_downward_with_effort_was_a_redistribution(mirrored: bool) -> None:
    result = read(PLACES, {BREAK: 3.0}, mirrored=mirrored)
    assert result.failed == ()
    (reading,) = result.phases
    own, other = Side.ACCUMULATION, Side.DISTRIBUTION
    weakness, climax = EventType.SOW, EventType.SC
    if mirrored:
        own, other, weakness, climax = other, own, EventType.SOS, EventType.BC
    sign = next(event for event in reading.events if event.type is weakness)
    assert sign.bar_index == BREAK
    turn = sign.known_at_index
    assert turn > BREAK, "before the base has failed it may be a shakeout"
    assert reading.side is other
    assert reading.failed_at_index is None
    assert {state.side for state in reading.states if state.known_at_index < turn} == {own}
    at_turn = reading.as_of(turn)
    assert at_turn is not None
    assert (at_turn.side, at_turn.phase) == (other, Phase.D)
    assert at_turn.reason.startswith("left against its climax")
    assert any(event.type is climax for event in reading.events)


def test_a_base_that_is_left_without_effort_has_only_failed() -> None:
    (reading,) = read(PLACES, {BREAK + k: 0.5 for k in range(6)}).phases
    assert reading.side is Side.ACCUMULATION
    assert reading.failed_at_index is not None
    assert reading.phase is Phase.UNSPECIFIED
    assert not any(event.type is EventType.SOW for event in reading.events)
