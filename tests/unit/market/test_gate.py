"""The data gate: what it refuses, by field and index, and what it lets pass with a finding."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from wyckoff.market.bars import Bars, make_bars
from wyckoff.market.gate import MAX_BARS, MAX_TIME_MS, MIN_TIME_MS, BarsError, check_bars, inspect_bars
from wyckoff.rpc.errors import Code, InvalidArgumentError

DAY_MS = 86_400_000
PRICE_FIELDS = ("open", "high", "low", "close")


def plain(count: int = 40) -> Bars:
    """Business as usual: a slow wave around 100 on steady volume."""
    wave = np.sin(np.arange(count) / 5.0)
    close = 100.0 + wave
    open_ = 100.0 + np.concatenate(([0.0], wave[:-1]))
    high, low = np.maximum(open_, close) + 0.5, np.minimum(open_, close) - 0.5
    return make_bars("ACME", "1d", np.arange(count) * DAY_MS, open_, high, low, close, np.full(count, 1000.0))


def changed(field: str, values: dict[int, Any], count: int = 40) -> Bars:
    bars = plain(count)
    column = np.array(getattr(bars, field))
    for index, value in values.items():
        column[index] = value
    columns: dict[str, Any] = {field: column}
    return dataclasses.replace(bars, **columns)


def refused(bars: Bars) -> list[tuple[str, int | None]]:
    with pytest.raises(BarsError) as caught:
        check_bars(bars)
    assert len(caught.value.violations) == len(caught.value.bar_violations)
    return [(item.field, item.index) for item in caught.value.bar_violations]


def findings(bars: Bars) -> dict[str, tuple[int, int]]:
    check_bars(bars)
    return {item.code: (item.bar_count, item.first_index) for item in inspect_bars(bars).findings}


@pytest.mark.parametrize("count", [1, 2, 20, 21, 50_000])
def test_plain_bars_of_any_length_pass_without_a_finding(count: int) -> None:
    bars = plain(count)
    assert findings(bars) == {}
    assert inspect_bars(bars).volume_known.tolist() == [True] * count


@pytest.mark.parametrize("field", PRICE_FIELDS)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, -5.0, 0.0, 1e16, 1e-13])
def test_an_impossible_price_is_refused_at_its_bar(field: str, value: float) -> None:
    assert refused(changed(field, {17: value})) == [(field, 17)]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, -1.0, 1e19])
def test_an_impossible_volume_is_refused_at_its_bar(value: float) -> None:
    assert refused(changed("volume", {0: value})) == [("volume", 0)]


def test_the_first_wrong_value_is_named_and_the_others_are_counted() -> None:
    bars = changed("close", {5: np.nan, 9: -1.0, 30: np.inf})
    with pytest.raises(BarsError, match=r"bars\.close\[5\]: is nan.*finite number above 0.*2 more") as caught:
        check_bars(bars)
    assert caught.value.violations[0].field == "bars.close[5]"


def test_every_wrong_column_is_named() -> None:
    bars = dataclasses.replace(changed("volume", {3: np.nan}), close=changed("close", {8: -1.0}).close)
    assert refused(bars) == [("close", 8), ("volume", 3)]


def test_high_below_low_is_refused_and_both_prices_are_told() -> None:
    bars = changed("high", {12: 90.0})
    assert refused(bars) == [("high", 12)]
    with pytest.raises(BarsError, match=r"is 90, below the low .*at least the low"):
        check_bars(bars)


def test_high_equal_to_low_passes() -> None:
    flat = np.full(40, 7.0)
    bars = make_bars("ACME", "1d", np.arange(40) * DAY_MS, flat, flat, flat, flat, np.full(40, 10.0))
    assert findings(bars) == {}


@pytest.mark.parametrize(
    ("shift_ms", "words"), [(-3 * DAY_MS, "must ascend"), (-DAY_MS, "appears twice")], ids=["unsorted", "duplicated"]
)
def test_times_that_do_not_ascend_are_refused_at_the_later_bar(shift_ms: int, words: str) -> None:
    bars = changed("open_time_ms", {10: 10 * DAY_MS + shift_ms})
    assert refused(bars)[0] == ("open_time_ms", 10)
    with pytest.raises(BarsError, match=words):
        check_bars(bars)


@pytest.mark.parametrize(("index", "time_ms"), [(0, MIN_TIME_MS - 1), (39, MAX_TIME_MS + 1)])
def test_times_that_are_no_dates_are_refused(index: int, time_ms: int) -> None:
    assert refused(changed("open_time_ms", {index: time_ms})) == [("open_time_ms", index)]


def test_the_first_and_the_last_possible_time_pass() -> None:
    check_bars(changed("open_time_ms", {0: MIN_TIME_MS, 39: MAX_TIME_MS}))


def test_no_bars_are_refused() -> None:
    assert refused(plain(0)) == [("open_time_ms", None)]


def test_more_bars_than_the_limit_are_refused() -> None:
    check_bars(plain(30), max_bars=30)
    with pytest.raises(BarsError, match="31 bars; at most 30"):
        check_bars(plain(31), max_bars=30)
    assert refused(plain(MAX_BARS + 1)) == [("open_time_ms", None)]


@pytest.mark.parametrize("field", [*PRICE_FIELDS, "volume"])
@pytest.mark.parametrize("length", [0, 39, 41])
def test_a_column_of_another_length_is_refused(field: str, length: int) -> None:
    columns: dict[str, Any] = {field: np.full(length, 100.0)}
    bars = dataclasses.replace(plain(), **columns)
    assert refused(bars) == [(field, None)]


@pytest.mark.parametrize("symbol", ["", "TWO WORDS", "A" * 21, "É"])
def test_a_symbol_that_is_none_is_refused(symbol: str) -> None:
    assert refused(dataclasses.replace(plain(), symbol=symbol)) == [("symbol", None)]


@pytest.mark.parametrize("timeframe", ["", "daily", "0d", "1x", "d"])
def test_a_timeframe_that_is_none_is_refused(timeframe: str) -> None:
    assert refused(dataclasses.replace(plain(), timeframe=timeframe)) == [("timeframe", None)]


def test_the_error_is_an_invalid_argument_with_a_reason() -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        check_bars(plain(0))
    assert caught.value.code is Code.INVALID_ARGUMENT
    assert caught.value.reason == "INVALID_BARS"


def test_zero_volume_passes_as_unknown() -> None:
    bars = changed("volume", {25: 0.0, 31: 0.0})
    assert findings(bars) == {"VOLUME_MISSING": (2, 25)}
    known = inspect_bars(bars).volume_known
    assert np.flatnonzero(~known).tolist() == [25, 31]


def test_a_wide_bar_on_a_fraction_of_the_usual_volume_is_unknown() -> None:
    bars = dataclasses.replace(changed("high", {30: 103.0}), volume=changed("volume", {30: 100.0}).volume)
    assert findings(bars) == {"VOLUME_INCOMPLETE": (1, 30)}
    assert np.flatnonzero(~inspect_bars(bars).volume_known).tolist() == [30]


def test_a_narrow_bar_on_little_volume_is_quiet_not_unknown() -> None:
    narrow = {name: changed(name, {30: 100.0}) for name in PRICE_FIELDS}
    bars = dataclasses.replace(
        changed("volume", {30: 100.0}), **{name: getattr(narrow[name], name) for name in PRICE_FIELDS}
    )
    assert findings(bars) == {}
    assert inspect_bars(bars).volume_known.all()


def scaled_from(index: int, factor: float) -> Bars:
    bars = plain()
    scale = np.where(np.arange(len(bars)) < index, 1.0, factor)
    return dataclasses.replace(bars, **{name: getattr(bars, name) * scale for name in PRICE_FIELDS})


@pytest.mark.parametrize(("factor", "code"), [(0.5, "SPLIT_LIKE_JUMP"), (2.0, "SPLIT_LIKE_JUMP"), (0.85, "PRICE_GAP")])
def test_jumps_at_the_open_are_said(factor: float, code: str) -> None:
    assert findings(scaled_from(22, factor)) == {code: (1, 22)}


def test_a_hole_in_time_is_said() -> None:
    bars = plain()
    late = np.where(np.arange(40) < 15, 0, 30 * DAY_MS)
    assert findings(dataclasses.replace(bars, open_time_ms=bars.open_time_ms + late)) == {"TIME_GAP": (1, 15)}


@pytest.mark.parametrize(("field", "code"), [("close", "CLOSE_OUTSIDE_BAR"), ("open", "OPEN_OUTSIDE_BAR")])
def test_open_or_close_outside_its_bar_is_said(field: str, code: str) -> None:
    assert findings(changed(field, {20: 108.0})) == {code: (1, 20)}


def test_what_is_said_of_a_bar_does_not_depend_on_later_bars() -> None:
    bars = dataclasses.replace(changed("high", {30: 103.0}), volume=changed("volume", {5: 0.0, 30: 100.0}).volume)
    known = inspect_bars(bars).volume_known
    for count in range(1, len(bars) + 1):
        assert inspect_bars(bars.head(count)).volume_known.tolist() == known[:count].tolist()
