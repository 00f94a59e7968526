"""Who restarts processes is told something else than who calls them: a lost database makes unready, not dead."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.volume.config import VolumeSettings
from services.volume.servicer import VolumeServicer
from tests.support.serving import serving
from wyckoff.rpc.catalogue import VOLUME
from wyckoff.rpc.errors import UnavailableError
from wyckoff.rpc.offload import Inline
from wyckoff.rpc.readiness import Readiness
from wyckoff.rpc.server import LIVENESS, Mount
from wyckoff.volume.v1 import volume_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


async def _lost() -> None:
    raise UnavailableError("the database is away")


async def _until(watch: AsyncIterator[Any], status: int) -> None:
    async for answer in watch:
        if answer.status == status:
            return
    raise AssertionError(f"never {status}")


async def test_a_lost_database_makes_unready_and_not_dead() -> None:
    servicer = VolumeServicer(VolumeSettings(), Inline())
    register = partial(volume_pb2_grpc.add_VolumeServiceServicer_to_server, servicer)
    mount = Mount(VOLUME, register, readiness=Readiness(_lost, 0.001))
    async with serving([mount]) as server, aio.insecure_channel(server.address) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        for name in (VOLUME, ""):
            await _until(stub.Watch(health_pb2.HealthCheckRequest(service=name), timeout=10), NOT_SERVING)
        answer = await stub.Check(health_pb2.HealthCheckRequest(service=LIVENESS), timeout=5)
        assert answer.status == SERVING
