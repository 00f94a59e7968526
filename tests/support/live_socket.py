"""WebSocket clients of the gateway, and a gateway that has its events from a test."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from services.gateway.app import create_app
from services.gateway.live.hub import EventHub
from services.gateway.live.settings import LiveSettings
from services.gateway.parts import open_parts
from services.gateway.serving import HttpServer
from tests.support.gateway import gateway_settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from websockets.asyncio.client import ClientConnection

    from wyckoff.client.following import Watch

TIMEOUT_S = 30


class LiveClient:
    """Reads messages as dictionaries."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def read(self) -> dict[str, Any]:
        """The next message."""
        async with asyncio.timeout(TIMEOUT_S):
            message: dict[str, Any] = json.loads(await self.connection.recv())
        return message

    async def read_event(self) -> dict[str, Any]:
        """The next message that is no heartbeat."""
        while (message := await self.read())["type"] == "heartbeat":
            pass
        return message

    async def ids(self, count: int) -> list[str]:
        """Ids of the next so many events."""
        return [(await self.read_event())["id"] for _ in range(count)]

    async def closing(self) -> tuple[int, str]:
        """Code and reason of the close, whatever comes before."""
        with suppress(ConnectionClosed):
            while True:
                await self.read()
        assert self.connection.close_code is not None
        return self.connection.close_code, self.connection.close_reason or ""


@asynccontextmanager
async def live_client(
    address: str, *, headers: Mapping[str, str] | None = None, **query: str
) -> AsyncIterator[LiveClient]:
    """A client that has not read its hello yet."""
    url = f"ws://{address}/ws?{urlencode(query)}"
    async with connect(url, additional_headers=headers, proxy=None, compression=None, close_timeout=1) as connection:
        yield LiveClient(connection)


@asynccontextmanager
async def live_gateway(
    watch: Watch, data_dir: Path, live: LiveSettings | None = None, **values: Any
) -> AsyncIterator[tuple[str, EventHub]]:
    """The address of a gateway whose events come from ``watch``, and its hub; ``values`` are its settings."""
    settings = gateway_settings(data_dir, live=live or LiveSettings(), **values)
    async with (
        open_parts(settings) as parts,
        EventHub(watch, settings.live) as hub,
        HttpServer(create_app(replace(parts, events=hub)), settings) as server,
    ):
        await server.start("127.0.0.1:0")
        yield server.address, hub
