"""Events and work on a real NATS server, between replicas."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from orchestrator.events.factory import Messaging, open_messaging
from orchestrator.events.settings import EventSettings
from orchestrator.events.work import RetryTerms, WorkItem
from tests.integration.marketdata.series import some_bars
from tests.support.events import bar_event, one_of_each
from tests.support.live import live_orchestrator
from tests.support.nats_server import PROGRAM, nats_server
from tests.support.system import running_system
from wyckoff.rpc.errors import NotFoundError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from orchestrator.events.log import Follower

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="nats-server is not installed")

BARS = 300
AT_ONCE = RetryTerms(first_pause_s=0.0, max_pause_s=0.0)


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[EventSettings]:
    with nats_server(tmp_path / "nats") as url:
        yield EventSettings(bus_url=url, retained_events=50, work_partitions=4, work_ack_wait_s=0.5)


def replica(settings: EventSettings) -> AbstractAsyncContextManager[Messaging]:
    return open_messaging(settings, max_concurrent=4, retry=AT_ONCE)


async def numbers(follower: Follower, count: int) -> list[int]:
    events = [(await follower.next()).event for _ in range(count)]
    return [getattr(event, "bar_time_ms", -1) for event in events]


async def test_what_one_replica_publishes_all_are_told_once_and_in_order(settings: EventSettings) -> None:
    async with replica(settings) as one, replica(settings) as other:
        with one.bus.follow(frozenset(), frozenset()) as mine, other.bus.follow(frozenset(), frozenset()) as theirs:
            for number in range(40):
                await one.bus.publish(bar_event(number))
                await one.bus.publish(bar_event(number))
            await one.bus.flush()
            for number in range(40):
                await other.bus.publish(bar_event(number))
            await other.bus.publish(bar_event(40))
            assert await numbers(mine, 41) == list(range(41))
            assert await numbers(theirs, 41) == list(range(41))
        assert one.bus.metrics.duplicates >= 40


async def test_every_kind_survives_the_server(settings: EventSettings) -> None:
    async with replica(settings) as one, replica(settings) as other:
        with other.bus.follow(frozenset(), frozenset()) as follower:
            for event in one_of_each():
                await one.bus.publish(event)
            assert [(await follower.next()).event for _ in one_of_each()] == one_of_each()


async def test_events_outlive_the_replicas_and_the_newest_can_be_resumed_from(settings: EventSettings) -> None:
    async with replica(settings) as one:
        for number in range(80):
            await one.bus.publish(bar_event(number))
    async with replica(settings) as later:
        with later.bus.follow(frozenset(), frozenset(), bar_event(76).event_id) as follower:
            assert await numbers(follower, 3) == [77, 78, 79]
        with pytest.raises(NotFoundError), later.bus.follow(frozenset(), frozenset(), bar_event(20).event_id):
            pass


async def test_a_handler_is_called_for_what_others_publish(settings: EventSettings) -> None:
    async with replica(settings) as one, replica(settings) as other:
        called = asyncio.Event()
        seen: list[str] = []

        async def handle(event: object) -> None:
            seen.append(type(event).__name__)
            called.set()

        other.bus.subscribe(frozenset(), handle)
        await one.bus.publish(bar_event(0))
        await called.wait()
        assert seen == ["BarIngested"]


async def test_replicas_share_work_and_what_fails_is_done_again(settings: EventSettings) -> None:
    done: Counter[str] = Counter()
    failed: set[str] = set()
    finished = asyncio.Event()

    async def handle(item: WorkItem) -> None:
        # every third one fails the first time
        if int(item.symbol) % 3 == 0 and item.symbol not in failed:
            failed.add(item.symbol)
            raise UnavailableError("not now")
        done[item.symbol] += 1
        if len(done) == BARS:
            finished.set()

    async with replica(settings) as one, replica(settings) as other:
        for messaging in (one, other):
            messaging.work.start(handle)
        for number in range(BARS):
            for messaging in (one, other):
                # both tell of the same bar; it is heard once
                await messaging.work.put(WorkItem(str(number), "1d"), item_id=f"bar {number}")
        await finished.wait()
    assert done == Counter(map(str, range(BARS)))
    assert len(failed) == BARS // 3


async def test_events_and_work_wait_for_a_server_that_is_away(tmp_path: Path) -> None:
    done = asyncio.Event()

    async def handle(item: WorkItem) -> None:
        done.set()

    async with AsyncExitStack() as stack:
        with nats_server(tmp_path / "nats") as url:
            messaging = await stack.enter_async_context(replica(EventSettings(bus_url=url, work_partitions=2)))
            follower = stack.enter_context(messaging.bus.follow(frozenset(), frozenset()))
            messaging.work.start(handle)
            await messaging.bus.publish(bar_event(0))
            assert await numbers(follower, 1) == [0]
        for number in range(1, 20):
            await messaging.bus.publish(bar_event(number))
        assert messaging.bus.metrics.queue_depth == 19
        stack.enter_context(nats_server(tmp_path / "nats", port=int(url.rpartition(":")[2])))
        assert await numbers(follower, 19) == list(range(1, 20))
        await messaging.work.put(WorkItem("A", "1d"))
        await done.wait()
        # the replica leaves before the server
        await messaging.bus.flush()
        await messaging.work.close()
        await messaging.bus.close()


async def test_two_orchestrators_analyse_each_bar_once(settings: EventSettings, tmp_path: Path) -> None:
    symbols = [f"S{number}" for number in range(20)]
    rounds = 5
    async with running_system(tmp_path) as system, AsyncExitStack() as stack:
        first = await stack.enter_async_context(live_orchestrator(system, tmp_path, settings))
        second = await stack.enter_async_context(live_orchestrator(system, tmp_path, settings))
        for orchestrator in (first, second):
            assert orchestrator.mode is not None
            await orchestrator.mode.connected()
        with first.messaging.bus.follow(frozenset(), frozenset()) as follower:
            for count in range(1, rounds + 1):
                for symbol in symbols:
                    await system.marketdata.ingest_bars(some_bars(count, symbol=symbol).tail(1))
                analysed: set[str] = set()
                while len(analysed) < len(symbols):
                    event = (await follower.next()).event
                    if event.kind == "VOLUME_ANALYZED":
                        assert event.symbol not in analysed
                        analysed.add(event.symbol)
        await stack.aclose()
    async with running_system(tmp_path) as system, live_orchestrator(system, tmp_path) as again:
        await again.settled()
        counts = [await again.progress.get(symbol, "1d") for symbol in symbols]
        assert [found.analysis_count for found in counts if found is not None] == [rounds] * len(symbols)
