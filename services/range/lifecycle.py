"""What is learnt of a range bar by bar, from the close at which it became known until it is complete."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from services.range.jump import jump_down, jump_factor, jump_up
from services.range.levels import Touch, level_strength
from services.range.point_and_figure import figure_of
from services.range.quality import range_quality
from wyckoff.model.kinds import RangeStatus
from wyckoff.model.ranges import RangeRevision

if TYPE_CHECKING:
    from services.range.config import RangeSettings
    from services.range.outline import Outline
    from services.range.scene import RangeScene


@dataclass(frozen=True, slots=True)
class Life:
    """Revisions of a range, and its last bar. ``left_index`` is the bar that settled that it was left, if any."""

    revisions: tuple[RangeRevision, ...]
    end_index: int
    left_index: int | None

    @property
    def status(self) -> RangeStatus:
        return self.revisions[-1].status


def live(outline: Outline, scene: RangeScene, settings: RangeSettings) -> Life:
    """The life of a range on all bars. Cost is bounded by the longest life, not by the bars."""
    course = _Course(outline, scene, settings)
    return course.run()


def archive(life: Life, at_index: int, reason: str) -> Life:
    """The life cut short at the close of ``at_index``; unchanged when it was complete by then."""
    kept = [r for r in life.revisions if r.known_at_index < at_index]
    if not kept or kept[-1].status in (RangeStatus.COMPLETED, RangeStatus.ARCHIVED):
        return life
    last = next((r for r in reversed(life.revisions) if r.known_at_index <= at_index), kept[-1])
    kept.append(replace(last, known_at_index=at_index, status=RangeStatus.ARCHIVED, reason=reason))
    left = life.left_index if life.left_index is not None and life.left_index <= at_index else None
    end = life.end_index if left is not None else min(life.end_index, at_index)
    return Life(tuple(kept), end, at_index if left is None else left)


class _Course:
    def __init__(self, outline: Outline, scene: RangeScene, settings: RangeSettings) -> None:
        self.outline, self.scene, self.settings = outline, scene, settings
        bars = scene.bars
        self.ice_price, self.creek_price = math.exp(outline.ice), math.exp(outline.creek)
        self.tolerance = max(
            settings.touch_pct,
            settings.touch_units * scene.unit[outline.known_at_index],
            settings.touch_height * (outline.creek - outline.ice),
        )
        self.last_index = len(bars) - 1
        self.touches: tuple[list[Touch], list[Touch]] = ([], [])
        self.test_volumes: tuple[list[float], list[float]] = ([], [])
        self.revisions: list[RangeRevision] = []
        self.status = RangeStatus.FORMING
        self.figure = figure_of(outline, scene, settings.max_range_bars + 1)
        self.outside_since: int | None = None

    def run(self) -> Life:
        first, start = self.outline.known_at_index, self.outline.start_index
        pivots = self._touch_pivots(start)
        for k in range(start, self.last_index + 1):
            touched = self._add_touch(k, pivots)
            self._add_test_volume(k)
            if k < first:
                continue
            reason = self._reason(k, first, touched=touched)
            if reason:
                self._revise(k, reason)
            if self.status is RangeStatus.BREAKOUT:
                return self._after_breakout(k)
            if self.status is RangeStatus.ARCHIVED:
                return Life(tuple(self.revisions), k, k)
        return Life(tuple(self.revisions), self.last_index, None)

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

    def _add_touch(self, k: int, pivots: dict[int, list[tuple[int, int]]]) -> bool:
        for level, bar in pivots.get(k, ()):
            position = self.scene.close_position[bar]
            price = (self.scene.high if level else self.scene.low)[bar]
            rejection = 1.0 - position if level else position
            self.touches[level].append(Touch(bar, price, self.scene.volume_ratio[bar], rejection))
        return k in pivots

    def _add_test_volume(self, k: int) -> None:
        near, volume = max(self.settings.test_pct, self.tolerance), self.scene.volume_ratio[k]
        outline = self.outline
        if outline.lowest - near <= self.scene.low[k] <= outline.ice + near:
            self.test_volumes[0].append(volume)
        if outline.creek - near <= self.scene.high[k] <= outline.highest + near:
            self.test_volumes[1].append(volume)

    def _reason(self, k: int, first: int, *, touched: bool) -> str:
        """Why something new is to be said at the close of bar ``k``; empty when there is nothing."""
        settings = self.settings
        duration = k - self.outline.start_index + 1
        if self.status is RangeStatus.FORMING and duration >= settings.active_bars:
            self.status = RangeStatus.ACTIVE
        if self._has_left(k):
            self.status = RangeStatus.BREAKOUT
            return f"left through the {'creek' if self.scene.close[k] > self.outline.creek else 'ice'}"
        if duration > settings.max_range_bars:
            self.status = RangeStatus.ARCHIVED
            return f"not left within {settings.max_range_bars} bars"
        if k == first:
            return "known"
        if duration in (settings.active_bars, settings.medium_bars, settings.long_bars):
            return f"{duration} bars long"
        return "touch confirmed" if touched else ""

    def _has_left(self, k: int) -> bool:
        """A close beyond a level that the following bars did not take back."""
        close, settings = self.scene.close[k], self.settings
        if self.outside_since is None:
            beyond = settings.breakout_pct
            if close > self.outline.highest + beyond or close < self.outline.lowest - beyond:
                self.outside_since = k
            return False
        if self.outline.ice <= close <= self.outline.creek:
            self.outside_since = None
            return False
        return k - self.outside_since >= settings.breakout_bars

    def _after_breakout(self, left_index: int) -> Life:
        outside = self.outside_since if self.outside_since is not None else left_index
        last = min(self.last_index, left_index + self.settings.completion_bars)
        up = self.scene.close[left_index] > self.outline.creek
        target = self.revisions[-1].jump_up if up else self.revisions[-1].jump_down
        reached = None
        if target is not None:
            log_target = math.log(target)
            prices = self.scene.high if up else self.scene.low
            reached = next(
                (
                    k
                    for k in range(left_index + 1, last + 1)
                    if (prices[k] >= log_target if up else prices[k] <= log_target)
                ),
                None,
            )
        expired = left_index + self.settings.completion_bars
        if reached is not None:
            self._complete(reached, "jump reached")
        elif expired <= self.last_index:
            self._complete(expired, f"{self.settings.completion_bars} bars after the breakout")
        return Life(tuple(self.revisions), outside, left_index)

    def _complete(self, k: int, reason: str) -> None:
        done = replace(self.revisions[-1], known_at_index=k, status=RangeStatus.COMPLETED, reason=reason)
        self.revisions.append(done)

    def _revise(self, k: int, reason: str) -> None:
        duration = k - self.outline.start_index + 1
        factor = jump_factor(duration, self.settings)
        ice, creek = self.touches
        self.figure.draw(k)
        quality = range_quality(duration, ice, creek, *self.test_volumes, self.scene.unit[self.outline.known_at_index])
        self.revisions.append(
            RangeRevision(
                known_at_index=k,
                status=self.status,
                duration_bars=duration,
                quality=quality,
                ice_strength=level_strength(ice),
                creek_strength=level_strength(creek),
                ice_touches=len(ice),
                creek_touches=len(creek),
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
