"""A line from points to a probability."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Curve:
    """Probability in percent over points: linear between the knots, level beyond them.

    Raises ValueError unless there are as many percent as points, two or more, points ascend, and percent never fall
    and stay in 0 to 100.
    """

    points: tuple[float, ...]
    percent: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.points) < 2 or len(self.points) != len(self.percent):
            msg = f"{len(self.points)} points and {len(self.percent)} percent; two or more, as many of both, are needed"
            raise ValueError(msg)
        if any(not x0 < x1 for x0, x1 in pairwise(self.points)):
            raise ValueError(f"points {self.points}: they must ascend")
        if any(not y0 <= y1 for y0, y1 in pairwise((0.0, *self.percent, 100.0))):
            raise ValueError(f"percent {self.percent}: they must never fall, from 0 to 100")

    def at(self, points: float) -> float:
        """Percent at ``points``."""
        after = bisect_right(self.points, points)
        if after == 0:
            return self.percent[0]
        if after == len(self.points):
            return self.percent[-1]
        x0, x1 = self.points[after - 1], self.points[after]
        y0, y1 = self.percent[after - 1], self.percent[after]
        return y0 + (points - x0) / (x1 - x0) * (y1 - y0)


def times_odds(percent: float, factor: float) -> float:
    """The percentage whose odds are ``factor`` times those of ``percent``."""
    weighed = percent * factor
    return 100.0 * weighed / (weighed + 100.0 - percent)


def said_pct(percent: float) -> int:
    """A probability as it is said: 1 to 99, for nothing is ruled out and nothing is certain."""
    return min(99, max(1, round(percent)))
