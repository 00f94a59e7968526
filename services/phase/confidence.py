"""How sure the reading of a phase is, 0 to 100: events present 40, their points 30, sequence 20, context 10."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wyckoff.model.kinds import EventType, Phase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.phase.event import Note
    from services.phase.scene import Frame

_AR, _ST, _SPRING = EventType.AR, EventType.ST, EventType.SPRING
_PHASE_E: Final = Phase.E
_MARKUP_QUALITY: Final = 75
#: Distance of climax and reaction from their level that still counts as at the level, part of the height.
_NEAR: Final = 0.25


def phase_confidence(
    phase: Phase, standing: Mapping[EventType, Note], retests: int, duration_bars: int, frame: Frame
) -> int:
    """Confidence in ``phase`` from the events that stand; 0 for no phase.

    ``retests`` are visits to the climax area after the first secondary test, ``duration_bars`` the range's length.
    """
    if phase not in _RULES:
        return 0
    part, counted = _RULES[phase]
    points, number = (_MARKUP_QUALITY, 1) if phase is _PHASE_E else (0, 0)
    for kind, note in standing.items():
        if kind in counted:
            points += note.points
            number += 1
    quality = int(0.3 * points / number) if number else 0
    return max(0, min(100, quality + part(standing, retests, duration_bars, frame)))


def _phase_a(standing: Mapping[EventType, Note], retests: int, duration_bars: int, frame: Frame) -> int:
    bars = frame.reaction_index - frame.start_index
    speed = 10 if bars <= 5 else 5 if bars <= 10 else 0
    at_support = 5 if frame.support - frame.climax_low <= _NEAR * frame.height else 0
    reaction = standing[_AR].log_price
    at_resistance = 5 if reaction - frame.resistance <= _NEAR * frame.height else 0
    return 40 + 10 + speed + at_support + at_resistance


def _phase_b(standing: Mapping[EventType, Note], retests: int, duration_bars: int, frame: Frame) -> int:
    secondary = standing.get(_ST)
    if secondary is None:
        # a range without a climax: that it is one is all that is known
        return 40 + (5 if duration_bars >= 10 else 0)
    presence = 20 + (20 if retests else 10)
    sequence = 10 + 5 + (5 if retests else 0)
    inside = 5 if -_NEAR <= frame.place(secondary.log_price) <= 1.0 else 0
    return presence + sequence + inside + (5 if duration_bars >= 10 else 0)


def _phase_c(standing: Mapping[EventType, Note], retests: int, duration_bars: int, frame: Frame) -> int:
    return 20 + 20 + 10 + 10 + 10


def _phase_d(standing: Mapping[EventType, Note], retests: int, duration_bars: int, frame: Frame) -> int:
    return 40 + (20 if _SPRING in standing else 15) + 10


def _phase_e(standing: Mapping[EventType, Note], retests: int, duration_bars: int, frame: Frame) -> int:
    return 40 + 20 + 10


_STOPPING: Final = frozenset({EventType.SC, EventType.AR})
_TESTED: Final = _STOPPING | {_ST}
_SHAKEN: Final = _TESTED | {_SPRING, EventType.TEST}
#: How a phase is judged, and the events whose points count in it.
_RULES: Final = {
    Phase.A: (_phase_a, _STOPPING),
    Phase.B: (_phase_b, _TESTED),
    Phase.C: (_phase_c, _SHAKEN),
    Phase.D: (_phase_d, _SHAKEN | {EventType.SOS}),
    _PHASE_E: (_phase_e, frozenset({_SPRING, EventType.TEST, EventType.SOS, EventType.LPS})),
}
