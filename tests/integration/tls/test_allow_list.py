"""Identities that are known, and what each may call: unary calls, streams, and the services that every server has."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from grpc import aio
from grpc_channelz.v1 import channelz_pb2, channelz_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from tests.integration.tls.echo import serving_tls
from wyckoff.marketdata.v1 import marketdata_pb2
from wyckoff.pattern.v1 import pattern_pb2
from wyckoff.rpc.catalogue import DETECT_PATTERNS, MARKETDATA, WATCH_BARS
from wyckoff.rpc.channel import GrpcTransport, open_channel
from wyckoff.rpc.errors import PermissionDeniedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.support.tls import TlsFolder
    from wyckoff.rpc.tls.settings import TlsSettings


@asynccontextmanager
async def calling(address: str, tls: TlsSettings) -> AsyncIterator[GrpcTransport]:
    transport = GrpcTransport.connect(address, tls=tls)
    try:
        yield transport
    finally:
        await transport.close()


async def detect(transport: GrpcTransport) -> None:
    await transport.unary(DETECT_PATTERNS, pattern_pb2.DetectPatternsRequest(), timeout_s=10)


async def watch(transport: GrpcTransport) -> int:
    changes = transport.server_stream(WATCH_BARS, marketdata_pb2.WatchBarsRequest(), timeout_s=10)
    return len([change async for change in changes])


async def status_of(call: Any) -> grpc.StatusCode:
    try:
        await call
    except aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


async def reflected(channel: aio.Channel) -> grpc.StatusCode:
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)  # type: ignore[arg-type]
    call = stub.ServerReflectionInfo(iter([reflection_pb2.ServerReflectionRequest(list_services="")]), timeout=10)
    return await status_of(call.read())


async def test_a_unary_call_by_who_is_on_the_list_and_who_is_not(folder: TlsFolder) -> None:
    async with serving_tls(folder.settings("pattern")) as server:
        async with calling(server.address, folder.settings("orchestrator")) as orchestrator:
            await detect(orchestrator)
        async with calling(server.address, folder.settings("risk")) as risk:
            with pytest.raises(PermissionDeniedError) as caught:
                await detect(risk)
    assert caught.value.reason == "PEER_NOT_ALLOWED"
    assert caught.value.metadata == {"peer": "spiffe://wyckoff/risk"}
    assert caught.value.message == (
        "spiffe://wyckoff/risk may not call /wyckoff.pattern.v1.PatternService/DetectPatterns; allowed: orchestrator"
    )


async def test_a_stream_by_who_is_on_the_list_and_who_is_not(folder: TlsFolder) -> None:
    async with serving_tls(folder.settings("pattern")) as server:
        for name in ("orchestrator", "gateway", "client"):
            async with calling(server.address, folder.settings(name)) as allowed:
                assert await watch(allowed) == 3
        async with calling(server.address, folder.settings("alerts")) as alerts:
            with pytest.raises(PermissionDeniedError, match="spiffe://wyckoff/alerts may not call"):
                await watch(alerts)


@pytest.mark.parametrize(("name", "code"), [("client", "OK"), ("alerts", "PERMISSION_DENIED")])
async def test_a_stream_of_requests_by_who_is_on_the_list_and_who_is_not(
    folder: TlsFolder, name: str, code: str
) -> None:
    async with (
        serving_tls(folder.settings("marketdata")) as server,
        open_channel(server.address, tls=folder.settings(name)) as channel,
    ):
        ingest: Any = channel.stream_unary(f"/{MARKETDATA}/IngestBarsStream")
        assert (await status_of(ingest(iter([b"", b""]), timeout=10))).name == code


async def test_a_list_of_the_settings_takes_the_place_of_the_one_in_the_code(folder: TlsFolder) -> None:
    allowed = ("risk", "spiffe://elsewhere/desk")
    folder.issue("desk", identity="spiffe://elsewhere/desk")
    async with serving_tls(folder.settings("pattern", tls_allowed_peers=allowed)) as server:
        for name in ("risk", "desk"):
            async with calling(server.address, folder.settings(name)) as transport:
                await detect(transport)
        async with calling(server.address, folder.settings("orchestrator")) as orchestrator:
            with pytest.raises(PermissionDeniedError, match="allowed: risk, spiffe://elsewhere/desk"):
                await detect(orchestrator)


async def test_the_right_name_of_another_trust_domain_is_another_identity(folder: TlsFolder) -> None:
    folder.issue("other", identity="spiffe://elsewhere/orchestrator")
    async with (
        serving_tls(folder.settings("pattern")) as server,
        calling(server.address, folder.settings("other")) as other,
    ):
        with pytest.raises(PermissionDeniedError, match="spiffe://elsewhere/orchestrator may not call"):
            await detect(other)


@pytest.mark.parametrize(
    ("name", "described"),
    [("client", "OK"), ("operator", "OK"), ("risk", "PERMISSION_DENIED")],
)
async def test_health_is_for_all_and_the_description_of_a_server_for_callers_and_operators(
    folder: TlsFolder, name: str, described: str
) -> None:
    async with (
        serving_tls(folder.settings("pattern")) as server,
        open_channel(server.address, tls=folder.settings(name)) as channel,
    ):
        health: Any = health_pb2_grpc.HealthStub(channel)
        assert await status_of(health.Check(health_pb2.HealthCheckRequest(), timeout=10)) is grpc.StatusCode.OK
        channelz: Any = channelz_pb2_grpc.ChannelzStub(channel)  # type: ignore[arg-type]
        listed = channelz.GetServers(channelz_pb2.GetServersRequest(start_server_id=0), timeout=10)
        assert (await status_of(listed)).name == described
        assert (await reflected(channel)).name == described


async def test_an_operator_may_not_call_what_a_service_does(folder: TlsFolder) -> None:
    async with (
        serving_tls(folder.settings("pattern")) as server,
        calling(server.address, folder.settings("operator")) as operator,
    ):
        with pytest.raises(PermissionDeniedError, match="allowed: orchestrator"):
            await detect(operator)
