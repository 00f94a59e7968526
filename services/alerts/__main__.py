"""Start the alerts service: ``python -m services.alerts --address HOST:PORT``."""

from __future__ import annotations

import sys
import time
from contextlib import aclosing, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from grpc_health.v1 import health_pb2

from services.alerts.config import read_settings
from services.alerts.service import AlertsService, running_alerts
from services.alerts.servicer import SERVICE_NAME, AlertsServicer
from wyckoff.alerts.v1.alerts_pb2_grpc import add_AlertsServiceServicer_to_server
from wyckoff.client import WyckoffClient
from wyckoff.rpc.channel import GrpcTransport
from wyckoff.rpc.errors import UnavailableError
from wyckoff.rpc.methods import Method
from wyckoff.rpc.readiness import Readiness
from wyckoff.rpc.runner import run_service
from wyckoff.rpc.server import Mount
from wyckoff.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from services.alerts.config import AlertsSettings
    from wyckoff.rpc.transport import Transport

MIGRATIONS: Final = Path(__file__).parent / "migrations"
_MAX_REQUEST_BYTES: Final = 64 * 1024
_CHECK: Final = Method("grpc.health.v1.Health", "Check", health_pb2.HealthCheckRequest, health_pb2.HealthCheckResponse)
_CHECK_TIMEOUT_S: Final = 2.0


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


@asynccontextmanager
async def open_mounts(
    settings: AlertsSettings | None = None, now_ms: Callable[[], int] = _now_ms
) -> AsyncIterator[Sequence[Mount]]:
    """The alerts servicer, with its database and all that follows and sends."""
    chosen = settings or read_settings()
    database = await Database.open(chosen.resolved_database_url, MIGRATIONS, chosen.connection_terms)
    transport = GrpcTransport.connect(chosen.orchestrator_target)
    client = WyckoffClient(transport)
    service = AlertsService(database, client, chosen, now_ms)
    async with aclosing(database), client, running_alerts(service):
        register = partial(add_AlertsServiceServicer_to_server, AlertsServicer(service))
        readiness = Readiness(partial(_check, service, database, transport), chosen.health_interval_s)
        yield [Mount(SERVICE_NAME, register, readiness=readiness, max_request_bytes=_MAX_REQUEST_BYTES)]


async def _check(service: AlertsService, database: Database, orchestrator: Transport) -> None:
    """Raises WyckoffError while events cannot be read or recorded."""
    service.check()
    await database.check()
    answer = await orchestrator.unary(_CHECK, health_pb2.HealthCheckRequest(), timeout_s=_CHECK_TIMEOUT_S)
    if answer.status != health_pb2.HealthCheckResponse.SERVING:
        raise UnavailableError("the orchestrator does not serve")


if __name__ == "__main__":
    sys.exit(run_service("alerts", open_mounts, "127.0.0.1:50058"))
