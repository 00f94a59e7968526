"""How the services behind the orchestrator are, and how it is itself."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from grpc_health.v1 import health_pb2

from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.rpc.breaker import BreakerState
from wyckoff.rpc.errors import WyckoffError
from wyckoff.rpc.guarded import GuardedTransport
from wyckoff.rpc.methods import Method

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.cache import StageCache
    from orchestrator.vitals import Vitals
    from wyckoff.rpc.transport import Transport

CHECK: Final = Method("grpc.health.v1.Health", "Check", health_pb2.HealthCheckRequest, health_pb2.HealthCheckResponse)

_HEALTHY: Final = orchestrator_pb2.HEALTH_STATUS_HEALTHY
_DEGRADED: Final = orchestrator_pb2.HEALTH_STATUS_DEGRADED
_UNHEALTHY: Final = orchestrator_pb2.HEALTH_STATUS_UNHEALTHY

#: Components that detect; the others keep bars and accounts.
_DETECTING: Final = frozenset({"volume", "range", "phase", "pattern", "risk"})

BREAKER_STATES: Final = {
    BreakerState.CLOSED: orchestrator_pb2.BREAKER_STATE_CLOSED,
    BreakerState.OPEN: orchestrator_pb2.BREAKER_STATE_OPEN,
    BreakerState.HALF_OPEN: orchestrator_pb2.BREAKER_STATE_HALF_OPEN,
}


class HealthReporter:
    """Asks every service at once. ``transports`` by full service name, ``timer`` in seconds."""

    def __init__(
        self,
        transports: Mapping[str, Transport],
        timeout_s: float,
        timer: Callable[[], float],
        *,
        vitals: Vitals,
        cache: StageCache | None = None,
    ) -> None:
        self._transports = dict(transports)
        self._timeout_s = timeout_s
        self._timer = timer
        self._vitals = vitals
        self._cache = cache

    async def report(self) -> orchestrator_pb2.GetHealthResponse:
        """Healthy when all is, unhealthy when no service answers, degraded in between: some answers are possible."""
        components = await asyncio.gather(*(self._ask(name) for name in self._transports))
        breakers = [
            _breaker(name, item) for name, item in self._transports.items() if isinstance(item, GuardedTransport)
        ]
        closed = all(item.state == orchestrator_pb2.BREAKER_STATE_CLOSED for item in breakers)
        healthy = sum(component.status == _HEALTHY for component in components)
        status = _UNHEALTHY if not healthy else _HEALTHY if healthy == len(components) and closed else _DEGRADED
        vitals = self._vitals
        return orchestrator_pb2.GetHealthResponse(
            status=status,
            components=components,
            breakers=breakers,
            failed_detectors=[
                orchestrator_pb2.DetectorHealth(detector=name, failure_count=count, last_error=vitals.last_errors[name])
                for name, count in sorted(vitals.detector_failures.items())
            ],
            cache_hit_rate=self._cache.hit_rate if self._cache is not None else None,
            avg_analysis_time_ms=vitals.avg_analysis_time_ms,
            analysis_count=vitals.analysis_count,
            detectors_loaded=[
                item.component for item in components if item.status == _HEALTHY and item.component in _DETECTING
            ],
        )

    async def _ask(self, service: str) -> orchestrator_pb2.ComponentHealth:
        request = health_pb2.HealthCheckRequest(service=service)
        started_s = self._timer()
        message = ""
        try:
            answer = await self._transports[service].unary(CHECK, request, timeout_s=self._timeout_s)
            if answer.status != health_pb2.HealthCheckResponse.SERVING:
                message = f"says {health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)}"
        except WyckoffError as error:
            message = f"{error.reason}: {error.message}"
        return orchestrator_pb2.ComponentHealth(
            component=component_of(service),
            status=_UNHEALTHY if message else _HEALTHY,
            message=message,
            latency_ms=(self._timer() - started_s) * 1000,
        )


def component_of(service: str) -> str:
    """``volume`` for ``wyckoff.volume.v1.VolumeService``."""
    return service.split(".")[1]


def _breaker(service: str, transport: GuardedTransport) -> orchestrator_pb2.BreakerHealth:
    return orchestrator_pb2.BreakerHealth(
        component=component_of(service),
        state=BREAKER_STATES[transport.breaker.state],
        consecutive_failures=transport.breaker.consecutive_failures,
    )
