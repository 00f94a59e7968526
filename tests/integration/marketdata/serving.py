"""A real server and a real channel to it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from services.marketdata.__main__ import open_mounts
from wyckoff.marketdata.v1.marketdata_pb2_grpc import MarketDataServiceStub
from wyckoff.rpc.channel import open_channel
from wyckoff.rpc.server import Server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from services.marketdata.config import MarketDataSettings
    from wyckoff.marketdata.v1.marketdata_pb2_grpc import MarketDataServiceAsyncStub


@asynccontextmanager
async def serving(settings: MarketDataSettings) -> AsyncIterator[MarketDataServiceAsyncStub]:
    """A client of a server of its own on a free port."""
    async with open_mounts(settings) as mounts, Server(mounts, grace_s=0.2) as server:
        await server.start("127.0.0.1:0")
        async with open_channel(server.address) as channel:
            yield MarketDataServiceStub(channel)
