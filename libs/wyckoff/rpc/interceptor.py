"""What happens around every call that a server takes: fields bound, late calls refused, errors put on the wire."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final, NoReturn

import structlog
from grpc import aio

from wyckoff.rpc.budget import begin_call
from wyckoff.rpc.errors import InternalError, WyckoffError
from wyckoff.rpc.handlers import wrapped_handler
from wyckoff.rpc.status import grpc_code, status_message, trailers

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    import grpc

#: Metadata key that ties the log lines of one analysis together over all services.
CORRELATION_KEY: Final = "x-correlation-id"

_log = structlog.get_logger("wyckoff.rpc")


class ErrorInterceptor(aio.ServerInterceptor):
    """Servicers raise; this says it to the caller in full, and logs what was nobody's intention."""

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        handler = await continuation(handler_call_details)
        if handler is None or handler_call_details.method.startswith("/grpc."):
            return handler
        return wrapped_handler(handler, handler_call_details.method, _unary, _stream)


def _unary(behaviour: Callable[..., Awaitable[Any]], method: str) -> Callable[..., Awaitable[Any]]:
    async def call(request: Any, context: aio.ServicerContext[Any, Any]) -> Any:  # noqa: ANN401
        _bind(method, context)
        try:
            begin_call(context.time_remaining())
            return await behaviour(request, context)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - the edge of the process: every error becomes a status
            await _abort(error, context)

    return call


def _stream(behaviour: Callable[..., AsyncGenerator[Any]], method: str) -> Callable[..., AsyncGenerator[Any]]:
    async def call(request: Any, context: aio.ServicerContext[Any, Any]) -> AsyncGenerator[Any]:  # noqa: ANN401
        _bind(method, context)
        try:
            begin_call(context.time_remaining())
            async with aclosing(behaviour(request, context)) as responses:
                async for response in responses:
                    yield response
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - the edge of the process: every error becomes a status
            await _abort(error, context)

    return call


def _bind(method: str, context: aio.ServicerContext[Any, Any]) -> None:
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(rpc=method)
    for key, value in context.invocation_metadata() or ():
        if key == CORRELATION_KEY:
            structlog.contextvars.bind_contextvars(correlation_id=value)


async def _abort(error: Exception, context: aio.ServicerContext[Any, Any]) -> NoReturn:
    if isinstance(error, aio.AbortError):
        raise error
    if isinstance(error, WyckoffError):
        known = error
    else:
        _log.error("rpc_failed", error=f"{type(error).__name__}: {error}", exc_info=error)
        known = InternalError(f"internal error: {type(error).__name__}; see the log of the service")
    await context.abort(grpc_code(known.code), status_message(known), trailers(known))
    raise AssertionError("abort does not return")
