"""The horizontal count against a chart counted on paper, its mirror, its scale and its causality."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from services.range.point_and_figure import PointAndFigure
from tests.support.pipeline import run_stages
from wyckoff.market.mirror import LogBars
from wyckoff.schematics.nulls import random_walk
from wyckoff.schematics.structures import schematic

if TYPE_CHECKING:
    from wyckoff.model.ranges import CauseCount

#: Exact in binary, so that a price on a box is on it.
BOX = 1 / 64
ORIGIN = 4.625


def bars_at(*boxes: float) -> LogBars:
    """Bars without height at so many boxes above the middle of the range."""
    level = ORIGIN + BOX * np.array(boxes)
    return LogBars(level, level, level, level, mirrored=False)


def figure(log: LogBars, origin: float = ORIGIN, box: float = BOX, longest: int = 1000) -> PointAndFigure:
    return PointAndFigure(log, 0, longest, origin, box)


def drawn(log: LogBars, origin: float = ORIGIN) -> PointAndFigure:
    chart = figure(log, origin)
    chart.draw(len(log) - 1)
    return chart


def boxes(count: CauseCount | None) -> tuple[float, float, float, int]:
    """The three targets in boxes above the middle, and the columns."""
    assert count is not None
    low, middle, high = (round((math.log(price) - ORIGIN) / BOX, 6) for price in (count.low, count.middle, count.high))
    return low, middle, high, count.columns


#  5                 X
#  4  X              X
#  3  X O   X        X
#  2  X O   X O      X
#  1  X O   X O      X
#  0  X O X X O      X    the count line
# -1    O X   O X X
# -2    O     O X
# -3          O
#: Columns X 0..4, O 3..-2, X -1..3, O 2..-3, and X from -2, which is under way.
_PAPER = (-0.4, 4.3, 1.0, -2.0, 1.2, 3.9, 0.0, -3.5, 0.1, 5.5)


def test_the_chart_counted_on_paper() -> None:
    chart = drawn(bars_at(*_PAPER))
    assert chart.columns == 4
    assert (chart.lowest, chart.highest) == (-3, 4)
    # four columns of three boxes, from the low, from half-way to the line, and from the line
    assert boxes(chart.counts()[0]) == (-3 + 12, -1.5 + 12, 12, 4)
    assert boxes(chart.counts()[1]) == (4 - 12, 2 - 12, -12, 4)
    up = chart.counts()[0]
    assert up is not None
    assert up.count_line == pytest.approx(math.exp(ORIGIN))
    assert up.box_fraction == pytest.approx(math.expm1(BOX))


def test_less_than_three_boxes_turn_nothing() -> None:
    assert drawn(bars_at(0, 4, 1.5, 4.5, 2, 5)).columns == 0


def test_a_bar_that_goes_on_does_not_turn_however_low_it_falls() -> None:
    level = ORIGIN + BOX * np.array([0.0, 4.0, 4.0])
    high, low = level.copy(), level.copy()
    high[2] += BOX
    low[2] -= 9 * BOX
    assert drawn(LogBars(level, high, low, level, mirrored=False)).columns == 0


def test_a_bar_that_could_begin_either_column_begins_none() -> None:
    level = np.full(2, ORIGIN)
    wide = np.array([0.0, 4 * BOX])
    chart = drawn(LogBars(level, level + wide, level - wide, level, mirrored=False))
    assert chart.counts()[0] is None
    assert chart.columns == 0


def test_columns_that_miss_the_line_count_when_they_stand_between() -> None:
    # X 0..6, O 5..2, X 3..6, O 5..-1: two in the middle stay above the line; the X that follows is under way
    chart = drawn(bars_at(0, 6, 2, 6, -1, 3))
    assert boxes(chart.counts()[0])[3] == 4
    # the same with nothing that crosses after them: a line with one column is no congestion
    assert drawn(bars_at(0, 6, 2, 6, 2)).counts()[0] is None


def test_three_columns_are_needed() -> None:
    assert drawn(bars_at(0, 4, -2, 2)).counts()[0] is None
    assert boxes(drawn(bars_at(0, 4, -2, 4, -1)).counts()[0])[3] == 3


def _walk(seed: int, count: int = 200) -> LogBars:
    rng = np.random.default_rng(seed)
    close = ORIGIN + np.sin(np.arange(count) / 7) * 0.05 + rng.normal(0, 0.012, count)
    spread = np.abs(rng.normal(0, 0.01, (2, count)))
    return LogBars(close, close + spread[0], close - spread[1], close, mirrored=False)


@pytest.mark.parametrize("seed", range(5))
def test_the_downward_count_is_the_upward_count_of_the_mirror(seed: int) -> None:
    log = _walk(seed)
    mirror = LogBars(-log.open, -log.low, -log.high, -log.close, mirrored=True)
    down, up = drawn(log).counts()[1], drawn(mirror, -ORIGIN).counts()[0]
    assert down is not None
    assert up is not None
    assert down.columns == up.columns
    for name in ("low", "middle", "high", "count_line"):
        assert getattr(down, name) == pytest.approx(1 / getattr(up, name), rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_the_level_of_prices_scales_the_targets_and_nothing_else(seed: int) -> None:
    log, shift = _walk(seed), math.log(7.3)
    shifted = LogBars(log.open + shift, log.high + shift, log.low + shift, log.close + shift, mirrored=False)
    one, other = drawn(log).counts()[0], drawn(shifted, ORIGIN + shift).counts()[0]
    assert one is not None
    assert other is not None
    assert one.columns == other.columns
    assert other.middle == pytest.approx(one.middle * 7.3)


def test_drawing_bar_by_bar_gives_what_each_prefix_gives() -> None:
    log = _walk(9)
    running = figure(log)
    seen = set()
    for k in range(len(log)):
        running.draw(k)
        part = slice(k + 1)
        short = LogBars(log.open[part], log.high[part], log.low[part], log.close[part], mirrored=False)
        assert running.counts()[0] == drawn(short).counts()[0]
        assert running.counts()[1] == drawn(short).counts()[1]
        seen.add(running.counts()[0])
    assert len(seen) > 5


def test_revisions_of_a_range_carry_the_count_of_their_bar() -> None:
    found = run_stages(schematic("accumulation", shakeout=True, noise=0.7, seed=3).bars)
    counted = [(item, revision) for item in found.ranges for revision in item.revisions if revision.count_up]
    assert counted
    for item, revision in counted:
        up, down = revision.count_up, revision.count_down
        assert up is not None
        assert down is not None
        assert up.columns == down.columns >= 3
        assert up.low < up.middle < up.high
        assert down.low > down.middle > down.high > 0
        assert up.count_line == pytest.approx(math.sqrt(item.ice * item.creek))


def test_columns_only_grow_with_the_range() -> None:
    for seed in range(3):
        for item in run_stages(random_walk(seed, 400)).ranges:
            columns = [revision.count_up.columns for revision in item.revisions if revision.count_up]
            assert columns == sorted(columns)
