"""The whole service between a real orchestrator and a real receiver, over restarts of each."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from orchestrator.events.codec import event_from_proto
from services.alerts.__main__ import open_mounts
from services.alerts.servicer import SERVICE_NAME
from tests.support.alerts import Clock, Events, settings, webhook
from tests.support.receiver import Answer, Receiver, receiving
from tests.support.serving import serving
from tests.support.watching import ObservedBus, telling_orchestrator
from wyckoff.alerts.v1 import alerts_pb2
from wyckoff.rpc.catalogue import GET_ALERTS_STATUS
from wyckoff.rpc.channel import GrpcTransport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from services.alerts.config import AlertsSettings
    from wyckoff.orchestrator.v1 import orchestrator_pb2

TIMEOUT_S = 30


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as opened:
        yield opened


@asynccontextmanager
async def alerts(chosen: AlertsSettings, clock: Clock) -> AsyncIterator[GrpcTransport]:
    """A running service, and a way to ask it."""
    async with open_mounts(chosen, clock) as mounts, serving(mounts) as server:
        assert [mount.service_name for mount in mounts] == [SERVICE_NAME]
        transport = GrpcTransport.connect(server.address)
        try:
            yield transport
        finally:
            await transport.close()


async def status(transport: GrpcTransport) -> alerts_pb2.GetStatusResponse:
    return await transport.unary(GET_ALERTS_STATUS, alerts_pb2.GetStatusRequest(), timeout_s=10)


async def status_after(transport: GrpcTransport, event: orchestrator_pb2.Event) -> alerts_pb2.GetStatusResponse:
    """The status once this event was read."""
    while (said := await status(transport)).last_event_id != event.event_id:
        pass
    return said


async def publish(bus: ObservedBus, *messages: orchestrator_pb2.Event) -> None:
    for message in messages:
        await bus.publish(event_from_proto(message))


async def posted(receiver: Receiver, count: int) -> list[str]:
    async with asyncio.timeout(TIMEOUT_S):
        await receiver.wait_for_posts(count)
    return [post.headers["webhook-id"] for post in receiver.posts]


def of(folder: Path, receiver: Receiver, orchestrator: str, **changes: Any) -> AlertsSettings:
    return settings(folder, webhook(url=receiver.url), orchestrator_target=orchestrator, **changes)


async def test_nothing_of_the_past_is_told_at_first_and_nothing_is_missed_or_repeated_later(
    receiver: Receiver, clock: Clock, events: Events, tmp_path: Path
) -> None:
    bus = ObservedBus()
    await publish(bus, events.signal(1))
    async with telling_orchestrator(bus) as orchestrator:
        chosen = of(tmp_path, receiver, orchestrator.address)
        async with alerts(chosen, clock) as transport:
            await bus.followed.wait()
            await publish(bus, events.signal(2))
            assert len(await posted(receiver, 1)) == 1
            said = await status_after(transport, events.signal(2))
        assert (said.told_count, said.gap_count) == (1, 0)
        assert said.targets[0].state == alerts_pb2.TARGET_STATE_ACTIVE
        # while it is away
        await publish(bus, events.signal(3), events.signal(4))
        async with alerts(chosen, clock):
            ids = await posted(receiver, 3)
    assert [post.body.count(b'"signal_id":"s1"') for post in receiver.posts] == [0, 0, 0]
    assert len(set(ids)) == 3


async def test_an_orchestrator_that_has_forgotten_all_tells_nothing_twice(
    receiver: Receiver, clock: Clock, events: Events, tmp_path: Path
) -> None:
    before = ObservedBus()
    async with (
        telling_orchestrator(before) as orchestrator,
        alerts(of(tmp_path, receiver, orchestrator.address), clock) as transport,
    ):
        await before.followed.wait()
        await publish(before, events.signal(1), events.phase("B"))
        await posted(receiver, 2)
        await orchestrator.stop()
        after = ObservedBus()
        phases = [events.phase("B"), events.phase("C")]
        await publish(after, events.signal(1), *phases, events.signal(2))
        async with telling_orchestrator(after, orchestrator.address):
            await posted(receiver, 4)
            said = await status_after(transport, events.signal(2))
    assert len(receiver.posts) == 4
    assert (said.duplicate_count, said.unchanged_count, said.gap_count) == (1, 1, 1)


async def test_what_waits_outlives_the_process_and_keeps_its_id(
    receiver: Receiver, clock: Clock, events: Events, tmp_path: Path
) -> None:
    bus, hanging = ObservedBus(), asyncio.Event()
    receiver.answers = [Answer(wait_for=hanging)]
    async with telling_orchestrator(bus) as orchestrator:
        chosen = of(tmp_path, receiver, orchestrator.address)
        async with alerts(chosen, clock) as transport:
            await bus.followed.wait()
            await publish(bus, events.signal(1), events.signal(2))
            await posted(receiver, 1)
            # the second one waits behind the first, which nobody has confirmed
            said = await status_after(transport, events.signal(2))
            assert said.targets[0].waiting_count == 2
        hanging.set()
        async with alerts(chosen, clock):
            ids = await posted(receiver, 3)
    assert ids[0] == ids[1] != ids[2]


async def test_a_receiver_that_hangs_keeps_no_other_from_its_alerts(
    receiver: Receiver, clock: Clock, events: Events, tmp_path: Path
) -> None:
    bus, hanging = ObservedBus(), asyncio.Event()
    receiver.answers = [Answer(wait_for=hanging)]
    async with receiving() as other, telling_orchestrator(bus) as orchestrator:
        chosen = settings(
            tmp_path,
            webhook("hangs", url=receiver.url),
            webhook("works", url=other.url),
            orchestrator_target=orchestrator.address,
            rules=({"targets": ["hangs", "works"]},),
        )
        async with alerts(chosen, clock):
            await bus.followed.wait()
            await publish(bus, *(events.signal(number) for number in range(20)))
            await posted(other, 20)
            assert len(receiver.posts) == 1
            hanging.set()


async def test_health_follows_whether_events_can_be_read(
    receiver: Receiver, clock: Clock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    serves, serves_not = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
    async with telling_orchestrator(ObservedBus()) as orchestrator, asyncio.timeout(TIMEOUT_S):
        chosen = of(tmp_path, receiver, orchestrator.address, health_interval_s=0.05)
        async with (
            open_mounts(chosen, clock) as mounts,
            serving(mounts) as server,
            # a channel of this project would not call a service that says NOT_SERVING
            aio.insecure_channel(server.address) as channel,
        ):
            stub: Any = health_pb2_grpc.HealthStub(channel)
            watch = stub.Watch(health_pb2.HealthCheckRequest(service=SERVICE_NAME))
            assert (await watch.read()).status == serves
            await orchestrator.stop()
            assert (await watch.read()).status == serves_not
            async with telling_orchestrator(ObservedBus(), orchestrator.address):
                assert (await watch.read()).status == serves
            watch.cancel()
    assert "service_not_ready" in capsys.readouterr().out
