"""A real server on port 0."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from wyckoff.rpc.server import Mount, Server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from grpc.aio import ServerInterceptor


@asynccontextmanager
async def serving(mounts: Sequence[Mount], interceptors: Sequence[ServerInterceptor] = ()) -> AsyncIterator[Server]:
    """A server of ``mounts`` on a free port of loopback."""
    async with Server(mounts, grace_s=1.0, interceptors=interceptors) as server:
        yield await server.start("127.0.0.1:0")
