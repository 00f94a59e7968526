"""What clients are told when the orchestrator goes, comes back, or was too fast."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, aclosing
from typing import TYPE_CHECKING

from services.gateway.live.hub import EventHub
from tests.support.event_source import EventSource
from tests.support.events import bar_event
from tests.unit.gateway_live.hubs import SETTINGS, Hub, events, ids, open_hub, read, read_any, read_ids

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from wyckoff.orchestrator.v1 import orchestrator_pb2


async def test_a_connection_that_is_lost_is_taken_up_without_loss(opened: AsyncExitStack) -> None:
    source = EventSource()
    hub = await open_hub(opened, source)
    client = await hub.comes()
    source.tell(*events(0, 4))
    assert await read_ids(client, 5) == ids(0, 4)
    source.stop()
    source.start(forget=False)
    source.tell(*events(5, 6))
    assert await read_ids(client, 2) == ids(5, 6)
    assert source.opened[-1] == bar_event(4).event_id
    assert hub.hub.metrics.gaps == 0


async def test_a_call_that_is_cancelled_from_below_does_not_end_the_following(opened: AsyncExitStack) -> None:
    source = EventSource()
    ends = [asyncio.CancelledError(), RuntimeError("no idea")]

    async def watch(after_event_id: str) -> AsyncGenerator[orchestrator_pb2.WatchEventsResponse]:
        async with aclosing(source.watch(after_event_id)) as responses:
            async for response in responses:
                yield response
                if ends:
                    raise ends.pop()

    hub = Hub(await opened.enter_async_context(EventHub(watch, SETTINGS)), opened)
    client = await hub.comes()
    source.tell(*events(0, 4))
    assert await read_ids(client, 5) == ids(0, 4)
    assert not ends
    assert hub.hub.metrics.gaps == 0


async def test_an_orchestrator_that_forgot_is_a_gap_and_what_it_tells_again_is_told_once(
    opened: AsyncExitStack,
) -> None:
    source = EventSource()
    hub = await open_hub(opened, source)
    client = await hub.comes()
    source.tell(*events(0, 4))
    await hub.has(bar_event(4).event_id)
    source.stop()
    source.start(forget=True)
    # what was told last is told again, behind something new
    source.tell(bar_event(2), bar_event(5), bar_event(4), bar_event(6))
    assert await read_ids(client, 5) == ids(0, 4)
    gap = await read(client)
    assert (gap["type"], gap["reason"]) == ("gap", "source_restarted")
    assert await read_ids(client, 2) == ids(5, 6)
    # the gap is where it was for those who resume across it
    resuming = hub.join(bar_event(3).event_id)
    assert (await read(resuming))["id"] == bar_event(4).event_id
    assert (await read(resuming))["type"] == "gap"
    assert await read_ids(resuming, 2) == ids(5, 6)


async def test_a_client_that_knows_the_log_is_not_taken_in_by_an_id_that_is_told_again(
    opened: AsyncExitStack,
) -> None:
    source = EventSource()
    source.tell(*events(1, 3))
    hub = await open_hub(opened, source)
    first_log = source.log_id
    client = hub.join(bar_event(2).event_id, log=first_log)
    assert await read_ids(client, 1) == ids(3, 3)
    stranger = hub.join(bar_event(2).event_id, log="that of a gateway before")
    assert (await read(stranger))["reason"] == "not_kept"
    assert await read_ids(stranger, 3) == ids(1, 3)
    source.stop()
    source.start(forget=True)
    assert (await read(client))["reason"] == "source_restarted"
    # it is kept in the line of this gateway
    resumed = hub.join(bar_event(3).event_id, log=first_log)
    assert (await read(resumed))["reason"] == "source_restarted"


async def test_a_connection_that_told_nothing_is_no_proof_that_nothing_was_lost(opened: AsyncExitStack) -> None:
    source = EventSource()
    hub = await open_hub(opened, source)
    client = await hub.comes()
    source.stop()
    source.start(forget=True)
    source.tell(bar_event(1))
    assert (await read(client))["reason"] == "source_restarted"
    assert await read_ids(client, 1) == ids(1, 1)
    assert hub.hub.metrics.gaps == 1


async def test_what_the_orchestrator_dropped_is_counted_in_a_gap(opened: AsyncExitStack) -> None:
    source = EventSource(retained=3)
    hub = await open_hub(opened, source)
    client = await hub.comes()
    source.tell(bar_event(0))
    assert await read_ids(client, 1) == ids(0, 0)
    # all at once: the hub has no chance to read in between
    source.tell(*events(1, 10))
    gap = await read(client)
    assert (gap["reason"], gap["lost_count"]) == ("source_dropped", 7)
    assert await read_ids(client, 3) == ids(8, 10)


async def test_clients_wait_for_an_orchestrator_that_is_away(opened: AsyncExitStack) -> None:
    source = EventSource()
    source.tell(*events(0, 3))
    source.stop()
    hub = await open_hub(opened, source)
    client = hub.join(bar_event(1).event_id)
    beat = await read_any(client)
    # not to be resumed behind: what is before it is still to come
    assert (beat["type"], beat["following"], beat["last_event_id"]) == ("heartbeat", False, "")
    source.start(forget=False)
    while (message := await read_any(client))["type"] == "heartbeat":
        assert message["last_event_id"] == ""
    assert (message["type"], message["last_event_id"]) == ("hello", bar_event(1).event_id)
    assert (await read(client))["id"] == bar_event(2).event_id
    assert await read_ids(client, 1) == ids(3, 3)
    while not (beat := await read_any(client))["following"]:
        pass
    assert beat["last_event_id"] == bar_event(3).event_id
