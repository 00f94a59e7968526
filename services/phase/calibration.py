"""From points to confidence: how often events that stood as this one does were right."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from services.phase.event import published
from wyckoff.model.curve import said_pct, times_odds
from wyckoff.model.evidence import Evidence
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


_AGAINST, _NONE, _FOR = Climax.AGAINST, Climax.NONE, Climax.FOR
_UNDETERMINED, _DISTRIBUTION = Side.UNDETERMINED, Side.DISTRIBUTION


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
        odds = self.odds.get(climax)
        return said_pct(times_odds(percent, odds.get(kind, 1.0)) if odds is not None else times_odds(percent, 1.0))


def calibrated(
    events: Sequence[tuple[Note, PhaseScene]], calibration: Calibration, side: Side
) -> tuple[StructureEvent, ...]:
    """The events of a range, given in the order in which they were said, as they are published.

    ``side`` is that of the climax that the range began with.

    An event is as credible as the structure that it stands in: what counts is the mean of its points and those of
    the events that stood then. Types without a curve have no labels to measure by and keep their points.
    """
    found: list[StructureEvent] = []
    counted: list[tuple[Note, PhaseScene]] = []
    for note, scene in events:
        points, kind = note.points, note.type
        own = Evidence("points", points)
        if kind not in calibration.curves:
            found.append(published(note, scene, points, (own,)))
            continue
        total, number = points, 1
        for other, of in counted:
            withdrawn = other.withdrawn_at_index
            if of is scene and (withdrawn is None or withdrawn > note.known_at_index):
                total += other.points
                number += 1
        counted.append((note, scene))
        together, climax = total / number, _climax(side, scene)
        more = (own, Evidence("structure_points", together), Evidence("climax_for_side", climax))
        found.append(published(note, scene, calibration.confidence(kind, together, climax), more))
    return tuple(found)


def _climax(side: Side, scene: PhaseScene) -> Climax:
    if side is _UNDETERMINED:
        return _NONE
    return _FOR if (side is _DISTRIBUTION) is scene.log.mirrored else _AGAINST
