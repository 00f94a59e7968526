"""From the orchestrator's events to each client: every event behind its own, in order, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from services.gateway.live.subscription import GOING_AWAY, Wish
from tests.support.event_source import EventSource
from tests.support.events import bar_event, one_of_each
from tests.unit.gateway_live.hubs import events, ids, open_hub, read, read_any, read_ids
from wyckoff.rpc.errors import ResourceExhaustedError
from wyckoff.telemetry.readings import QUEUES

if TYPE_CHECKING:
    from contextlib import AsyncExitStack


async def test_who_comes_gets_what_is_new_and_who_resumes_gets_all_behind_its_event(opened: AsyncExitStack) -> None:
    source = EventSource()
    source.tell(*events(0, 9))
    hub = await open_hub(opened, source)
    # before the hub has read what the orchestrator kept
    early, resuming = hub.join(), hub.join(bar_event(3).event_id)
    assert await read_ids(resuming, 6) == ids(4, 9)
    hello = await read_any(early)
    assert (hello["type"], hello["last_event_id"], hello["following"]) == ("hello", bar_event(9).event_id, True)
    source.tell(*events(10, 12))
    assert await read_ids(early, 3) == await read_ids(resuming, 3) == ids(10, 12)
    late = hub.join(bar_event(9).event_id)
    assert await read_ids(late, 3) == ids(10, 12)
    newest = hub.join(bar_event(12).event_id)
    source.tell(bar_event(13))
    for client in (early, resuming, late, newest):
        assert await read_ids(client, 1) == ids(13, 13)


async def test_every_place_to_resume_from_has_no_seam(opened: AsyncExitStack) -> None:
    source = EventSource()
    hub = await open_hub(opened, source)
    clients = []
    for number in range(30):
        source.tell(bar_event(number))
        # some join when the hub has the event, some while it is on its way
        if number % 3:
            await hub.has(bar_event(number).event_id)
        clients += [(at, hub.join(bar_event(at).event_id)) for at in range(0, number, 7)]
    source.tell(bar_event(30))
    for at, client in clients:
        assert await read_ids(client, 30 - at) == ids(at + 1, 30)


async def test_filters_hold_for_the_past_and_for_what_is_new(opened: AsyncExitStack) -> None:
    source = EventSource()
    source.tell(bar_event(1), bar_event(2, symbol="IBM"), bar_event(3))
    hub = await open_hub(opened, source)
    client = hub.join(bar_event(1).event_id, symbols=frozenset({"IBM"}))
    other = hub.join(bar_event(1).event_id, types=frozenset({"signal_generated"}))
    source.tell(bar_event(4), bar_event(5, symbol="IBM"))
    assert await read_ids(client, 2) == [bar_event(2, symbol="IBM").event_id, bar_event(5, symbol="IBM").event_id]
    source.tell(one_of_each()[-1])
    # it has no symbol, and is of another type
    assert (await read(client))["type"] == "breaker_changed"
    signal = one_of_each()[5]
    source.tell(signal)
    assert await read_ids(other, 1) == [signal.event_id]


async def test_an_event_that_nobody_keeps_is_said_and_all_that_is_kept_follows(opened: AsyncExitStack) -> None:
    source = EventSource(retained=5)
    source.tell(*events(0, 9))
    hub = await open_hub(opened, source)
    client = hub.join(bar_event(2).event_id)
    gap = await read(client)
    assert (gap["type"], gap["reason"], gap["lost_count"]) == ("gap", "not_kept", None)
    assert bar_event(2).event_id in gap["message"]
    assert await read_ids(client, 5) == ids(5, 9)
    assert hub.hub.metrics.gaps == 1


async def test_nothing_kept_at_all_is_a_gap_too(opened: AsyncExitStack) -> None:
    source = EventSource()
    hub = await open_hub(opened, source)
    client = hub.join(bar_event(2).event_id)
    assert (await read(client))["reason"] == "not_kept"
    source.tell(bar_event(3))
    assert await read_ids(client, 1) == ids(3, 3)


async def test_what_only_the_orchestrator_keeps_is_read_from_there_without_a_seam(opened: AsyncExitStack) -> None:
    source = EventSource()
    source.tell(*events(0, 19))
    hub = await open_hub(opened, source, retained_messages=4)
    await hub.has(bar_event(19).event_id)
    clients = [hub.join(bar_event(number).event_id) for number in range(12)]
    # while they wait for what is old
    source.tell(*events(20, 22))
    for number, client in enumerate(clients):
        assert await read_ids(client, 22 - number) == ids(number + 1, 22)
    source.tell(bar_event(23))
    assert [await read_ids(client, 1) for client in clients] == [ids(23, 23)] * len(clients)
    assert hub.hub.metrics.retained_messages == 4
    assert hub.hub.metrics.gaps == 0


async def test_more_than_is_read_from_the_orchestrator_is_a_gap(opened: AsyncExitStack) -> None:
    source = EventSource()
    source.tell(*events(0, 19))
    hub = await open_hub(opened, source, retained_messages=4, max_older_messages=3)
    near, far = hub.join(bar_event(12).event_id), hub.join(bar_event(11).event_id)
    assert await read_ids(near, 7) == ids(13, 19)
    assert (await read(far))["reason"] == "not_kept"
    assert await read_ids(far, 4) == ids(16, 19)


async def test_a_client_that_does_not_read_is_out_and_the_others_are_served(opened: AsyncExitStack) -> None:
    source = EventSource()
    hub = await open_hub(opened, source, max_waiting_messages=5)
    reading = await hub.comes()
    with hub.hub.joined(Wish()) as stalled:
        for number in range(10):
            source.tell(bar_event(number))
            assert await read_ids(reading, 1) == ids(number, number)
        assert stalled.ending is not None
    assert QUEUES.read()["gateway_clients"].dropped == 7
    assert (hub.hub.metrics.dropped_clients, hub.hub.metrics.dropped_messages) == (1, 7)  # six events and the hello


async def test_places_are_limited_and_given_back(opened: AsyncExitStack) -> None:
    hub = (await open_hub(opened, EventSource(), max_sockets=2)).hub
    with hub.seat(), hub.seat():
        assert hub.metrics.clients == 2
        with pytest.raises(ResourceExhaustedError, match="all 2 places"), hub.seat():
            pass
    assert (hub.metrics.clients, hub.metrics.refused_clients) == (0, 1)
    with hub.seat():
        assert hub.metrics.clients == 1


async def test_a_hub_that_closes_lets_its_clients_go(opened: AsyncExitStack) -> None:
    hub = await open_hub(opened, EventSource())
    client = hub.join()
    await hub.hub.close()
    await hub.hub.close()
    assert client.ending is not None
    assert client.ending.code == GOING_AWAY
