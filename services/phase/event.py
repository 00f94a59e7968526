"""Events while a structure is being read: as accumulation, in log prices, open to withdrawal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wyckoff.model.evidence import Evidence
from wyckoff.model.kinds import EventStatus, EventType
from wyckoff.model.phases import StructureEvent

if TYPE_CHECKING:
    from services.phase.scene import PhaseScene

_CONFIRMED, _WITHDRAWN = EventStatus.CONFIRMED, EventStatus.WITHDRAWN
#: What an event of an accumulation is called in a distribution.
MIRROR_TYPE: Final = {
    EventType.PS: EventType.PSY,
    EventType.SC: EventType.BC,
    EventType.SPRING: EventType.UTAD,
    EventType.SOS: EventType.SOW,
    EventType.LPS: EventType.LPSY,
}


@dataclass(slots=True)
class Note:
    """One event as said at ``known_at_index``; only the withdrawal is filled in later.

    ``points``, 0 to 100, add up what speaks for it.
    """

    type: EventType
    bar_index: int
    known_at_index: int
    log_price: float
    points: int
    evidence: tuple[Evidence, ...]
    withdrawn_at_index: int | None = None
    reason: str = ""

    @property
    def stands(self) -> bool:
        return self.withdrawn_at_index is None

    def withdraw(self, at_index: int, reason: str) -> None:
        if self.withdrawn_at_index is None:
            self.withdrawn_at_index, self.reason = at_index, reason


def published(note: Note, scene: PhaseScene, confidence: int, more: tuple[Evidence, ...]) -> StructureEvent:
    """The event under its name on the side of the scene, its price in quote currency, with ``more`` evidence."""
    withdrawn = note.withdrawn_at_index
    return StructureEvent(
        MIRROR_TYPE.get(note.type, note.type) if scene.log.mirrored else note.type,
        note.bar_index,
        note.known_at_index,
        scene.log.price(note.log_price),
        confidence,
        (*note.evidence, *more),
        _CONFIRMED if withdrawn is None else _WITHDRAWN,
        withdrawn,
        note.reason,
    )


def at_least(name: str, value: float, threshold: float) -> Evidence:
    """A measured fact that speaks for the event from ``threshold`` on; unknown when NaN."""
    if value != value:
        return Evidence(name, None, threshold, None)
    return Evidence(name, value, threshold, value >= threshold)


def at_most(name: str, value: float, threshold: float) -> Evidence:
    """A measured fact that speaks for the event up to ``threshold``; unknown when NaN."""
    if value != value:
        return Evidence(name, None, threshold, None)
    return Evidence(name, value, threshold, value <= threshold)


def fact(name: str, value: float) -> Evidence:
    """A measured fact without a threshold; unknown when NaN."""
    return Evidence(name, None if value != value else value)


def ramp(value: float, zero: float, one: float, unknown: float = 0.5) -> float:
    """0 at ``zero``, 1 at ``one``, linear between and level beyond; ``unknown`` when the value is NaN."""
    if value != value:
        return unknown
    part = (value - zero) / (one - zero)
    if part <= 0.0:
        return 0.0
    return part if part < 1.0 else 1.0
