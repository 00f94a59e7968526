from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from services.marketdata.watch import BarFeed
from tests.integration.marketdata.series import DAY_MS, some_bars, some_message
from wyckoff.marketdata.v1 import marketdata_pb2

if TYPE_CHECKING:
    from services.marketdata.watch import Watcher
    from wyckoff.common.v1 import common_pb2
    from wyckoff.marketdata.v1.marketdata_pb2_grpc import MarketDataServiceAsyncStub

TIMEOUT_S = 30


async def days(watcher: Watcher) -> tuple[list[int], int]:
    change = await watcher.next()
    return [int(time) // DAY_MS for time in change.bars.open_time_ms], change.dropped_count


async def test_a_slow_watcher_loses_the_oldest_and_is_told_how_many() -> None:
    feed = BarFeed(max_changes=3, max_bars=1_000)
    with feed.watch() as watcher:
        for day in range(10):
            feed.publish(some_bars(1, first_day=day))
        assert [await days(watcher) for _ in range(3)] == [([7], 7), ([8], 0), ([9], 0)]
        feed.publish(some_bars(1, first_day=10))
        assert await days(watcher) == ([10], 0)


async def test_the_bars_that_wait_are_bounded_too() -> None:
    feed = BarFeed(max_changes=100, max_bars=25)
    with feed.watch() as watcher:
        for number in range(4):
            feed.publish(some_bars(10, first_day=10 * number))
        assert await days(watcher) == (list(range(20, 30)), 2)
        assert await days(watcher) == (list(range(30, 40)), 0)
        feed.publish(some_bars(60))
        assert len((await watcher.next()).bars) == 60


async def test_a_watcher_waits_for_what_comes() -> None:
    feed = BarFeed(max_changes=3, max_bars=1_000)
    with feed.watch() as watcher:
        waiting = asyncio.create_task(watcher.next())
        feed.publish(some_bars(0))
        feed.publish(some_bars(2))
        assert len((await waiting).bars) == 2


async def test_a_watcher_gets_what_it_chose_and_leaves_nothing_behind() -> None:
    feed = BarFeed(max_changes=10, max_bars=1_000)
    with feed.watch(frozenset({"AAPL"}), "1d") as watcher:
        for symbol, timeframe in (("IBM", "1d"), ("AAPL", "1h"), ("AAPL", "1d")):
            feed.publish(some_bars(1, symbol=symbol, timeframe=timeframe))
        change = await watcher.next()
        assert (change.bars.symbol, change.bars.timeframe, change.dropped_count) == ("AAPL", "1d", 0)
        assert feed.watcher_count == 1
    assert feed.watcher_count == 0


async def ingest(client: MarketDataServiceAsyncStub, bars: common_pb2.Bars) -> None:
    await client.IngestBars(marketdata_pb2.IngestBarsRequest(bars=bars), timeout=TIMEOUT_S)


async def test_watching_shows_new_and_revised_bars_only(client: MarketDataServiceAsyncStub) -> None:
    await ingest(client, some_message(5))
    call = client.WatchBars(marketdata_pb2.WatchBarsRequest(symbols=["AAPL"]), timeout=TIMEOUT_S)
    await call.initial_metadata()
    await ingest(client, some_message(5))
    await ingest(client, some_message(5, symbol="IBM"))
    revised = some_message(7)
    revised.volume[1] = 5.0
    await ingest(client, revised)
    change = await call.read()
    assert isinstance(change, marketdata_pb2.WatchBarsResponse)
    assert [time // DAY_MS for time in change.bars.open_time_ms] == [1, 5, 6]
    assert change.bars.volume[0] == 5.0
    assert change.dropped_count == 0
    call.cancel()


async def test_a_watcher_that_does_not_read_misses_changes_but_not_their_number(
    client: MarketDataServiceAsyncStub,
) -> None:
    call = client.WatchBars(marketdata_pb2.WatchBarsRequest(), timeout=TIMEOUT_S)
    await call.initial_metadata()
    # far more than the queue of four and the transport's buffers hold together
    sent = 60
    for number in range(sent):
        await ingest(client, some_message(5_000, symbol=f"S{number}"))
    read = dropped = 0
    last = ""
    while last != f"S{sent - 1}":
        change = await call.read()
        assert isinstance(change, marketdata_pb2.WatchBarsResponse)
        read += 1
        dropped += change.dropped_count
        last = change.bars.symbol
    call.cancel()
    assert dropped > 0
    assert read + dropped == sent
