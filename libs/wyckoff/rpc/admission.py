"""What a call meets before anything is done for it: a place, and a request that can be read.

A call that finds no place is refused before its request is read, so that many large requests at once cost no memory.
Health, reflection and channelz always have a place: a process that has much to do is not dead.
"""

from __future__ import annotations

import random
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING, Any, Final

import grpc
import structlog
from google.protobuf.message import DecodeError
from grpc import aio
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from wyckoff.rpc.errors import FailedPreconditionError, InvalidArgumentError, ResourceExhaustedError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator

_STANDARD: Final = "/grpc."

#: What one connection may ask of a server, and how its pings are judged: two too soon, and it is closed.
LIMIT_OPTIONS: Final = (
    ("grpc.max_concurrent_streams", 1_024),
    ("grpc.max_metadata_size", 16 * 1024),
    ("grpc.absolute_max_metadata_size", 32 * 1024),
    ("grpc.http2.max_ping_strikes", 2),
)

_log = structlog.get_logger("wyckoff.rpc")


class AdmissionSettings(BaseSettings):
    """How many calls a process takes at once, read from ``WYCKOFF_*``."""

    model_config = SettingsConfigDict(env_prefix="WYCKOFF_", frozen=True)

    max_concurrent_calls: int = Field(default=512, ge=1)
    """Calls answered with one message that run or wait at the same time; more are refused with RESOURCE_EXHAUSTED."""

    max_concurrent_streams: int = Field(default=512, ge=1)
    """Calls answered with many messages, such as WatchEvents, at the same time."""

    refused_retry_ms: int = Field(default=250, ge=1, le=60_000)
    """After how long a refused caller may ask again, milliseconds; up to as much again is added at random."""


def read_admission_settings() -> AdmissionSettings:
    """From the environment; raises FailedPreconditionError when it cannot be understood."""
    try:
        return AdmissionSettings()
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        name = f"WYCKOFF_{wrong['loc'][0]}".upper() if wrong["loc"] else "WYCKOFF_*"
        raise FailedPreconditionError(f"{name} cannot be used: {wrong['msg']}") from error


class Places:
    """So many calls at a time."""

    def __init__(self, limit: int, variable: str, retry_ms: int) -> None:
        self._limit = limit
        self._variable = variable
        self._retry_ms = retry_ms
        self._full = False
        self.taken = 0

    @contextmanager
    def one(self, method: str) -> Iterator[None]:
        """A place until the block ends; raises ResourceExhaustedError when none is free."""
        if self.taken >= self._limit:
            self._refuse(method)
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1
            self._full = self._full and self.taken > self._limit // 2

    def _refuse(self, method: str) -> None:
        if not self._full:
            # once, until half of the places are free again: refusing must cost little
            self._full = True
            _log.warning("calls_refused", rpc=method, limit=self._limit, variable=self._variable)
        wait_s = self._retry_ms * (1 + random.random()) / 1000  # noqa: S311 - spreads callers, guards nothing
        raise ResourceExhaustedError(
            f"{self._limit} calls are in flight, as many as {self._variable} allows; try again in {wait_s:.2f} s",
            reason="TOO_MANY_CALLS",
            metadata={"retry_after_s": f"{wait_s:.3f}"},
        )


class AdmissionInterceptor(aio.ServerInterceptor):
    """Gives calls their places and reads their requests; belongs inside of what turns errors into statuses."""

    def __init__(self, settings: AdmissionSettings) -> None:
        wait_ms = settings.refused_retry_ms
        self._calls = Places(settings.max_concurrent_calls, "WYCKOFF_MAX_CONCURRENT_CALLS", wait_ms)
        self._streams = Places(settings.max_concurrent_streams, "WYCKOFF_MAX_CONCURRENT_STREAMS", wait_ms)

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or method.startswith(_STANDARD):
            return handler
        # to the layers around it every call has a stream of requests: a message is read when it is asked for
        if handler.response_streaming:
            return grpc.stream_stream_rpc_method_handler(
                _streaming(handler, method, self._streams), response_serializer=handler.response_serializer
            )
        return grpc.stream_unary_rpc_method_handler(
            _answering(handler, method, self._calls), response_serializer=handler.response_serializer
        )


def _answering(handler: grpc.RpcMethodHandler[Any, Any], method: str, places: Places) -> Callable[..., Awaitable[Any]]:
    async def call(raws: AsyncIterator[bytes], context: aio.ServicerContext[Any, Any]) -> Any:  # noqa: ANN401
        with places.one(method):
            behaviour, request = await _asked(handler, raws)
            return await behaviour(request, context)

    return call


def _streaming(
    handler: grpc.RpcMethodHandler[Any, Any], method: str, places: Places
) -> Callable[..., AsyncGenerator[Any]]:
    async def call(raws: AsyncIterator[bytes], context: aio.ServicerContext[Any, Any]) -> AsyncGenerator[Any]:
        with places.one(method):
            behaviour, request = await _asked(handler, raws)
            async with aclosing(behaviour(request, context)) as responses:
                async for response in responses:
                    yield response

    return call


async def _asked(handler: grpc.RpcMethodHandler[Any, Any], raws: AsyncIterator[bytes]) -> tuple[Any, Any]:
    """The servicer's own function, and what it takes: one request, or all of them as they come."""
    read: Any = handler.request_deserializer
    if handler.request_streaming:
        behaviour = handler.stream_stream if handler.response_streaming else handler.stream_unary
        return behaviour, _all_read(read, raws)
    behaviour = handler.unary_stream if handler.response_streaming else handler.unary_unary
    async for raw in raws:
        return behaviour, _read(read, raw)
    raise InvalidArgumentError.of("request", "is missing; the call ended without a message")


async def _all_read(read: Callable[[bytes], Any], raws: AsyncIterator[bytes]) -> AsyncGenerator[Any]:
    async for raw in raws:
        yield _read(read, raw)


def _read(read: Callable[[bytes], Any], raw: bytes) -> Any:  # noqa: ANN401 - a message of whichever contract
    # not left to grpc, which answers bytes that are no such message with UNKNOWN
    try:
        return read(raw)
    except DecodeError as error:
        raise InvalidArgumentError.of("request", f"{len(raw)} bytes are no message of this method") from error
