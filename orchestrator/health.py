"""How the services behind the orchestrator are."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from grpc_health.v1 import health_pb2

from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.rpc.errors import WyckoffError
from wyckoff.rpc.methods import Method

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wyckoff.rpc.transport import Transport

CHECK: Final = Method("grpc.health.v1.Health", "Check", health_pb2.HealthCheckRequest, health_pb2.HealthCheckResponse)

_HEALTHY: Final = orchestrator_pb2.HEALTH_STATUS_HEALTHY
_DEGRADED: Final = orchestrator_pb2.HEALTH_STATUS_DEGRADED
_UNHEALTHY: Final = orchestrator_pb2.HEALTH_STATUS_UNHEALTHY


class HealthReporter:
    """Asks every service at once. ``transports`` by full service name, ``timer`` in seconds."""

    def __init__(self, transports: Mapping[str, Transport], timeout_s: float, timer: Callable[[], float]) -> None:
        self._transports = dict(transports)
        self._timeout_s = timeout_s
        self._timer = timer

    async def report(self) -> orchestrator_pb2.GetHealthResponse:
        """Healthy when all are, unhealthy when none is, degraded in between: some answers are still possible."""
        components = await asyncio.gather(*(self._ask(name) for name in self._transports))
        healthy = sum(component.status == _HEALTHY for component in components)
        status = _HEALTHY if healthy == len(components) else _DEGRADED if healthy else _UNHEALTHY
        return orchestrator_pb2.GetHealthResponse(status=status, components=components)

    async def _ask(self, service: str) -> orchestrator_pb2.ComponentHealth:
        # wyckoff.volume.v1.VolumeService is told as volume
        component = service.split(".")[1]
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
            component=component,
            status=_UNHEALTHY if message else _HEALTHY,
            message=message,
            latency_ms=(self._timer() - started_s) * 1000,
        )
