"""How well detections match the labels of generated series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wyckoff.evaluation import TOLERANCE_BARS
from wyckoff.model.kinds import EventType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wyckoff.schematics import LabelledSeries

#: An event type and the bar it is said to be at.
Detection = tuple[EventType, int]


@dataclass(frozen=True, slots=True)
class Score:
    """Matched labels, detections without a label, labels without a detection; scores of several series add up."""

    hits: tuple[Detection, ...] = ()
    false_alarms: tuple[Detection, ...] = ()
    misses: tuple[Detection, ...] = ()

    def __add__(self, other: Score) -> Score:
        return Score(self.hits + other.hits, self.false_alarms + other.false_alarms, self.misses + other.misses)

    @property
    def f1(self) -> float:
        """Micro-averaged F1; 1.0 when nothing was there and nothing was found."""
        wrong = len(self.false_alarms) + len(self.misses)
        return 1.0 if not (self.hits or wrong) else 2 * len(self.hits) / (2 * len(self.hits) + wrong)


def score(detections: Iterable[Detection], series: LabelledSeries) -> Score:
    """Each label is matched once, by the nearest detection of its type; what is left over is wrong.

    The same type at the same bar counts once. Detections outside ``series.scored`` do not count.
    """
    scored = {
        (kind, bar)
        for kind, bar in detections
        if kind in TOLERANCE_BARS and any(first <= bar <= last for first, last in series.scored)
    }
    pairs = sorted(
        (abs(bar - label.bar_index), bar, label.bar_index, kind)
        for kind, bar in scored
        for label in series.events
        if label.type is kind and abs(bar - label.bar_index) <= TOLERANCE_BARS[kind]
    )
    matched: dict[Detection, Detection] = {}
    for _, bar, labelled, kind in pairs:
        if (kind, bar) not in matched and (kind, labelled) not in matched.values():
            matched[kind, bar] = (kind, labelled)
    labels = {(label.type, label.bar_index) for label in series.events if label.type in TOLERANCE_BARS}
    return Score(
        hits=tuple(sorted(matched.values())),
        false_alarms=tuple(sorted(scored - matched.keys())),
        misses=tuple(sorted(labels - set(matched.values()))),
    )


def per_thousand_bars(count: int, bars: int) -> float:
    """``count`` as a rate per 1000 bars."""
    return 1000.0 * count / bars
