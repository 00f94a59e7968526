"""Nothing is ever rewritten: every prefix says exactly what the full run says it would have said."""

from __future__ import annotations

from dataclasses import fields
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest

from tests.support.pipeline import assess, run_stages
from tests.support.projection import patterns_as_of, phases_as_of, ranges_as_of, without_sub_phase, without_zone_visits
from tools.sample_bars import sample_bars
from wyckoff.market.bars import Bars, make_bars
from wyckoff.model.kinds import Scale
from wyckoff.model.signals import TradeSignal
from wyckoff.schematics import accumulation_then_distribution, broken_base, make_cases, random_walk, schematic

if TYPE_CHECKING:
    from collections.abc import Callable

    from wyckoff.model.volume import VolumeAnalysis


def _window(symbol: str, first: int, count: int) -> Bars:
    bars = sample_bars(symbol).head(first + count).tail(count)
    columns = (np.ascontiguousarray(getattr(bars, name)) for name in ("open", "high", "low", "close", "volume"))
    return make_bars(bars.symbol, bars.timeframe, bars.open_time_ms, *columns)


def _case(family: str, number: int) -> Callable[[], Bars]:
    """A generated series; ``number`` chooses side, shake-out and difficulty too."""
    return lambda: list(make_cases(41, number + 1, (family,)))[number].bars


#: Stretches of real bars with the big turns of their time in them: symbol, first bar, number of bars.
REAL: Final = {
    "SP500 1999-05 to 2000-12": ("SP500", 100, 400),
    "SP500 2001-11 to 2003-07": ("SP500", 720, 420),
    "SP500 2006-12 to 2008-06": ("SP500", 2000, 380),
    "SP500 2008-12 to 2010-07": ("SP500", 2500, 412),
    "NASDAQ 2000-12 to 2002-08": ("NASDAQ", 500, 400),
    "NASDAQ 2007-11 to 2009-08": ("NASDAQ", 2240, 430),
    "AAPL 2001-12 to 2003-08": ("AAPL", 450, 420),
    "AAPL 2006-12 to 2008-08": ("AAPL", 1700, 420),
    "IBM 2001-05 to 2003-01": ("IBM", 300, 420),
    "IBM 2006-07 to 2008-04": ("IBM", 1600, 440),
    "MSFT 2001-10 to 2003-09": ("MSFT", 400, 480),
    "MSFT 2008-02 to 2009-10": ("MSFT", 2000, 430),
    "GOOG 2008-03 to 2009-12": ("GOOG", 900, 440),
}
SYNTHETIC: Final[dict[str, Callable[[], Bars]]] = {
    "accumulation": lambda: schematic("accumulation", shakeout=True, noise=1.0, seed=4, markup_bars=40).bars,
    "distribution": lambda: schematic("distribution", shakeout=False, noise=0.7, seed=5, markup_bars=40).bars,
    "both": lambda: accumulation_then_distribution(shakeout=True, noise=0.8, seed=6).bars,
    "broken": lambda: broken_base(noise=0.9, seed=7).bars,
    "walk": lambda: random_walk(3, 400),
    "reaccumulation": _case("reac", 2),
    "staircase": _case("stair", 0),
    "redistributions": _case("stair", 1),
    "nested": _case("nested", 1),
    "overlapping": _case("overlap", 0),
    "failed in phase C": _case("failc", 1),
    "failed in phase D": _case("faild", 0),
    "GARCH": _case("garch", 0),
    "halts": _case("halt", 1),
    "split": _case("split", 0),
}
SERIES: Final[dict[str, Callable[[], Bars]]] = {
    **{name: partial(_window, *part) for name, part in REAL.items()},
    **SYNTHETIC,
}


@pytest.mark.parametrize("name", SERIES)
def test_every_prefix_says_what_the_full_run_would_have_said(name: str) -> None:
    bars = SERIES[name]()
    full = run_stages(bars)
    verdicts = assess(full)
    for k in range(len(bars)):
        then = run_stages(bars.head(k + 1))
        assert _same_volume(then.volume, full.volume), f"volume differs at bar {k}"
        expected = without_zone_visits(ranges_as_of(full.ranges, k))
        assert without_zone_visits(then.ranges) == expected, f"ranges differ at bar {k}"
        assert without_sub_phase(then.phases) == phases_as_of(full.phases, full.ranges, k), f"phases differ at bar {k}"
        assert then.patterns == patterns_as_of(full.patterns, k), f"patterns differ at bar {k}"
        assert assess(then) == tuple(item for item in verdicts if item.known_at_index <= k), f"verdicts differ at {k}"
        assert then.failed == ()


def test_the_series_have_something_to_rewrite() -> None:
    """The property above would hold for a detector that never speaks."""
    readings = [run_stages(make()) for make in SERIES.values()]
    events = [event for reading in readings for event in reading.events]
    assert len(SYNTHETIC) >= 10 <= len(REAL)
    assert len(events) > 200
    assert sum(len(reading.patterns) for reading in readings) > 20
    assert {phase.scale for reading in readings for phase in reading.phases if phase.events} == set(Scale)
    assert any(isinstance(item, TradeSignal) for reading in readings for item in assess(reading))
    assert any(event.withdrawn_at_index is not None for event in events)
    assert any(phase.failed_at_index is not None for reading in readings for phase in reading.phases)
    assert {item.side for reading in readings for item in reading.ranges} == {
        "ACCUMULATION",
        "DISTRIBUTION",
        "UNDETERMINED",
    }


def _same_volume(then: VolumeAnalysis, full: VolumeAnalysis) -> bool:
    names = [field.name for field in fields(then)]
    count = len(then.volume_ratio)
    return all(np.array_equal(getattr(then, n), getattr(full, n)[:count], equal_nan="ratio" in n) for n in names)
