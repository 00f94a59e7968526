"""An orchestrator in live mode on a real server, over the services of a running system."""

from __future__ import annotations

from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from orchestrator.bootstrap import MIGRATIONS, build_servicer, utc_now
from orchestrator.events.factory import Messaging, open_messaging
from orchestrator.events.settings import EventSettings
from orchestrator.live.mode import live_mode
from orchestrator.live.settings import LiveSettings
from orchestrator.live.source import GrpcBarSource
from orchestrator.servicer import SERVICE_NAME
from orchestrator.settings import OrchestratorSettings
from orchestrator.storage.progress import SqlProgressStore
from orchestrator.storage.signals import SqlSignalStore
from tests.support.databases import database_url
from tests.support.serving import serving
from wyckoff.client import WyckoffClient
from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.orchestrator.v1.orchestrator_pb2_grpc import (
    OrchestratorServiceStub,
    add_OrchestratorServiceServicer_to_server,
)
from wyckoff.rpc import catalogue
from wyckoff.rpc.channel import open_channel
from wyckoff.rpc.server import Mount, Server
from wyckoff.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from grpc import aio

    from orchestrator.events.work import InMemoryWorkQueue
    from orchestrator.live.mode import LiveMode
    from tests.support.system import System
    from wyckoff.orchestrator.v1.orchestrator_pb2_grpc import OrchestratorServiceAsyncStub

    Watch = aio.UnaryStreamCall[orchestrator_pb2.WatchEventsRequest, orchestrator_pb2.WatchEventsResponse]

TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class LiveOrchestrator:
    """A running orchestrator with what a test looks into."""

    client: WyckoffClient
    stub: OrchestratorServiceAsyncStub
    server: Server
    messaging: Messaging
    progress: SqlProgressStore
    mode: LiveMode | None

    async def watch(self, **request: Any) -> Watch:
        """A stream of events that stands: no later event passes it by."""
        call: Watch = self.stub.WatchEvents(orchestrator_pb2.WatchEventsRequest(**request), timeout=TIMEOUT_S)
        await call.initial_metadata()
        return call

    async def settled(self) -> None:
        """Return once bars are followed and no work is left, in memory."""
        assert self.mode is not None
        await self.mode.connected()
        work: InMemoryWorkQueue = self.messaging.work  # type: ignore[assignment]
        await work.settled()


async def read_event(call: Watch) -> orchestrator_pb2.WatchEventsResponse:
    """The next event of a stream."""
    response = await call.read()
    assert isinstance(response, orchestrator_pb2.WatchEventsResponse), await call.details()
    return response


async def read_until(call: Watch, kind: orchestrator_pb2.EventKind.ValueType) -> list[orchestrator_pb2.Event]:
    """Events up to the next one of ``kind``, which is the last."""
    events = [(await read_event(call)).event]
    while events[-1].kind != kind:
        events.append((await read_event(call)).event)
    return events


@asynccontextmanager
async def live_orchestrator(
    system: System, data_dir: Path, events: EventSettings | None = None, live: LiveSettings | None = None
) -> AsyncIterator[LiveOrchestrator]:
    """Its database is ``live`` of ``data_dir``: open it again there, and it goes on where it was."""
    settings, chosen = OrchestratorSettings(), live or LiveSettings()
    async with AsyncExitStack() as stack:
        database = await Database.open(database_url(data_dir, "live"), MIGRATIONS)
        await stack.enter_async_context(aclosing(database))
        messaging = await stack.enter_async_context(
            open_messaging(events or EventSettings(), max_concurrent=10, retry=chosen.retry)
        )
        store, progress = SqlSignalStore(database, utc_now), SqlProgressStore(database)
        servicer = build_servicer(system.transports, store, settings, bus=messaging.bus)
        mode = None
        if chosen.live:
            following = live_mode(
                servicer.master,
                messaging,
                GrpcBarSource(system.marketdata_address),
                system.transports[catalogue.MARKETDATA],
                progress,
                chosen,
                utc_now,
                lookback_bars=settings.default_lookback_bars,
            )
            mode = await stack.enter_async_context(following)
        register = partial(add_OrchestratorServiceServicer_to_server, servicer)
        mount = Mount(SERVICE_NAME, register, drain=messaging.bus.let_followers_go)
        server = await stack.enter_async_context(serving([mount]))
        channel = await stack.enter_async_context(open_channel(server.address))
        client = await stack.enter_async_context(WyckoffClient.connect(server.address, timeout_s=TIMEOUT_S))
        yield LiveOrchestrator(client, OrchestratorServiceStub(channel), server, messaging, progress, mode)
