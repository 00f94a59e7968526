"""What the routes work with."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.gateway.access import Access
from services.gateway.rates import RateLimits
from wyckoff.client import WyckoffClient
from wyckoff.rpc.channel import GrpcTransport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from services.gateway.config import GatewaySettings
    from wyckoff.rpc.transport import Transport


@dataclass(frozen=True, slots=True)
class GatewayParts:
    """Clients of the services behind, and who may use them.

    ``orchestrator`` is for short calls; ``analyses`` is the same orchestrator with the time of an analysis.
    """

    settings: GatewaySettings
    access: Access
    rates: RateLimits
    orchestrator: WyckoffClient
    analyses: WyckoffClient
    marketdata: WyckoffClient
    orchestrator_transport: Transport
    marketdata_transport: Transport


@asynccontextmanager
async def open_parts(settings: GatewaySettings) -> AsyncIterator[GatewayParts]:
    """Everything the settings ask for; closed at the end."""
    async with AsyncExitStack() as stack:
        orchestrator = GrpcTransport.connect(settings.orchestrator_target)
        stack.push_async_callback(orchestrator.close)
        marketdata = GrpcTransport.connect(settings.marketdata_target)
        stack.push_async_callback(marketdata.close)
        yield GatewayParts(
            settings=settings,
            access=Access(settings.keys_file),
            rates=RateLimits(settings.rate_limit, settings.costly_rate_limit),
            orchestrator=WyckoffClient(orchestrator, timeout_s=settings.call_timeout_s),
            analyses=WyckoffClient(orchestrator, timeout_s=settings.analysis_timeout_s),
            marketdata=WyckoffClient(marketdata, timeout_s=settings.ingest_timeout_s),
            orchestrator_transport=orchestrator,
            marketdata_transport=marketdata,
        )
