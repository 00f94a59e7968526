"""A service made of single functions, for tests of what happens around a call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc

from wyckoff.rpc.server import Mount

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from wyckoff.rpc.methods import Method


def mount_of(method: Method[Any, Any], behaviour: Callable[[Any, Any], Awaitable[Any]]) -> Mount:
    """A service with this one RPC; ``behaviour`` gets request and context."""
    handler = grpc.unary_unary_rpc_method_handler(
        behaviour,
        request_deserializer=method.request.FromString,
        response_serializer=method.response.SerializeToString,
    )

    def register(server: Any) -> None:
        server.add_registered_method_handlers(method.service, {method.name: handler})

    return Mount(method.service, register)
