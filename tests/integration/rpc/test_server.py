"""A real server: health, reflection, channelz, errors, a taken port, cancellation."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from grpc import aio
from grpc_channelz.v1 import channelz_pb2, channelz_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2

from tests.support.serving import serving
from wyckoff.rpc.catalogue import ANALYZE_VOLUME, VOLUME
from wyckoff.rpc.channel import GrpcTransport
from wyckoff.rpc.errors import (
    DeadlineExceededError,
    FieldViolation,
    InternalError,
    InvalidArgumentError,
    UnavailableError,
    UnimplementedError,
)
from wyckoff.rpc.server import Mount, Server
from wyckoff.volume.v1 import volume_pb2, volume_pb2_grpc

if TYPE_CHECKING:
    from wyckoff.rpc.call import CallContext

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class Scripted(volume_pb2_grpc.VolumeServiceServicer):
    """Does what the symbol says."""

    def __init__(self) -> None:
        self.entered = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def AnalyzeVolume(
        self, request: volume_pb2.AnalyzeVolumeRequest, context: CallContext
    ) -> volume_pb2.AnalyzeVolumeResponse:
        match request.bars.symbol:
            case "BAD":
                raise InvalidArgumentError([FieldViolation("bars.symbol", "is bad")])
            case "CRASH":
                raise ZeroDivisionError("a secret detail")
            case "HANG":
                self.entered.set()
                try:
                    await asyncio.Event().wait()
                finally:
                    self.cancelled.set()
        return volume_pb2.AnalyzeVolumeResponse()


def _mount(servicer: Scripted) -> Mount:
    return Mount(VOLUME, partial(volume_pb2_grpc.add_VolumeServiceServicer_to_server, servicer))


def _request(symbol: str) -> volume_pb2.AnalyzeVolumeRequest:
    request = volume_pb2.AnalyzeVolumeRequest()
    request.bars.symbol = symbol
    return request


async def test_health_is_serving_for_the_server_and_its_service_and_not_found_for_others() -> None:
    async with serving([_mount(Scripted())]) as server, aio.insecure_channel(server.address) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        for name in ("", VOLUME):
            answer = await stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=5)
            assert answer.status == SERVING
        with pytest.raises(aio.AioRpcError) as caught:
            await stub.Check(health_pb2.HealthCheckRequest(service="nobody"), timeout=5)
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND


async def test_watchers_are_told_not_serving_before_the_server_ends() -> None:
    async with serving([_mount(Scripted())]) as server, aio.insecure_channel(server.address) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        watch = stub.Watch(health_pb2.HealthCheckRequest(service=VOLUME), timeout=10)
        assert (await watch.read()).status == SERVING
        stopping = asyncio.create_task(server.stop())
        assert (await watch.read()).status == NOT_SERVING
        await stopping


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
async def test_reflection_lists_and_describes_every_service(version: str) -> None:
    async with serving([_mount(Scripted())]) as server, aio.insecure_channel(server.address) as channel:
        reflect: Any = channel.stream_stream(
            f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
            request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
            response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
        )
        call = reflect(timeout=5)
        await call.write(reflection_pb2.ServerReflectionRequest(list_services=""))
        listed = {service.name for service in (await call.read()).list_services_response.service}
        assert {VOLUME, "grpc.health.v1.Health", "grpc.channelz.v1.Channelz"} <= listed
        for name in listed:
            await call.write(reflection_pb2.ServerReflectionRequest(file_containing_symbol=name))
            assert (await call.read()).HasField("file_descriptor_response"), name
        await call.done_writing()


async def test_channelz_counts_calls() -> None:
    async with serving([_mount(Scripted())]) as server, aio.insecure_channel(server.address) as channel:
        stub: Any = channelz_pb2_grpc.ChannelzStub(channel)  # type: ignore[arg-type]
        answer = await stub.GetServers(channelz_pb2.GetServersRequest(), timeout=5)
        assert len(answer.server) >= 1


async def test_errors_reach_the_caller_with_their_details() -> None:
    async with serving([_mount(Scripted())]) as server:
        transport = GrpcTransport.connect(server.address)
        with pytest.raises(InvalidArgumentError) as caught:
            await transport.unary(ANALYZE_VOLUME, _request("BAD"), timeout_s=5)
        assert caught.value.violations == (FieldViolation("bars.symbol", "is bad"),)
        with pytest.raises(InternalError) as crashed:
            await transport.unary(ANALYZE_VOLUME, _request("CRASH"), timeout_s=5)
        assert "secret" not in crashed.value.message
        await transport.close()


async def test_a_deadline_ends_the_call_and_cancels_the_servicer() -> None:
    servicer = Scripted()
    async with serving([_mount(servicer)]) as server:
        transport = GrpcTransport.connect(server.address)
        with pytest.raises(DeadlineExceededError):
            await transport.unary(ANALYZE_VOLUME, _request("HANG"), timeout_s=0.2)
        await asyncio.wait_for(servicer.cancelled.wait(), 5)
        await transport.close()


async def test_a_caller_that_goes_away_cancels_the_servicer() -> None:
    servicer = Scripted()
    async with serving([_mount(servicer)]) as server:
        transport = GrpcTransport.connect(server.address)
        call = asyncio.create_task(transport.unary(ANALYZE_VOLUME, _request("HANG"), timeout_s=30))
        await asyncio.wait_for(servicer.entered.wait(), 5)
        call.cancel()
        await asyncio.wait_for(servicer.cancelled.wait(), 5)
        await transport.close()


async def test_an_unknown_method_is_unimplemented_and_a_dead_server_unavailable() -> None:
    async with serving([]) as server:
        transport = GrpcTransport.connect(server.address)
        with pytest.raises(UnimplementedError):
            await transport.unary(ANALYZE_VOLUME, _request("A"), timeout_s=5)
    with pytest.raises(UnavailableError):
        await transport.unary(ANALYZE_VOLUME, _request("A"), timeout_s=5)
    await transport.close()


async def test_a_taken_port_is_an_error_that_names_the_address() -> None:
    async with serving([]) as server:
        second = Server([], grace_s=0)
        with pytest.raises(UnavailableError, match=server.address):
            await second.start(server.address)
        await second.stop()
