"""Massive, formerly Polygon, in the shapes that it answers in."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from services.marketdata.providers.polygon import PolygonProvider
from services.marketdata.providers.settings import PolygonSettings
from tests.support.fake_time import FakeTime
from tests.support.fetches import all_bars, assert_rows, connected, fetched
from tests.support.http_vendor import Asked, Reply, Vendor, json_reply, vendor
from tests.support.vendors import PolygonVendor, Row, ms, new_york_ms, rows_at, weekdays
from wyckoff.market.provider import Adjustment
from wyckoff.rpc.errors import FailedPreconditionError, InvalidArgumentError, NotFoundError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

#: The change of the clocks, 2024-03-10, lies within.
DAYS = weekdays("2024-03-04", 10)
ROWS = rows_at([new_york_ms(day) for day in DAYS])


@asynccontextmanager
async def polygon(
    answer: Callable[[Asked], Reply], time: FakeTime, key: str = "sesame-0123456789"
) -> AsyncIterator[tuple[PolygonProvider, Vendor]]:
    async with vendor(answer) as server:
        if isinstance(answer, PolygonVendor):
            answer.url = server.url
        headers = {"Authorization": f"Bearer {key}"}
        async with connected(server.url, time.times, provider="polygon", headers=headers, secrets=(key,)) as http:
            yield PolygonProvider(PolygonSettings(base_url=server.url), http, time.times, max_pages=100), server


@pytest.mark.parametrize("overlap", [0, 1])
async def test_pages_become_one_series_dated_by_new_york(time: FakeTime, overlap: int) -> None:
    async with polygon(PolygonVendor(ROWS, overlap=overlap), time) as (provider, server):
        report, store = await fetched(provider, time.times, first="2024-03-01", last="2024-03-20")
    bars = store.bars["AAPL", "1d"]
    assert_rows(bars, ROWS)
    # 05:00 UTC before the change of the clocks and 04:00 after it are both midnight there
    assert bars.open_time_ms.tolist() == [ms(day.isoformat()) for day in DAYS]
    assert report.adjustment is Adjustment.SPLITS
    assert (report.duplicate_row_count > 0) == (overlap > 0)
    first = server.asked[0]
    assert first.raw_path == "/v2/aggs/ticker/AAPL/range/1/day/2024-03-01/2024-03-19"
    assert first.query == {"adjusted": "true", "sort": "asc", "limit": "50000"}
    assert all("sesame" not in str(asked.query) + asked.raw_path for asked in server.asked)
    assert len(server.asked) == (4 if not overlap else 5)


async def test_intraday_times_stay(time: FakeTime) -> None:
    opens = [new_york_ms(day, 9, 30) + place * 1_800_000 for day in DAYS for place in range(3)]
    async with polygon(PolygonVendor(rows_at(opens), page=7), time) as (provider, server):
        bars = await all_bars(provider, "AAPL", "30m", "2024-03-01", "2024-03-20", Adjustment.SPLITS)
    assert bars.open_time_ms.tolist() == opens
    first, last = ms("2024-03-01"), ms("2024-03-20") - 1
    assert server.asked[0].raw_path == f"/v2/aggs/ticker/AAPL/range/30/minute/{first}/{last}"


async def test_full_adjustment_from_raw_bars_and_actions(time: FakeTime) -> None:
    raw = [Row(new_york_ms(day), 100, 100, 100, 100, 1000) for day in DAYS[:4]]
    raw += [Row(new_york_ms(day), 50, 50, 50, 50, 2000) for day in DAYS[4:]]
    answer = PolygonVendor(
        ROWS,
        raw=raw,
        splits=[{"ticker": "AAPL", "execution_date": DAYS[4].isoformat(), "split_from": 1, "split_to": 2, "id": "E1"}],
        dividends=[
            {"ticker": "AAPL", "ex_dividend_date": DAYS[2].isoformat(), "cash_amount": 5.0, "id": "E2"},
            {"ticker": "AAPL", "ex_dividend_date": "2024-05-10", "cash_amount": 1.0, "currency": "USD", "id": "E3"},
            {
                "ticker": "AAPL",
                "ex_dividend_date": DAYS[3].isoformat(),
                "cash_amount": 9.0,
                "currency": "CAD",
                "id": "E4",
            },
            {"ticker": "AAPL", "ex_dividend_date": DAYS[3].isoformat(), "cash_amount": None, "id": "E5"},
        ],
    )
    async with polygon(answer, time) as (provider, server):
        report, store = await fetched(
            provider, time.times, first="2024-03-01", last="2024-03-20", adjustment=Adjustment.ALL
        )
    bars = store.bars["AAPL", "1d"]
    np.testing.assert_allclose(bars.close, [47.5, 47.5, *[50.0] * 8])
    np.testing.assert_allclose(bars.volume, [2000.0] * 10)
    assert report.adjustment is Adjustment.ALL
    assert "adjusted for 1 splits and 2 dividends since 2024-03-01" in report.notes
    assert any("1 dividends after the last bar" in note for note in report.notes)
    assert any("2 dividends in another currency" in note for note in report.notes)
    splits = next(asked for asked in server.asked if asked.path == "/stocks/v1/splits")
    # what is announced for tomorrow is not in force
    assert splits.query["execution_date.lte"] == "2024-06-03"
    assert any(asked.query.get("adjusted") == "false" for asked in server.asked)


@pytest.mark.parametrize(
    ("split", "words"),
    [
        ({"ticker": "MSFT", "execution_date": "2024-03-06", "split_from": 1, "split_to": 2}, "other symbols than AAPL"),
        ({"ticker": "AAPL", "execution_date": "soon", "split_from": 1, "split_to": 2}, "no execution_date"),
        ({"ticker": "AAPL", "execution_date": "2024-03-06", "split_from": 1}, "no split_to"),
        ({"ticker": "AAPL", "execution_date": "2024-03-06", "split_from": 0, "split_to": 2}, "0 for split_from"),
    ],
)
async def test_actions_that_make_no_sense(time: FakeTime, split: dict[str, Any], words: str) -> None:
    async with polygon(PolygonVendor(ROWS, splits=[split]), time) as (provider, _):
        with pytest.raises(UnavailableError, match=words):
            await all_bars(provider, "AAPL", "1d", "2024-03-01", "2024-03-20", Adjustment.ALL)


async def test_full_adjustment_within_a_day_begins_at_midnight_there(time: FakeTime) -> None:
    opens = [new_york_ms(day, hour) for day in DAYS[:2] for hour in (4, 10, 19)]
    raw = [Row(at, 100, 100, 100, 100, 10) for at in opens[:3]] + [Row(at, 50, 50, 50, 50, 20) for at in opens[3:]]
    split = {"ticker": "AAPL", "execution_date": DAYS[1].isoformat(), "split_from": 1, "split_to": 2}
    async with polygon(PolygonVendor(raw, splits=[split]), time) as (provider, _):
        bars = await all_bars(provider, "AAPL", "1h", "2024-03-01", "2024-03-20", Adjustment.ALL)
    assert bars.close.tolist() == [50.0] * 6
    assert bars.volume.tolist() == [20.0] * 6


async def test_full_adjustment_of_weeks_is_refused(time: FakeTime) -> None:
    async with polygon(PolygonVendor(ROWS), time) as (provider, _):
        with pytest.raises(InvalidArgumentError, match="day or shorter"):
            await all_bars(provider, "AAPL", "1w", "2024-03-01", "2024-03-20", Adjustment.ALL)


async def test_an_unknown_ticker_has_no_bars(time: FakeTime) -> None:
    async with polygon(PolygonVendor(ROWS), time) as (provider, _):
        with pytest.raises(NotFoundError, match="polygon has no closed bars of AAPLE 1d"):
            await fetched(provider, time.times, symbol="AAPLE", first="2024-03-01", last="2024-03-20")


async def test_a_wrong_key(time: FakeTime) -> None:
    async with polygon(PolygonVendor(ROWS), time, key="guessed-98765") as (provider, server):
        with pytest.raises(FailedPreconditionError, match="Unknown API Key") as caught:
            await fetched(provider, time.times, first="2024-03-01", last="2024-03-20")
    assert "guessed" not in str(caught.value)
    assert len(server.asked) == 1


BAD: list[tuple[Any, str]] = [
    ({"status": "OK", "ticker": "MSFT", "results": []}, "bars of 'MSFT' for AAPL"),
    ({"status": "OK", "results": "none"}, "list of objects"),
    ({"status": "OK", "results": [1, 2]}, "list of objects"),
    ([1], "it is a list"),
    ({"status": "OK", "results": [{"t": "soon", "o": 1, "h": 1, "l": 1, "c": 1, "v": 1}]}, "times are no numbers"),
    ({"status": "OK", "results": [{"t": 1, "o": {}, "h": 1, "l": 1, "c": 1, "v": 1}]}, "open are no numbers"),
]


@pytest.mark.parametrize(("content", "words"), BAD)
async def test_answers_of_another_shape(time: FakeTime, content: object, words: str) -> None:
    async with polygon(lambda _: json_reply(content), time) as (provider, _):
        with pytest.raises(UnavailableError, match=words) as caught:
            await all_bars(provider, "AAPL", "1d", "2024-03-01", "2024-03-20", Adjustment.SPLITS)
    assert caught.value.reason == "PROVIDER_BAD_ANSWER"


async def test_a_refusal_with_status_200(time: FakeTime) -> None:
    content = {"status": "NOT_AUTHORIZED", "message": "Your plan doesn't include this data timeframe."}
    async with polygon(lambda _: json_reply(content), time) as (provider, _):
        with pytest.raises(FailedPreconditionError, match="plan doesn't include"):
            await all_bars(provider, "AAPL", "1d", "2024-03-01", "2024-03-20", Adjustment.SPLITS)


async def test_pages_in_a_circle_end(time: FakeTime) -> None:
    rows = [{"t": new_york_ms(date(2024, 3, 4)), "o": 1, "h": 1, "l": 1, "c": 1, "v": 1}]

    def answer(asked: Asked) -> Reply:
        host = asked.headers["host"]
        return json_reply({"status": "OK", "results": rows, "next_url": f"http://{host}/v2/aggs/next?cursor=1"})

    async with polygon(answer, time) as (provider, server):
        with pytest.raises(UnavailableError, match="circle after 2"):
            await all_bars(provider, "AAPL", "1d", "2024-03-01", "2024-03-20", Adjustment.SPLITS)
    assert len(server.asked) == 2


async def test_an_empty_page_in_between_is_no_end(time: FakeTime) -> None:
    whole = PolygonVendor(ROWS, page=20)

    def answer(asked: Asked) -> Reply:
        if "cursor" in asked.query:
            return whole(Asked(asked.raw_path, asked.path, {"adjusted": "true"}, asked.headers))
        host = asked.headers["host"]
        return json_reply({"status": "OK", "resultsCount": 0, "next_url": f"http://{host}{asked.raw_path}?cursor=1"})

    async with polygon(answer, time) as (provider, _):
        bars = await all_bars(provider, "AAPL", "1d", "2024-03-01", "2024-03-20", Adjustment.SPLITS)
    assert_rows(bars, ROWS)


async def test_a_next_page_elsewhere_is_not_followed(time: FakeTime) -> None:
    async with vendor(lambda _: json_reply({})) as other:
        content = {"status": "OK", "results": [], "next_url": f"{other.url}/v2/aggs?cursor=1"}
        async with polygon(lambda _: json_reply(content), time) as (provider, _):
            with pytest.raises(FailedPreconditionError, match="another host"):
                await all_bars(provider, "AAPL", "1d", "2024-03-01", "2024-03-20", Adjustment.SPLITS)
        assert other.asked == []


async def test_a_symbol_cannot_leave_its_place_in_the_path(time: FakeTime) -> None:
    async with polygon(PolygonVendor(ROWS), time) as (provider, server):
        await all_bars(provider, "../../v3?x=1#", "1d", "2024-03-01", "2024-03-20", Adjustment.SPLITS)
    assert server.asked[0].raw_path.startswith("/v2/aggs/ticker/..%2F..%2Fv3%3Fx%3D1%23/range/")


@pytest.mark.parametrize(("ticker", "calendar"), [("C:EURUSD", "forex"), ("X:BTCUSD", "24/7"), ("AAPL", "none")])
async def test_days_of_new_york_around_the_clock_are_closed_when_they_end_there(ticker: str, calendar: str) -> None:
    answer = PolygonVendor(ROWS[:3], ticker=ticker)
    for now, count in (("2024-03-07T05:14:00", 2), ("2024-03-07T05:15:00", 3)):
        time = FakeTime(now)
        async with polygon(answer, time) as (provider, _):
            report, _ = await fetched(
                provider, time.times, symbol=ticker, first="2024-03-04", last="2024-04-01", calendar=calendar
            )
        assert (report.bar_count, report.open_bar_count) == (count, 3 - count)
