"""One seam to call a service, with two siblings: over gRPC, and in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from wyckoff.rpc.methods import Method, Request, Response

#: Metadata of a call: lower-case keys.
Metadata = tuple[tuple[str, str], ...]


class Transport(Protocol):
    """Calls one RPC. Every failure is a :class:`wyckoff.rpc.errors.WyckoffError`."""

    async def unary(
        self, method: Method[Request, Response], request: Request, *, timeout_s: float, metadata: Metadata = ()
    ) -> Response:
        """One request, one response, within ``timeout_s``."""
        ...

    def server_stream(
        self, method: Method[Request, Response], request: Request, *, timeout_s: float | None, metadata: Metadata = ()
    ) -> AsyncGenerator[Response]:
        """One request, many responses; ``timeout_s`` bounds the whole stream, None does not."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
