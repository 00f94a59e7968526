"""Connections end at an age: calls move to new ones, streams stay unless told otherwise."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from tools.stage_load import Load, StageCall
from wyckoff.rpc.balancing import BalancingSettings
from wyckoff.rpc.catalogue import GET_BARS, MARKETDATA, WATCH_BARS
from wyckoff.rpc.channel import GrpcTransport
from wyckoff.rpc.errors import CancelledCallError, UnavailableError
from wyckoff.rpc.server import Mount, Server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LIMIT_S = 60


class Service:
    """Remembers by which connections it was asked; its stream sends what is put into ``sent``."""

    def __init__(self) -> None:
        self.peers: set[str] = set()
        self.sent: asyncio.Queue[None] = asyncio.Queue()

    def mount(self) -> Mount:
        handlers = {
            GET_BARS.name: grpc.unary_unary_rpc_method_handler(
                self._unary, GET_BARS.request.FromString, GET_BARS.response.SerializeToString
            ),
            WATCH_BARS.name: grpc.unary_stream_rpc_method_handler(
                self._stream, WATCH_BARS.request.FromString, WATCH_BARS.response.SerializeToString
            ),
        }

        def register(server: Any) -> None:
            server.add_registered_method_handlers(MARKETDATA, handlers)

        return Mount(MARKETDATA, register)

    async def _unary(self, request: object, context: Any) -> object:
        self.peers.add(context.peer())
        return GET_BARS.response()

    async def _stream(self, request: object, context: object) -> AsyncIterator[object]:
        while True:
            await self.sent.get()
            yield WATCH_BARS.response()


@asynccontextmanager
async def aged(service: Service, settings: BalancingSettings) -> AsyncIterator[GrpcTransport]:
    async with Server([service.mount()], grace_s=0.1, options=settings.server_options) as server:
        await server.start("127.0.0.1:0")
        transport = GrpcTransport.connect(server.address, retries=0)
        yield transport
        await transport.close()


async def several_connections(service: Service, transport: GrpcTransport) -> None:
    """Calls until they have gone over three connections; none fails."""
    async with Load(transport, StageCall(GET_BARS, GET_BARS.request())).running() as load, asyncio.timeout(LIMIT_S):
        while len(service.peers) < 3:
            await load.more(10)
    assert load.failures == []


async def test_calls_move_to_new_connections_and_a_stream_lasts() -> None:
    service = Service()
    async with aged(service, BalancingSettings(max_connection_age_s=0.2)) as transport:
        stream = transport.server_stream(WATCH_BARS, WATCH_BARS.request(), timeout_s=LIMIT_S)
        async with aclosing(stream) as responses:
            for _ in range(2):
                service.sent.put_nowait(None)
                assert await anext(responses) is not None
                await several_connections(service, transport)
                service.peers.clear()


async def test_with_a_grace_what_is_left_on_an_old_connection_is_cut_off() -> None:
    service = Service()
    settings = BalancingSettings(max_connection_age_s=0.2, max_connection_age_grace_s=0.1)
    async with aged(service, settings) as transport:
        stream = transport.server_stream(WATCH_BARS, WATCH_BARS.request(), timeout_s=LIMIT_S)
        async with aclosing(stream) as responses:
            service.sent.put_nowait(None)
            assert await anext(responses) is not None
            with pytest.raises((UnavailableError, CancelledCallError)):
                await anext(responses)


async def test_connections_without_an_age_last() -> None:
    service = Service()
    async with aged(service, BalancingSettings(max_connection_age_s=0)) as transport:
        async with Load(transport, StageCall(GET_BARS, GET_BARS.request())).running() as load:
            await load.more(500)
        assert len(service.peers) == 1
