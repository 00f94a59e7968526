"""Precision, recall and F1, and how well ranges are met."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wyckoff.evaluation.cases import LabelledRange
    from wyckoff.evaluation.findings import FoundRange

#: Share of common bars from which on a range counts as met.
MIN_OVERLAP: Final = 0.5
#: Error of a level, as a share of the labelled height, below which it counts as met.
MAX_LEVEL_ERROR: Final = 0.15


@dataclass(frozen=True, slots=True)
class Counts:
    """Labels found, detections without a label, labels not found. Counts add up."""

    hits: int = 0
    false_alarms: int = 0
    misses: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.hits + other.hits, self.false_alarms + other.false_alarms, self.misses + other.misses)

    @property
    def labels(self) -> int:
        return self.hits + self.misses

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing to find and nothing was said."""
        return not (self.hits or self.false_alarms or self.misses)

    @property
    def precision(self) -> float:
        """Share of detections that are right; 0 without detections."""
        return self.hits / max(1, self.hits + self.false_alarms)

    @property
    def recall(self) -> float:
        """Share of labels that were found; 0 without labels."""
        return self.hits / max(1, self.labels)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.hits / max(1, 2 * self.hits + self.false_alarms + self.misses)


@dataclass(frozen=True, slots=True)
class RangeScore:
    """Labelled ranges, how many were met, and levels met of the two that each of these has. Scores add up."""

    labelled: int = 0
    met: int = 0
    levels_met: int = 0

    def __add__(self, other: RangeScore) -> RangeScore:
        return RangeScore(self.labelled + other.labelled, self.met + other.met, self.levels_met + other.levels_met)

    @property
    def recall(self) -> float:
        return self.met / max(1, self.labelled)

    @property
    def level_share(self) -> float:
        """Share of the levels of met ranges that are near enough."""
        return self.levels_met / 2 / max(1, self.met)


def score_range(label: LabelledRange, found: Iterable[FoundRange]) -> RangeScore:
    """The found range with the largest overlap decides; of equal ones the first."""
    best, overlap = None, 0.0
    for item in found:
        share = _overlap(label, item)
        if share > overlap:
            best, overlap = item, share
    if best is None or overlap < MIN_OVERLAP:
        return RangeScore(labelled=1)
    limit = MAX_LEVEL_ERROR * (label.resistance - label.support)
    errors = (abs(best.support - label.support), abs(best.resistance - label.resistance))
    return RangeScore(labelled=1, met=1, levels_met=sum(error < limit for error in errors))


def _overlap(label: LabelledRange, found: FoundRange) -> float:
    """Bars in both over bars in either."""
    both = min(found.end, label.end) - max(found.start, label.start)
    either = max(found.end, label.end) - min(found.start, label.start)
    return max(0, both) / either if either > 0 else 0.0
