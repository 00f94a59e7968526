"""Binance, in the shapes that it answers in."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from services.marketdata.providers.binance import BinanceProvider
from services.marketdata.providers.settings import BinanceSettings
from tests.support.fetches import all_bars, assert_rows, connected, fetched
from tests.support.http_vendor import Asked, Reply, Vendor, json_reply, vendor
from tests.support.vendors import BinanceVendor, ms, rows_at
from wyckoff.market.provider import Adjustment
from wyckoff.rpc.errors import InvalidArgumentError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tests.support.fake_time import FakeTime

HOUR_MS = 3_600_000
OPENS = [ms("2024-06-01") + hour * HOUR_MS for hour in range(61)]
ROWS = rows_at(OPENS)


@asynccontextmanager
async def binance(
    answer: Callable[[Asked], Reply], time: FakeTime, page_bars: int = 1000
) -> AsyncIterator[tuple[BinanceProvider, Vendor]]:
    async with vendor(answer) as server, connected(server.url, time.times, provider="binance") as http:
        settings = BinanceSettings(base_url=server.url, page_bars=page_bars)
        yield BinanceProvider(settings, http, time.times, max_pages=100), server


async def test_pages_by_time_and_closed_bars_only(time: FakeTime) -> None:
    async with binance(BinanceVendor(ROWS, HOUR_MS), time, page_bars=25) as (provider, server):
        report, store = await fetched(
            provider, time.times, symbol="BTCUSDT", timeframe="1h", first="2024-06-01", last="2024-07-01"
        )
    # it is 12:00 on the third: the bar of that hour is open, and the one before it is final a second later
    assert_rows(store.bars["BTCUSDT", "1h"], ROWS[:59])
    assert (report.bar_count, report.open_bar_count, report.adjustment) == (59, 2, Adjustment.RAW)
    assert len(server.asked) == 3
    assert [int(asked.query["startTime"]) for asked in server.asked] == [OPENS[0], OPENS[25], OPENS[50]]
    assert server.asked[0].path == "/api/v3/klines"


async def test_short_pages_are_not_the_end(time: FakeTime) -> None:
    async with binance(BinanceVendor(ROWS, HOUR_MS, cap=7), time) as (provider, server):
        bars = await all_bars(provider, "BTCUSDT", "1h", "2024-06-01", "2024-06-03", Adjustment.RAW)
    assert_rows(bars, ROWS[:48])
    assert len(server.asked) == 7


async def test_a_pair_listed_later(time: FakeTime) -> None:
    async with binance(BinanceVendor(ROWS, HOUR_MS), time) as (provider, _):
        bars = await all_bars(provider, "BTCUSDT", "1h", "1960-01-01", "2024-06-02", Adjustment.RAW)
    assert_rows(bars, ROWS[:24])


async def test_a_wrong_symbol(time: FakeTime) -> None:
    async with binance(BinanceVendor(ROWS, HOUR_MS), time) as (provider, _):
        with pytest.raises(InvalidArgumentError, match=r"binance answered 400: Invalid symbol\."):
            await all_bars(provider, "BTCUSDX", "1h", "2024-06-01", "2024-06-02", Adjustment.RAW)


async def test_a_server_that_ignores_the_start(time: FakeTime) -> None:
    stuck = BinanceVendor(ROWS[:5], HOUR_MS)

    def answer(asked: Asked) -> Reply:
        return stuck(Asked(asked.raw_path, asked.path, {**asked.query, "startTime": "0"}, asked.headers))

    async with binance(answer, time) as (provider, server):
        with pytest.raises(UnavailableError, match="before"):
            await all_bars(provider, "BTCUSDT", "1h", "2024-06-01", "2024-06-03", Adjustment.RAW)
    assert len(server.asked) == 2


@pytest.mark.parametrize("content", [{}, None, [[1, 2]], [{"t": 1}], [[1, "a", "b", "c", "d", "e"]], ["x"]])
async def test_answers_of_another_shape(time: FakeTime, content: object) -> None:
    async with binance(lambda _: json_reply(content), time) as (provider, _):
        with pytest.raises(UnavailableError, match="cannot be used"):
            await all_bars(provider, "BTCUSDT", "1h", "2024-06-01", "2024-06-03", Adjustment.RAW)
