"""The in-process sibling of the transport seam: the servicers called with the same messages."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from wyckoff.rpc.budget import nested_call
from wyckoff.rpc.errors import DeadlineExceededError, UnimplementedError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping, Sequence

    import grpc

    from wyckoff.rpc.methods import Method, Request, Response
    from wyckoff.rpc.transport import Metadata


class HandlerTable:
    """Stands where a server would when a servicer is registered, and keeps its handlers by path."""

    def __init__(self) -> None:
        self.handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {}

    def add_generic_rpc_handlers(self, generic_rpc_handlers: object) -> None:
        """The registered handlers below say all that is needed."""

    def add_registered_method_handlers(
        self, service_name: str, method_handlers: Mapping[str, grpc.RpcMethodHandler[Any, Any]]
    ) -> None:
        for name, handler in method_handlers.items():
            self.handlers[f"/{service_name}/{name}"] = handler


class LocalContext:
    """What a servicer may ask about a call: its metadata and the time it has left."""

    def __init__(self, metadata: Metadata, timeout_s: float | None) -> None:
        self._metadata = metadata
        self._expires_at_s = None if timeout_s is None else time.monotonic() + timeout_s

    async def send_initial_metadata(self, initial_metadata: object) -> None:
        """Headers tell a remote caller that the call stands; a local one need not be told."""

    def time_remaining(self) -> float | None:
        return None if self._expires_at_s is None else max(0.0, self._expires_at_s - time.monotonic())

    def invocation_metadata(self) -> Metadata:
        return self._metadata


class InProcessTransport:
    """Calls servicers directly: same requests, same responses, same errors, no bytes in between."""

    def __init__(self, registrations: Sequence[Callable[[Any], None]]) -> None:
        table = HandlerTable()
        for register in registrations:
            register(table)
        self._handlers = table.handlers

    async def unary(
        self, method: Method[Request, Response], request: Request, *, timeout_s: float, metadata: Metadata = ()
    ) -> Response:
        behaviour = self._behaviour(method, "unary_unary")
        try:
            with nested_call(timeout_s):
                async with asyncio.timeout(timeout_s):
                    response: Response = await behaviour(request, LocalContext(metadata, timeout_s))
        except TimeoutError as error:
            raise _too_late(method, timeout_s) from error
        return response

    async def server_stream(
        self, method: Method[Request, Response], request: Request, *, timeout_s: float | None, metadata: Metadata = ()
    ) -> AsyncGenerator[Response]:
        behaviour = self._behaviour(method, "unary_stream")
        try:
            async with asyncio.timeout(timeout_s):
                async with aclosing(behaviour(request, LocalContext(metadata, timeout_s))) as responses:
                    async for response in responses:
                        yield response
        except TimeoutError as error:
            raise _too_late(method, timeout_s) from error

    async def close(self) -> None:
        """Nothing is held."""

    def _behaviour(self, method: Method[Request, Response], kind: str) -> Callable[..., Any]:
        handler = self._handlers.get(method.path)
        behaviour: Callable[..., Any] | None = getattr(handler, kind, None)
        if behaviour is None:
            raise UnimplementedError(f"{method.path} is not served in this process")
        return behaviour


def _too_late(method: Method[Request, Response], timeout_s: float | None) -> DeadlineExceededError:
    limit = "its time" if timeout_s is None else f"{timeout_s:.3f} s"
    return DeadlineExceededError(f"{method.path} did not answer within {limit}")
