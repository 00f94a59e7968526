"""Which phase the standing events make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wyckoff.model.kinds import EventType, Phase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.phase.event import Note
    from wyckoff.market.bars import FloatArray

_EARLY_BARS = 10
_LATE_SLOPE = 0.002
_EXHAUSTED_SLOPE = 0.001
_EXHAUSTED_VOLUME = 0.8
_SPRING_BARS = 3


def classify(events: Sequence[Note], start_index: int) -> tuple[Phase, int]:
    """Phase and its first bar from the events that stand, checked from E down to A.

    A test without a spring is known only with the sign of strength, so on its own it makes no phase C. Without any
    event, in a range without a climax, it is phase B from ``start_index`` on.
    """
    first = {note.type: note.bar_index for note in reversed(events) if note.withdrawn_at_index is None}
    if EventType.LPS in first and EventType.SOS in first:
        return Phase.E, first[EventType.LPS]
    if EventType.SOS in first:
        return Phase.D, first[EventType.SOS]
    if EventType.SPRING in first:
        return Phase.C, first[EventType.SPRING]
    if EventType.ST in first:
        return Phase.B, first[EventType.ST]
    if EventType.SC in first:
        return Phase.A, first[EventType.SC]
    return Phase.B, start_index


def sub_phase(
    phase: Phase, start_index: int, last_index: int, tested: bool, log_close: Sequence[float], volume: FloatArray
) -> str:
    """Finer state of phases C and E at ``last_index``; empty for the others.

    ``log_close`` rises with the structure (mirrored for a distribution); both have one value a bar.
    """
    if phase is Phase.C:
        if tested:
            return "C_TEST"
        return "C_SPRING" if last_index - start_index < _SPRING_BARS else "C_READY"
    if phase is not Phase.E:
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
