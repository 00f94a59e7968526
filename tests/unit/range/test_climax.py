from __future__ import annotations

import numpy as np
import pytest

from services.range.climax import measure_effort
from services.range.config import RangeSettings
from services.range.contrary import without_contrary
from services.range.outline import Outline
from services.range.stopping import StoppingAction, find_stopping_actions, side_bars
from wyckoff.market.activity import measure_activity
from wyckoff.market.bars import Bars, make_bars
from wyckoff.market.mirror import log_bars
from wyckoff.model.kinds import Side
from wyckoff.schematics import schematic

SETTINGS = RangeSettings()


def _found(bars: Bars, settings: RangeSettings = SETTINGS, *, mirrored: bool = False) -> list[StoppingAction]:
    log = log_bars(bars, mirrored=mirrored)
    activity = measure_activity(log, bars.volume, np.asarray(bars.volume > 0))
    return find_stopping_actions(side_bars(log), measure_effort(activity).scores, activity.unit, settings)


def _decline_and_rally(rally_bars: int = 8, climax_volume: float = 4.0) -> Bars:
    """100 bars down by 1 % each, a loud wide last one, a rally of 2 % a bar, a fall back of half of it."""
    closes = [100.0 * 0.99**k for k in range(100)]
    volume = [1000.0 + 10.0 * (k % 7) for k in range(100)]
    closes.append(closes[-1] * 0.95)
    volume.append(1000.0 * climax_volume)
    for step in [1.02] * rally_bars + [0.98] * (rally_bars // 2) + [1.0] * 5:
        closes.append(closes[-1] * step)
        volume.append(1000.0)
    close = np.array(closes)
    open_ = np.concatenate((close[:1], close[:-1]))
    high, low = np.maximum(open_, close) * 1.003, np.minimum(open_, close) * 0.997
    return make_bars("T", "1d", np.arange(len(close)) * 86_400_000, open_, high, low, close, volume)


def test_the_climax_and_its_reaction_open_a_range() -> None:
    (action,) = _found(_decline_and_rally())
    assert (action.climax_index, action.reaction_index) == (100, 108)
    assert action.reaction_index < action.known_at_index <= 112
    assert action.extreme < action.support < action.resistance


def test_no_reaction_no_climax() -> None:
    bars = _decline_and_rally()
    assert _found(bars.head(108)) == []


def test_a_reaction_that_gives_nothing_back_is_not_over() -> None:
    assert _found(_decline_and_rally().head(109)) == []


def test_a_quiet_short_decline_is_no_trend() -> None:
    bars = _decline_and_rally()
    assert _found(bars.tail(25)) == []


def test_evidence_below_the_sum_is_not_enough() -> None:
    bars = _decline_and_rally()
    assert _found(bars, RangeSettings(min_stopping_evidence=9.0)) == []


def test_unknown_volume_neither_makes_nor_breaks_a_climax() -> None:
    bars = _decline_and_rally()
    silent = make_bars("T", "1d", bars.open_time_ms, bars.open, bars.high, bars.low, bars.close, bars.volume * 0.0)
    assert [a.climax_index for a in _found(silent)] == [100]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_buying_climax_is_the_mirror(seed: int) -> None:
    series = schematic("distribution", shakeout=True, noise=0.6, seed=seed)
    upright = schematic("accumulation", shakeout=True, noise=0.6, seed=seed)
    there = [(a.climax_index, a.reaction_index, a.known_at_index) for a in _found(series.bars, mirrored=True)]
    assert there == [(a.climax_index, a.reaction_index, a.known_at_index) for a in _found(upright.bars)]
    assert there


def _outline(first: int, ice: float, creek: float, extreme: float, *, below: bool, mirrored: bool) -> Outline:
    """A range whose climax is at bar ``first``, at its low end or at its high end; ``mirrored`` is its reflection."""
    floor, ceiling = (extreme, None) if below else (None, extreme)
    if mirrored:
        below, ice, creek = not below, -creek, -ice
        floor, ceiling = (None if level is None else -level for level in (ceiling, floor))
    side = Side.ACCUMULATION if below else Side.DISTRIBUTION
    return Outline(side, first, first + 15, ice, creek, first, first + 10, floor, ceiling)


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_climax_against_a_living_base_is_not_believed(mirrored: bool) -> None:
    base = (_outline(100, 4.0, 4.2, 3.98, below=True, mirrored=mirrored), None)
    inside = (_outline(150, 4.1, 4.3, 4.35, below=False, mirrored=mirrored), None)
    far = (_outline(150, 4.4, 4.6, 4.65, below=False, mirrored=mirrored), None)
    assert without_contrary([inside, base], SETTINGS) == [base]
    assert without_contrary([far, base], SETTINGS) == [base, far]


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_failed_base_contradicts_nothing(mirrored: bool) -> None:
    base = (_outline(100, 4.0, 4.2, 3.98, below=True, mirrored=mirrored), 140)
    later = (_outline(150, 4.1, 4.3, 4.35, below=False, mirrored=mirrored), None)
    assert without_contrary([later, base], SETTINGS) == [base, later]
