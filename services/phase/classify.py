"""Which phase the standing events make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wyckoff.model.kinds import EventType, Phase

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.phase.event import Note
    from wyckoff.market.bars import FloatArray

_SOS, _LPS = EventType.SOS, EventType.LPS
_PHASE_B, _PHASE_C, _PHASE_E = Phase.B, Phase.C, Phase.E
#: Phases, last first, with the event that begins each.
_FROM_E_TO_A: Final = (
    (_PHASE_E, _LPS),
    (Phase.D, _SOS),
    (_PHASE_C, EventType.SPRING),
    (_PHASE_B, EventType.ST),
    (Phase.A, EventType.SC),
)
_EARLY_BARS = 10
_LATE_SLOPE = 0.002
_EXHAUSTED_SLOPE = 0.001
_EXHAUSTED_VOLUME = 0.8
_SPRING_BARS = 3


def classify(standing: Mapping[EventType, Note], start_index: int) -> tuple[Phase, int]:
    """Phase and its first bar from the events that stand, checked from E down to A.

    A test without a spring is known only with the sign of strength, so on its own it makes no phase C. Without any
    event, in a range without a climax, it is phase B from ``start_index`` on.
    """
    for phase, kind in _FROM_E_TO_A:
        # a last point without its sign of strength is none
        if kind in standing and (kind is not _LPS or _SOS in standing):
            return phase, standing[kind].bar_index
    return _PHASE_B, start_index


def sub_phase(
    phase: Phase, start_index: int, last_index: int, tested: bool, log_close: Sequence[float], volume: FloatArray
) -> str:
    """Finer state of phases C and E at ``last_index``; empty for the others.

    ``log_close`` rises with the structure (mirrored for a distribution); both have one value a bar.
    """
    if phase is _PHASE_C:
        if tested:
            return "C_TEST"
        return "C_SPRING" if last_index - start_index < _SPRING_BARS else "C_READY"
    if phase is not _PHASE_E:
        return ""
    bars = last_index - start_index
    if bars < _EARLY_BARS:
        return "E_EARLY"
    slope = (log_close[last_index] - log_close[start_index]) / bars
    half = start_index + bars // 2
    earlier, later = (float(part.sum()) for part in (volume[start_index:half], volume[half : last_index + 1]))
    quieter = later * (half - start_index) < _EXHAUSTED_VOLUME * earlier * (last_index + 1 - half)
    if slope < _EXHAUSTED_SLOPE and quieter:
        return "E_EXHAUSTION"
    return "E_LATE" if slope < _LATE_SLOPE else "E_MATURE"
