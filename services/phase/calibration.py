"""From points to confidence: how often events that stood as this one does were right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.phase.event import fact, published
from wyckoff.model.curve import said_pct, times_odds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.phase.event import Note
    from services.phase.scene import PhaseScene
    from wyckoff.model.curve import Curve
    from wyckoff.model.kinds import EventType
    from wyckoff.model.phases import StructureEvent


@dataclass(frozen=True, slots=True)
class Calibration:
    """Measured curves by type of an accumulation, which its mirror shares; what the numbers hold for is in docs.

    ``odds_without_climax`` is the factor on the odds in a range that began without a climax; 1 where none is given.
    """

    curves: Mapping[EventType, Curve]
    odds_without_climax: Mapping[EventType, float]

    def confidence(self, kind: EventType, structure_points: float, *, has_climax: bool) -> int:
        """Share of events of ``kind`` that are right, 1 to 99 percent."""
        percent = self.curves[kind].at(structure_points)
        return said_pct(percent if has_climax else times_odds(percent, self.odds_without_climax.get(kind, 1.0)))


def calibrated(
    events: Sequence[tuple[Note, PhaseScene]], calibration: Calibration, *, has_climax: bool
) -> tuple[StructureEvent, ...]:
    """The events of a range, given in the order in which they were said, as they are published.

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
        confidence = calibration.confidence(note.type, together, has_climax=has_climax)
        found.append(published(note, scene, confidence, (own, fact("structure_points", together))))
    return tuple(found)


def _counts(other: Note, note: Note, calibration: Calibration) -> bool:
    stood = other.withdrawn_at_index is None or other.withdrawn_at_index > note.known_at_index
    return stood and other.type in calibration.curves
