"""Replicas of one service: real processes, each on a loopback address of its own, all behind one DNS name."""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING, Any, Final, Self

from grpc import aio
from grpc_channelz.v1 import channelz_pb2, channelz_pb2_grpc

from orchestrator.cli.child import Child
from tools.name_server import NameServer
from wyckoff.rpc.channel import GrpcTransport
from wyckoff.rpc.tls.credentials import channel_credentials, shared_files
from wyckoff.rpc.tls.settings import TlsSettings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from orchestrator.cli.services import Service

#: Where replicas may listen. Linux routes all of 127.0.0.0/8 to itself; others know 127.0.0.1 alone.
HOSTS: Final = tuple(f"127.0.0.{number}" for number in range(2, 10))

_START_TIMEOUT_S: Final = 60.0
_STOP_TIMEOUT_S: Final = 60.0


def can_listen(host: str = HOSTS[0]) -> bool:
    """Whether this machine lets a process listen on that address."""
    with socket.socket() as probe:
        try:
            probe.bind((host, 0))
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                return False
            raise
    return True


class Replicas:
    """Starts and stops replicas of ``service``, and publishes those that serve; an async context manager.

    ``settings`` are added to the environment of each. All listen on the same port, as A records name none. They are
    called with ``tls``, or in plain text.
    """

    def __init__(
        self,
        service: Service,
        folder: Path,
        settings: Mapping[str, str] | None = None,
        tls: TlsSettings | None = None,
    ) -> None:
        self._service = service
        self._folder = folder
        self._settings = dict(settings or {})
        # the name is not one of loopback, its addresses are
        self._tls = tls or TlsSettings(allow_plaintext=True)
        self._names = NameServer()
        self._children: dict[str, Child] = {}
        self._published: list[str] = []
        self._port = 0

    @property
    def target(self) -> str:
        """The gRPC target that means all of them; known once the first serves."""
        return f"dns://{self._names.address}/{self._service.name}.test:{self._port}"

    @property
    def hosts(self) -> tuple[str, ...]:
        """Those in DNS."""
        return tuple(self._published)

    def pid(self, host: str) -> int:
        return self._children[host].pid

    def connect(self, *, retries: int) -> GrpcTransport:
        """A transport to all of them."""
        return GrpcTransport.connect(self.target, retries=retries, tls=self._tls)

    async def add(self, host: str) -> None:
        """Start a replica; returns once it serves and is in DNS."""
        child = Child(f"{self._service.name}-{host}", self._service.module, self._folder, self._folder, tls=self._tls)
        self._children[host] = child
        await child.start(f"{host}:{self._port}", self._settings)
        await child.wait_serving(_START_TIMEOUT_S)
        self._port = int(child.address.rpartition(":")[2])
        self.publish(*self._published, host)

    async def remove(self, host: str) -> None:
        """Take a replica out of DNS and end it by SIGTERM; raises AssertionError when it does not end by itself."""
        self.publish(*(name for name in self._published if name != host))
        if not await self._children.pop(host).stop(_STOP_TIMEOUT_S):
            raise AssertionError(f"the replica on {host} did not end within {_STOP_TIMEOUT_S:g} s")

    async def restart(self, host: str) -> None:
        """End a replica and start another on its address."""
        await self.remove(host)
        await self.add(host)

    def publish(self, *hosts: str) -> None:
        """Put these into DNS, and no others."""
        self._published = list(hosts)
        self._names.publish(hosts)

    async def served(self, host: str) -> int:
        """Calls that the replica has begun to serve so far, those of health included; as channelz counts them."""
        async with self._direct(f"{host}:{self._port}") as channel:
            make_stub: Any = channelz_pb2_grpc.ChannelzStub
            stub = make_stub(channel)
            answer = await stub.GetServers(channelz_pb2.GetServersRequest(), timeout=10)
        return sum(server.data.calls_started for server in answer.server)

    def _direct(self, address: str) -> aio.Channel:
        """A channel that goes by no health: a replica that takes no calls is still asked how many it took."""
        options = (("grpc.enable_http_proxy", 0),)
        if not self._tls.enabled:
            return aio.insecure_channel(address, options=options)
        credentials = channel_credentials(shared_files(self._tls).current())
        return aio.secure_channel(address, credentials, options=options)

    async def __aenter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._names.__enter__()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        for child in self._children.values():
            child.kill()
            await child.wait_ended()
        self._names.__exit__(*exc_info)
