"""Plain text stays on this machine unless it is said; health alone may have a port of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from grpc import StatusCode, aio
from grpc_health.v1 import health_pb2

from tests.integration.tls.echo import serving_tls
from wyckoff.client import WyckoffClient
from wyckoff.pattern.v1 import pattern_pb2
from wyckoff.rpc.catalogue import DETECT_PATTERNS, PATTERN
from wyckoff.rpc.channel import GrpcTransport, open_channel
from wyckoff.rpc.errors import FailedPreconditionError, UnavailableError
from wyckoff.rpc.tls.settings import TlsSettings

if TYPE_CHECKING:
    from tests.support.tls import TlsFolder

CHECK = "/grpc.health.v1.Health/Check"
LIST = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
SERVING = health_pb2.HealthCheckResponse.SERVING


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "wyckoff.example:0"])
async def test_a_server_that_others_could_reach_does_not_start(address: str) -> None:
    with pytest.raises(FailedPreconditionError, match="is not on loopback") as caught:
        async with serving_tls(TlsSettings(), address):
            pass
    assert caught.value.reason == "PLAINTEXT_REFUSED"


async def test_a_server_that_others_could_reach_starts_with_permission_and_with_tls(folder: TlsFolder) -> None:
    async with serving_tls(TlsSettings(allow_plaintext=True), "0.0.0.0:0") as server:
        assert await detected(f"127.0.0.1:{server.port}", TlsSettings())
    async with serving_tls(folder.settings("pattern"), "0.0.0.0:0") as server:
        assert await detected(f"127.0.0.1:{server.port}", folder.settings("orchestrator"))


@pytest.mark.parametrize("target", ["pattern.wyckoff.svc:50055", "dns:///pattern:50055", "10.0.0.7:50055"])
async def test_a_client_does_not_send_plain_text_to_another_machine(target: str) -> None:
    with pytest.raises(FailedPreconditionError, match="is not on loopback"):
        WyckoffClient.connect(target, tls=TlsSettings())
    allowed = open_channel(target, tls=TlsSettings(allow_plaintext=True))
    await allowed.close()


async def detected(address: str, tls: TlsSettings) -> bool:
    transport = GrpcTransport.connect(address, tls=tls)
    try:
        answer = await transport.unary(DETECT_PATTERNS, pattern_pb2.DetectPatternsRequest(), timeout_s=10)
    finally:
        await transport.close()
    return answer == pattern_pb2.DetectPatternsResponse()


async def status(channel: aio.Channel, path: str, request: bytes = b"") -> StatusCode:
    call: Any = channel.unary_unary(path)
    try:
        await call(request, timeout=10)
    except aio.AioRpcError as error:
        return error.code()
    return StatusCode.OK


async def test_probes_without_a_certificate_have_a_port_with_health_and_nothing_else(folder: TlsFolder) -> None:
    tls = folder.settings("pattern", health_address="127.0.0.1:0")
    async with serving_tls(tls) as server, aio.insecure_channel(f"127.0.0.1:{server.health_port}") as channel:
        check = channel.unary_unary(
            CHECK,
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        for name in ("", PATTERN):
            answer = await check(health_pb2.HealthCheckRequest(service=name), timeout=10)
            assert answer.status == SERVING
        assert await status(channel, DETECT_PATTERNS.path) is StatusCode.UNIMPLEMENTED
        assert await status(channel, LIST) is StatusCode.UNIMPLEMENTED
        assert await status(channel, CHECK, b"\x0a" + b"\xff\xff\x03" + b"a" * 65535) is StatusCode.RESOURCE_EXHAUSTED
        await server.stop()
        assert await status(channel, CHECK) is StatusCode.UNAVAILABLE


async def test_without_the_setting_there_is_no_such_port(folder: TlsFolder) -> None:
    async with serving_tls(folder.settings("pattern")) as server:
        assert server.health_port == 0


async def test_a_taken_port_for_health_is_told(folder: TlsFolder) -> None:
    async with serving_tls(folder.settings("pattern")) as first:
        with pytest.raises(UnavailableError, match=rf"health on 127.0.0.1:{first.port} \(WYCKOFF_HEALTH_ADDRESS\)"):
            async with serving_tls(folder.settings("pattern", health_address=f"127.0.0.1:{first.port}")):
                pass
