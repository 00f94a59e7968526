"""The gateway on a real HTTP server in front of a real system."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import httpx2

from services.gateway.app import create_app
from services.gateway.config import GatewaySettings
from services.gateway.parts import GatewayParts, open_parts
from services.gateway.serving import HttpServer
from tests.support.live import LiveOrchestrator, live_orchestrator
from tests.support.system import System, running_system
from wyckoff.client import MarketDataClient, WyckoffClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from wyckoff.rpc.transport import Transport

TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Gateway:
    """A running gateway, and a client of it."""

    client: httpx2.AsyncClient
    server: HttpServer
    parts: GatewayParts

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def websocket_url(self) -> str:
        return f"ws://{self.server.address}"


@dataclass(frozen=True, slots=True)
class WholeGateway:
    """A gateway with the system behind it, which analyses what is stored."""

    gateway: Gateway
    system: System
    live: LiveOrchestrator

    @property
    def client(self) -> httpx2.AsyncClient:
        return self.gateway.client


@asynccontextmanager
async def serving_gateway(settings: GatewaySettings, behind: Transport | None = None) -> AsyncIterator[Gateway]:
    """The gateway of these settings on a free port of loopback; ``behind`` takes the place of all other services."""
    async with AsyncExitStack() as stack:
        parts = await stack.enter_async_context(open_parts(settings))
        if behind is not None:
            parts = replace(parts, orchestrator=WyckoffClient(behind), marketdata=MarketDataClient(behind))
        server = await stack.enter_async_context(HttpServer(create_app(parts), settings))
        await server.start("127.0.0.1:0")
        async with httpx2.AsyncClient(base_url=server.url, timeout=TIMEOUT_S, trust_env=False) as client:
            yield Gateway(client, server, parts)


def gateway_settings(data_dir: Path, **values: Any) -> GatewaySettings:
    """Settings of a gateway in front of nothing, unless targets are among ``values``."""
    chosen = {"orchestrator_target": "127.0.0.1:1", "marketdata_target": "127.0.0.1:1", **values}
    return GatewaySettings(data_dir=data_dir / "gateway", **chosen)


@asynccontextmanager
async def running_gateway(data_dir: Path, **values: Any) -> AsyncIterator[WholeGateway]:
    """Every service on real servers, the orchestrator in live mode, and the gateway; ``values`` are its settings."""
    async with AsyncExitStack() as stack:
        system = await stack.enter_async_context(running_system(data_dir))
        live = await stack.enter_async_context(live_orchestrator(system, data_dir))
        settings = gateway_settings(
            data_dir,
            orchestrator_target=live.server.address,
            marketdata_target=system.marketdata_address,
            **values,
        )
        gateway = await stack.enter_async_context(serving_gateway(settings))
        yield WholeGateway(gateway, system, live)
