"""Rates, ranges and lags over many cases."""

from __future__ import annotations

import json

import pytest

from tests.unit.evaluation.material import STRUCTURE, labels, null_labels, result, said
from wyckoff.evaluation import Evaluation, Findings, FoundRange, as_json, summarise
from wyckoff.evaluation.lag import lag_of
from wyckoff.evaluation.scores import Counts, RangeScore, score_range
from wyckoff.evaluation.text import Block, blocks, headline
from wyckoff.model.kinds import EventType


@pytest.fixture
def evaluation() -> Evaluation:
    """Four cases: one read in full, one in which an event is missed and one made up, a null one, one that failed."""
    everything = tuple(said(*event, scale="minor") for event in STRUCTURE)
    partly = (*everything[:3], said("SOS", 130, lag=0, scale="major"), *everything[4:])
    label = {"start": 100, "end": 170, "support": 90.0, "resistance": 110.0}
    spring = (said("SPRING", 40, confidence=75), said("SPRING", 41, scale="minor"))
    return summarise(
        [
            result(
                "accu-1", labels(range=label), Findings(everything, everything[3:4], (FoundRange(102, 168, 91, 114),))
            ),
            result("accu-2", labels(range=label, more_ranges=[label]), Findings(partly)),
            result("null-1", null_labels(), Findings((said("SC", 30),), spring), bars=500),
            result("two-1", labels(("BC", 100)), Findings(), error="the file is empty"),
        ]
    )


def test_rates() -> None:
    counts = Counts(hits=6, false_alarms=2, misses=3) + Counts(hits=2)
    assert (counts.precision, counts.labels) == (0.8, 11)
    assert counts.recall == pytest.approx(8 / 11)
    assert counts.f1 == pytest.approx(2 * 0.8 * (8 / 11) / (0.8 + 8 / 11))
    nothing = Counts()
    assert nothing.is_empty
    assert (nothing.precision, nothing.recall, nothing.f1) == (0.0, 0.0, 0.0)


def test_scores_by_type_and_family(evaluation: Evaluation) -> None:
    assert evaluation.total == Counts(hits=13, false_alarms=1, misses=2)
    assert evaluation.events[EventType.SPRING] == Counts(hits=1, misses=1)
    assert evaluation.events[EventType.SOS] == Counts(hits=2, false_alarms=1)
    assert evaluation.events[EventType.BC] == Counts(misses=1)
    assert EventType.UTAD not in evaluation.events
    assert evaluation.families == {"accu": Counts(13, 1, 1), "two": Counts(misses=1)}
    assert evaluation.failures == (("two-1", "the file is empty"),)


def test_what_is_said_is_told_by_scale(evaluation: Evaluation) -> None:
    assert evaluation.scales == {"minor": Counts(hits=13), "major": Counts(false_alarms=1)}
    assert evaluation.scale_lags["minor"].median_bars == 2.0
    assert evaluation.null_scales["minor"].patterns == 1


def test_only_patterns_count_on_null_series(evaluation: Evaluation) -> None:
    assert evaluation.null_total.patterns == 2
    assert evaluation.null_total.per_thousand_bars == 4.0


def test_every_figure_is_in_the_json(evaluation: Evaluation) -> None:
    values = json.loads(json.dumps(as_json(evaluation)))
    assert values["events"]["SPRING"] == {"precision": 1.0, "recall": 0.5, "f1": 0.667, "labels": 2, "false_alarms": 0}
    assert values["micro_f1"] == round(26 / 29, 3)
    f1 = [row["f1"] for row in values["events"].values()]
    assert values["macro_f1"] == pytest.approx(sum(f1) / len(f1), abs=5e-4)
    assert values["lag_bars"]["SC"] == {"median": 2.0, "p90": 2.0, "count": 2}
    assert values["range_recall_iou50"] == 0.5
    assert values["range_levels_within_15pct"] == 0.5
    assert values["all_ranges"]["labels"] == 3
    assert values["false_patterns_per_1000_null_bars"] == 4.0
    assert values["cases_without_result"] == 1
    assert values["reliability"]["patterns"]["count"] == 3
    assert values["reliability"]["patterns"]["right"] == 1


def test_the_text_leaves_out_what_was_not_measured(evaluation: Evaluation) -> None:
    assert [block.kind for block in blocks(evaluation)] == [
        Block.EVENTS, Block.LAGS, Block.FAMILIES, Block.SCALES, Block.NULLS, Block.CONFIDENCE,
    ]  # fmt: skip
    for block in blocks(evaluation):
        for table in block.tables:
            assert {len(row) for row in table.rows} == {len(table.headings)}
    assert "1 cases without a result" in headline(evaluation)[-1]
    empty = summarise([])
    assert blocks(empty) == []
    assert headline(empty) == ["0 cases, 0 labelled events"]


def test_a_range_is_met_when_half_of_the_bars_are_common() -> None:
    label = labels(range={"start": 100, "end": 200, "support": 90.0, "resistance": 110.0}).range
    assert label is not None
    assert score_range(label, []) == RangeScore(labelled=1)
    assert score_range(label, [FoundRange(100, 150, 90, 110)]) == RangeScore(1, 1, 2)
    assert score_range(label, [FoundRange(100, 149, 90, 110)]) == RangeScore(labelled=1)
    assert score_range(label, [FoundRange(300, 400, 90, 110)]) == RangeScore(labelled=1)


def test_levels_are_met_within_a_share_of_the_height() -> None:
    label = labels(range={"start": 100, "end": 200, "support": 90.0, "resistance": 110.0}).range
    assert label is not None
    assert score_range(label, [FoundRange(100, 200, 92.9, 106.9)]) == RangeScore(1, 1, 1)
    # the range with the most common bars decides, not the one with the best levels
    both = [FoundRange(100, 190, 90, 110), FoundRange(100, 195, 80, 120)]
    assert score_range(label, both) == RangeScore(1, 1, 0)


def test_lag_is_median_and_ninetieth_percentile() -> None:
    assert lag_of([]) is None
    lag = lag_of([0, 1, 2, 3, 10])
    assert lag is not None
    assert (lag.count, lag.median_bars) == (5, 2.0)
    assert lag.p90_bars == pytest.approx(7.2)
