"""What came long before does not matter: a series that begins later says the same, once it has warmed up."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.support.pipeline import StageResults, run_stages
from tools.sample_bars import SYMBOLS, sample_bars
from wyckoff.schematics import make_cases

if TYPE_CHECKING:
    from wyckoff.market.bars import Bars

DROPPED_BARS: Final = 50
#: First bars of the longer series; the shorter one begins 50 bars later.
STARTS: Final = tuple(range(0, 1800, 200))
#: Three years. The longest that was measured, over starts a hundred bars apart in all of the real series, is 572.
WARM_UP_BARS: Final = 750
#: Half of all starts of a series need no more; measured was at most 151. A confidence carries what came before it in
#: its structure.
USUAL_WARM_UP_BARS: Final = 200


def said(found: StageResults, offset: int) -> Counter[tuple[Any, ...]]:
    """Ranges, events and patterns by the bar at which they became known, counted from the first bar of all."""

    def later(index: int | None) -> int | None:
        return None if index is None else index + offset

    ranges = ((i.known_at_index + offset, i.scale, i.side, i.start_index + offset, i.range_id) for i in found.ranges)
    events = (
        (
            event.known_at_index + offset,
            reading.scale,
            event.type,
            event.bar_index + offset,
            event.confidence,
            later(event.withdrawn_at_index),
        )
        for reading in found.phases
        for event in reading.events
    )
    patterns = (
        (
            item.known_at_index + offset,
            item.scale,
            item.type,
            item.bar_index + offset,
            item.confidence,
            later(item.withdrawn_at_index),
        )
        for item in found.patterns
    )
    return Counter(chain[tuple[Any, ...]](ranges, events, patterns))


def warm_up_bars(bars: Bars, start: int) -> tuple[int, int]:
    """Bars of the shorter series after which nothing that becomes known differs, and how much both say after it."""
    longer, shorter = start, start + DROPPED_BARS
    one, two = (said(run_stages(bars.tail(len(bars) - first)), first) for first in (longer, shorter))
    differing = (one - two) + (two - one)
    needed = max((item[0] - shorter + 1 for item in differing), default=0)
    return max(0, needed), sum(item[0] - shorter >= WARM_UP_BARS for item in one)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_without_its_first_50_bars_a_series_says_the_same_after_750_bars(symbol: str) -> None:
    """The machine remembers: ranges that live (up to 250 bars on the major scale, and the next begins where one ended),
    z-scores over 120 bars, the usual volatility of 500. So the warm-up is long where a range that one of both series
    knows bars the way of another, and short elsewhere.
    """
    bars = sample_bars(symbol)
    measured = [warm_up_bars(bars, start) for start in STARTS if start + 1000 < len(bars)]
    assert max(needed for needed, _ in measured) <= WARM_UP_BARS, measured
    assert median(needed for needed, _ in measured) <= USUAL_WARM_UP_BARS, measured
    assert sum(compared for _, compared in measured) > 20


def test_a_structure_long_after_the_cut_is_read_the_same() -> None:
    """Behind 200 bars of a random walk the 50 first ones do not change the reading of the schematic in most cases."""
    cases = list(make_cases(23, 12, ("lead",)))
    needed = [warm_up_bars(case.bars, 0)[0] for case in cases]
    assert median(needed) <= USUAL_WARM_UP_BARS, needed
