"""How sure the reading of a phase is, 0 to 100: events present 40, their points 30, sequence 20, context 10."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wyckoff.model.kinds import EventType, Phase

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.phase.event import Note
    from services.phase.scene import Frame

_MARKUP_QUALITY: Final = 75
#: Distance of climax and reaction from their level that still counts as at the level, part of the height.
_NEAR: Final = 0.25


def phase_confidence(phase: Phase, events: Sequence[Note], retests: int, duration_bars: int, frame: Frame) -> int:
    """Confidence in ``phase`` from the events that stand; 0 for no phase.

    ``retests`` are visits to the climax area after the first secondary test, ``duration_bars`` the range's length.
    """
    part = _PARTS.get(phase)
    if part is None:
        return 0
    standing = {note.type: note for note in events if note.withdrawn_at_index is None}
    counted = [note.points for kind, note in standing.items() if kind in _COUNTED[phase]]
    if phase is Phase.E:
        counted.append(_MARKUP_QUALITY)
    quality = int(0.3 * sum(counted) / len(counted)) if counted else 0
    return max(0, min(100, quality + part(standing, retests, duration_bars, frame)))


def _phase_a(standing: Mapping[EventType, Note], retests: int, duration_bars: int, frame: Frame) -> int:
    bars = frame.reaction_index - frame.start_index
    speed = 10 if bars <= 5 else 5 if bars <= 10 else 0
    at_support = 5 if frame.support - frame.climax_low <= _NEAR * frame.height else 0
    reaction = standing[EventType.AR].log_price
    at_resistance = 5 if reaction - frame.resistance <= _NEAR * frame.height else 0
    return 40 + 10 + speed + at_support + at_resistance


def _phase_b(standing: Mapping[EventType, Note], retests: int, duration_bars: int, frame: Frame) -> int:
    secondary = standing.get(EventType.ST)
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
    return 40 + (20 if EventType.SPRING in standing else 15) + 10


def _phase_e(standing: Mapping[EventType, Note], retests: int, duration_bars: int, frame: Frame) -> int:
    return 40 + 20 + 10


_STOPPING: Final = frozenset({EventType.SC, EventType.AR})
_COUNTED: Final = {
    Phase.A: _STOPPING,
    Phase.B: _STOPPING | {EventType.ST},
    Phase.C: _STOPPING | {EventType.ST, EventType.SPRING, EventType.TEST},
    Phase.D: _STOPPING | {EventType.ST, EventType.SPRING, EventType.TEST, EventType.SOS},
    Phase.E: frozenset({EventType.SPRING, EventType.TEST, EventType.SOS, EventType.LPS}),
}
_PARTS: Final = {Phase.A: _phase_a, Phase.B: _phase_b, Phase.C: _phase_c, Phase.D: _phase_d, Phase.E: _phase_e}
