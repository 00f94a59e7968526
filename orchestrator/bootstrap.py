"""The composition root: everything is put together here and nowhere else."""

from __future__ import annotations

import time
import uuid
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from orchestrator.cache import StageCache
from orchestrator.calls import ServiceCalls
from orchestrator.events.announcer import Announcer
from orchestrator.events.bus import InMemoryEventBus
from orchestrator.events.factory import open_messaging
from orchestrator.events.from_analysis import breaker_changed
from orchestrator.events.settings import EventSettings
from orchestrator.health import HealthReporter
from orchestrator.live.mode import live_mode
from orchestrator.live.settings import LiveSettings
from orchestrator.live.source import GrpcBarSource
from orchestrator.master import MasterOrchestrator
from orchestrator.pipeline import Pipeline
from orchestrator.servicer import SERVICE_NAME, OrchestratorServicer
from orchestrator.settings import OrchestratorSettings
from orchestrator.stages.data import DataStage
from orchestrator.stages.pattern import PatternStage
from orchestrator.stages.phase import PhaseStage
from orchestrator.stages.range import RangeStage
from orchestrator.stages.risk import RiskStage
from orchestrator.stages.signal import SignalStage
from orchestrator.stages.validation import ValidationStage
from orchestrator.stages.volume import VolumeStage
from orchestrator.storage.progress import SqlProgressStore
from orchestrator.storage.signals import SqlSignalStore
from wyckoff.orchestrator.v1.orchestrator_pb2_grpc import add_OrchestratorServiceServicer_to_server
from wyckoff.rpc import catalogue
from wyckoff.rpc.breaker import BreakerSettings, BreakerState, CircuitBreaker
from wyckoff.rpc.channel import GrpcTransport
from wyckoff.rpc.guarded import GuardedTransport
from wyckoff.rpc.server import Mount
from wyckoff.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from orchestrator.events.bus import EventBus
    from orchestrator.storage.signals import SignalStore
    from wyckoff.rpc.transport import Transport

_log = structlog.get_logger("wyckoff.orchestrator")

MIGRATIONS: Final = Path(__file__).parent / "storage" / "migrations"


def utc_now() -> datetime:
    return datetime.now(UTC)


def new_correlation_id() -> str:
    return str(uuid.uuid4())


def log_breaker_change(service: str, before: BreakerState, now: BreakerState) -> None:
    _log.warning("breaker_changed", service=service, before=before, now=now)


def tell_breaker_change(bus: EventBus, replica: str, service: str, before: BreakerState, now: BreakerState) -> None:
    """Log it, and tell it as an event of this replica."""
    log_breaker_change(service, before, now)
    bus.post(breaker_changed(service, before, now, utc_now(), replica=replica))


def build_servicer(
    transports: Mapping[str, Transport],
    store: SignalStore,
    settings: OrchestratorSettings,
    *,
    clock: Callable[[], float] = time.perf_counter,
    new_id: Callable[[], str] = new_correlation_id,
    bus: EventBus | None = None,
) -> OrchestratorServicer:
    """The orchestrator over any transports and store; ``clock`` is monotonic, in seconds.

    Events go to ``bus``, or to one of its own in this process.
    """
    told = bus or InMemoryEventBus(EventSettings())
    calls = ServiceCalls(transports)
    cache = None
    if settings.enable_caching:
        cache = StageCache(settings.cache_max_size, settings.cache_ttl_seconds, clock)
    stages = (
        DataStage(calls),
        VolumeStage(calls, cache),
        RangeStage(calls, cache),
        PhaseStage(calls, cache),
        PatternStage(calls, cache),
        RiskStage(calls),
        ValidationStage(),
        SignalStage(store),
    )
    announcer = Announcer(told, utc_now)
    master = MasterOrchestrator(
        Pipeline(stages, clock, settings.stage_weights), settings, clock=clock, new_id=new_id, announce=announcer
    )
    health = HealthReporter(transports, settings.health_timeout_s, clock)
    return OrchestratorServicer(master, store, health, settings, told)


def connect_all(
    settings: OrchestratorSettings,
    on_breaker_change: Callable[[str, BreakerState, BreakerState], None] = log_breaker_change,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, GuardedTransport]:
    """A gRPC transport to every service, by its full name, each behind a breaker of its own.

    ``on_breaker_change`` is told service, state before and state now.
    """
    targets = {
        catalogue.MARKETDATA: settings.marketdata_target,
        catalogue.VOLUME: settings.volume_target,
        catalogue.RANGE: settings.range_target,
        catalogue.PHASE: settings.phase_target,
        catalogue.PATTERN: settings.pattern_target,
        catalogue.RISK: settings.risk_target,
        catalogue.PORTFOLIO: settings.portfolio_target,
    }
    terms = BreakerSettings(settings.circuit_breaker_threshold, settings.circuit_breaker_cool_down_s)
    return {
        service: GuardedTransport(
            GrpcTransport.connect(target), CircuitBreaker(terms, clock, partial(on_breaker_change, service))
        )
        for service, target in targets.items()
    }


@asynccontextmanager
async def open_mounts(settings: OrchestratorSettings | None = None) -> AsyncIterator[Sequence[Mount]]:
    """The orchestrator over gRPC and its own database."""
    chosen = settings or OrchestratorSettings()
    async with AsyncExitStack() as stack:
        database = await Database.open(chosen.resolved_database_url, MIGRATIONS)
        await stack.enter_async_context(aclosing(database))
        live = LiveSettings()
        messaging = await stack.enter_async_context(
            open_messaging(EventSettings(), max_concurrent=chosen.max_concurrent_symbols, retry=live.retry)
        )
        transports = connect_all(chosen, partial(tell_breaker_change, messaging.bus, new_correlation_id()))
        for transport in transports.values():
            stack.push_async_callback(transport.close)
        servicer = build_servicer(transports, SqlSignalStore(database, utc_now), chosen, bus=messaging.bus)
        if live.live:
            following = live_mode(
                servicer.master,
                messaging,
                GrpcBarSource(chosen.marketdata_target),
                transports[catalogue.MARKETDATA],
                SqlProgressStore(database),
                live,
                utc_now,
                lookback_bars=chosen.default_lookback_bars,
            )
            await stack.enter_async_context(following)
        register = partial(add_OrchestratorServiceServicer_to_server, servicer)
        yield [Mount(SERVICE_NAME, register, drain=messaging.bus.let_followers_go)]
