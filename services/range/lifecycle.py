"""What is learnt of a range bar by bar, from the close at which it became known until it is complete."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from services.range.jump import jump_down, jump_factor, jump_up
from services.range.levels import Level, Touch, Volumes
from services.range.point_and_figure import figure_of
from services.range.quality import range_quality
from wyckoff.model.kinds import RangeStatus
from wyckoff.model.ranges import RangeRevision

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from services.range.config import RangeSettings
    from services.range.outline import Outline
    from services.range.scene import RangeScene
    from services.range.span import Span

#: Fewer known tests say nothing about volume.
_MIN_TESTS: Final = 2


def revisions_of(outline: Outline, span: Span, scene: RangeScene, settings: RangeSettings) -> tuple[RangeRevision, ...]:
    """All that was learnt of a range whose ``span`` is known, oldest first; never empty.

    Only bars on which there is something to say are visited.
    """
    course = _Course(outline, span, scene, settings)
    course.run()
    return tuple(course.revisions if span.replaced_index is None else _replaced(course.revisions, span.replaced_index))


def _replaced(revisions: list[RangeRevision], at_index: int) -> list[RangeRevision]:
    """Revisions up to a newer range over the same prices; all of them when the range was complete by then."""
    kept = [revision for revision in revisions if revision.known_at_index < at_index]
    if not kept or kept[-1].status in (RangeStatus.COMPLETED, RangeStatus.ARCHIVED):
        return revisions
    last = next((r for r in reversed(revisions) if r.known_at_index <= at_index), kept[-1])
    reason = "a newer range covers the same prices"
    return [*kept, replace(last, known_at_index=at_index, status=RangeStatus.ARCHIVED, reason=reason)]


class _Course:
    def __init__(self, outline: Outline, span: Span, scene: RangeScene, settings: RangeSettings) -> None:
        self.outline, self.span, self.scene, self.settings = outline, span, scene, settings
        self.ice_price, self.creek_price = math.exp(outline.ice), math.exp(outline.creek)
        self.tolerance = max(
            settings.touch_pct,
            settings.touch_units * scene.unit[outline.known_at_index],
            settings.touch_height * (outline.creek - outline.ice),
        )
        self.last_index = len(scene.close) - 1
        over = self.last_index if span.over_index is None else span.over_index
        #: The last bar whose touches and tests belong to the range.
        self.until = over
        self.levels = (Level(), Level())
        self.revisions: list[RangeRevision] = []
        self.figure = figure_of(outline, scene, over - outline.start_index + 1)

    def run(self) -> None:
        first, start = self.outline.known_at_index, self.outline.start_index
        pivots = self._touch_pivots(start)
        tests = self._test_volumes(start)
        confirmed = sorted(pivots)
        seen = 0
        for k, reason in self._occasions(first, start, confirmed):
            while seen < len(confirmed) and confirmed[seen] <= k:
                self._add_touches(pivots[confirmed[seen]])
                seen += 1
            self._revise(k, reason, tests)
        if self.span.left_index is not None:
            self._after_breakout(self.span.left_index)

    def _occasions(self, first: int, start: int, confirmed: list[int]) -> list[tuple[int, str]]:
        """The bars on which there is something to say, and why."""
        settings, until = self.settings, self.until
        said = {k: "touch confirmed" for k in confirmed if first <= k <= until}
        for duration in (settings.active_bars, settings.medium_bars, settings.long_bars):
            if first <= start + duration - 1 <= until:
                said[start + duration - 1] = f"{duration} bars long"
        said[first] = "known"
        oldest = start + settings.max_range_bars
        if self.span.left_index is not None:
            side = "creek" if self.scene.close[until] > self.outline.creek else "ice"
            said[until] = f"left through the {side}"
        elif oldest == until:
            said[until] = f"not left within {settings.max_range_bars} bars"
        return sorted(said.items())

    def _test_volumes(self, start: int) -> tuple[Volumes, Volumes]:
        """Volumes of the bars at the ice and at the creek."""
        near, outline = max(self.settings.test_pct, self.tolerance), self.outline
        part = slice(start, self.until + 1)
        low, high = self.scene.log.low[part], self.scene.log.high[part]
        at_ice = (outline.lowest - near <= low) & (low <= outline.ice + near)
        at_creek = (outline.creek - near <= high) & (high <= outline.highest + near)
        return self._volumes(np.flatnonzero(at_ice) + start), self._volumes(np.flatnonzero(at_creek) + start)

    def _volumes(self, bars: NDArray[np.int64]) -> Volumes:
        indices: list[int] = bars.tolist()
        return Volumes(indices, [self.scene.volume_ratio[i] for i in indices])

    def _touch_pivots(self, start: int) -> dict[int, list[tuple[int, int]]]:
        """Touches by the bar that confirms them: (level, bar), level 0 the ice and 1 the creek."""
        scene, outline = self.scene, self.outline
        last = start + self.settings.max_range_bars
        found: dict[int, list[tuple[int, int]]] = {}
        # A level is a zone: from the close of the climax or reaction to its extreme.
        levels = (
            (scene.pivots.lows, scene.low, outline.lowest, outline.ice),
            (scene.pivots.highs, scene.high, outline.creek, outline.highest),
        )
        for level, (pivots, prices, lower, upper) in enumerate(levels):
            for bar in _between(pivots, start, last):
                if lower - self.tolerance <= prices[bar] <= upper + self.tolerance:
                    found.setdefault(bar + scene.pivots.lookback, []).append((level, bar))
        return found

    def _add_touches(self, pivots: list[tuple[int, int]]) -> None:
        for level, bar in pivots:
            position = self.scene.close_position[bar]
            price = (self.scene.high if level else self.scene.low)[bar]
            rejection = 1.0 - position if level else position
            self.levels[level].add(Touch(bar, price, self.scene.volume_ratio[bar], rejection))

    def _after_breakout(self, left_index: int) -> None:
        last = min(self.last_index, left_index + self.settings.completion_bars)
        up = self.scene.close[left_index] > self.outline.creek
        target = self.revisions[-1].jump_up if up else self.revisions[-1].jump_down
        if target is not None:
            part = slice(left_index + 1, last + 1)
            log_target = math.log(target)
            beyond = self.scene.log.high[part] >= log_target if up else self.scene.log.low[part] <= log_target
            if beyond.any():
                self._complete(left_index + 1 + int(np.argmax(beyond)), "jump reached")
                return
        expired = left_index + self.settings.completion_bars
        if expired <= self.last_index:
            self._complete(expired, f"{self.settings.completion_bars} bars after the breakout")

    def _complete(self, k: int, reason: str) -> None:
        done = replace(self.revisions[-1], known_at_index=k, status=RangeStatus.COMPLETED, reason=reason)
        self.revisions.append(done)

    def _status(self, k: int, duration: int) -> RangeStatus:
        if k == self.span.left_index:
            return RangeStatus.BREAKOUT
        if duration > self.settings.max_range_bars:
            return RangeStatus.ARCHIVED
        return RangeStatus.ACTIVE if duration >= self.settings.active_bars else RangeStatus.FORMING

    def _revise(self, k: int, reason: str, tests: tuple[Volumes, Volumes]) -> None:
        duration = k - self.outline.start_index + 1
        factor = jump_factor(duration, self.settings)
        ice, creek = self.levels
        self.figure.draw(k)
        trends = (_test_trend(tests[0], k), _test_trend(tests[1], k))
        quality = range_quality(duration, ice, creek, trends, self.scene.unit[self.outline.known_at_index])
        self.revisions.append(
            RangeRevision(
                known_at_index=k,
                status=self._status(k, duration),
                duration_bars=duration,
                quality=quality,
                ice_strength=ice.strength,
                creek_strength=creek.strength,
                ice_touches=ice.touch_count,
                creek_touches=creek.touch_count,
                jump_up=jump_up(self.ice_price, self.creek_price, factor) if factor else None,
                jump_down=jump_down(self.ice_price, self.creek_price, factor) if factor else None,
                jump_factor=factor,
                reason=reason,
                count_up=self.figure.count(up=True),
                count_down=self.figure.count(up=False),
            )
        )


def _between(indices: tuple[int, ...], first: int, last: int) -> tuple[int, ...]:
    """The ascending ``indices`` from ``first`` to ``last``, both included."""
    return indices[bisect_left(indices, first) : bisect_right(indices, last)]


def _test_trend(tests: Volumes, k: int) -> float | None:
    return tests.trend(k) if tests.count(k) >= _MIN_TESTS else math.nan
