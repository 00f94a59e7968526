from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from grpc import aio

from tests.integration.marketdata.series import DAY_MS, some_message
from tests.integration.marketdata.serving import serving
from wyckoff.marketdata.v1 import marketdata_pb2
from wyckoff.rpc.errors import InvalidArgumentError, NotFoundError, WyckoffError
from wyckoff.rpc.status import error_from_call
from wyckoff.wire.pages import encode_token

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

    from services.marketdata.config import MarketDataSettings
    from wyckoff.common.v1 import common_pb2
    from wyckoff.marketdata.v1.marketdata_pb2_grpc import MarketDataServiceAsyncStub

TIMEOUT_S = 30


async def ingest(client: MarketDataServiceAsyncStub, bars: common_pb2.Bars) -> marketdata_pb2.IngestBarsResponse:
    return await client.IngestBars(marketdata_pb2.IngestBarsRequest(bars=bars), timeout=TIMEOUT_S)


async def get(
    client: MarketDataServiceAsyncStub,
    symbol: str = "AAPL",
    timeframe: str = "1d",
    *,
    limit: int = 0,
    start_time: Timestamp | None = None,
    end_time: Timestamp | None = None,
) -> common_pb2.Bars:
    request = marketdata_pb2.GetBarsRequest(
        symbol=symbol, timeframe=timeframe, limit=limit, start_time=start_time, end_time=end_time
    )
    return (await client.GetBars(request, timeout=TIMEOUT_S)).bars


async def refusal(call: Awaitable[object]) -> WyckoffError:
    with pytest.raises(aio.AioRpcError) as caught:
        await call
    return error_from_call(caught.value)


async def test_bars_go_in_and_come_out(client: MarketDataServiceAsyncStub) -> None:
    bars = some_message(800)
    stored = await ingest(client, bars)
    assert (stored.inserted_count, stored.updated_count, stored.unchanged_count) == (800, 0, 0)
    again = await ingest(client, bars)
    assert (again.inserted_count, again.updated_count, again.unchanged_count) == (0, 0, 800)
    assert await get(client, limit=800) == bars
    assert (await get(client)).open_time_ms == bars.open_time_ms[300:]


async def test_a_revised_bar_is_replaced(client: MarketDataServiceAsyncStub) -> None:
    bars = some_message(10)
    await ingest(client, bars)
    bars.volume[9] = 123_456.0
    stored = await ingest(client, bars)
    assert (stored.inserted_count, stored.updated_count, stored.unchanged_count) == (0, 1, 9)
    assert (await get(client)).volume[9] == 123_456.0


async def test_time_bounds_are_closed_at_the_start_and_open_at_the_end(client: MarketDataServiceAsyncStub) -> None:
    await ingest(client, some_message(10))
    start, end = Timestamp(seconds=2 * 86_400), Timestamp(seconds=5 * 86_400)
    assert [time // DAY_MS for time in (await get(client, start_time=start, end_time=end)).open_time_ms] == [2, 3, 4]
    start.nanos, end.nanos = 1, 1
    assert [time // DAY_MS for time in (await get(client, start_time=start, end_time=end)).open_time_ms] == [3, 4, 5]
    assert len((await get(client, start_time=Timestamp(seconds=11 * 86_400))).open_time_ms) == 0


async def test_suspicious_bars_are_stored_with_a_warning(client: MarketDataServiceAsyncStub) -> None:
    bars = some_message(10)
    bars.volume[3] = 0.0
    stored = await ingest(client, bars)
    assert stored.inserted_count == 10
    assert [(item.code, item.first_index) for item in stored.warnings] == [("VOLUME_MISSING", 3)]
    assert stored.warnings[0].first_time.ToMilliseconds() == 3 * DAY_MS


async def test_bad_bars_are_refused_naming_column_and_bar(client: MarketDataServiceAsyncStub) -> None:
    bars = some_message(10)
    bars.high[4] = float("nan")
    bars.volume[7] = -1.0
    error = await refusal(ingest(client, bars))
    assert isinstance(error, InvalidArgumentError)
    assert error.reason == "INVALID_BARS"
    assert [item.field for item in error.violations] == ["bars.high[4]", "bars.volume[7]"]
    missing = await refusal(get(client))
    assert isinstance(missing, NotFoundError)


async def test_bars_above_the_limit_are_refused(client: MarketDataServiceAsyncStub) -> None:
    error = await refusal(ingest(client, some_message(20_001)))
    assert isinstance(error, InvalidArgumentError)
    assert "at most 20000" in error.message


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"symbol": ""}, "symbol"),
        ({"timeframe": ""}, "timeframe"),
        ({"symbol": "A\0B"}, "symbol"),
        ({"timeframe": "1\n"}, "timeframe"),
        ({"limit": -1}, "limit"),
        ({"limit": 20_001}, "limit"),
        ({"start_time": Timestamp(seconds=10), "end_time": Timestamp(seconds=10)}, "end_time"),
        ({"start_time": Timestamp(seconds=10**12)}, "start_time"),
    ],
)
async def test_a_bad_question_is_refused(
    client: MarketDataServiceAsyncStub, changes: dict[str, object], field: str
) -> None:
    request = marketdata_pb2.GetBarsRequest(**{"symbol": "AAPL", "timeframe": "1d", **changes})  # type: ignore[arg-type]
    error = await refusal(client.GetBars(request, timeout=TIMEOUT_S))
    assert isinstance(error, InvalidArgumentError)
    assert [item.field for item in error.violations] == [field]


async def test_an_unknown_instrument_says_what_there_is(client: MarketDataServiceAsyncStub) -> None:
    await ingest(client, some_message(5, timeframe="1h"))
    error = await refusal(get(client, "AAPL", "1d"))
    assert isinstance(error, NotFoundError)
    assert error.message == "no bars of AAPL 1d are stored; AAPL has bars of 1h"
    assert error.reason == "INSTRUMENT_UNKNOWN"
    assert error.metadata == {"symbol": "AAPL", "timeframe": "1d"}
    assert "IngestBars" in (await refusal(get(client, "MSFT"))).message


async def test_instruments_are_listed_in_pages(client: MarketDataServiceAsyncStub) -> None:
    names = [f"S{number}" for number in range(7)]
    for name in names:
        await ingest(client, some_message(3, symbol=name, first_day=5))
    seen: list[marketdata_pb2.Instrument] = []
    sizes = []
    token = ""
    while True:
        request = marketdata_pb2.ListInstrumentsRequest(page_size=3, page_token=token)
        page = await client.ListInstruments(request, timeout=TIMEOUT_S)
        seen += page.instruments
        sizes.append(len(page.instruments))
        token = page.next_page_token
        if not token:
            break
    assert sizes == [3, 3, 1]
    assert [item.symbol for item in seen] == names
    assert (seen[0].timeframe, seen[0].bar_count) == ("1d", 3)
    assert seen[0].first_time.ToMilliseconds() == 5 * DAY_MS
    assert seen[0].last_time.ToMilliseconds() == 7 * DAY_MS


@pytest.mark.parametrize("token", ["rubbish!", encode_token("A\0B", "1d")])
async def test_a_page_token_of_somebody_else_is_refused(client: MarketDataServiceAsyncStub, token: str) -> None:
    request = marketdata_pb2.ListInstrumentsRequest(page_token=token)
    error = await refusal(client.ListInstruments(request, timeout=TIMEOUT_S))
    assert isinstance(error, InvalidArgumentError)
    assert error.violations[0].field == "page_token"


async def parts(*messages: common_pb2.Bars) -> AsyncIterator[marketdata_pb2.IngestBarsStreamRequest]:
    for message in messages:
        yield marketdata_pb2.IngestBarsStreamRequest(bars=message)


async def test_a_stream_of_several_symbols(client: MarketDataServiceAsyncStub) -> None:
    first, second, third = some_message(30), some_message(20, symbol="IBM"), some_message(20, first_day=20)
    first.volume[0] = 0.0
    third.volume[15] = 0.0
    stored = await client.IngestBarsStream(parts(first, second, third), timeout=TIMEOUT_S)
    assert (stored.inserted_count, stored.updated_count, stored.unchanged_count) == (60, 0, 10)
    (warning,) = stored.warnings
    assert (warning.code, warning.bar_count) == ("VOLUME_MISSING", 2)
    assert warning.message.startswith("AAPL 1d: ")
    assert len((await get(client, "AAPL")).open_time_ms) == 40
    assert len((await get(client, "IBM")).open_time_ms) == 20


async def test_a_bad_part_of_a_stream_leaves_those_before_it_stored(client: MarketDataServiceAsyncStub) -> None:
    bad = some_message(10, symbol="IBM")
    bad.low[2] = 0.0
    error = await refusal(client.IngestBarsStream(parts(some_message(10), bad), timeout=TIMEOUT_S))
    assert isinstance(error, InvalidArgumentError)
    assert error.message.startswith("part 2 is refused, the 1 before it are stored")
    assert error.metadata["stored_part_count"] == "1"
    assert error.violations[0].field == "bars.low[2]"
    assert len((await get(client)).open_time_ms) == 10


async def test_the_same_bars_from_many_callers_are_stored_once(client: MarketDataServiceAsyncStub) -> None:
    stored = await asyncio.gather(*(ingest(client, some_message(400)) for _ in range(10)))
    assert sum(item.inserted_count for item in stored) == 400
    assert sum(item.unchanged_count for item in stored) == 9 * 400
    assert await get(client, limit=1_000) == some_message(400)


async def test_bars_are_there_after_a_restart(settings: MarketDataSettings) -> None:
    async with serving(settings) as client:
        await ingest(client, some_message(25))
    async with serving(settings) as client:
        assert await get(client) == some_message(25)
        assert (await ingest(client, some_message(25))).unchanged_count == 25
