"""An orchestrator that only tells events, on a real server, with a bus that the test fills."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import TYPE_CHECKING

from orchestrator.bootstrap import build_servicer, utc_now
from orchestrator.events.bus import InMemoryEventBus
from orchestrator.events.settings import EventSettings
from orchestrator.servicer import SERVICE_NAME
from orchestrator.settings import OrchestratorSettings
from orchestrator.storage.signals import MemorySignalStore
from tests.support.fakes import FakeTransport
from wyckoff.orchestrator.v1.orchestrator_pb2_grpc import add_OrchestratorServiceServicer_to_server
from wyckoff.rpc.server import Mount, Server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from orchestrator.events.log import Follower
    from orchestrator.events.model import EventKind


class ObservedBus(InMemoryEventBus):
    """Tells when somebody follows it. With the ``log_id`` of another it stands for one that knows what was told."""

    def __init__(self, log_id: str = "") -> None:
        super().__init__(EventSettings(), log_id)
        self.followed = asyncio.Event()

    @contextmanager
    def follow(
        self, kinds: frozenset[EventKind], symbols: frozenset[str], after_event_id: str = ""
    ) -> Iterator[Follower]:
        with super().follow(kinds, symbols, after_event_id) as follower:
            self.followed.set()
            yield follower


@asynccontextmanager
async def telling_orchestrator(bus: InMemoryEventBus, address: str = "127.0.0.1:0") -> AsyncIterator[Server]:
    """The real servicer over ``bus``; what it would analyse with answers nothing."""
    transports = FakeTransport().as_services()
    servicer = build_servicer(transports, MemorySignalStore(utc_now), OrchestratorSettings(), bus=bus)
    register = partial(add_OrchestratorServiceServicer_to_server, servicer)
    mount = Mount(SERVICE_NAME, register, drain=bus.let_followers_go)
    async with Server([mount], grace_s=0.2) as server:
        yield await server.start(address)
