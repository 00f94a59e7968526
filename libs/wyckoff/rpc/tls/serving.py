"""What a server needs of TLS: its port, who may call, a port for probes, and an eye on its certificate."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog
from grpc import aio
from grpc_health.v1 import health_pb2_grpc

from wyckoff.rpc.edges import component_of
from wyckoff.rpc.errors import UnavailableError
from wyckoff.rpc.tls.credentials import secured, server_credentials, shared_files
from wyckoff.rpc.tls.loopback import is_loopback
from wyckoff.rpc.tls.settings import read_tls_settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    import grpc
    from grpc_health.v1 import health

    from wyckoff.rpc.tls.settings import TlsSettings

_log = structlog.get_logger("wyckoff.tls")

#: Health messages are a few bytes, and probes are few.
_HEALTH_OPTIONS: Final = (
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", 4096),
    ("grpc.max_concurrent_streams", 16),
)
_LOOK_S: Final = 60.0


class ServerSecurity:
    """The security of one server of ``service_names``; without settings as the environment says.

    Raises FailedPreconditionError when the settings cannot be understood.
    """

    def __init__(self, settings: TlsSettings | None, service_names: Iterable[str]) -> None:
        self._settings = settings or read_tls_settings()
        self._components = [component_of(name) for name in service_names]
        self._health_server: aio.Server | None = None

    def interceptors(self) -> list[aio.ServerInterceptor]:
        """None in plain text, where nobody can tell who calls."""
        if not self._settings.enabled:
            return []
        from wyckoff.rpc.tls.peers import AllowList, PeerInterceptor

        return [PeerInterceptor(AllowList(self._settings, self._components))]

    def add_port(self, server: aio.Server, address: str) -> int:
        """The port that ``server`` is bound to. Raises FailedPreconditionError for plain text that others could reach,
        and for files that cannot be used; UnavailableError when the address is taken.
        """
        chosen = secured(address, self._settings)
        credentials = None if chosen is None else self._credentials(chosen)
        try:
            if credentials is not None:
                return server.add_secure_port(address, credentials)
            if not is_loopback(address):
                _log.warning("plaintext_permitted", address=address, setting="WYCKOFF_ALLOW_PLAINTEXT")
            return server.add_insecure_port(address)
        except RuntimeError as error:
            raise UnavailableError(f"cannot listen on {address}: is another process using the port?") from error

    def _credentials(self, settings: TlsSettings) -> grpc.ServerCredentials:
        files = shared_files(settings)
        own = files.current().own
        _log.info(
            "tls_required", identities=own.identities, serial=f"{own.serial:x}", not_after=own.not_after.isoformat()
        )
        return server_credentials(files)

    async def open_health(self, servicer: health.aio.HealthServicer) -> int:
        """Serve health alone in plain text where the settings say so; returns the port, 0 for none."""
        if not self._settings.health_address:
            return 0
        address = self._settings.health_address
        server = aio.server(options=_HEALTH_OPTIONS)
        health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
        try:
            port = server.add_insecure_port(address)
        except RuntimeError as error:
            raise UnavailableError(f"cannot listen for health on {address} (WYCKOFF_HEALTH_ADDRESS)") from error
        await server.start()
        self._health_server = server
        return port

    async def close_health(self) -> None:
        """Stop serving health in plain text."""
        if self._health_server is not None:
            await self._health_server.stop(None)

    async def watch(self) -> None:
        """Look at the files now and then, so that a warning does not wait for a caller. Until cancelled."""
        if not self._settings.enabled:
            return
        files = shared_files(self._settings)
        while True:
            await asyncio.sleep(_LOOK_S)
            files.current()
