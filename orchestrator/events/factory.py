"""Which bus: in this process, or NATS JetStream, by the URL in the settings."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.events.bus import InMemoryEventBus
from orchestrator.events.work import InMemoryWorkQueue
from wyckoff.rpc.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from orchestrator.events.bus import EventBus
    from orchestrator.events.settings import EventSettings
    from orchestrator.events.work import RetryTerms, WorkQueue


@dataclass(frozen=True, slots=True)
class Messaging:
    """Events for everybody, and work for one of several replicas."""

    bus: EventBus
    work: WorkQueue


@asynccontextmanager
async def open_messaging(
    settings: EventSettings, *, max_concurrent: int, retry: RetryTerms
) -> AsyncIterator[Messaging]:
    """Bus and work queue by ``settings.bus_url``. Raises InvalidArgumentError for a URL that is none of ours,
    UnavailableError when the server cannot be reached.
    """
    if not settings.bus_url:
        bus, work = InMemoryEventBus(settings), InMemoryWorkQueue(max_concurrent, retry)
        try:
            yield Messaging(bus, work)
        finally:
            await work.close()
            await bus.close()
        return
    if not settings.bus_url.startswith(("nats://", "tls://")):
        raise InvalidArgumentError.of(
            "ORCHESTRATOR_EVENT_BUS_URL",
            f"{settings.bus_place!r} is no bus; nats://HOST:PORT is one, and empty keeps events in the process",
        )
    # only who uses NATS loads its client
    from orchestrator.events.nats_messaging import open_nats

    async with open_nats(settings, max_concurrent=max_concurrent, retry=retry) as (nats_bus, nats_work):
        yield Messaging(nats_bus, nats_work)
