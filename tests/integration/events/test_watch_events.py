"""WatchEvents over a real server: filter, resume, losses told, let go on stop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import grpc
import pytest
from grpc import aio

from orchestrator.events.log import BEFORE_ALL
from orchestrator.events.settings import EventSettings
from orchestrator.live.settings import LiveSettings
from tests.support.events import bar_event, one_of_each
from tests.support.live import LiveOrchestrator, live_orchestrator, read_event
from tests.support.system import running_system
from wyckoff.orchestrator.v1 import orchestrator_pb2 as pb
from wyckoff.rpc.status import error_from_call

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.support.live import Watch

RETAINED = 200


@pytest.fixture
async def orchestrator(tmp_path: Path) -> AsyncIterator[LiveOrchestrator]:
    quiet = LiveSettings(live=False)
    async with (
        running_system(tmp_path) as system,
        live_orchestrator(system, tmp_path, EventSettings(retained_events=RETAINED), quiet) as opened,
    ):
        yield opened


async def numbers(call: Watch, count: int) -> list[int]:
    responses = [await read_event(call) for _ in range(count)]
    return [item.event.bar_ingested.bar_timestamp.ToMilliseconds() for item in responses]


async def test_kinds_and_symbols_are_chosen_and_a_stream_can_be_resumed(orchestrator: LiveOrchestrator) -> None:
    bus = orchestrator.messaging.bus
    every = await orchestrator.watch()
    chosen = await orchestrator.watch(kinds=[pb.EVENT_KIND_BAR_INGESTED], symbols=["IBM"])
    for number in range(3):
        await bus.publish(bar_event(number))
        await bus.publish(bar_event(number, symbol="IBM"))
    for event in one_of_each():
        await bus.publish(event)
    assert await numbers(chosen, 3) == [0, 1, 2]
    seen = [(await read_event(every)).event for _ in range(6 + len(one_of_each()))]
    assert [event.kind for event in seen[6:]] == list(range(1, 10))
    assert all(event.HasField("timestamp") for event in seen)

    resumed = await orchestrator.watch(after_event_id=bar_event(1).event_id, symbols=["ACME", "IBM"])
    assert await numbers(resumed, 3) == [1, 2, 2]
    for call in (every, chosen, resumed):
        call.cancel()


async def test_a_slow_watcher_learns_how_much_it_lost(orchestrator: LiveOrchestrator) -> None:
    call = await orchestrator.watch(kinds=[pb.EVENT_KIND_DETECTOR_FAILED])
    failure = one_of_each()[7]
    # far more than the transport's buffers and the events that are kept hold together
    sent = RETAINED * 4
    for number in range(sent):
        event_id = bar_event(number).event_id
        await orchestrator.messaging.bus.publish(
            failure.model_copy(update={"event_id": event_id, "error": f"{number} " + "x" * 10_000})
        )
    read = dropped = 0
    last = ""
    while not last.startswith(f"{sent - 1} "):
        response = await read_event(call)
        read += 1
        dropped += response.dropped_count
        last = response.event.detector_failed.error
    call.cancel()
    assert dropped > 0
    assert read + dropped == sent


@pytest.mark.parametrize(
    ("request_fields", "code", "part"),
    [
        ({"after_event_id": bar_event(7).event_id}, grpc.StatusCode.NOT_FOUND, bar_event(7).event_id),
        ({"kinds": [99]}, grpc.StatusCode.INVALID_ARGUMENT, "kinds[0]"),
    ],
)
async def test_what_cannot_be_followed_is_told(
    orchestrator: LiveOrchestrator, request_fields: dict[str, object], code: grpc.StatusCode, part: str
) -> None:
    call = await orchestrator.watch(**request_fields)
    with pytest.raises(aio.AioRpcError) as caught:
        await call.read()
    assert caught.value.code() is code
    assert part in str(caught.value.details())


async def test_a_refusal_names_the_newest_event_and_all_that_is_kept_can_be_read(
    orchestrator: LiveOrchestrator,
) -> None:
    before = await refusal(orchestrator, bar_event(7).event_id)
    assert "newest_event_id" not in before
    for number in range(RETAINED + 2):
        await orchestrator.messaging.bus.publish(bar_event(number))
    told = await refusal(orchestrator, bar_event(1).event_id)
    assert told["newest_event_id"] == bar_event(RETAINED + 1).event_id
    assert told["log_id"] == before["log_id"] != ""
    call = await orchestrator.watch(after_event_id=BEFORE_ALL)
    assert await numbers(call, RETAINED) == list(range(2, RETAINED + 2))
    await orchestrator.messaging.bus.publish(bar_event(-5))
    assert await numbers(call, 1) == [-5]
    call.cancel()


async def refusal(orchestrator: LiveOrchestrator, after_event_id: str) -> dict[str, str]:
    """What the orchestrator says of an event that it does not keep."""
    call = await orchestrator.watch(after_event_id=after_event_id)
    with pytest.raises(aio.AioRpcError) as caught:
        await call.read()
    return error_from_call(caught.value).metadata


async def test_a_server_that_stops_lets_its_watchers_go(orchestrator: LiveOrchestrator) -> None:
    call = await orchestrator.watch()
    waiting = asyncio.ensure_future(call.read())
    await orchestrator.server.stop()
    with pytest.raises(aio.AioRpcError) as caught:
        await waiting
    assert error_from_call(caught.value).reason == "STOPPING"
