"""Calls that come in, watched from first to last whichever way they end."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

import grpc
from grpc import aio

from wyckoff.rpc.handlers import wrapped_handler

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

    from wyckoff.telemetry.observers import CallObserver, Ended

#: Health, reflection and channelz: asked all the time, and a watched stream would last as long as the process.
UNWATCHED: Final = "/grpc."

_CANCELLED: Final[int] = grpc.StatusCode.CANCELLED.value[0]
_UNKNOWN: Final[int] = grpc.StatusCode.UNKNOWN.value[0]
_DEADLINE_EXCEEDED: Final[int] = grpc.StatusCode.DEADLINE_EXCEEDED.value[0]


class WatchedServer(aio.ServerInterceptor):
    """Tells ``observers`` each call. To be the first interceptor: it sees the status that the others make."""

    def __init__(self, observers: Sequence[CallObserver]) -> None:
        self._observers = tuple(observers)

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or method.startswith(UNWATCHED):
            return handler
        return wrapped_handler(handler, method, self._unary, self._stream)

    def _unary(self, behaviour: Callable[..., Awaitable[Any]], path: str) -> Callable[..., Awaitable[Any]]:
        async def call(request: Any, context: aio.ServicerContext[Any, Any]) -> Any:  # noqa: ANN401
            watched = _WatchedCall(self._observers, path, context)
            try:
                response = await behaviour(request, context)
            except BaseException as error:
                watched.failed(error)
                raise
            watched.answered()
            return response

        return call

    def _stream(self, behaviour: Callable[..., AsyncGenerator[Any]], path: str) -> Callable[..., AsyncGenerator[Any]]:
        async def call(request: Any, context: aio.ServicerContext[Any, Any]) -> AsyncGenerator[Any]:  # noqa: ANN401
            watched = _WatchedCall(self._observers, path, context)
            try:
                async with aclosing(behaviour(request, context)) as responses:
                    async for response in responses:
                        yield response
            except BaseException as error:
                watched.failed(error)
                raise
            watched.answered()

        return call


class _WatchedCall:
    """One call that has come in."""

    def __init__(self, observers: Sequence[CallObserver], path: str, context: aio.ServicerContext[Any, Any]) -> None:
        self._context = context
        service, _, method = path.removeprefix("/").partition("/")
        headers = {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
        self._ended: list[Ended] = [observer.server_call(service, method, headers) for observer in observers]

    def answered(self) -> None:
        """The behaviour returned; it may still have set a status."""
        self._end(_number(self._context.code()) or 0)

    def failed(self, error: BaseException) -> None:
        """The behaviour raised: aborted, broken, cancelled, or a stream left by its reader."""
        if isinstance(error, (asyncio.CancelledError, GeneratorExit)):
            # None when the caller set no deadline
            remaining_s: Any = self._context.time_remaining()
            # both reach a handler as a cancellation; only the clock tells them apart
            self._end(_DEADLINE_EXCEEDED if remaining_s is not None and remaining_s <= 0 else _CANCELLED)
        else:
            self._end(_number(self._context.code()) or _UNKNOWN)

    def _end(self, code: int) -> None:
        details = _text(self._context.details()) if code else ""
        for ended in self._ended:
            ended(code, details)


def _number(code: Any) -> int:  # noqa: ANN401 - a number or a StatusCode, by the kind of server
    return int(code.value[0]) if isinstance(code, grpc.StatusCode) else int(code or 0)


def _text(details: str | bytes | None) -> str:
    return details.decode("utf-8", "replace") if isinstance(details, bytes) else details or ""
