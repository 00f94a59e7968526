"""Which detection counts as which label."""

from __future__ import annotations

import pytest

from tests.unit.evaluation.material import STRUCTURE, labels, said
from wyckoff.evaluation import TOLERANCE_BARS, Findings, match
from wyckoff.evaluation.findings import distinct
from wyckoff.model.kinds import EventType


def test_the_labels_themselves_match() -> None:
    found = match(labels(), [said(*event) for event in STRUCTURE])
    assert [(hit.label.type.value, hit.label.index) for hit in found.hits] == list(STRUCTURE)
    assert not found.false_alarms
    assert not found.misses


@pytest.mark.parametrize(("kind", "tolerance"), [(kind.value, bars) for kind, bars in TOLERANCE_BARS.items()])
@pytest.mark.parametrize("way", [-1, 1])
def test_a_detection_within_the_tolerance_matches_and_one_beyond_it_is_wrong_twice(
    kind: str, tolerance: int, way: int
) -> None:
    truth = labels((kind, 100))
    near = match(truth, [said(kind, 100 + way * tolerance)])
    assert [hit.offset_bars for hit in near.hits] == [way * tolerance]
    far = match(truth, [said(kind, 100 + way * (tolerance + 1))])
    assert (len(far.hits), len(far.false_alarms), len(far.misses)) == (0, 1, 1)


def test_a_label_is_matched_once() -> None:
    found = match(labels(("SOS", 100)), [said("SOS", 99), said("SOS", 101)])
    assert [hit.detection.bar_index for hit in found.hits] == [99]
    assert [item.bar_index for item in found.false_alarms] == [101]


def test_the_nearest_free_label_is_taken_in_the_order_of_bars() -> None:
    truth = labels(("ST", 100), ("ST", 106))
    found = match(truth, [said("ST", 107), said("ST", 104)])
    assert [(hit.detection.bar_index, hit.label.index) for hit in found.hits] == [(104, 106)]
    assert [item.bar_index for item in found.false_alarms] == [107]
    assert [label.index for label in found.misses] == [100]


def test_the_type_must_be_right() -> None:
    found = match(labels(("SPRING", 100)), [said("UTAD", 100)])
    assert (len(found.hits), len(found.false_alarms), len(found.misses)) == (0, 1, 1)


def test_what_the_labels_do_not_score_is_left_out() -> None:
    truth = labels(
        ("SC", 100), scored_from=50, scored_until=200, unscored_between=[120, 140], unscored_types=["SOW", "TEST"]
    )
    for item in (said("SOS", 49), said("SOS", 201), said("SOS", 121), said("SOS", 139), said("SOW", 90)):
        assert match(truth, [item]).false_alarms == (), item
    for item in (said("SOS", 50), said("SOS", 200), said("SOS", 120), said("SOS", 140)):
        assert match(truth, [item]).false_alarms == (item,)


def test_without_an_end_scoring_ends_ten_bars_after_the_last_label() -> None:
    truth = labels(("SC", 100))
    assert match(truth, [said("SOS", 110)]).false_alarms == (said("SOS", 110),)
    assert match(truth, [said("SOS", 111)]).false_alarms == ()


@pytest.mark.parametrize("kind", ["PS", "PSY", "UT"])
def test_types_without_a_tolerance_are_not_scored(kind: str) -> None:
    assert match(labels(("SC", 100)), [said(kind, 90)]).false_alarms == ()


def test_an_event_and_its_pattern_are_one_detection() -> None:
    event, pattern = said("SPRING", 150, confidence=70), said("SPRING", 150, confidence=90)
    findings = Findings(events=(event,), patterns=(pattern, said("SOS", 170)))
    assert findings.said == (event, said("SOS", 170))
    assert distinct([pattern, event]) == (pattern,)
    assert {item.type for item in findings.said} == {EventType.SPRING, EventType.SOS}
