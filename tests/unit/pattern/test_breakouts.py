"""Signs of strength and last points: what is measured, when it is said, what it costs."""

from __future__ import annotations

import pytest

from services.pattern.config import PatternSettings
from tests.unit.pattern.detecting import fact, one, run
from tests.unit.pattern.scenes import Sketch, breakout_sketch
from wyckoff.model.evidence import Evidence
from wyckoff.model.kinds import EntryOrder, EventType, PatternType


def test_a_sign_of_strength_is_a_limit_at_its_close() -> None:
    sos = one(breakout_sketch(), PatternType.SOS)

    assert (sos.bar_index, sos.known_at_index) == (80, 80)
    assert sos.entry_price == pytest.approx(112.3)
    assert sos.entry_order is EntryOrder.LIMIT
    assert sos.stop_loss == pytest.approx(110 * 0.95)
    assert sos.target_price == pytest.approx(140)
    assert fact(sos, "breakout_pct").value == pytest.approx(112.3 / 110 - 1)
    # volume 2.2: 29, spread 20, close 20, breakout 2.1 %: 12, length 10, phase D at 86: 5
    assert sos.confidence == 29 + 20 + 20 + 12 + 10 + 5


def test_a_wide_range_has_a_nearer_breakout_stop() -> None:
    settings = PatternSettings(wide_range_fraction=0.09)

    assert one(breakout_sketch(), PatternType.SOS, settings).stop_loss == pytest.approx(110 * 0.97)


def test_a_breakout_told_to_wait_gives_way_to_its_last_point() -> None:
    settings = PatternSettings(sos_wait_bars=10)

    assert [item.type for item in run(breakout_sketch(), settings).patterns] == [PatternType.LPS]
    waited = one(breakout_sketch(last_point=False), PatternType.SOS, settings)
    assert waited.known_at_index == 90
    assert waited.entry_price == pytest.approx(105.0)
    assert fact(waited, "waited_bars").value == 10


def test_a_last_point_enters_beyond_the_broken_level() -> None:
    lps = one(breakout_sketch(), PatternType.LPS)

    assert (lps.bar_index, lps.known_at_index) == (84, 86)
    assert lps.entry_price == pytest.approx(111.1)
    assert lps.stop_loss <= 110 * 0.97
    assert fact(lps, "pullback_distance_pct").value == pytest.approx(110.4 / 110 - 1)
    assert fact(lps, "volume_ratio") == Evidence("volume_ratio", 0.7, 1.0, met=True)
    assert fact(lps, "breakout_volume_ratio").value == pytest.approx(2.2)
    assert lps.confidence > one(breakout_sketch(), PatternType.SOS).confidence


def test_a_last_point_stop_is_wider_in_a_wild_market() -> None:
    sketch = breakout_sketch()
    for index in range(70, 80):
        sketch.bar(index, ohlc=(105.0, 112.0, 101.0, 105.0), volume=1.0)

    assert one(sketch, PatternType.LPS).stop_loss < 110 * 0.97 - 1


def test_a_close_short_of_the_entry_makes_a_stop_order() -> None:
    sketch = breakout_sketch()
    sketch.bar(86, ohlc=(110.5, 111.0, 110.3, 110.9), volume=0.9)

    assert one(sketch, PatternType.LPS).entry_order is EntryOrder.STOP


def test_a_stop_too_near_is_moved_out_before_reward_is_taken() -> None:
    settings = PatternSettings(
        last_point_stop_fraction=0.0001, last_point_stop_atr=0.0, last_point_entry_fraction=0.001
    )
    lps = one(breakout_sketch(), PatternType.LPS, settings)

    assert lps.stop_loss == pytest.approx(lps.entry_price * 0.99)
    assert lps.r_multiple == pytest.approx((140 - lps.entry_price) / (lps.entry_price * 0.01))
    assert fact(lps, "stop_distance_pct").met is False


def test_a_range_too_short_for_a_jump_is_targeted_by_two_widths() -> None:
    sketch = Sketch()
    sketch.bar(25, ohlc=(109.0, 112.5, 108.9, 112.3), volume=2.2, spread=1.8)
    sketch.event(EventType.SOS, 25, 25, 112.3)

    assert one(sketch, PatternType.SOS).target_price == pytest.approx(130)
