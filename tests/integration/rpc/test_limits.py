"""What one caller can do to a server: many calls, large messages, large headers, too many pings, bytes of nothing."""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.support.behaviours import mount_of
from wyckoff.rpc.admission import AdmissionSettings
from wyckoff.rpc.catalogue import GET_BARS, INGEST_BARS, WATCH_EVENTS
from wyckoff.rpc.channel import GrpcTransport
from wyckoff.rpc.errors import FieldViolation, InvalidArgumentError, ResourceExhaustedError
from wyckoff.rpc.server import Mount, Server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from wyckoff.rpc.methods import Method

PING = struct.pack(">I", 8)[1:] + b"\x06\x00" + bytes(4) + b"12345678"
SETTINGS = b"\x00\x00\x00\x04\x00" + bytes(4)
GOAWAY, ENHANCE_YOUR_CALM = 7, 11


class Gate:
    """Answers once it is opened; says how many wait."""

    def __init__(self) -> None:
        self.waiting = asyncio.Semaphore(0)
        self.open = asyncio.Event()

    async def answer(self, request: object, context: object) -> object:
        self.waiting.release()
        await self.open.wait()
        return GET_BARS.response()

    async def entered(self, count: int) -> None:
        for _ in range(count):
            await self.waiting.acquire()


async def limited(mount: Mount, calls: int = 2, retry_ms: int = 1) -> Server:
    settings = AdmissionSettings(max_concurrent_calls=calls, max_concurrent_streams=1, refused_retry_ms=retry_ms)
    return await Server([mount], grace_s=1.0, admission=settings).start("127.0.0.1:0")


async def ask(server: Server, method: Method[Any, Any] = GET_BARS, *, retries: int = 0) -> Any:
    transport = GrpcTransport.connect(server.address, retries=retries)
    try:
        return await transport.unary(method, method.request(), timeout_s=20)
    finally:
        await transport.close()


async def test_a_call_too_many_is_told_when_to_come_back_and_health_still_answers() -> None:
    gate = Gate()
    async with (
        await limited(mount_of(GET_BARS, gate.answer)) as server,
        aio.insecure_channel(server.address) as channel,
    ):
        running = [asyncio.create_task(ask(server)) for _ in range(2)]
        await gate.entered(2)
        with pytest.raises(ResourceExhaustedError, match="WYCKOFF_MAX_CONCURRENT_CALLS") as caught:
            await ask(server)
        assert caught.value.reason == "TOO_MANY_CALLS"
        assert 0 < float(caught.value.metadata["retry_after_s"]) <= 0.002
        stub: Any = health_pb2_grpc.HealthStub(channel)
        assert (await stub.Check(health_pb2.HealthCheckRequest(), timeout=5)).status == 1
        gate.open.set()
        await asyncio.gather(*running)
        await ask(server)


async def test_places_are_given_back_by_calls_that_are_cancelled() -> None:
    gate = Gate()
    async with await limited(mount_of(GET_BARS, gate.answer), calls=1) as server:
        for _ in range(3):
            call = asyncio.create_task(ask(server, retries=4))
            await gate.entered(1)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
        gate.open.set()
        await ask(server, retries=4)


def endless(gate: Gate) -> Mount:
    """A stream that never ends."""

    async def watch(request: object, context: object) -> AsyncIterator[object]:
        yield WATCH_EVENTS.response()
        await gate.open.wait()

    handler = grpc.unary_stream_rpc_method_handler(
        watch,
        request_deserializer=WATCH_EVENTS.request.FromString,
        response_serializer=WATCH_EVENTS.response.SerializeToString,
    )

    def register(server: Any) -> None:
        server.add_registered_method_handlers(WATCH_EVENTS.service, {WATCH_EVENTS.name: handler})

    return Mount(WATCH_EVENTS.service, register, drain=gate.open.set)


async def test_streams_have_places_of_their_own() -> None:
    gate = Gate()
    async with await limited(endless(gate)) as server:
        transport = GrpcTransport.connect(server.address)
        first = transport.server_stream(WATCH_EVENTS, WATCH_EVENTS.request(), timeout_s=None)
        await anext(first)
        second = transport.server_stream(WATCH_EVENTS, WATCH_EVENTS.request(), timeout_s=20)
        with pytest.raises(ResourceExhaustedError, match="WYCKOFF_MAX_CONCURRENT_STREAMS"):
            await anext(second)
        await first.aclose()
        await transport.close()


async def raw_call(server: Server, method: Method[Any, Any], request: bytes, **more: Any) -> aio.AioRpcError:
    """The error that ``request`` meets, whatever these bytes are."""
    options = (("grpc.max_send_message_length", -1), ("grpc.max_metadata_size", 1 << 20))
    async with aio.insecure_channel(server.address, options=options) as channel:
        call: Any = channel.unary_unary(method.path)
        with pytest.raises(aio.AioRpcError) as caught:
            await call(request, timeout=20, **more)
        return caught.value


async def never(request: object, context: object) -> object:
    raise AssertionError("called")


async def test_bytes_that_are_no_message_are_a_bad_argument() -> None:
    async with await limited(mount_of(GET_BARS, never)) as server:
        error = await raw_call(server, GET_BARS, b"\x00\xff\x00\xff")
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "4 bytes are no message" in (error.details() or "")


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
async def test_requests_have_a_size_also_once_they_are_unpacked(compression: grpc.Compression) -> None:
    mount = mount_of(INGEST_BARS, never)
    small = Mount(mount.service_name, mount.register, max_request_bytes=1 << 20)
    async with await limited(small) as server:
        error = await raw_call(server, INGEST_BARS, bytes(32 << 20), compression=compression)
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "larger than max" in (error.details() or "")


async def test_headers_have_a_size() -> None:
    async with await limited(mount_of(GET_BARS, never)) as server:
        error = await raw_call(server, GET_BARS, b"", metadata=(("x-much", "y" * 100_000),))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_an_error_that_has_very_much_to_say_arrives_cut() -> None:
    async def refuse(request: object, context: object) -> object:
        raise InvalidArgumentError([FieldViolation(f"bars.high[{at}]", "is € \udce4 too low") for at in range(5_000)])

    async with await limited(mount_of(GET_BARS, refuse)) as server:
        with pytest.raises(InvalidArgumentError) as caught:
            await ask(server)
    assert caught.value.message.endswith(" ...")
    assert caught.value.violations[0] == FieldViolation("bars.high[0]", "is € ? too low")
    assert 20 < len(caught.value.violations) < 5_000


async def test_who_pings_too_often_is_cut_off() -> None:
    async with await limited(mount_of(GET_BARS, never)) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + SETTINGS + PING * 10)
        await writer.drain()
        async with asyncio.timeout(20):
            kind, payload = -1, b""
            while kind != GOAWAY:
                header = await reader.readexactly(9)
                kind = header[3]
                payload = await reader.readexactly(int.from_bytes(header[:3], "big"))
        writer.close()
        await writer.wait_closed()
    assert int.from_bytes(payload[4:8], "big") == ENHANCE_YOUR_CALM
    assert payload[8:] == b"too_many_pings"
