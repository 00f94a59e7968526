"""What the clients of all services have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

from wyckoff.rpc.channel import GrpcTransport

if TYPE_CHECKING:
    from wyckoff.rpc.methods import Method, Request, Response
    from wyckoff.rpc.tls.settings import TlsSettings
    from wyckoff.rpc.transport import Transport

DEFAULT_TIMEOUT_S: Final = 5.0
#: A stream of many symbols is bounded too, but by the length of a long job.
DEFAULT_STREAM_TIMEOUT_S: Final = 3600.0


class ServiceClient:
    """A connection to one service; also an async context manager that closes it.

    ``timeout_s`` bounds each call that does not bring a time of its own. Calls that change nothing are tried again when
    the service is unavailable, within that time; calls that change something are not.
    """

    def __init__(self, transport: Transport, *, timeout_s: float = DEFAULT_TIMEOUT_S) -> None:
        self._transport = transport
        self._timeout_s = timeout_s

    @classmethod
    def connect(cls, target: str, *, timeout_s: float = DEFAULT_TIMEOUT_S, tls: TlsSettings | None = None) -> Self:
        """A client of the service at ``target``, HOST:PORT or any gRPC target name. Connects at the first call.

        Without ``tls`` the ``WYCKOFF_TLS_*`` variables of the environment hold. Raises FailedPreconditionError for
        plain text to another machine, unless it is permitted, and for certificate files that cannot be used.
        """
        return cls(GrpcTransport.connect(target, tls=tls), timeout_s=timeout_s)

    async def close(self) -> None:
        """Close the connection."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    async def _call(self, method: Method[Request, Response], request: Request, timeout_s: float | None) -> Response:
        within_s = self._timeout_s if timeout_s is None else timeout_s
        return await self._transport.unary(method, request, timeout_s=within_s)
