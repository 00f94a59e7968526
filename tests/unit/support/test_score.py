"""The scorer counts what it says it counts."""

from __future__ import annotations

import dataclasses

import pytest

from tests.support.score import Detection, Score, score
from wyckoff.model.kinds import EventType
from wyckoff.schematics import LabelledSeries, schematic


@pytest.fixture(scope="module")
def series() -> LabelledSeries:
    return schematic("accumulation", shakeout=True, noise=0.5, seed=1)


def labels_of(series: LabelledSeries) -> list[Detection]:
    return [(label.type, label.bar_index) for label in series.events]


def test_the_labels_themselves_score_one(series: LabelledSeries) -> None:
    result = score(labels_of(series), series)
    assert result.f1 == 1.0
    assert len(result.hits) == 7


def test_finding_nothing_scores_zero(series: LabelledSeries) -> None:
    result = score([], series)
    assert result.f1 == 0.0
    assert len(result.misses) == 7


def test_a_detection_beyond_the_tolerance_is_both_false_and_missed(series: LabelledSeries) -> None:
    spring = next(label.bar_index for label in series.events if label.type is EventType.SPRING)
    others = [item for item in labels_of(series) if item[0] is not EventType.SPRING]
    near = score([*others, (EventType.SPRING, spring + 2)], series)
    far = score([*others, (EventType.SPRING, spring + 3)], series)
    assert near.f1 == 1.0
    assert far.false_alarms == ((EventType.SPRING, spring + 3),)
    assert far.misses == ((EventType.SPRING, spring),)


def test_a_second_detection_of_one_label_is_false(series: LabelledSeries) -> None:
    climax = series.range_start
    result = score([(EventType.SC, climax), (EventType.SC, climax), (EventType.SC, climax + 1)], series)
    assert result.hits == ((EventType.SC, climax),)
    assert result.false_alarms == ((EventType.SC, climax + 1),)


def test_what_lies_outside_the_scored_bars_does_not_count(series: LabelledSeries) -> None:
    after = series.scored[-1][1] + 1
    assert score([(EventType.SOS, after)], series).false_alarms == ()
    widened = dataclasses.replace(series, scored=((0, after),))
    assert score([(EventType.SOS, after)], widened).false_alarms == ((EventType.SOS, after),)


def test_scores_add_up() -> None:
    one, two = Score(hits=((EventType.SC, 1),)), Score(misses=((EventType.AR, 2),), false_alarms=((EventType.AR, 9),))
    assert (one + two).f1 == pytest.approx(0.5)
    assert Score().f1 == 1.0
