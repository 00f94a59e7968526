"""Confidence against outcomes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wyckoff.evaluation.reliability import Judged, reliability_of

judgements = st.lists(st.builds(Judged, st.integers(0, 100), st.booleans()), max_size=60)


def many(confidence: int, right: int, wrong: int) -> list[Judged]:
    return [Judged(confidence, right=True)] * right + [Judged(confidence, right=False)] * wrong


def test_a_confidence_that_means_what_it_says_has_no_calibration_error() -> None:
    item = reliability_of([*many(80, 8, 2), *many(50, 5, 5)])
    assert item.calibration_error == pytest.approx(0.0)
    assert [(part.low, part.count, part.right, part.right_share) for part in item.bins] == [
        (50, 10, 5, 0.5), (80, 10, 8, 0.8),
    ]  # fmt: skip
    assert item.brier == pytest.approx((8 * 0.04 + 2 * 0.64 + 10 * 0.25) / 20)


def test_boasting_shows() -> None:
    item = reliability_of(many(95, 5, 5))
    assert item.calibration_error == pytest.approx(0.45)
    assert item.brier == pytest.approx((0.05**2 + 0.95**2) / 2)


def test_certainty_belongs_to_the_last_bin() -> None:
    item = reliability_of([*many(100, 1, 0), *many(90, 1, 0), *many(89, 1, 0)])
    assert [(part.low, part.high, part.count) for part in item.bins] == [(80, 90, 1), (90, 100, 2)]


def test_the_interval_is_wilsons() -> None:
    low, high = reliability_of(many(80, 8, 2)).bins[0].interval
    assert low == pytest.approx(0.490, abs=1e-3)
    assert high == pytest.approx(0.943, abs=1e-3)


def test_nothing_said_has_no_scores() -> None:
    item = reliability_of([])
    assert (item.count, item.brier, item.calibration_error, item.bins) == (0, None, None, ())


@given(judgements)
def test_bins_share_out_everything(items: list[Judged]) -> None:
    found = reliability_of(items)
    assert sum(part.count for part in found.bins) == found.count == len(items)
    assert sum(part.right for part in found.bins) == found.right == sum(item.right for item in items)
    for part in found.bins:
        assert part.low <= part.mean_confidence <= part.high
        assert 0.0 <= part.interval[0] <= part.right_share <= part.interval[1] + 1e-12 <= 1.0 + 1e-12
