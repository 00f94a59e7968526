"""What interceptors of a server have in common: a handler with something around its behaviour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    Answering = Callable[..., Awaitable[Any]]
    Streaming = Callable[..., AsyncGenerator[Any]]


def wrapped_handler(
    handler: grpc.RpcMethodHandler[Any, Any],
    path: str,
    unary: Callable[[Answering, str], Answering],
    stream: Callable[[Streaming, str], Streaming],
) -> grpc.RpcMethodHandler[Any, Any]:
    """``handler`` with its behaviour wrapped: by ``unary`` where it gives one answer, by ``stream`` where many."""
    kinds = (
        ("unary_unary", grpc.unary_unary_rpc_method_handler, unary),
        ("stream_unary", grpc.stream_unary_rpc_method_handler, unary),
        ("unary_stream", grpc.unary_stream_rpc_method_handler, stream),
        ("stream_stream", grpc.stream_stream_rpc_method_handler, stream),
    )
    for kind, make, wrap in kinds:
        behaviour = getattr(handler, kind)
        if behaviour is not None:
            return make(
                wrap(behaviour, path),
                request_deserializer=handler.request_deserializer,
                response_serializer=handler.response_serializer,
            )
    return handler
