"""Alpaca, in the shapes that it answers in."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from services.marketdata.providers.alpaca import AlpacaProvider
from services.marketdata.providers.settings import AlpacaSettings
from tests.support.fetches import all_bars, assert_rows, connected, fetched
from tests.support.http_vendor import Asked, Reply, Vendor, json_reply, vendor
from tests.support.vendors import AlpacaVendor, ms, new_york_ms, rows_at, weekdays
from wyckoff.market.provider import Adjustment
from wyckoff.rpc.errors import FailedPreconditionError, InvalidArgumentError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tests.support.fake_time import FakeTime

DAYS = weekdays("2024-03-04", 10)
ROWS = rows_at([new_york_ms(day) for day in DAYS])


@asynccontextmanager
async def alpaca(
    answer: Callable[[Asked], Reply], time: FakeTime, secret: str = "very-secret-words"
) -> AsyncIterator[tuple[AlpacaProvider, Vendor]]:
    headers = {"APCA-API-KEY-ID": "PK-identity", "APCA-API-SECRET-KEY": secret}
    async with (
        vendor(answer) as server,
        connected(server.url, time.times, provider="alpaca", headers=headers, secrets=(secret,)) as http,
    ):
        yield AlpacaProvider(AlpacaSettings(base_url=server.url), http, time.times, max_pages=100), server


async def test_pages_by_token(time: FakeTime) -> None:
    async with alpaca(AlpacaVendor(ROWS), time) as (provider, server):
        report, store = await fetched(provider, time.times, first="2024-03-01", last="2024-03-20")
    bars = store.bars["AAPL", "1d"]
    assert_rows(bars, ROWS)
    assert bars.open_time_ms.tolist() == [ms(day.isoformat()) for day in DAYS]
    assert report.adjustment is Adjustment.SPLITS
    assert [asked.query.get("page_token") for asked in server.asked] == [None, "3", "6", "9"]
    first = server.asked[0]
    assert first.path == "/v2/stocks/AAPL/bars"
    assert (first.query["feed"], first.query["adjustment"], first.query["timeframe"]) == ("sip", "split", "1Day")
    assert "secret" not in str([asked.query for asked in server.asked])


@pytest.mark.parametrize(
    ("adjustment", "word"), [(Adjustment.RAW, "raw"), (Adjustment.ALL, "all"), (Adjustment.SPLITS, "split")]
)
async def test_adjustments(time: FakeTime, adjustment: Adjustment, word: str) -> None:
    async with alpaca(AlpacaVendor(ROWS), time) as (provider, server):
        report, _ = await fetched(provider, time.times, first="2024-03-01", last="2024-03-20", adjustment=adjustment)
    assert report.adjustment is adjustment
    assert server.asked[0].query["adjustment"] == word


async def test_the_last_minutes_are_not_asked_for(time: FakeTime) -> None:
    opens = [ms("2024-06-03T11:00:00") + place * 300_000 for place in range(12)]
    async with alpaca(AlpacaVendor(rows_at(opens), page=5), time) as (provider, server):
        report, store = await fetched(provider, time.times, first="2024-06-03", last="2024-06-04", timeframe="5m")
    assert server.asked[0].query["end"] == "2024-06-03T11:44:00.000Z"
    # the bar of 11:40 ends at 11:45, which is not 16 minutes ago
    assert store.bars["AAPL", "5m"].open_time_ms[-1] == ms("2024-06-03T11:35:00")
    assert report.open_bar_count == 1


async def test_nothing_is_asked_of_the_future(time: FakeTime) -> None:
    async with alpaca(AlpacaVendor(ROWS), time) as (provider, server):
        pages = [
            page
            async for page in provider.fetch(
                "AAPL", "1d", ms("2025-01-01"), ms("2025-02-01"), adjustment=Adjustment.RAW
            )
        ]
    assert (pages, server.asked) == ([], [])


async def test_a_wrong_key(time: FakeTime) -> None:
    async with alpaca(AlpacaVendor(ROWS), time, secret="guessed-words") as (provider, _):
        with pytest.raises(FailedPreconditionError, match=r"alpaca answered 403: forbidden\.") as caught:
            await all_bars(provider, "AAPL", "1d", "2024-03-01", "2024-03-20", Adjustment.RAW)
    assert "guessed" not in str(caught.value)


async def test_a_wrong_symbol(time: FakeTime) -> None:
    async with alpaca(AlpacaVendor(ROWS), time) as (provider, _):
        with pytest.raises(InvalidArgumentError, match="invalid symbol: AA-PL"):
            await all_bars(provider, "AA-PL", "1d", "2024-03-01", "2024-03-20", Adjustment.RAW)


@pytest.mark.parametrize("moment", ["2024-03-04T05:00:00+01:00", "yesterdayZ", None, 5])
async def test_times_that_are_none(time: FakeTime, moment: object) -> None:
    content = {"symbol": "AAPL", "bars": [{"t": moment, "o": 1, "h": 1, "l": 1, "c": 1, "v": 1}]}
    async with alpaca(lambda _: json_reply(content), time) as (provider, _):
        with pytest.raises(UnavailableError, match="no UTC times"):
            await all_bars(provider, "AAPL", "1d", "2024-03-01", "2024-03-20", Adjustment.RAW)


async def test_bars_of_another_symbol(time: FakeTime) -> None:
    async with alpaca(lambda _: json_reply({"symbol": "MSFT", "bars": None}), time) as (provider, _):
        with pytest.raises(UnavailableError, match="'MSFT' for AAPL"):
            await all_bars(provider, "AAPL", "1d", "2024-03-01", "2024-03-20", Adjustment.RAW)
