"""What is learnt of a range bar by bar, from the close at which it became known until it is complete."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Final

from services.range.jump import jump_down, jump_factor, jump_up
from services.range.levels import Level, Touch, Volumes
from services.range.point_and_figure import figure_of
from services.range.quality import range_quality
from wyckoff.model.kinds import RangeStatus
from wyckoff.model.ranges import RangeRevision

if TYPE_CHECKING:
    from collections.abc import Collection

    import numpy as np
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
    return [*kept, _as_of(at_index, last, RangeStatus.ARCHIVED, reason)]


class _Course:
    def __init__(self, outline: Outline, span: Span, scene: RangeScene, settings: RangeSettings) -> None:
        self.outline, self.span, self.scene, self.settings = outline, span, scene, settings
        self.ice_price, self.creek_price = math.exp(outline.ice), math.exp(outline.creek)
        self.unit = scene.unit.item(outline.known_at_index)
        self.tolerance = max(
            settings.touch_pct, settings.touch_units * self.unit, settings.touch_height * (outline.creek - outline.ice)
        )
        self.last_index = len(scene.close) - 1
        #: The last bar whose touches and tests belong to the range.
        self.until = self.last_index if span.over_index is None else span.over_index
        #: The last bar whose pivot is confirmed while it does.
        self.last_pivot = min(
            max(self.until, outline.known_at_index) - scene.pivots.lookback,
            outline.start_index + settings.max_range_bars,
        )
        self.lowest, self.highest = outline.lowest, outline.highest
        self.ice, self.creek = Level(), Level()
        self.revisions: list[RangeRevision] = []
        self.figure = figure_of(outline, scene, max(self.until, outline.known_at_index) - outline.start_index + 1)

    def run(self) -> None:
        at_ice, at_creek = self._touches()
        tests = self._test_volumes()
        lookback = self.scene.pivots.lookback
        for k, reason in self._occasions({touch.bar_index + lookback for touch in (*at_ice, *at_creek)}):
            self.ice.take(at_ice, k - lookback)
            self.creek.take(at_creek, k - lookback)
            self._revise(k, reason, tests)
        if self.span.left_index is not None:
            self._after_breakout(self.span.left_index)

    def _occasions(self, confirmed: Collection[int]) -> list[tuple[int, str]]:
        """The bars on which there is something to say, and why."""
        settings, until = self.settings, self.until
        first, start = self.outline.known_at_index, self.outline.start_index
        said = {k: "touch confirmed" for k in confirmed if first <= k <= until}
        for duration in (settings.active_bars, settings.medium_bars, settings.long_bars):
            if first <= start + duration - 1 <= until:
                said[start + duration - 1] = f"{duration} bars long"
        said[first] = "known"
        if self.span.left_index is not None:
            side = "creek" if self.scene.close[until] > self.outline.creek else "ice"
            said[until] = f"left through the {side}"
        elif start + settings.max_range_bars == until:
            said[until] = f"not left within {settings.max_range_bars} bars"
        return sorted(said.items())

    def _touches(self) -> tuple[list[Touch], list[Touch]]:
        """Touches of the ice and of the creek, which the lookback of pivots confirms."""
        scene, outline = self.scene, self.outline
        ratio, position = scene.volume.volume_ratio.item, scene.volume.close_position.item
        # A level is a zone: from the close of the climax or reaction to its extreme.
        lows = self._pivots_between(scene.pivots.lows, scene.low, self.lowest, outline.ice)
        highs = self._pivots_between(scene.pivots.highs, scene.high, outline.creek, self.highest)
        return (
            [Touch(bar, scene.low[bar], ratio(bar), position(bar)) for bar in lows],
            [Touch(bar, scene.high[bar], ratio(bar), 1.0 - position(bar)) for bar in highs],
        )

    def _pivots_between(self, pivots: tuple[int, ...], prices: list[float], lowest: float, highest: float) -> list[int]:
        """The pivots of the range that reach a level, which lies between two log prices."""
        start = self.outline.start_index
        lowest, highest = lowest - self.tolerance, highest + self.tolerance
        own = pivots[bisect_left(pivots, start) : bisect_right(pivots, self.last_pivot)]
        return [bar for bar in own if lowest <= prices[bar] <= highest]

    def _test_volumes(self) -> tuple[Volumes, Volumes]:
        """Volumes of the bars at the ice and at the creek."""
        near, outline = max(self.settings.test_pct, self.tolerance), self.outline
        part = slice(outline.start_index, self.until + 1)
        low, high = self.scene.log.low[part], self.scene.log.high[part]
        at_ice = (self.lowest - near <= low) & (low <= outline.ice + near)
        at_creek = (outline.creek - near <= high) & (high <= self.highest + near)
        return self._volumes(at_ice), self._volumes(at_creek)

    def _volumes(self, tests: NDArray[np.bool_]) -> Volumes:
        """Known volumes of the bars of the range that are ``tests``."""
        start = self.outline.start_index
        bars = (tests & self.scene.volume_known[start : start + len(tests)]).nonzero()[0] + start
        return Volumes(bars.tolist(), self.scene.volume.volume_ratio[bars].tolist())

    def _after_breakout(self, left_index: int) -> None:
        last = min(self.last_index, left_index + self.settings.completion_bars)
        up = self.scene.close[left_index] > self.outline.creek
        target = self.revisions[-1].jump_up if up else self.revisions[-1].jump_down
        if target is not None:
            part = slice(left_index + 1, last + 1)
            log_target = math.log(target)
            beyond = self.scene.log.high[part] >= log_target if up else self.scene.log.low[part] <= log_target
            reached = beyond.nonzero()[0]
            if len(reached):
                self._complete(left_index + 1 + int(reached[0]), "jump reached")
                return
        expired = left_index + self.settings.completion_bars
        if expired <= self.last_index:
            self._complete(expired, f"{self.settings.completion_bars} bars after the breakout")

    def _complete(self, k: int, reason: str) -> None:
        self.revisions.append(_as_of(k, self.revisions[-1], RangeStatus.COMPLETED, reason))

    def _status(self, k: int, duration: int) -> RangeStatus:
        if k == self.span.left_index:
            return RangeStatus.BREAKOUT
        if duration > self.settings.max_range_bars:
            return RangeStatus.ARCHIVED
        return RangeStatus.ACTIVE if duration >= self.settings.active_bars else RangeStatus.FORMING

    def _revise(self, k: int, reason: str, tests: tuple[Volumes, Volumes]) -> None:
        duration = k - self.outline.start_index + 1
        factor = jump_factor(duration, self.settings)
        ice, creek, figure = self.ice, self.creek, self.figure
        figure.draw(k)
        count_up, count_down = figure.counts()
        trends = (tests[0].trend(k, _MIN_TESTS), tests[1].trend(k, _MIN_TESTS))
        up, down = (
            jump_up(self.ice_price, self.creek_price, factor),
            jump_down(self.ice_price, self.creek_price, factor),
        )
        # by place: of so many fields names cost as much as all the rest
        self.revisions.append(
            RangeRevision(
                k,
                self._status(k, duration),
                duration,
                range_quality(duration, ice, creek, trends, self.unit),
                ice.strength,
                creek.strength,
                ice.touch_count,
                creek.touch_count,
                up if factor else None,
                down if factor else None,
                factor,
                reason,
                count_up,
                count_down,
            )
        )


def _as_of(k: int, last: RangeRevision, status: RangeStatus, reason: str) -> RangeRevision:
    """What was said last, at a later bar, with another status."""
    return RangeRevision(
        k,
        status,
        last.duration_bars,
        last.quality,
        last.ice_strength,
        last.creek_strength,
        last.ice_touches,
        last.creek_touches,
        last.jump_up,
        last.jump_down,
        last.jump_factor,
        reason,
        last.count_up,
        last.count_down,
    )
