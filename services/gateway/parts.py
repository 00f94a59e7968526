"""What the routes work with."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.gateway.access import Access
from services.gateway.idempotency import AnsweredRequests
from services.gateway.live.hub import EventHub
from services.gateway.rates import RateLimits
from wyckoff.client import MarketDataClient, WyckoffClient
from wyckoff.rpc.channel import GrpcTransport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from services.gateway.config import GatewaySettings
    from wyckoff.rpc.transport import Transport


@dataclass(frozen=True, slots=True)
class GatewayParts:
    """Clients of the services behind, who may use them, and what is remembered of earlier requests.

    The clients have the time of a short call; whoever analyses or stores says the longer one of the settings.
    """

    settings: GatewaySettings
    access: Access
    rates: RateLimits
    orchestrator: WyckoffClient
    marketdata: MarketDataClient
    orchestrator_transport: Transport
    marketdata_transport: Transport
    answered: AnsweredRequests
    events: EventHub


@asynccontextmanager
async def open_parts(settings: GatewaySettings) -> AsyncIterator[GatewayParts]:
    """Everything the settings ask for; closed at the end."""
    async with AsyncExitStack() as stack:
        orchestrator = GrpcTransport.connect(settings.orchestrator_target)
        stack.push_async_callback(orchestrator.close)
        marketdata = GrpcTransport.connect(settings.marketdata_target)
        stack.push_async_callback(marketdata.close)
        follower = WyckoffClient(orchestrator)
        events = EventHub(lambda event_id: follower.watch_events(after_event_id=event_id), settings.live)
        yield GatewayParts(
            settings=settings,
            access=Access(settings.keys_file),
            rates=RateLimits(settings.rate_limit, settings.costly_rate_limit),
            orchestrator=WyckoffClient(orchestrator, timeout_s=settings.call_timeout_s),
            marketdata=MarketDataClient(marketdata, timeout_s=settings.call_timeout_s),
            orchestrator_transport=orchestrator,
            marketdata_transport=marketdata,
            answered=AnsweredRequests(settings.idempotency_max_keys, settings.idempotency_ttl_s),
            events=await stack.enter_async_context(events),
        )
