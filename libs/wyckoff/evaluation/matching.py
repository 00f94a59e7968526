"""Which detection is which label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wyckoff.model.kinds import EventType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wyckoff.evaluation.cases import LabelledEvent, Labels
    from wyckoff.evaluation.findings import Detection

#: Bars either side within which a detection matches a label of its type. Other types are not scored.
TOLERANCE_BARS: Final = {
    EventType.SC: 3,
    EventType.BC: 3,
    EventType.AR: 5,
    EventType.ST: 6,
    EventType.SPRING: 2,
    EventType.UTAD: 2,
    EventType.TEST: 5,
    EventType.SOS: 4,
    EventType.SOW: 4,
    EventType.LPS: 6,
    EventType.LPSY: 6,
}
#: Types that are trade set-ups; said on a null series, each is false.
PATTERN_TYPES: Final = frozenset(
    {EventType.SPRING, EventType.UTAD, EventType.SOS, EventType.SOW, EventType.LPS, EventType.LPSY}
)


@dataclass(frozen=True, slots=True)
class Hit:
    """A detection and the label that it matches."""

    label: LabelledEvent
    detection: Detection

    @property
    def offset_bars(self) -> int:
        """How far beside the label it is; below 0 is before."""
        return self.detection.bar_index - self.label.index


@dataclass(frozen=True, slots=True)
class Match:
    """Detections that match a label, those that match none, and labels that none matches."""

    hits: tuple[Hit, ...]
    false_alarms: tuple[Detection, ...]
    misses: tuple[LabelledEvent, ...]


def match(labels: Labels, detections: Iterable[Detection]) -> Match:
    """Each detection in the order of bars takes the nearest free label of its type within the tolerance.

    Detections that the labels do not score are left out; a label outside the scored bars can still be missed.
    """
    free = list(dict.fromkeys(labels.events))
    hits, false_alarms = [], []
    for item in sorted(detections, key=lambda detection: detection.bar_index):
        if item.type not in TOLERANCE_BARS or not labels.scores(item.type, item.bar_index):
            continue
        near = [label for label in free if _matches(label, item)]
        if near:
            label = min(near, key=lambda candidate: abs(candidate.index - item.bar_index))
            free.remove(label)
            hits.append(Hit(label, item))
        else:
            false_alarms.append(item)
    return Match(tuple(hits), tuple(false_alarms), tuple(free))


def _matches(label: LabelledEvent, item: Detection) -> bool:
    return label.type is item.type and abs(label.index - item.bar_index) <= TOLERANCE_BARS[item.type]
