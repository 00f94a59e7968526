"""Who is refused before a call begins, and what each side says of it."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.integration.tls.echo import serving_tls
from tests.support.tls import new_authority
from wyckoff.pattern.v1 import pattern_pb2
from wyckoff.rpc.catalogue import DETECT_PATTERNS
from wyckoff.rpc.channel import GrpcTransport
from wyckoff.rpc.errors import FailedPreconditionError, UnavailableError
from wyckoff.rpc.tls.settings import TlsSettings

if TYPE_CHECKING:
    from tests.support.tls import TlsFolder

HANDSHAKE_FAILED = "TLS_HANDSHAKE_FAILED"


async def detect(address: str, tls: TlsSettings | None = None) -> pattern_pb2.DetectPatternsResponse:
    """One call, on a connection of its own."""
    transport = GrpcTransport.connect(address, retries=0, tls=tls)
    try:
        return await transport.unary(DETECT_PATTERNS, pattern_pb2.DetectPatternsRequest(), timeout_s=10)
    finally:
        await transport.close()


async def raw_status(address: str, credentials: grpc.ChannelCredentials) -> grpc.StatusCode:
    """The status of a call by a client that checks nothing of its own certificate."""
    async with aio.secure_channel(address, credentials) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        try:
            await stub.Check(health_pb2.HealthCheckRequest(), timeout=10)
        except aio.AioRpcError as error:
            return error.code()
    return grpc.StatusCode.OK


def raw_credentials(folder: TlsFolder, name: str) -> grpc.ChannelCredentials:
    cert, key = ((folder.folder / f"{name}.{end}").read_bytes() for end in ("crt", "key"))
    return grpc.ssl_channel_credentials((folder.folder / "ca.crt").read_bytes(), key, cert)


async def test_the_right_certificates_on_both_sides(folder: TlsFolder) -> None:
    async with serving_tls(folder.settings("pattern")) as server:
        assert await detect(server.address, folder.settings("orchestrator")) == pattern_pb2.DetectPatternsResponse()


async def test_no_certificate(folder: TlsFolder) -> None:
    async with serving_tls(folder.settings("pattern")) as server:
        only_ca = grpc.ssl_channel_credentials((folder.folder / "ca.crt").read_bytes())
        assert await raw_status(server.address, only_ca) is grpc.StatusCode.UNAVAILABLE
        folder.issue("orchestrator")
        assert await raw_status(server.address, raw_credentials(folder, "orchestrator")) is grpc.StatusCode.OK


async def test_plain_text_to_a_server_with_tls(folder: TlsFolder) -> None:
    async with serving_tls(folder.settings("pattern")) as server:
        with pytest.raises(UnavailableError, match="does the server expect TLS") as caught:
            await detect(server.address)
    assert caught.value.reason == "UNAVAILABLE"


async def test_tls_to_a_server_in_plain_text(folder: TlsFolder) -> None:
    async with serving_tls(TlsSettings()) as server:
        with pytest.raises(UnavailableError, match="the server does not speak TLS") as caught:
            await detect(server.address, folder.settings("orchestrator"))
    assert caught.value.reason == HANDSHAKE_FAILED


async def test_a_caller_from_another_authority(folder: TlsFolder) -> None:
    folder.issue("orchestrator", authority=new_authority("stranger"))
    async with serving_tls(folder.settings("pattern")) as server:
        with pytest.raises(UnavailableError, match=r"spiffe://wyckoff/orchestrator from CN=stranger") as caught:
            await detect(server.address, folder.settings("orchestrator"))
    assert caught.value.reason == HANDSHAKE_FAILED


async def test_a_server_from_another_authority(folder: TlsFolder) -> None:
    folder.issue("pattern", authority=new_authority("stranger"))
    async with serving_tls(folder.settings("pattern")) as server:
        with pytest.raises(UnavailableError, match="none of the authorities in the CA file"):
            await detect(server.address, folder.settings("orchestrator"))


async def test_a_server_of_another_name_unless_the_settings_give_it(folder: TlsFolder) -> None:
    folder.issue("pattern", names=["pattern.wyckoff.svc"])
    async with serving_tls(folder.settings("pattern")) as server:
        with pytest.raises(UnavailableError, match="has not the name that was called"):
            await detect(server.address, folder.settings("orchestrator"))
        named = folder.settings("orchestrator", tls_server_names={server.address: "pattern.wyckoff.svc"})
        await detect(server.address, named)


@pytest.mark.parametrize(("from_days", "to_days"), [(-3, -1), (1, 2)], ids=["expired", "not yet valid"])
async def test_a_caller_out_of_its_time(folder: TlsFolder, from_days: float, to_days: float) -> None:
    folder.issue("orchestrator", from_days=from_days, to_days=to_days)
    async with serving_tls(folder.settings("pattern")) as server:
        assert await raw_status(server.address, raw_credentials(folder, "orchestrator")) is grpc.StatusCode.UNAVAILABLE
        # our own clients do not even try
        with pytest.raises(FailedPreconditionError, match=r"orchestrator\.crt (ended at|is not valid before)"):
            await detect(server.address, folder.settings("orchestrator"))


@pytest.mark.parametrize(
    ("from_days", "to_days", "told"), [(-3, -1, "has expired"), (1, 2, "is not valid yet")], ids=["expired", "not yet"]
)
async def test_a_server_out_of_its_time(folder: TlsFolder, from_days: float, to_days: float, told: str) -> None:
    folder.issue("pattern", from_days=from_days, to_days=to_days)
    with pytest.raises(FailedPreconditionError, match=r"pattern\.crt (ended at|is not valid before)"):
        async with serving_tls(folder.settings("pattern")):
            pass
    cert, key = ((folder.folder / f"pattern.{end}").read_bytes() for end in ("crt", "key"))
    other = aio.server()
    port = other.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(key, cert)]))
    await other.start()
    try:
        with pytest.raises(UnavailableError, match=f"the certificate of the server {told}"):
            await detect(f"127.0.0.1:{port}", folder.settings("orchestrator"))
    finally:
        await other.stop(None)


def shaken(folder: TlsFolder, port: int, limit: ssl.TLSVersion) -> tuple[str | None, str | None]:
    """Version and protocol that a client of OpenSSL gets, which takes anything up to ``limit``."""
    context = ssl.create_default_context(cafile=folder.folder / "ca.crt")
    context.load_cert_chain(folder.folder / "orchestrator.crt", folder.folder / "orchestrator.key")
    context.set_alpn_protocols(["h2"])
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = limit
    with (
        socket.create_connection(("127.0.0.1", port)) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as wrapped,
    ):
        return wrapped.version(), wrapped.selected_alpn_protocol()


async def test_tls_from_1_2_up_and_http_2(folder: TlsFolder) -> None:
    folder.issue("orchestrator")
    async with serving_tls(folder.settings("pattern")) as server:
        port = server.port
        assert await asyncio.to_thread(shaken, folder, port, ssl.TLSVersion.TLSv1_3) == ("TLSv1.3", "h2")
        assert await asyncio.to_thread(shaken, folder, port, ssl.TLSVersion.TLSv1_2) == ("TLSv1.2", "h2")
        with pytest.raises(ssl.SSLError, match=r"EOF occurred|PROTOCOL_VERSION"), pytest.deprecated_call():
            await asyncio.to_thread(shaken, folder, port, ssl.TLSVersion.TLSv1_1)
