"""The health report over services that answer, refuse, or are gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grpc_health.v1 import health_pb2

from orchestrator.health import HealthReporter
from orchestrator.vitals import Vitals
from tests.support.fakes import FakeClock, FakeTransport
from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.rpc import catalogue
from wyckoff.rpc.errors import UnavailableError

if TYPE_CHECKING:
    from wyckoff.rpc.transport import Transport


async def test_a_service_that_does_not_serve_takes_its_detectors_along() -> None:
    serving = FakeTransport({"Check": health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.SERVING)})
    ending = FakeTransport({"Check": health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.NOT_SERVING)})
    transports: dict[str, Transport] = {
        **serving.as_services(),
        catalogue.PHASE: ending,
        catalogue.PATTERN: FakeTransport({"Check": UnavailableError("gone")}),
    }

    health = await HealthReporter(transports, 1.0, FakeClock(), vitals=Vitals()).report()

    assert health.status == orchestrator_pb2.HEALTH_STATUS_DEGRADED
    assert list(health.detectors_loaded) == ["volume", "range", "risk"]
