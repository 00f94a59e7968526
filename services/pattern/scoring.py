"""Point tables of the confidences. Steps are half-open; what is unknown scores nothing."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from wyckoff.model.kinds import Phase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wyckoff.model.phases import PhaseState

#: ``(upper bound, points)``: the first bound above the value decides.
BelowSteps = tuple[tuple[float, int], ...]
#: ``(lower bound, points)``: the first bound not above the value decides.
FromSteps = tuple[tuple[float, int], ...]
#: ``(from, points there)``: linear between the knots, flat after the last, 0 before the first.
Ramp = tuple[tuple[float, float], ...]

QUIET_VOLUME: Final[BelowSteps] = ((0.3, 40), (0.4, 30), (0.5, 20), (0.6, 10), (0.7, 5))
HEAVY_VOLUME: Final[FromSteps] = ((2.5, 40), (2.0, 30), (1.7, 20), (1.5, 10))
PENETRATION: Final[BelowSteps] = ((0.01, 20), (0.02, 35), (0.03, 25), (0.04, 15), (0.05, 5))
RECOVERY_BARS: Final[BelowSteps] = ((2, 25), (3, 20), (4, 15), (6, 10))
LEVEL_STRENGTH: Final[FromSteps] = ((80, 10), (70, 7), (60, 5))
TEST_POINTS: Final = 20
BREAKOUT_VOLUME: Final[Ramp] = ((1.5, 15), (1.7, 18), (2.0, 25), (2.3, 32), (2.5, 35))
BREAKOUT_SPREAD: Final[Ramp] = ((1.2, 15), (1.5, 20))
BREAKOUT_CLOSE: Final[Ramp] = ((0.5, 5), (0.7, 15), (0.8, 20))
BREAKOUT_DISTANCE: Final[Ramp] = ((0.01, 10), (0.03, 15))
DURATION_BARS: Final[Ramp] = ((0, 0), (5, 2), (10, 5), (20, 10))
LAST_POINT_POINTS: Final = 15
FALLING_VOLUME_POINTS: Final = 5
FALLING_VOLUME_BARS: Final = 3
#: An event-type base lifts a score by at most this much.
MAX_LIFT: Final = 10


def below_steps(steps: BelowSteps, value: float | None) -> int:
    if value is None:
        return 0
    return next((points for bound, points in steps if value < bound), 0)


def from_steps(steps: FromSteps, value: float | None) -> int:
    if value is None:
        return 0
    return next((points for bound, points in steps if value >= bound), 0)


def ramp(knots: Ramp, value: float | None) -> int:
    """Points on a broken line, truncated."""
    if value is None or value < knots[0][0]:
        return 0
    for (x0, y0), (x1, y1) in pairwise(knots):
        if value < x1:
            return int(y0 + (value - x0) / (x1 - x0) * (y1 - y0))
    return int(knots[-1][1])


def drier_than_before(ratio: float | None, earlier: Sequence[float | None]) -> int:
    """Volume against the mean of the last two earlier tests: 10 when a fifth lower, 5 when about equal, else 0."""
    last = list(earlier)[-2:]
    known = [value for value in last if value is not None]
    if ratio is None or len(known) < 2 or sum(known) <= 0:
        return 0
    change = ratio / (sum(known) / 2) - 1.0
    if change <= -0.2:
        return 10
    return 5 if change <= 0.2 else 0


def phase_points(state: PhaseState | None) -> int:
    """How sure it is that the structure has reached phase D, at most 5."""
    if state is None:
        return 0
    if state.phase in (Phase.D, Phase.E):
        return from_steps(((85, 5), (70, 3), (0, 1)), state.confidence)
    return from_steps(((85, 3),), state.confidence) if state.phase is Phase.C else 0


def lifted(score: int, base: int, *, allowed: bool) -> int:
    """The score raised towards ``base``, by at most :data:`MAX_LIFT`, and only when its gates are met."""
    return min(base, score + MAX_LIFT) if allowed and score < base else score


def capped(score: int) -> int:
    return max(0, min(100, score))
