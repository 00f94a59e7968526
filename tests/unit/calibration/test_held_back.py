"""Confidence means what it says on cases that nothing was fitted to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools.calibration_cases import Samples, gather
from wyckoff.evaluation.reliability import Judged, Reliability, reliability_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tools.calibration_cases import Sample

SEED = 606
MOST_CALIBRATION_ERROR = 0.08


@pytest.fixture(scope="module")
def samples() -> Samples:
    return gather(SEED, 6)


def reliability(samples: Iterable[Sample]) -> Reliability:
    return reliability_of(Judged(sample.said, sample.right) for sample in samples)


def test_events_are_right_as_often_as_said(samples: Samples) -> None:
    found = reliability(samples.events)
    assert found.count > 800
    assert found.calibration_error is not None
    assert found.calibration_error < MOST_CALIBRATION_ERROR
    # more than one number is said: the least and the most credible differ in what they are right
    assert found.bins[0].right_share < 0.2
    assert found.bins[-1].right_share > 0.9


def test_patterns_are_right_as_often_as_said(samples: Samples) -> None:
    found = reliability(samples.patterns)
    assert found.count > 200
    assert found.calibration_error is not None
    assert found.calibration_error < MOST_CALIBRATION_ERROR
    assert found.bins[0].right_share < 0.2
    assert found.bins[-1].right_share > 0.9


def test_the_probability_says_more_than_the_points(samples: Samples) -> None:
    for said in (samples.events, samples.patterns):
        points = reliability_of(Judged(int(sample.points), sample.right) for sample in said)
        fitted = reliability(said)
        assert points.brier is not None
        assert fitted.brier is not None
        assert fitted.brier < 0.7 * points.brier
