"""From points to confidence: how often events that stood as this one does were right."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from services.phase.event import fact, published
from wyckoff.model.curve import said_pct, times_odds
from wyckoff.model.kinds import Side

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.phase.event import Note
    from services.phase.scene import PhaseScene
    from wyckoff.model.curve import Curve
    from wyckoff.model.kinds import EventType
    from wyckoff.model.phases import StructureEvent


class Climax(IntEnum):
    """For which side the climax speaks that a range began with."""

    AGAINST = -1
    NONE = 0
    FOR = 1


@dataclass(frozen=True, slots=True)
class Calibration:
    """Measured curves by type of an accumulation, which its mirror shares; what the numbers hold for is in docs.

    They hold where the range began with a climax of the same side; ``odds`` are the factors on the odds elsewhere,
    1 where none is given.
    """

    curves: Mapping[EventType, Curve]
    odds: Mapping[Climax, Mapping[EventType, float]]

    def confidence(self, kind: EventType, structure_points: float, climax: Climax) -> int:
        """Share of events of ``kind`` that are right, 1 to 99 percent."""
        percent = self.curves[kind].at(structure_points)
        return said_pct(times_odds(percent, self.odds.get(climax, {}).get(kind, 1.0)))


def calibrated(
    events: Sequence[tuple[Note, PhaseScene]], calibration: Calibration, side: Side
) -> tuple[StructureEvent, ...]:
    """The events of a range, given in the order in which they were said, as they are published.

    ``side`` is that of the climax that the range began with.

    An event is as credible as the structure that it stands in: what counts is the mean of its points and those of
    the events that stood then. Types without a curve have no labels to measure by and keep their points.
    """
    found = []
    for number, (note, scene) in enumerate(events):
        own = fact("points", note.points)
        if note.type not in calibration.curves:
            found.append(published(note, scene, note.points, (own,)))
            continue
        before = [other.points for other, of in events[:number] if of is scene and _counts(other, note, calibration)]
        together = (sum(before) + note.points) / (len(before) + 1)
        climax = _climax(side, scene)
        more = (own, fact("structure_points", together), fact("climax_for_side", climax))
        found.append(published(note, scene, calibration.confidence(note.type, together, climax), more))
    return tuple(found)


def _climax(side: Side, scene: PhaseScene) -> Climax:
    if side is Side.UNDETERMINED:
        return Climax.NONE
    return Climax.FOR if (side is Side.DISTRIBUTION) is scene.log.mirrored else Climax.AGAINST


def _counts(other: Note, note: Note, calibration: Calibration) -> bool:
    stood = other.withdrawn_at_index is None or other.withdrawn_at_index > note.known_at_index
    return stood and other.type in calibration.curves
