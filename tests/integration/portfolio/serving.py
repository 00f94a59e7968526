"""A real server and a real channel to it, with a clock that the test sets."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from services.portfolio.__main__ import open_mounts
from wyckoff.portfolio.v1.portfolio_pb2_grpc import PortfolioServiceStub
from wyckoff.rpc.channel import open_channel
from wyckoff.rpc.server import Server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from services.portfolio.config import PortfolioSettings
    from wyckoff.portfolio.v1.portfolio_pb2_grpc import PortfolioServiceAsyncStub

DAY_MS = 86_400_000


class Clock:
    """Noon of a day in 2010, until it is set."""

    def __init__(self) -> None:
        self.now_ms = 14_700 * DAY_MS + DAY_MS // 2

    def __call__(self) -> int:
        return self.now_ms


@asynccontextmanager
async def serving(settings: PortfolioSettings, clock: Clock) -> AsyncIterator[PortfolioServiceAsyncStub]:
    """A client of a server of its own on a free port."""
    async with open_mounts(settings, clock) as mounts, Server(mounts, grace_s=0.2) as server:
        await server.start("127.0.0.1:0")
        async with open_channel(server.address) as channel:
            yield PortfolioServiceStub(channel)
