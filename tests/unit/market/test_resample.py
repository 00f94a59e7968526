"""Longer bars of shorter ones: which belong together, when they are complete, what is unknown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wyckoff.market.bars import make_bars
from wyckoff.market.gate import check_bars
from wyckoff.market.resample import resample

if TYPE_CHECKING:
    from wyckoff.market.bars import Bars

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def bars_at(times: list[datetime], timeframe: str = "1d", **columns: Any) -> Bars:
    """Bars that rise by 1 a bar, 10 to 12 first, volume 100 each."""
    base = np.arange(len(times)) + 10.0
    values: dict[str, Any] = {"open_": base, "high": base + 2, "low": base - 1, "close": base + 1}
    values["volume"] = np.full(len(times), 100.0)
    times_ms = [int(time.timestamp() * 1000) for time in times]
    return make_bars("ACME", timeframe, times_ms, **(values | columns))


def weekdays(first: datetime, count: int) -> list[datetime]:
    days = [first + at * DAY for at in range(2 * count + 7)]
    return [day for day in days if day.weekday() < 5][:count]


def opened(bars: Bars) -> list[str]:
    return [f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M}" for ms in bars.open_time_ms.tolist()]


def test_a_week_is_complete_with_the_first_bar_of_the_next_one() -> None:
    days = weekdays(datetime(2024, 1, 1, tzinfo=UTC), 11)  # two weeks and a Monday
    found = resample(bars_at(days), "1w")
    assert opened(found.bars) == ["2024-01-01 00:00", "2024-01-08 00:00"]
    assert found.known_at_index.tolist() == [5, 10]
    first = [getattr(found.bars, name)[0] for name in ("open", "high", "low", "close", "volume")]
    assert first == [10.0, 16.0, 9.0, 15.0, 500.0]
    assert found.bars.timeframe == "1w"
    # on Friday nobody knows whether the week has another bar
    assert resample(bars_at(days[:10]), "1w").known_at_index.tolist() == [5]


def test_a_market_that_never_closes_completes_the_day_with_its_last_hour() -> None:
    hours = [datetime(2024, 3, 1, tzinfo=UTC) + at * HOUR for at in range(48)]
    found = resample(bars_at(hours, "1h"), "1d")
    assert found.known_at_index.tolist() == [23, 47]
    assert resample(bars_at(hours[:47], "1h"), "1d").known_at_index.tolist() == [23]


def test_the_first_longer_bar_is_left_out_when_the_series_begins_within_it() -> None:
    days = weekdays(datetime(2024, 1, 3, tzinfo=UTC), 9)  # from a Wednesday
    found = resample(bars_at(days), "1w")
    assert opened(found.bars) == ["2024-01-08 00:00"]
    assert found.known_at_index.tolist() == [8]


def test_a_forex_day_that_opens_on_sunday_evening_counts_to_the_week_that_follows() -> None:
    sunday = datetime(2024, 1, 7, 22, tzinfo=UTC)
    days = [sunday + at * DAY for at in (0, 1, 2, 3, 4, 7)]
    found = resample(bars_at(days), "1w")
    assert opened(found.bars) == ["2024-01-07 22:00"]
    assert found.bars.volume.tolist() == [500.0]
    assert found.known_at_index.tolist() == [5]


def test_months_are_those_of_the_calendar() -> None:
    days = weekdays(datetime(2024, 1, 1, tzinfo=UTC), 66)  # to 2024-04-01
    found = resample(bars_at(days), "1M")
    assert opened(found.bars) == ["2024-01-01 00:00", "2024-02-01 00:00", "2024-03-01 00:00"]
    assert resample(bars_at(days), "3M").bars.volume.tolist() == [6500.0]
    months = resample(bars_at(days), "1M").bars
    assert resample(months, "3M").known_at_index.tolist() == [2]


def test_unknown_volume_in_a_part_makes_the_whole_unknown() -> None:
    days = weekdays(datetime(2024, 1, 1, tzinfo=UTC), 11)
    volume = np.full(11, 100.0)
    volume[7] = 0.0
    assert resample(bars_at(days, volume=volume), "1w").bars.volume.tolist() == [500.0, 0.0]


@pytest.mark.parametrize("timeframe", ["1d", "24h", "1h", "5"])
def test_what_is_not_longer_is_refused(timeframe: str) -> None:
    with pytest.raises(ValueError, match=r"longer than 1d|no bar length"):
        resample(bars_at(weekdays(datetime(2024, 1, 1, tzinfo=UTC), 3)), timeframe)


def test_no_bars_give_no_bars() -> None:
    assert len(resample(bars_at([]), "1w").bars) == 0


@settings(deadline=None)
@given(
    gaps=st.lists(st.integers(1, 9), min_size=1, max_size=120),
    first=st.integers(0, 30),
    pair=st.sampled_from([("1h", "4h"), ("1h", "1d"), ("4h", "1w"), ("1d", "1w"), ("1d", "1M"), ("1w", "1M")]),
    share=st.floats(0.0, 1.0),
)
def test_a_prefix_has_the_longer_bars_that_were_complete_by_then(
    gaps: list[int], first: int, pair: tuple[str, str], share: float
) -> None:
    steps = {"1h": HOUR, "4h": 4 * HOUR, "1d": DAY, "1w": 7 * DAY}
    shorter, longer = pair
    at = first + np.cumsum(gaps)
    bars = bars_at([datetime(2023, 1, 2, tzinfo=UTC) + int(step) * steps[shorter] for step in at], shorter)
    whole = resample(bars, longer)
    if len(whole.bars):
        check_bars(whole.bars)
    assert whole.known_at_index.tolist() == sorted(whole.known_at_index.tolist())
    count = 1 + int(share * (len(bars) - 1))
    known = int(np.searchsorted(whole.known_at_index, count))
    part = resample(bars.head(count), longer)
    assert part.known_at_index.tolist() == whole.known_at_index[:known].tolist()
    for name in ("open_time_ms", "open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(getattr(part.bars, name), getattr(whole.bars, name)[:known])
    # nothing of a later bar is in a complete one
    for k, index in enumerate(whole.known_at_index):
        assert whole.bars.close[k] <= bars.close[index]
