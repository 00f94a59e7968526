"""Certificates, keys and authorities that are replaced while calls go on."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from tests.integration.tls.echo import MarketData, serving_tls
from tests.support.tls import new_authority
from wyckoff.marketdata.v1 import marketdata_pb2
from wyckoff.pattern.v1 import pattern_pb2
from wyckoff.rpc.catalogue import DETECT_PATTERNS, WATCH_BARS
from wyckoff.rpc.channel import GrpcTransport
from wyckoff.rpc.errors import PermissionDeniedError

if TYPE_CHECKING:
    from tests.support.tls import TlsFolder

#: Calls that must have ended between one change and the next.
CALLS_BETWEEN = 40
CALLERS = 4


class Load:
    """Steady calls over real channels, without retries; any failure ends the test."""

    def __init__(self, transports: list[GrpcTransport]) -> None:
        self._transports = transports
        self._ended = asyncio.Condition()
        self.calls = 0

    async def run(self, transport: GrpcTransport) -> None:
        while True:
            await transport.unary(DETECT_PATTERNS, pattern_pb2.DetectPatternsRequest(), timeout_s=10)
            stream = transport.server_stream(WATCH_BARS, marketdata_pb2.WatchBarsRequest(), timeout_s=10)
            assert len([change async for change in stream]) == 3
            async with self._ended:
                self.calls += 2
                self._ended.notify_all()

    async def more(self) -> None:
        """Return once enough further calls have ended."""
        wanted = self.calls + CALLS_BETWEEN
        async with self._ended:
            await self._ended.wait_for(lambda: self.calls >= wanted)


def shown_serial(port: int, folder: TlsFolder) -> int:
    """The serial number of the certificate that a new connection meets."""
    context = ssl.create_default_context(cafile=str(folder.folder / "ca.crt"))
    context.load_cert_chain(folder.folder / "orchestrator.crt", folder.folder / "orchestrator.key")
    with (
        socket.create_connection(("127.0.0.1", port)) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as wrapped,
    ):
        shown = wrapped.getpeercert(binary_form=True)
    assert shown is not None
    return x509.load_der_x509_certificate(shown).serial_number


def serial_in(folder: TlsFolder, name: str) -> int:
    return x509.load_pem_x509_certificate((folder.folder / f"{name}.crt").read_bytes()).serial_number


async def test_server_client_and_authority_are_replaced_under_load_and_no_call_fails(folder: TlsFolder) -> None:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(serving_tls(folder.settings("pattern")))
        tls = folder.settings("orchestrator")
        transports = [GrpcTransport.connect(server.address, retries=0, tls=tls) for _ in range(CALLERS)]
        for transport in transports:
            stack.push_async_callback(transport.close)
        load = Load(transports)
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(load.run(transport)) for transport in transports]
            await load.more()
            first = serial_in(folder, "pattern")
            assert await asyncio.to_thread(shown_serial, server.port, folder) == first

            folder.issue("pattern")
            await load.more()
            folder.issue("orchestrator")
            await load.more()
            second = await asyncio.to_thread(shown_serial, server.port, folder)
            assert second == serial_in(folder, "pattern") != first

            # the way to a new authority: both are trusted, then both sides change, then the old one goes
            successor = new_authority("successor")
            folder.trust(folder.authority, successor)
            await load.more()
            folder.issue("pattern", authority=successor)
            await load.more()
            folder.issue("orchestrator", authority=successor)
            await load.more()
            folder.trust(successor)
            await load.more()
            third = await asyncio.to_thread(shown_serial, server.port, folder)
            assert third == serial_in(folder, "pattern") != second
            for task in running:
                task.cancel()


async def test_a_stream_ends_on_the_connection_on_which_it_began(folder: TlsFolder) -> None:
    marketdata = MarketData()
    marketdata.may_go_on.clear()
    tls = folder.settings("gateway")
    async with serving_tls(folder.settings("pattern"), marketdata=marketdata) as server:
        transport = GrpcTransport.connect(server.address, retries=0, tls=tls)
        stream = transport.server_stream(WATCH_BARS, marketdata_pb2.WatchBarsRequest(), timeout_s=None)
        await anext(stream)
        # two generations on: calls of today, the stream of the day before yesterday
        for _ in range(2):
            folder.issue("gateway")
            with pytest.raises(PermissionDeniedError):
                await transport.unary(DETECT_PATTERNS, pattern_pb2.DetectPatternsRequest(), timeout_s=10)
        marketdata.may_go_on.set()
        assert len([change async for change in stream]) == 2
        await transport.close()


async def test_a_bad_change_under_load_fails_no_call_and_the_next_good_one_is_taken(folder: TlsFolder) -> None:
    async with serving_tls(folder.settings("pattern")) as server:
        transport = GrpcTransport.connect(server.address, retries=0, tls=folder.settings("orchestrator"))
        for name in ("pattern", "orchestrator"):
            (folder.folder / f"{name}.crt").write_bytes(b"rubbish")
            await transport.unary(DETECT_PATTERNS, pattern_pb2.DetectPatternsRequest(), timeout_s=10)
            folder.issue(name)
            await transport.unary(DETECT_PATTERNS, pattern_pb2.DetectPatternsRequest(), timeout_s=10)
        assert await asyncio.to_thread(shown_serial, server.port, folder) == serial_in(folder, "pattern")
        await transport.close()
