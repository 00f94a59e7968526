"""Curves, the tables in use, and how they are fitted."""

from __future__ import annotations

import numpy as np
import pytest

from services.pattern.calibration import UPRIGHT, mixed_points, probability_pct
from services.pattern.calibration_table import CURVES
from services.phase.calibration import Climax
from services.phase.calibration_table import CALIBRATION
from tools.calibration_fit import fit_curve, fit_odds
from wyckoff.model.curve import Curve, said_pct, times_odds
from wyckoff.model.kinds import EventType, PatternType


def test_a_curve_is_linear_between_its_knots_and_level_beyond() -> None:
    curve = Curve((40.0, 60.0, 100.0), (10.0, 30.0, 90.0))
    assert [curve.at(points) for points in (0, 40, 50, 60, 80, 100, 120)] == [10, 10, 20, 30, 60, 90, 90]


@pytest.mark.parametrize(
    ("points", "percent", "message"),
    [
        ((1.0,), (1.0,), "two or more"),
        ((1.0, 2.0), (1.0, 2.0, 3.0), "as many of both"),
        ((2.0, 2.0), (1.0, 2.0), "must ascend"),
        ((1.0, 2.0), (3.0, 2.0), "never fall"),
        ((1.0, 2.0), (3.0, 101.0), "from 0 to 100"),
        ((1.0, 2.0), (-1.0, 50.0), "from 0 to 100"),
        ((1.0, 2.0), (1.0, float("nan")), "never fall"),
    ],
)
def test_a_curve_that_cannot_be_is_refused(points: tuple[float, ...], percent: tuple[float, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Curve(points, percent)


def test_odds_are_multiplied() -> None:
    assert times_odds(50.0, 1.0) == 50.0
    assert times_odds(50.0, 3.0) == pytest.approx(75.0)
    assert times_odds(80.0, 0.25) == pytest.approx(50.0)
    assert (said_pct(0.0), said_pct(49.6), said_pct(100.0)) == (1, 50, 99)


@pytest.mark.parametrize("climax", list(Climax))
@pytest.mark.parametrize("kind", list(CALIBRATION.curves))
def test_more_points_never_mean_less_confidence(kind: EventType, climax: Climax) -> None:
    said = [CALIBRATION.confidence(kind, points, climax) for points in np.linspace(0, 100, 401)]
    assert said == sorted(said)
    assert 1 <= said[0] <= said[-1] <= 99


def test_confidence_tells_weak_from_strong() -> None:
    for kind in CALIBRATION.curves:
        assert CALIBRATION.confidence(kind, 60.0, Climax.FOR) < 50
        assert CALIBRATION.confidence(kind, 97.0, Climax.FOR) > 80


@pytest.mark.parametrize("kind", list(PatternType))
def test_probability_rises_with_event_and_points_and_is_the_same_for_the_mirror(kind: PatternType) -> None:
    for event in range(1, 100, 7):
        row = [probability_pct(kind, event, points, CURVES) for points in range(101)]
        assert row == sorted(row)
        assert 1 <= row[0] <= row[-1] <= 99
        assert row == [probability_pct(UPRIGHT[kind], event, points, CURVES) for points in range(101)]
        assert row[0] <= probability_pct(kind, event + 1, 0, CURVES)
    assert mixed_points(100, 100) == 100.0


def test_a_fit_finds_the_shares_that_made_the_outcomes() -> None:
    rng = np.random.default_rng(3)
    points = rng.uniform(30.0, 100.0, 20_000)
    share = np.interp(points, [40.0, 70.0, 100.0], [0.05, 0.2, 0.95])
    fitted = fit_curve(points, (rng.uniform(size=points.size) < share).astype(float))
    for at in (50.0, 70.0, 85.0, 95.0):
        assert fitted.at(at) == pytest.approx(100 * np.interp(at, [40.0, 70.0, 100.0], [0.05, 0.2, 0.95]), abs=4)


def test_a_fit_never_falls_and_believes_few_samples_little() -> None:
    points, right = np.array([50.0, 90.0]), np.array([0.0, 1.0])
    few, many = fit_curve(points, right), fit_curve(np.repeat(points, 200), np.repeat(right, 200))
    assert many.at(50.0) < few.at(50.0) < few.at(90.0) < many.at(90.0)
    falling = fit_curve(np.repeat(points, 200), 1.0 - np.repeat(right, 200))
    assert falling.at(50.0) == falling.at(90.0) == pytest.approx(50.0, abs=0.5)
    with pytest.raises(ValueError, match="no samples"):
        fit_curve(np.array([]), np.array([]))


def test_a_factor_on_the_odds_is_found_and_drawn_towards_one() -> None:
    percent = np.full(4000, 80.0)
    right = (np.arange(4000) % 2).astype(float)
    assert fit_odds(percent, right) == pytest.approx(0.25, rel=0.01)
    assert 0.25 < fit_odds(percent[:4], right[:4]) < 1.0
    assert 0.0 < fit_odds(percent[:3], np.zeros(3)) < 0.5
