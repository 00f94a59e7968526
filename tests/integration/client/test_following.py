"""Events over restarts of the orchestrator, on real servers that take the same port again."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.events import bar_event
from tests.support.watching import ObservedBus, telling_orchestrator
from wyckoff.client import Reconnect, WyckoffClient, errors
from wyckoff.orchestrator.v1 import orchestrator_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from wyckoff.client import FollowedEvent

QUICK = Reconnect(first_pause_s=0.01, max_pause_s=0.05, jitter_s=0.01)


def number(told: FollowedEvent) -> int:
    return told.event.bar_ingested.bar_timestamp.ToMilliseconds()


async def fill(bus: ObservedBus, *numbers: int) -> None:
    for item in numbers:
        await bus.publish(bar_event(item))


def follow(client: WyckoffClient, **options: Any) -> AsyncGenerator[FollowedEvent]:
    return client.follow_events(kinds=[pb.EVENT_KIND_BAR_INGESTED], reconnect=QUICK, **options)


async def test_a_stream_is_taken_up_behind_its_last_event() -> None:
    first = ObservedBus("kept")
    await fill(first, 0, 1, 2)
    async with telling_orchestrator(first) as server, WyckoffClient.connect(server.address) as client:
        async with aclosing(follow(client, after_event_id=bar_event(0).event_id)) as events:
            assert [number(await anext(events)) for _ in range(2)] == [1, 2]
            await server.stop()
            # as with NATS: the next process knows what was told before
            second = ObservedBus("kept")
            await fill(second, 1, 2, 3, 4)
            async with telling_orchestrator(second, server.address):
                told = [await anext(events) for _ in range(2)]
        assert [number(item) for item in told] == [3, 4]
        assert not any(item.gap or item.dropped_count for item in told)


async def test_behind_an_event_that_is_no_longer_kept_is_all_that_is() -> None:
    first = ObservedBus()
    await fill(first, 0, 1)
    async with telling_orchestrator(first) as server, WyckoffClient.connect(server.address) as client:
        async with aclosing(follow(client, after_event_id=bar_event(0).event_id)) as events:
            assert number(await anext(events)) == 1
            await server.stop()
            forgetful = ObservedBus()
            await fill(forgetful, 5, 6)
            async with telling_orchestrator(forgetful, server.address):
                told = [await anext(events) for _ in range(2)]
        assert [(number(item), item.gap) for item in told] == [(5, True), (6, False)]


async def test_an_event_that_a_new_process_tells_again_is_no_place_to_go_on_from() -> None:
    first = ObservedBus()
    await fill(first, 0, 1)
    async with telling_orchestrator(first) as server, WyckoffClient.connect(server.address) as client:
        async with aclosing(follow(client, after_event_id=bar_event(0).event_id)) as events:
            assert number(await anext(events)) == 1
            await server.stop()
            forgetful = ObservedBus()
            await fill(forgetful, 5, 1, 6)
            async with telling_orchestrator(forgetful, server.address):
                told = [await anext(events) for _ in range(3)]
        assert [(number(item), item.gap) for item in told] == [(5, True), (1, False), (6, False)]


async def test_a_watch_without_an_event_has_no_place_to_go_on_from() -> None:
    bus = ObservedBus()
    async with telling_orchestrator(bus) as server, WyckoffClient.connect(server.address) as client:
        async with aclosing(follow(client)) as events:
            first = await next_from_now_on(events, bus)
            assert not first.gap
        async with aclosing(follow(client)) as events:
            bus.followed.clear()
            waiting = asyncio.ensure_future(anext(events))
            await bus.followed.wait()
            await server.stop()
            later = ObservedBus()
            async with telling_orchestrator(later, server.address):
                await later.followed.wait()
                await fill(later, 5)
                assert (await waiting).gap


async def next_from_now_on(events: AsyncGenerator[FollowedEvent], bus: ObservedBus) -> FollowedEvent:
    """Bar 5, published once somebody follows from now on."""
    waiting = asyncio.ensure_future(anext(events))
    await bus.followed.wait()
    await fill(bus, 5)
    return await waiting


async def test_a_request_that_is_wrong_is_not_repeated() -> None:
    bus = ObservedBus()
    wrong: Any = 99
    async with telling_orchestrator(bus) as server, WyckoffClient.connect(server.address) as client:
        with pytest.raises(errors.InvalidArgumentError, match="kinds"):
            await anext(client.follow_events(kinds=[wrong], reconnect=QUICK))
        with pytest.raises(errors.NotFoundError, match="not kept"):
            await anext(client.watch_events(after_event_id=bar_event(7).event_id))


async def test_a_reader_that_leaves_leaves_nothing_behind() -> None:
    bus = ObservedBus()
    await fill(bus, 0, 1, 2)
    async with telling_orchestrator(bus) as server, WyckoffClient.connect(server.address) as client:
        events = follow(client, after_event_id=bar_event(0).event_id)
        assert number(await anext(events)) == 1
        await events.aclose()
        with pytest.raises(StopAsyncIteration):
            await anext(events)
