"""What the stages say of generated cases whose labels are known, and whether it is right."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from services.pattern.config import PatternSettings
from services.pattern.detect import detect_patterns
from services.phase.calibration import Climax
from services.phase.config import PhaseSettings
from services.phase.detect import detect_phases
from services.range.config import RangeSettings
from services.range.detect import detect_ranges
from services.volume.analysis import analyze_volume
from services.volume.config import VolumeSettings
from tools.sample_bars import SYMBOLS, sample_bars
from wyckoff.evaluation import Detection, Labels
from wyckoff.evaluation.findings import distinct
from wyckoff.evaluation.matching import TOLERANCE_BARS, match
from wyckoff.market.gate import inspect_bars
from wyckoff.model.kinds import EventType
from wyckoff.schematics import LABELLED_FAMILIES, MIRROR_TYPES, NULL_FAMILIES, make_cases, shuffled_case
from wyckoff.schematics.files import case_labels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wyckoff.market.bars import Bars
    from wyckoff.model.patterns import Pattern
    from wyckoff.model.phases import PhaseReading

    _Said = dict[tuple[EventType, int], tuple[Detection, "Sample"]]

#: Series with a structure for each one without.
STRUCTURES_PER_NULL: Final = 5
#: Bars of a series of shuffled sample bars.
SHUFFLED_BARS: Final = 500
#: Part of the log distance of volume from its mean that is left of it in a muted series.
MUTED_SHARE: Final = 0.5
_UPRIGHT: Final = {mirror: upright for upright, mirror in MIRROR_TYPES.items()}


@dataclass(frozen=True, slots=True)
class Sample:
    """One thing said: its type as in an accumulation, what its probability is taken from, and whether it is right.

    ``points`` are its own, of the event or of the pattern; ``said`` is the probability that it was given.
    """

    kind: EventType
    points: float
    structure_points: float
    climax: Climax
    said: int
    right: bool = False


@dataclass(frozen=True, slots=True)
class Samples:
    """Everything said of some cases."""

    events: tuple[Sample, ...]
    patterns: tuple[Sample, ...]


def gather(seed: int, count: int) -> Samples:
    """What is said of ``count`` cases of each labelled family, and of a fifth as many series with nothing to find.

    Those are equally many of each null family, and as many of shuffled sample bars. Each series is read as it is, and
    with its volume muted.
    """
    events: list[Sample] = []
    patterns: list[Sample] = []
    for labels, bars in _cases(seed, count):
        for seen in (bars, _muted(bars)):
            of_case = _Readings.of(seen)
            events += of_case.judged(labels, of_case.events)
            patterns += of_case.judged(labels, of_case.patterns)
    return Samples(tuple(events), tuple(patterns))


def _cases(seed: int, count: int) -> Iterator[tuple[Labels, Bars]]:
    nulls = round(count * len(LABELLED_FAMILIES) / STRUCTURES_PER_NULL / (len(NULL_FAMILIES) + 1))
    for families, each in ((LABELLED_FAMILIES, count), (NULL_FAMILIES, nulls)):
        for case in make_cases(seed, each, families):
            yield Labels.model_validate(case_labels(case)), case.bars
    for number in range(nulls):
        case = shuffled_case(sample_bars(SYMBOLS[number % len(SYMBOLS)]), seed, number)
        yield Labels.model_validate(case_labels(case)), case.bars.head(SHUFFLED_BARS)


def _muted(bars: Bars) -> Bars:
    """The same bars with volume as calm as that of an index: three times the usual becomes the square root of that."""
    volume, traded = bars.volume.copy(), bars.volume > 0
    logs = np.log(volume[traded])
    volume[traded] = np.exp(logs.mean() + MUTED_SHARE * (logs - logs.mean()))
    return replace(bars, volume=volume)


@dataclass(frozen=True, slots=True)
class _Readings:
    """What was said of one series, by type and bar: the first of each, as the evaluation counts it."""

    events: _Said
    patterns: _Said

    @classmethod
    def of(cls, bars: Bars) -> _Readings:
        volume = analyze_volume(bars, inspect_bars(bars).volume_known, VolumeSettings())
        ranges = detect_ranges(bars, volume, RangeSettings()).ranges
        phases = detect_phases(bars, volume, ranges, PhaseSettings()).phases
        events: _Said = {}
        of_range: dict[tuple[str, EventType, int], Sample] = {}
        for reading in phases:
            for detection, sample in _of_reading(reading):
                events.setdefault((detection.type, detection.bar_index), (detection, sample))
                of_range[reading.range_id, detection.type, detection.bar_index] = sample
        patterns: _Said = {}
        for item in detect_patterns(bars, volume, ranges, phases, PatternSettings()).patterns:
            kind = EventType(item.type.value)
            event = of_range[item.range_id, kind, item.bar_index]
            patterns.setdefault((kind, item.bar_index), _of_pattern(item, event))
        return cls(events, patterns)

    def judged(self, labels: Labels, said: _Said) -> list[Sample]:
        """Those of the series that labels speak of, right or wrong; of a null series each is wrong."""
        detections = distinct(detection for detection, _ in said.values())
        if labels.is_null:
            return [sample for _, sample in said.values()]
        found = match(labels, detections)
        right = [said[hit.detection.type, hit.detection.bar_index][1] for hit in found.hits]
        wrong = [said[item.type, item.bar_index][1] for item in found.false_alarms]
        return [*(replace(sample, right=True) for sample in right), *wrong]


def _of_reading(reading: PhaseReading) -> Iterator[tuple[Detection, Sample]]:
    for event in reading.events:
        if event.type not in TOLERANCE_BARS:
            continue
        measured = {item.name: item.value for item in event.evidence}
        own, together = measured["points"] or 0.0, measured["structure_points"] or 0.0
        climax = Climax(int(measured["climax_for_side"] or 0))
        detection = Detection(event.type, event.bar_index, event.known_at_index, event.confidence)
        yield detection, Sample(_UPRIGHT.get(event.type, event.type), own, together, climax, event.confidence)


def _of_pattern(item: Pattern, event: Sample) -> tuple[Detection, Sample]:
    detection = Detection(EventType(item.type.value), item.bar_index, item.known_at_index, item.probability_pct)
    return detection, replace(event, points=float(item.confidence), said=item.probability_pct)
