"""The v8 chart interface, with all that it really sends."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from services.marketdata.providers.settings import YahooSettings
from services.marketdata.providers.yahoo import YahooProvider
from tests.support.fake_time import FakeTime
from tests.support.fetches import all_bars, assert_rows, connected, fetched
from tests.support.http_vendor import Asked, Reply, Vendor, json_reply, vendor
from tests.support.vendors import DAY_MS, ChartVendor, Row, ms, new_york_ms, rows_at, weekdays
from wyckoff.market.provider import Adjustment
from wyckoff.rpc.errors import InvalidArgumentError, NotFoundError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

DAYS = weekdays("2024-03-04", 10)
ROWS = rows_at([new_york_ms(day, 9, 30) for day in DAYS])


@asynccontextmanager
async def yahoo(answer: Callable[[Asked], Reply], time: FakeTime) -> AsyncIterator[tuple[YahooProvider, Vendor]]:
    async with vendor(answer) as server, connected(server.url, time.times, provider="yahoo") as http:
        yield YahooProvider(YahooSettings(base_url=server.url), http, time.times), server


async def test_days_are_dated_by_the_exchange(time: FakeTime) -> None:
    async with yahoo(ChartVendor([*ROWS]), time) as (provider, server):
        report, store = await fetched(provider, time.times, first="2024-03-04", last="2024-03-20")
    bars = store.bars["AAPL", "1d"]
    assert_rows(bars, ROWS)
    assert bars.open_time_ms.tolist() == [ms(day.isoformat()) for day in DAYS]
    assert report.adjustment is Adjustment.SPLITS
    assert server.asked[0].path == "/v8/finance/chart/AAPL"
    assert server.asked[0].query["events"] == "div,splits"


@pytest.mark.parametrize(
    ("zone", "moment"),
    [
        # ten in the morning in Sydney is the evening before in UTC
        ("Australia/Sydney", "2024-01-30T23:00:00"),
        ("Asia/Tokyo", "2024-01-31T00:00:00"),
        ("Europe/London", "2024-01-31T08:00:00"),
        ("UTC", "2024-01-31T00:00:00"),
        ("America/Los_Angeles", "2024-02-01T07:59:00"),
    ],
)
async def test_zones(time: FakeTime, zone: str, moment: str) -> None:
    async with yahoo(ChartVendor([*rows_at([ms(moment)])], zone=zone), time) as (provider, _):
        bars = await all_bars(provider, "AAPL", "1d", "2024-01-31", "2024-02-01", Adjustment.SPLITS)
    assert bars.open_time_ms.tolist() == [ms("2024-01-31")]


async def test_rows_without_prices_are_left_out_and_counted(time: FakeTime) -> None:
    broken: list[Row | int] = [*ROWS]
    broken[3] = ROWS[3].time_ms
    nan = float("nan")
    broken[5] = Row(ROWS[5].time_ms, nan, nan, nan, nan, nan)
    broken[6] = Row(ROWS[6].time_ms, 1.0, 0.5, 2.0, 1.0, 100)
    broken[7] = Row(ROWS[7].time_ms, 0.0, 0.0, 0.0, 0.0, 0)
    async with yahoo(ChartVendor(broken), time) as (provider, _):
        report, store = await fetched(provider, time.times, first="2024-03-04", last="2024-03-20")
    assert_rows(store.bars["AAPL", "1d"], [row for at, row in enumerate(ROWS) if at not in {3, 5, 6, 7}])
    assert (report.empty_row_count, report.impossible_row_count) == (2, 2)


async def test_a_missing_volume_is_unknown(time: FakeTime) -> None:
    index: list[Row | int] = [Row(row.time_ms, row.open, row.high, row.low, row.close, float("nan")) for row in ROWS]
    async with yahoo(ChartVendor(index), time) as (provider, _):
        bars = await all_bars(provider, "AAPL", "1d", "2024-03-04", "2024-03-20", Adjustment.SPLITS)
    assert bars.volume.tolist() == [0.0] * 10


async def test_full_adjustment_by_adjusted_closes(time: FakeTime) -> None:
    adjusted: list[float | None] = [row.close * (0.9 if at < 5 else 1.0) for at, row in enumerate(ROWS)]
    adjusted[8] = None
    events: dict[str, Any] = {
        "dividends": {"1710163800": {"amount": 0.24, "date": 1710163800}},
        "splits": {"1710163800": {"date": 1710163800, "numerator": 4.0, "denominator": 1.0, "splitRatio": "4:1"}},
    }
    chart = ChartVendor([*ROWS], adjusted=adjusted, events=events)
    async with yahoo(chart, time) as (provider, _):
        report, store = await fetched(
            provider, time.times, first="2024-03-04", last="2024-03-20", adjustment=Adjustment.ALL
        )
    bars = store.bars["AAPL", "1d"]
    np.testing.assert_allclose(bars.high[:5], [row.high * 0.9 for row in ROWS[:5]])
    np.testing.assert_allclose(bars.low[5:], [row.low for at, row in enumerate(ROWS) if at in {5, 6, 7, 9}])
    assert bars.volume.tolist() == [row.volume for at, row in enumerate(ROWS) if at != 8]
    assert report.empty_row_count == 1
    assert "1 splits and 1 dividends in the time fetched" in report.notes


async def test_full_adjustment_is_for_days(time: FakeTime) -> None:
    async with yahoo(ChartVendor([*ROWS]), time) as (provider, server):
        with pytest.raises(InvalidArgumentError, match="day or longer"):
            await all_bars(provider, "AAPL", "5m", "2024-03-04", "2024-03-05", Adjustment.ALL)
        with pytest.raises(InvalidArgumentError, match="raw is not offered by yahoo; splits, all are"):
            await fetched(provider, time.times, first="2024-03-04", last="2024-03-20", adjustment=Adjustment.RAW)
    assert server.asked == []


async def test_the_row_of_today_is_open() -> None:
    live = Row(new_york_ms(date(2024, 3, 15), 11, 47) + 12_000, 101.0, 102.0, 100.0, 101.5, 5000)
    during = FakeTime("2024-03-15T15:47:30")
    async with yahoo(ChartVendor([*ROWS[:9], live]), during) as (provider, _):
        report, store = await fetched(provider, during.times, first="2024-03-04", last="2024-04-01")
    assert_rows(store.bars["AAPL", "1d"], ROWS[:9])
    assert report.open_bar_count == 1


async def test_a_week_in_two_rows_is_left_out(time: FakeTime) -> None:
    weeks = rows_at([new_york_ms(day) for day in DAYS[::5]])
    live = Row(new_york_ms(date(2024, 3, 15), 16, 0), 1.0, 1.0, 1.0, 1.0, 1)
    async with yahoo(ChartVendor([*weeks, live]), time) as (provider, _):
        report, store = await fetched(provider, time.times, timeframe="1w", first="2024-03-04", last="2024-03-20")
    assert_rows(store.bars["AAPL", "1w"], weeks[:1])
    assert any("comes in parts" in note for note in report.notes)


async def test_months_begin_on_the_first(time: FakeTime) -> None:
    months = rows_at([new_york_ms(date(2024, month, 1)) for month in (1, 2, 3)])
    async with yahoo(ChartVendor([*months]), time) as (provider, _):
        bars = await all_bars(provider, "AAPL", "1M", "2024-01-01", "2024-04-01", Adjustment.SPLITS)
    assert bars.open_time_ms.tolist() == [ms("2024-01-01"), ms("2024-02-01"), ms("2024-03-01")]


async def test_minutes_come_in_windows(time: FakeTime) -> None:
    opens = [ms("2024-05-13T13:30:00") + day * DAY_MS for day in range(20)]
    async with yahoo(ChartVendor([*rows_at(opens)]), time) as (provider, server):
        bars = await all_bars(provider, "AAPL", "1m", "2024-05-13", "2024-06-02", Adjustment.SPLITS)
    assert bars.open_time_ms.tolist() == opens
    assert len(server.asked) == 3


async def test_a_window_without_bars(time: FakeTime) -> None:
    async with yahoo(ChartVendor([*ROWS]), time) as (provider, _):
        with pytest.raises(NotFoundError, match="no closed bars"):
            await fetched(provider, time.times, first="2020-03-04", last="2020-03-20")


async def test_a_wrong_symbol(time: FakeTime) -> None:
    async with yahoo(ChartVendor([*ROWS]), time) as (provider, _):
        with pytest.raises(NotFoundError, match="No data found, symbol may be delisted"):
            await fetched(provider, time.times, symbol="AAPLX", first="2024-03-04", last="2024-03-20")


def chart(**result: Any) -> dict[str, Any]:
    return {"chart": {"result": [{"meta": {"symbol": "AAPL"}, **result}], "error": None}}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"chart": None}, "object is expected"),
        ({"finance": {}}, "object is expected"),
        (chart(), "object is expected"),
        (chart(timestamp=[1, 2], indicators={"quote": [{"open": [1.0]}]}), "values of"),
        (chart(timestamp="now", indicators={"quote": [{}]}), "times are no numbers"),
        ({"chart": {"result": [{"meta": {"symbol": "MSFT"}}]}}, "'MSFT' for AAPL"),
        (
            {
                "chart": {
                    "result": [
                        {"meta": {"exchangeTimezoneName": "Mars/Base"}, "timestamp": [1], "indicators": {"quote": [{}]}}
                    ]
                }
            },
            "no time zone",
        ),
    ],
)
async def test_answers_of_another_shape(time: FakeTime, content: object, words: str) -> None:
    async with yahoo(lambda _: json_reply(content), time) as (provider, _):
        with pytest.raises(UnavailableError, match=words):
            await all_bars(provider, "AAPL", "1d", "2024-03-04", "2024-03-20", Adjustment.SPLITS)


@pytest.mark.parametrize(
    ("symbol", "calendar"),
    [
        ("AAPL", "XNYS"),
        ("BRK-B", "XNYS"),
        ("VOD.L", "XLON"),
        ("7203.T", "XTKS"),
        ("EURUSD=X", "forex"),
        ("BTC-USD", "24/7"),
        ("^GSPC", ""),
        ("ES=F", ""),
        ("X.ZZ", ""),
    ],
)
async def test_calendars(time: FakeTime, symbol: str, calendar: str) -> None:
    async with yahoo(ChartVendor([]), time) as (provider, _):
        assert provider.calendar_of(symbol) == calendar
