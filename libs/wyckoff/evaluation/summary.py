"""All figures over many cases."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, TypeVar

from wyckoff.evaluation.findings import distinct
from wyckoff.evaluation.lag import lag_of
from wyckoff.evaluation.matching import PATTERN_TYPES, TOLERANCE_BARS, match
from wyckoff.evaluation.reliability import Judged, reliability_of
from wyckoff.evaluation.scores import Counts, RangeScore, score_range

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from wyckoff.evaluation.cases import LabelledCase
    from wyckoff.evaluation.findings import Detection, Findings
    from wyckoff.evaluation.lag import Lag
    from wyckoff.evaluation.matching import Match
    from wyckoff.evaluation.reliability import Reliability
    from wyckoff.evaluation.rewrites import Rewrite, RewriteCheck
    from wyckoff.model.kinds import EventType

#: An event type or a scale.
_Key = TypeVar("_Key", bound=str)


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What was said of one case. ``error`` is why there is no result, empty when there is one."""

    case: LabelledCase
    bar_count: int
    findings: Findings
    rewrites: RewriteCheck
    error: str = ""


@dataclass(frozen=True, slots=True)
class NullScore:
    """Patterns said of series in which there is nothing to find."""

    bars: int = 0
    patterns: int = 0

    def __add__(self, other: NullScore) -> NullScore:
        return NullScore(self.bars + other.bars, self.patterns + other.patterns)

    @property
    def per_thousand_bars(self) -> float:
        return 1000.0 * self.patterns / max(1, self.bars)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures of all cases; types and families without a label or a detection are left out.

    ``main_ranges`` are one a series, ``ranges`` are all that are labelled. What is by scale is empty where the
    analysis knows of no scales; labels have none, so the misses of a scale are unknown.
    """

    cases: int
    events: Mapping[EventType, Counts]
    families: Mapping[str, Counts]
    scales: Mapping[str, Counts]
    lags: Mapping[EventType, Lag]
    scale_lags: Mapping[str, Lag]
    main_ranges: RangeScore
    ranges: RangeScore
    nulls: Mapping[str, NullScore]
    null_scales: Mapping[str, NullScore]
    event_reliability: Reliability
    pattern_reliability: Reliability
    prefixes: int
    items_compared: int
    rewrites: tuple[tuple[str, Rewrite], ...]
    failures: tuple[tuple[str, str], ...]

    @property
    def total(self) -> Counts:
        """All types together."""
        return reduce(add, self.events.values(), Counts())

    @property
    def null_total(self) -> NullScore:
        """All null families together."""
        return reduce(add, self.nulls.values(), NullScore())


def summarise(results: Sequence[CaseResult]) -> Evaluation:
    """The evaluation of ``results``; a case without a result counts as one in which nothing was said."""
    labelled = [(item, match(item.case.labels, item.findings.said)) for item in results if not _is_null(item)]
    nulls = [item for item in results if _is_null(item)]
    matches = [found for _, found in labelled]
    hits = [hit for found in matches for hit in found.hits]
    return Evaluation(
        cases=len(results),
        events=_by_type(matches),
        families=_by_family(labelled),
        scales=_by_scale(matches),
        lags=_ordered(_lags((hit.label.type, hit.detection.lag_bars) for hit in hits), TOLERANCE_BARS),
        scale_lags=_lags((hit.detection.scale, hit.detection.lag_bars) for hit in hits if hit.detection.scale),
        main_ranges=reduce(add, (_main_range(item) for item, _ in labelled), RangeScore()),
        ranges=reduce(add, (_all_ranges(item) for item, _ in labelled), RangeScore()),
        nulls=_null_scores(nulls),
        null_scales=_null_scales(nulls),
        event_reliability=reliability_of(_all_judged(results, lambda item: item.findings.events)),
        pattern_reliability=reliability_of(_all_judged(results, lambda item: item.findings.patterns)),
        prefixes=sum(item.rewrites.prefixes for item in results),
        items_compared=sum(item.rewrites.items for item in results),
        rewrites=tuple((item.case.name, rewrite) for item in results for rewrite in item.rewrites.rewrites),
        failures=tuple((item.case.name, item.error) for item in results if item.error),
    )


def _is_null(item: CaseResult) -> bool:
    return item.case.labels.is_null


def _by_type(matches: Iterable[Match]) -> dict[EventType, Counts]:
    hits: Counter[EventType] = Counter()
    false_alarms: Counter[EventType] = Counter()
    misses: Counter[EventType] = Counter()
    for found in matches:
        hits.update(hit.label.type for hit in found.hits)
        false_alarms.update(item.type for item in found.false_alarms)
        misses.update(label.type for label in found.misses)
    counts = {kind: Counts(hits[kind], false_alarms[kind], misses[kind]) for kind in TOLERANCE_BARS}
    return {kind: item for kind, item in counts.items() if not item.is_empty}


def _by_family(labelled: Iterable[tuple[CaseResult, Match]]) -> dict[str, Counts]:
    families: dict[str, Counts] = defaultdict(Counts)
    for item, found in labelled:
        families[item.case.family] += Counts(len(found.hits), len(found.false_alarms), len(found.misses))
    return dict(sorted(families.items()))


def _by_scale(matches: Iterable[Match]) -> dict[str, Counts]:
    scales: dict[str, Counts] = defaultdict(Counts)
    for found in matches:
        for hit in found.hits:
            scales[hit.detection.scale] += Counts(hits=1)
        for item in found.false_alarms:
            scales[item.scale] += Counts(false_alarms=1)
    return {scale: scales[scale] for scale in sorted(scales) if scale}


def _lags(items: Iterable[tuple[_Key, int]]) -> dict[_Key, Lag]:
    groups: dict[_Key, list[int]] = defaultdict(list)
    for key, bars in items:
        groups[key].append(bars)
    return {key: lag for key, bars in groups.items() if (lag := lag_of(bars)) is not None}


def _ordered(lags: Mapping[_Key, Lag], order: Iterable[_Key]) -> dict[_Key, Lag]:
    return {key: lags[key] for key in order if key in lags}


def _main_range(item: CaseResult) -> RangeScore:
    label = item.case.labels.range
    return RangeScore() if label is None else score_range(label, item.findings.ranges)


def _all_ranges(item: CaseResult) -> RangeScore:
    others = (score_range(label, item.findings.ranges) for label in item.case.labels.more_ranges)
    return reduce(add, others, _main_range(item))


def _null_scores(nulls: Iterable[CaseResult]) -> dict[str, NullScore]:
    families: dict[str, NullScore] = defaultdict(NullScore)
    for item in nulls:
        patterns = sum(pattern.type in PATTERN_TYPES for pattern in item.findings.patterns)
        families[item.case.family] += NullScore(item.bar_count, patterns)
    return dict(sorted(families.items()))


def _null_scales(nulls: Sequence[CaseResult]) -> dict[str, NullScore]:
    bars = sum(item.bar_count for item in nulls)
    scales = Counter(
        pattern.scale for item in nulls for pattern in item.findings.patterns if pattern.type in PATTERN_TYPES
    )
    return {scale: NullScore(bars, scales[scale]) for scale in sorted(scales) if scale}


def _judged(found: Match) -> Iterator[Judged]:
    for hit in found.hits:
        yield Judged(hit.detection.confidence, right=True)
    for item in found.false_alarms:
        yield Judged(item.confidence, right=False)


def _all_judged(results: Iterable[CaseResult], said: Callable[[CaseResult], Iterable[Detection]]) -> Iterator[Judged]:
    """What was said of all series, each type once a bar; on null series each is wrong."""
    for item in results:
        detections = [found for found in distinct(said(item)) if found.type in TOLERANCE_BARS]
        if _is_null(item):
            yield from (Judged(found.confidence, right=False) for found in detections)
        else:
            yield from _judged(match(item.case.labels, detections))
