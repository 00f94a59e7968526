"""Calls that go out, watched from first to last whichever way they end.

The interceptors hand on the very call object and learn its end from a callback. Waiting for the end inside an
interceptor would put a task between the caller and the call: cancelling then ends the task, not the call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import grpc
from grpc import aio

from wyckoff.telemetry.server_calls import UNWATCHED

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence

    from wyckoff.telemetry.observers import CallObserver, Ended

Proceed: TypeAlias = "Callable[..., Awaitable[Any]]"
Details: TypeAlias = "aio.ClientCallDetails"

_UNKNOWN: Final[int] = grpc.StatusCode.UNKNOWN.value[0]
_CANCELLED: Final[int] = grpc.StatusCode.CANCELLED.value[0]


class _Watched:
    """What the four kinds of call have in common."""

    def __init__(self, observers: Sequence[CallObserver]) -> None:
        self._observers = tuple(observers)

    async def _watch(
        self,
        proceed: Proceed,
        details: Details,
        request: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401 - the call, of whichever kind
        # typed as text, but grpc gives bytes
        method_name: Any = details.method
        path = method_name.decode() if isinstance(method_name, bytes) else method_name
        if path.startswith(UNWATCHED):
            return await proceed(details, request)
        service, _, method = path.removeprefix("/").partition("/")
        headers: dict[str, str] = {}
        ended = [observer.client_call(service, method, headers) for observer in self._observers]
        try:
            call = await proceed(_with_headers(details, headers), request)
        except BaseException as error:
            code = _number(error.code()) if isinstance(error, aio.AioRpcError) else _CANCELLED
            _tell(ended, code, type(error).__name__)
            raise
        call.add_done_callback(lambda done: _tell(ended, _number(_result_of(done.code())), _result_of(done.details())))
        return call


class WatchedUnaryUnary(_Watched, aio.UnaryUnaryClientInterceptor):
    """One request, one response."""

    async def intercept_unary_unary(self, continuation: Proceed, client_call_details: Details, request: Any) -> Any:  # noqa: ANN401
        return await self._watch(continuation, client_call_details, request)


class WatchedUnaryStream(_Watched, aio.UnaryStreamClientInterceptor):
    """One request, many responses."""

    async def intercept_unary_stream(self, continuation: Proceed, client_call_details: Details, request: Any) -> Any:  # noqa: ANN401
        return await self._watch(continuation, client_call_details, request)


class WatchedStreamUnary(_Watched, aio.StreamUnaryClientInterceptor):
    """Many requests, one response."""

    async def intercept_stream_unary(self, continuation: Proceed, client_call_details: Details, requests: Any) -> Any:  # noqa: ANN401
        return await self._watch(continuation, client_call_details, requests)


class WatchedStreamStream(_Watched, aio.StreamStreamClientInterceptor):
    """Many requests, many responses."""

    async def intercept_stream_stream(self, continuation: Proceed, client_call_details: Details, requests: Any) -> Any:  # noqa: ANN401
        return await self._watch(continuation, client_call_details, requests)


def watched_client(observers: Sequence[CallObserver]) -> list[aio.ClientInterceptor]:
    """One interceptor for each kind of call: a channel sorts each object into one kind only."""
    return [
        kind(observers) for kind in (WatchedUnaryUnary, WatchedUnaryStream, WatchedStreamUnary, WatchedStreamStream)
    ]


def _with_headers(details: aio.ClientCallDetails, headers: dict[str, str]) -> aio.ClientCallDetails:
    metadata = aio.Metadata(*(details.metadata or ()), *headers.items())
    return aio.ClientCallDetails(details.method, details.timeout, metadata, details.credentials, details.wait_for_ready)


def _tell(ended: Sequence[Ended], code: int, details: str) -> None:
    for tell in ended:
        tell(code, details)


def _number(code: grpc.StatusCode | None) -> int:
    return int(code.value[0]) if code is not None else _UNKNOWN


def _result_of(finished: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401 - whatever the coroutine returns
    """What a coroutine returns that has nothing to wait for: the status of a call that is done."""
    try:
        finished.send(None)
    except StopIteration as stop:
        return stop.value
    finished.close()
    return None
