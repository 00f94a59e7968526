"""Curves from points to probability, and factors on the odds, fitted to what was right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from wyckoff.model.curve import Curve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Where a curve may bend; points seldom lie below the first.
KNOTS: Final = (40.0, 50.0, 60.0, 70.0, 75.0, 80.0, 85.0, 90.0, 95.0, 100.0)
#: Weight of the belief that nothing changes between two knots, in samples.
_SHRINKAGE: Final = 2.0
_MOST_ROUNDS: Final = 5000
_CONVERGED: Final = 1e-9
#: Variance of the log of a factor before anything is measured.
_PRIOR_VARIANCE: Final = 2.0


def fit_curve(points: Floats, right: Floats, knots: tuple[float, ...] = KNOTS) -> Curve:
    """The rising line with these knots whose squared distance from the outcomes (0 or 1) is least.

    Steps between knots are shrunk, so that what few samples say counts little. Coordinate descent on the steps, none
    below 0. Raises ValueError without samples.
    """
    if len(points) == 0:
        raise ValueError("there are no samples; a curve needs some")
    x = np.asarray(knots)
    shares = np.stack([np.interp(points, x, row) for row in np.eye(len(x))], axis=1)
    # the value at a knot is the sum of the steps up to it
    steps = shares @ np.tril(np.ones((len(x), len(x))))
    shrinkage = np.full(len(x), _SHRINKAGE)
    shrinkage[0] = 0.0
    hessian = steps.T @ steps + np.diag(shrinkage) + 1e-9 * np.eye(len(x))
    slope = steps.T @ right
    found = np.zeros(len(x))
    found[0] = right.mean()
    for _ in range(_MOST_ROUNDS):
        before = found.copy()
        for i in range(len(x)):
            found[i] = max(0.0, found[i] + (slope[i] - hessian[i] @ found) / hessian[i, i])
        if np.abs(found - before).max() < _CONVERGED:
            break
    percent = np.clip(100.0 * np.cumsum(found), 0.5, 99.5)
    return Curve(tuple(knots), tuple(round(float(value), 1) for value in percent))


def fit_odds(percent: Floats, right: Floats) -> float:
    """The factor on the odds of ``percent`` under which ``right`` is likeliest, drawn towards 1 (Newton's method)."""
    log_odds = np.log(percent / (100.0 - percent))
    offset = 0.0
    for _ in range(100):
        share = 1.0 / (1.0 + np.exp(-log_odds - offset))
        slope = float((right - share).sum()) - offset / _PRIOR_VARIANCE
        step = slope / (float((share * (1.0 - share)).sum()) + 1.0 / _PRIOR_VARIANCE)
        offset += float(np.clip(step, -1.0, 1.0))
        if abs(step) < _CONVERGED:
            break
    return float(np.exp(offset))
