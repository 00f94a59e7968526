"""Services that answer at once, on a real server with TLS."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

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
    """Tells of three changes once it may, takes bars, and has no other RPC."""

    def __init__(self) -> None:
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    async def WatchBars(
        self, request: marketdata_pb2.WatchBarsRequest, context: CallContext
    ) -> AsyncIterator[marketdata_pb2.WatchBarsResponse]:
        for _ in range(3):
            yield marketdata_pb2.WatchBarsResponse()
            await self.may_go_on.wait()

    async def IngestBarsStream(
        self, requests: AsyncIterator[marketdata_pb2.IngestBarsStreamRequest], context: CallContext
    ) -> marketdata_pb2.IngestBarsStreamResponse:
        async for _ in requests:
            pass
        return marketdata_pb2.IngestBarsStreamResponse()


def _add_marketdata(marketdata: MarketData, server: aio.Server) -> None:
    watch = grpc.unary_stream_rpc_method_handler(
        marketdata.WatchBars,
        request_deserializer=WATCH_BARS.request.FromString,
        response_serializer=WATCH_BARS.response.SerializeToString,
    )
    ingest = grpc.stream_unary_rpc_method_handler(
        marketdata.IngestBarsStream,
        request_deserializer=marketdata_pb2.IngestBarsStreamRequest.FromString,
        response_serializer=marketdata_pb2.IngestBarsStreamResponse.SerializeToString,
    )
    methods: dict[str, grpc.RpcMethodHandler[Any, Any]] = {WATCH_BARS.name: watch, "IngestBarsStream": ingest}
    handlers = grpc.method_handlers_generic_handler(MARKETDATA, methods)
    server.add_generic_rpc_handlers((handlers,))


@asynccontextmanager
async def serving_tls(
    tls: TlsSettings, address: str = "127.0.0.1:0", marketdata: MarketData | None = None
) -> AsyncIterator[Server]:
    """Pattern and market data, on a free port of loopback."""
    mounts = [
        Mount(PATTERN, partial(pattern_pb2_grpc.add_PatternServiceServicer_to_server, Pattern())),
        Mount(MARKETDATA, partial(_add_marketdata, marketdata or MarketData())),
    ]
    async with Server(mounts, grace_s=1.0, tls=tls) as server:
        yield await server.start(address)
