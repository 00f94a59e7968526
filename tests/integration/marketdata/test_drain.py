"""A service that stops lets its watchers go at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from services.marketdata.__main__ import open_mounts
from tests.support.serving import serving
from wyckoff.marketdata.v1 import marketdata_pb2
from wyckoff.rpc.channel import GrpcTransport
from wyckoff.rpc.errors import UnavailableError
from wyckoff.rpc.methods import Method

if TYPE_CHECKING:
    from services.marketdata.config import MarketDataSettings

WATCH = Method(
    "wyckoff.marketdata.v1.MarketDataService",
    "WatchBars",
    marketdata_pb2.WatchBarsRequest,
    marketdata_pb2.WatchBarsResponse,
)


async def test_a_watcher_is_told_that_the_service_stops(settings: MarketDataSettings) -> None:
    async with open_mounts(settings) as mounts, serving(mounts) as server:
        transport = GrpcTransport.connect(server.address)
        stream = transport.server_stream(WATCH, marketdata_pb2.WatchBarsRequest(), timeout_s=60)
        first = asyncio.ensure_future(anext(stream))
        stopping = asyncio.create_task(server.stop())
        with pytest.raises(UnavailableError):
            await first
        await stopping
        await transport.close()
