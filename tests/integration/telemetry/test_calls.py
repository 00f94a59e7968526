"""Spans of calls over a real server: however a call ends, both ends say how, and none stays open."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.support.serving import serving
from tests.support.spans import SpanBook, parent_id, span_id, watching
from wyckoff.marketdata.v1 import marketdata_pb2, marketdata_pb2_grpc
from wyckoff.rpc.catalogue import GET_BARS, MARKETDATA
from wyckoff.rpc.channel import GrpcTransport, open_channel
from wyckoff.rpc.errors import DeadlineExceededError, InternalError, InvalidArgumentError, WyckoffError
from wyckoff.rpc.methods import Method
from wyckoff.rpc.offload import ThreadOffload
from wyckoff.rpc.server import Mount
from wyckoff.telemetry.spans import span

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

WATCH_BARS = Method(MARKETDATA, "WatchBars", marketdata_pb2.WatchBarsRequest, marketdata_pb2.WatchBarsResponse)
CALL = f"{MARKETDATA}/GetBars"
WATCH = f"{MARKETDATA}/WatchBars"
STREAM_IN = f"{MARKETDATA}/IngestBarsStream"


class Scripted(marketdata_pb2_grpc.MarketDataServiceServicer):
    """Does what the symbol says."""

    def __init__(self) -> None:
        self.entered = asyncio.Event()
        self.running = 0
        self.offload: ThreadOffload | None = None

    async def GetBars(self, request: marketdata_pb2.GetBarsRequest, context: Any) -> marketdata_pb2.GetBarsResponse:
        await self._act(request.symbol)
        return marketdata_pb2.GetBarsResponse()

    async def WatchBars(
        self, request: marketdata_pb2.WatchBarsRequest, context: Any
    ) -> AsyncGenerator[marketdata_pb2.WatchBarsResponse]:
        for _ in range(3):
            yield marketdata_pb2.WatchBarsResponse()
        await self._act(request.symbols[0])

    async def IngestBarsStream(
        self, request_iterator: AsyncIterator[Any], context: Any
    ) -> marketdata_pb2.IngestBarsStreamResponse:
        async for _ in request_iterator:
            await self._act("OK")
        return marketdata_pb2.IngestBarsStreamResponse()

    async def _act(self, symbol: str) -> None:
        self.running += 1
        try:
            match symbol:
                case "BAD":
                    raise InvalidArgumentError.of("symbol", "is bad")
                case "CRASH":
                    raise ZeroDivisionError
                case "HANG":
                    self.entered.set()
                    await asyncio.Event().wait()
                case "THREAD":
                    assert self.offload is not None
                    await self.offload(_compute)
        finally:
            self.running -= 1


def _compute() -> None:
    with span("compute"):
        pass


@asynccontextmanager
async def served() -> AsyncIterator[tuple[Scripted, str]]:
    servicer: Any = Scripted()  # type: ignore[abstract]
    register = partial(marketdata_pb2_grpc.add_MarketDataServiceServicer_to_server, servicer)
    with ThreadOffload() as offload:
        servicer.offload = offload
        async with serving([Mount(MARKETDATA, register)]) as server:
            yield servicer, server.address


async def _get(address: str, symbol: str, timeout_s: float = 30) -> None:
    async with _closing(GrpcTransport.connect(address)) as transport:
        request = marketdata_pb2.GetBarsRequest(symbol=symbol)
        await transport.unary(GET_BARS, request, timeout_s=timeout_s)


@asynccontextmanager
async def _closing(transport: GrpcTransport) -> AsyncIterator[GrpcTransport]:
    try:
        yield transport
    finally:
        await transport.close()


def _ends(book: SpanBook, name: str) -> list[tuple[str, int]]:
    """Status and code of the client's span and of the server's."""
    ends = []
    for kind in ("CLIENT", "SERVER"):
        found = book.named(name, kind)
        code = (found.attributes or {})["rpc.grpc.status_code"]
        assert isinstance(code, int)
        ends.append((found.status.status_code.name, code))
    return ends


async def test_a_call_is_one_trace_with_correlation_id_on_both_ends() -> None:
    with watching() as book:
        async with served() as (_, address):
            with span("root", correlation_id="c-1"):
                await _get(address, "OK")
            spans = await book.all_ended(3)
    client, server = book.named(CALL, "CLIENT"), book.named(CALL, "SERVER")
    assert len({item.context.trace_id for item in spans if item.context}) == 1
    assert parent_id(server) == span_id(client)
    assert parent_id(client) == span_id(book.named("root"))
    assert [(item.attributes or {}).get("correlation_id") for item in spans] == ["c-1"] * 3
    assert (client.attributes or {})["rpc.service"] == MARKETDATA
    assert (client.attributes or {})["rpc.method"] == "GetBars"
    assert _ends(book, CALL) == [("UNSET", 0), ("UNSET", 0)]


@pytest.mark.parametrize(
    ("symbol", "error", "ends"),
    [
        ("BAD", InvalidArgumentError, [("ERROR", 3), ("UNSET", 3)]),
        ("CRASH", InternalError, [("ERROR", 13), ("ERROR", 13)]),
        ("HANG", DeadlineExceededError, [("ERROR", 4), ("ERROR", 4)]),
    ],
)
async def test_failed_calls_say_so_on_both_ends(
    symbol: str, error: type[WyckoffError], ends: list[tuple[str, int]]
) -> None:
    with watching() as book:
        async with served() as (servicer, address):
            with pytest.raises(error), span("root"):
                await _get(address, symbol, timeout_s=0.5)
            await book.all_ended(3)
            assert servicer.running == 0
    assert _ends(book, CALL) == ends
    assert book.named("root").status.status_code.name == "ERROR"


async def test_a_cancelled_call_ends_on_both_ends_and_its_server_stops() -> None:
    with watching() as book:
        async with served() as (servicer, address):

            async def ask() -> None:
                with span("root"):
                    await _get(address, "HANG")

            task = asyncio.create_task(ask())
            await servicer.entered.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await book.all_ended(3)
            assert servicer.running == 0
    assert _ends(book, CALL) == [("ERROR", 1), ("UNSET", 1)]
    assert book.named("root").status.description == "cancelled"


@pytest.mark.parametrize("turns", range(12))
async def test_a_call_cancelled_at_any_moment_leaves_nothing_open(turns: int) -> None:
    with watching() as book:
        async with served() as (servicer, address):
            await _get(address, "OK")
            await book.all_ended(2)
            task = asyncio.create_task(_get(address, "HANG"))
            for _ in range(turns):
                # one turn of the event loop further each time, to cancel in every state of the call
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await _get(address, "OK")
            await book.all_ended(4)
            assert servicer.running == 0


@pytest.mark.parametrize(
    ("symbol", "ends"),
    [
        ("OK", [("UNSET", 0), ("UNSET", 0)]),
        ("CRASH", [("ERROR", 13), ("ERROR", 13)]),
        ("HANG", [("ERROR", 4), ("ERROR", 4)]),
    ],
)
async def test_a_stream_read_to_its_end(symbol: str, ends: list[tuple[str, int]]) -> None:
    with watching() as book:
        async with served() as (_, address), _closing(GrpcTransport.connect(address)) as transport:
            request = marketdata_pb2.WatchBarsRequest(symbols=[symbol])
            received = 0
            with suppress(WyckoffError):
                async for _ in transport.server_stream(WATCH_BARS, request, timeout_s=0.5):
                    received += 1
            await book.all_ended(2)
    assert received == 3
    assert _ends(book, WATCH) == ends


async def test_a_stream_left_by_its_reader() -> None:
    with watching() as book:
        async with served() as (servicer, address), _closing(GrpcTransport.connect(address)) as transport:
            request = marketdata_pb2.WatchBarsRequest(symbols=["HANG"])
            async with aclosing(transport.server_stream(WATCH_BARS, request, timeout_s=30)) as bars:
                await anext(bars)
                await servicer.entered.wait()
            await book.all_ended(2)
            assert servicer.running == 0
    assert _ends(book, WATCH) == [("ERROR", 1), ("UNSET", 1)]


async def test_a_stream_whose_reader_is_cancelled() -> None:
    with watching() as book:
        async with served() as (servicer, address), _closing(GrpcTransport.connect(address)) as transport:

            async def read() -> None:
                request = marketdata_pb2.WatchBarsRequest(symbols=["HANG"])
                async for _ in transport.server_stream(WATCH_BARS, request, timeout_s=30):
                    pass

            task = asyncio.create_task(read())
            await servicer.entered.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await book.all_ended(2)
            assert servicer.running == 0
    assert _ends(book, WATCH) == [("ERROR", 1), ("UNSET", 1)]


async def test_a_stream_of_requests() -> None:
    with watching() as book:
        async with served() as (_, address), open_channel(address) as channel:
            stub: Any = marketdata_pb2_grpc.MarketDataServiceStub(channel)
            await stub.IngestBarsStream(iter([marketdata_pb2.IngestBarsStreamRequest()] * 3), timeout=30)
            await book.all_ended(2)
    assert _ends(book, STREAM_IN) == [("UNSET", 0), ("UNSET", 0)]


async def test_nobody_is_there() -> None:
    with watching() as book:
        with pytest.raises(WyckoffError):
            await _get("127.0.0.1:1", "OK")
        await book.all_ended(1)
    assert (book.named(CALL, "CLIENT").attributes or {})["rpc.grpc.status_code"] == grpc.StatusCode.UNAVAILABLE.value[0]


async def test_the_thread_that_computes_is_in_the_trace() -> None:
    with watching() as book:
        async with served() as (_, address):
            await _get(address, "THREAD")
            await book.all_ended(3)
    assert parent_id(book.named("compute")) == span_id(book.named(CALL, "SERVER"))


async def test_a_correlation_id_in_the_headers_is_enough() -> None:
    with watching() as book:
        async with served() as (_, address), aio.insecure_channel(address) as channel:
            stub: Any = marketdata_pb2_grpc.MarketDataServiceStub(channel)
            await stub.GetBars(marketdata_pb2.GetBarsRequest(), metadata=(("x-correlation-id", "c-2"),), timeout=30)
            await book.all_ended(1)
    assert (book.named(CALL, "SERVER").attributes or {})["correlation_id"] == "c-2"


async def test_health_is_not_watched() -> None:
    with watching() as book:
        async with served() as (_, address), open_channel(address) as channel:
            stub: Any = health_pb2_grpc.HealthStub(channel)
            await stub.Check(health_pb2.HealthCheckRequest(), timeout=30)
    assert book.started == []
