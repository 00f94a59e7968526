"""How an orchestrator is put together from its transports, store and bus; the container says which those are."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from orchestrator.calls import ServiceCalls
from orchestrator.events.announcer import Announcer
from orchestrator.events.bus import InMemoryEventBus
from orchestrator.events.from_analysis import breaker_changed
from orchestrator.events.settings import EventSettings
from orchestrator.health import HealthReporter
from orchestrator.master import MasterOrchestrator
from orchestrator.pipeline import Pipeline
from orchestrator.servicer import OrchestratorServicer
from orchestrator.stages.data import DataStage
from orchestrator.stages.pattern import PatternStage
from orchestrator.stages.phase import PhaseStage
from orchestrator.stages.range import RangeStage
from orchestrator.stages.risk import RiskStage
from orchestrator.stages.signal import SignalStage
from orchestrator.stages.timeframe_context import TimeframeContextStage
from orchestrator.stages.validation import ValidationStage
from orchestrator.stages.volume import VolumeStage
from orchestrator.vitals import Vitals
from wyckoff.rpc import catalogue
from wyckoff.rpc.breaker import BreakerSettings, BreakerState, CircuitBreaker
from wyckoff.rpc.channel import GrpcTransport
from wyckoff.rpc.guarded import GuardedTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.cache import StageCache
    from orchestrator.events.bus import EventBus
    from orchestrator.settings import OrchestratorSettings
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
    cache: StageCache | None = None,
) -> OrchestratorServicer:
    """The orchestrator over any transports and store; ``clock`` is monotonic, in seconds.

    Events go to ``bus``, or to one of its own in this process. Without ``cache`` every stage is called.
    """
    told = bus or InMemoryEventBus(EventSettings(bus_url=""))
    calls = ServiceCalls(transports)
    structure = (VolumeStage(calls, cache), RangeStage(calls, cache), PhaseStage(calls, cache))
    stages = (
        DataStage(calls),
        *structure,
        PatternStage(calls, cache),
        TimeframeContextStage(
            calls,
            Pipeline(structure, clock, settings.stage_weights, given=(DataStage.name,)),
            settings.context_lookback_bars,
        ),
        RiskStage(calls, cache),
        ValidationStage(),
        SignalStage(store),
    )
    announcer = Announcer(told, utc_now)
    vitals = Vitals()
    master = MasterOrchestrator(
        Pipeline(stages, clock, settings.stage_weights),
        settings,
        clock=clock,
        new_id=new_id,
        announce=announcer,
        vitals=vitals,
        cache=cache,
    )
    health = HealthReporter(transports, settings.health_timeout_s, clock, vitals=vitals, cache=cache)
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
            GrpcTransport.connect(target, retries=settings.max_detector_retries),
            CircuitBreaker(terms, clock, partial(on_breaker_change, service)),
        )
        for service, target in targets.items()
    }
