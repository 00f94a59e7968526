"""Factories of the parts that a container holds, and which of them make up a mode."""

from __future__ import annotations

import time
from contextlib import aclosing, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from orchestrator.bootstrap import (
    MIGRATIONS,
    build_servicer,
    connect_all,
    new_correlation_id,
    tell_breaker_change,
    utc_now,
)
from orchestrator.cache import StageCache
from orchestrator.events.factory import Messaging, open_messaging
from orchestrator.events.settings import EventSettings
from orchestrator.live.mode import LiveMode, live_mode
from orchestrator.live.settings import LiveSettings
from orchestrator.live.source import GrpcBarSource
from orchestrator.servicer import OrchestratorServicer
from orchestrator.storage.progress import SqlProgressStore
from orchestrator.storage.signals import MemorySignalStore, SignalStore, SqlSignalStore
from wyckoff.rpc import catalogue
from wyckoff.rpc.errors import FailedPreconditionError
from wyckoff.rpc.transport import Transport
from wyckoff.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from orchestrator.container import Factory, OrchestratorContainer


class Transports(dict[str, Transport]):
    """A transport to each service, by its full name."""


@asynccontextmanager
async def open_database(container: OrchestratorContainer) -> AsyncIterator[Database]:
    """The database of the settings, migrated."""
    settings = container.settings
    opening = Database.open(settings.resolved_database_url, MIGRATIONS, settings.connection_terms)
    async with aclosing(await opening) as database:
        yield database


async def sql_store(container: OrchestratorContainer) -> SignalStore:
    return SqlSignalStore(await container.get(Database), utc_now)


def memory_store(container: OrchestratorContainer) -> SignalStore:
    return MemorySignalStore(utc_now)


def stage_cache(container: OrchestratorContainer) -> StageCache:
    settings = container.settings
    return StageCache(settings.cache_max_size, settings.cache_ttl_seconds, time.monotonic)


@asynccontextmanager
async def configured_messaging(container: OrchestratorContainer) -> AsyncIterator[Messaging]:
    """Bus and work queue by the settings: in this process, or NATS."""
    at_once = container.settings.max_concurrent_symbols
    async with open_messaging(EventSettings(), max_concurrent=at_once, retry=LiveSettings().retry) as messaging:
        yield messaging


@asynccontextmanager
async def memory_messaging(container: OrchestratorContainer) -> AsyncIterator[Messaging]:
    """Bus and work queue in this process, whatever the settings say."""
    at_once = container.settings.max_concurrent_symbols
    settings = EventSettings(bus_url="")
    async with open_messaging(settings, max_concurrent=at_once, retry=LiveSettings().retry) as messaging:
        yield messaging


@asynccontextmanager
async def transports_over_grpc(container: OrchestratorContainer) -> AsyncIterator[Transports]:
    """Each service over gRPC behind a breaker, whose changes are told on the bus."""
    bus = (await container.get(Messaging)).bus
    told = partial(tell_breaker_change, bus, new_correlation_id())
    transports = Transports(connect_all(container.settings, told))
    try:
        yield transports
    finally:
        for transport in transports.values():
            await transport.close()


def transports_in_process(container: OrchestratorContainer) -> Transports:
    """The five stages in this process; there are neither stored bars nor a portfolio."""
    # imported here, because it brings every stage with it
    from orchestrator.embedded import stage_transports

    return Transports(stage_transports())


def no_transports(container: OrchestratorContainer) -> Transports:
    """What mock mode has in place of connections."""
    raise FailedPreconditionError("mock mode reaches no service; pass a factory for Transports", reason="NOT_MOCKED")


async def servicer(container: OrchestratorContainer) -> OrchestratorServicer:
    settings = container.settings
    return build_servicer(
        await container.get(Transports),
        await container.get(SignalStore),  # type: ignore[type-abstract]
        settings,
        bus=(await container.get(Messaging)).bus,
        cache=await container.get(StageCache) if settings.enable_caching else None,
    )


@asynccontextmanager
async def follow_bars(container: OrchestratorContainer) -> AsyncIterator[LiveMode]:
    """Live mode: stored bars are analysed in the background for as long as the container is open."""
    settings = container.settings
    following = live_mode(
        (await container.get(OrchestratorServicer)).master,
        await container.get(Messaging),
        GrpcBarSource(settings.marketdata_target),
        (await container.get(Transports))[catalogue.MARKETDATA],
        SqlProgressStore(await container.get(Database)),
        LiveSettings(),
        utc_now,
        lookback_bars=settings.default_lookback_bars,
    )
    async with following as mode:
        yield mode


_COMMON: Final[dict[type, Any]] = {StageCache: stage_cache, OrchestratorServicer: servicer}

MODES: Final[Mapping[str, Mapping[type, Factory]]] = {
    "production": {
        **_COMMON,
        Database: open_database,
        SignalStore: sql_store,
        Messaging: configured_messaging,
        Transports: transports_over_grpc,
        LiveMode: follow_bars,
    },
    "test": {
        **_COMMON,
        SignalStore: memory_store,
        Messaging: memory_messaging,
        Transports: transports_in_process,
    },
    "mock": {
        **_COMMON,
        SignalStore: memory_store,
        Messaging: memory_messaging,
        Transports: no_transports,
    },
}
