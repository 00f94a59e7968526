"""Real servers on port 0 for tests."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from services.pattern.config import PatternSettings
from services.pattern.servicer import PatternServicer
from services.phase.config import PhaseSettings
from services.phase.servicer import PhaseServicer
from services.range.config import RangeSettings
from services.range.servicer import RangeServicer
from services.risk.config import RiskSettings
from services.risk.servicer import RiskServicer
from services.volume.config import VolumeSettings
from services.volume.servicer import VolumeServicer
from tests.support.serving import serving
from wyckoff.pattern.v1.pattern_pb2_grpc import add_PatternServiceServicer_to_server
from wyckoff.phase.v1.phase_pb2_grpc import add_PhaseServiceServicer_to_server
from wyckoff.range.v1.range_pb2_grpc import add_RangeServiceServicer_to_server
from wyckoff.risk.v1.risk_pb2_grpc import add_RiskServiceServicer_to_server
from wyckoff.rpc import catalogue
from wyckoff.rpc.channel import GrpcTransport
from wyckoff.rpc.offload import ThreadOffload
from wyckoff.rpc.server import Mount
from wyckoff.volume.v1.volume_pb2_grpc import add_VolumeServiceServicer_to_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from wyckoff.rpc.transport import Transport


def stage_mounts(offload: ThreadOffload) -> list[Mount]:
    """The five stages."""
    return [
        Mount(
            catalogue.VOLUME, partial(add_VolumeServiceServicer_to_server, VolumeServicer(VolumeSettings(), offload))
        ),
        Mount(catalogue.RANGE, partial(add_RangeServiceServicer_to_server, RangeServicer(RangeSettings(), offload))),
        Mount(catalogue.PHASE, partial(add_PhaseServiceServicer_to_server, PhaseServicer(PhaseSettings(), offload))),
        Mount(
            catalogue.PATTERN,
            partial(add_PatternServiceServicer_to_server, PatternServicer(PatternSettings(), offload)),
        ),
        Mount(catalogue.RISK, partial(add_RiskServiceServicer_to_server, RiskServicer(RiskSettings(), offload))),
    ]


@asynccontextmanager
async def stage_transports_over_grpc() -> AsyncIterator[dict[str, Transport]]:
    """Each stage on a server of its own, and a transport to each."""
    async with AsyncExitStack() as stack:
        offload = stack.enter_context(ThreadOffload())
        transports: dict[str, Transport] = {}
        for mount in stage_mounts(offload):
            server = await stack.enter_async_context(serving([mount]))
            transport = GrpcTransport.connect(server.address)
            stack.push_async_callback(transport.close)
            transports[mount.service_name] = transport
        yield transports
