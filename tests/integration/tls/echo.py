"""Services that answer at once, on a real server with TLS."""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

import grpc

from wyckoff.marketdata.v1 import marketdata_pb2
from wyckoff.pattern.v1 import pattern_pb2, pattern_pb2_grpc
from wyckoff.rpc.catalogue import MARKETDATA, PATTERN, WATCH_BARS
from wyckoff.rpc.server import Mount, Server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from grpc import aio

    from wyckoff.rpc.call import CallContext
    from wyckoff.rpc.tls.settings import TlsSettings


class Pattern(pattern_pb2_grpc.PatternServiceServicer):
    """Finds nothing."""

    async def DetectPatterns(
        self, request: pattern_pb2.DetectPatternsRequest, context: CallContext
    ) -> pattern_pb2.DetectPatternsResponse:
        return pattern_pb2.DetectPatternsResponse()


class MarketData:
    """Tells of three changes, and has no other RPC."""

    async def WatchBars(
        self, request: marketdata_pb2.WatchBarsRequest, context: CallContext
    ) -> AsyncIterator[marketdata_pb2.WatchBarsResponse]:
        for _ in range(3):
            yield marketdata_pb2.WatchBarsResponse()


def _add_watch_bars(server: aio.Server) -> None:
    handler = grpc.unary_stream_rpc_method_handler(
        MarketData().WatchBars,
        request_deserializer=WATCH_BARS.request.FromString,
        response_serializer=WATCH_BARS.response.SerializeToString,
    )
    handlers = grpc.method_handlers_generic_handler(MARKETDATA, {WATCH_BARS.name: handler})
    server.add_generic_rpc_handlers((handlers,))


@asynccontextmanager
async def serving_tls(tls: TlsSettings) -> AsyncIterator[Server]:
    """Pattern and market data on a free port of loopback."""
    mounts = [
        Mount(PATTERN, partial(pattern_pb2_grpc.add_PatternServiceServicer_to_server, Pattern())),
        Mount(MARKETDATA, _add_watch_bars),
    ]
    async with Server(mounts, grace_s=1.0, tls=tls) as server:
        yield await server.start("127.0.0.1:0")
