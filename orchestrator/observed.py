"""The orchestrator's own readings for the metrics endpoint."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from orchestrator.cache import StageCache
from orchestrator.events.factory import Messaging
from orchestrator.health import component_of
from orchestrator.parts import Transports
from wyckoff.rpc.breaker import BreakerState
from wyckoff.rpc.guarded import GuardedTransport
from wyckoff.telemetry.readings import (
    BreakerReading,
    CacheReading,
    QueueReading,
    observe_breakers,
    observe_caches,
    observe_queues,
)

if TYPE_CHECKING:
    from orchestrator.container import OrchestratorContainer

_READINGS: Final = {
    BreakerState.CLOSED: BreakerReading.CLOSED,
    BreakerState.HALF_OPEN: BreakerReading.HALF_OPEN,
    BreakerState.OPEN: BreakerReading.OPEN,
}


async def observe(container: OrchestratorContainer) -> ExitStack:
    """Tell breakers, cache and event bus to who asks for metrics, until the result is closed."""
    transports = await container.get(Transports)
    cache = await container.get(StageCache)
    messaging = await container.get(Messaging)
    stack = ExitStack()

    def breakers() -> dict[str, BreakerReading]:
        guarded = {name: item for name, item in transports.items() if isinstance(item, GuardedTransport)}
        return {component_of(name): _READINGS[item.breaker.state] for name, item in guarded.items()}

    def caches() -> dict[str, CacheReading]:
        return {"stages": CacheReading(cache.hits, cache.misses, len(cache))}

    def queues() -> dict[str, QueueReading]:
        metrics = messaging.bus.metrics
        return {
            "events": QueueReading(metrics.queue_depth, metrics.dropped),
            "live": QueueReading(messaging.work.depth, 0),
        }

    stack.callback(observe_breakers(breakers))
    stack.callback(observe_caches(caches))
    stack.callback(observe_queues(queues))
    return stack
