"""Who calls, by the certificate, and whether it may."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

import structlog
from cachetools import TTLCache
from grpc import aio

from wyckoff.rpc.edges import OPERATOR, callers_of, component_of
from wyckoff.rpc.errors import PermissionDeniedError
from wyckoff.rpc.handlers import wrapped_handler
from wyckoff.rpc.status import DETAILS_KEY, grpc_code, status_details
from wyckoff.rpc.tls.certificate import identity_uri

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping

    import grpc

    from wyckoff.rpc.tls.settings import TlsSettings

_HEALTH: Final = "/grpc.health.v1.Health/"
_STANDARD: Final = "/grpc."
#: The same refusal is logged once in this time, seconds, however often it is tried.
_LOG_AGAIN_S: Final = 60.0
_MAX_REMEMBERED: Final = 256

_log = structlog.get_logger("wyckoff.tls")


def peer_identities(auth_context: Mapping[str, Iterable[bytes]]) -> tuple[str, ...]:
    """URI names of the certificate that the peer has shown."""
    return tuple(value.decode("utf-8", "replace") for value in auth_context.get("peer_uri", ()))


class AllowList:
    """Who may call which RPC of a process. ``components`` are the services that it serves, such as ``pattern``."""

    def __init__(self, settings: TlsSettings, components: Iterable[str]) -> None:
        self._trust_domain = settings.tls_trust_domain
        self._own = settings.tls_allowed_peers
        self._components = tuple(components)

    def check(self, path: str, peers: tuple[str, ...]) -> None:
        """Raise PermissionDeniedError unless one of ``peers``, the identities of the caller, may call ``path``.

        Health is for everybody whose certificate is accepted, reflection and channelz for callers and operators.
        """
        if path.startswith(_HEALTH):
            return
        if path.startswith(_STANDARD):
            names = {OPERATOR}.union(*(self._callers(component) for component in self._components))
        else:
            names = set(self._callers(component_of(path)))
        if not {identity_uri(name, self._trust_domain) for name in names} & set(peers):
            raise PermissionDeniedError(
                f"{' and '.join(peers) or 'a certificate without a URI name'} may not call {path}; "
                f"allowed: {', '.join(sorted(names)) or 'nobody'}",
                reason="PEER_NOT_ALLOWED",
                metadata={"peer": ",".join(peers)},
            )

    def _callers(self, component: str) -> frozenset[str]:
        return callers_of(component) if self._own is None else frozenset(self._own)


class PeerInterceptor(aio.ServerInterceptor):
    """Lets through calls of those on the list; belongs inside of what turns errors into statuses."""

    def __init__(self, allowed: AllowList) -> None:
        self._allowed = allowed
        self._logged: TTLCache[tuple[str, str], None] = TTLCache(_MAX_REMEMBERED, _LOG_AGAIN_S)

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        handler = await continuation(handler_call_details)
        path = handler_call_details.method
        if handler is None or path.startswith(_HEALTH):
            return handler
        return wrapped_handler(handler, path, self._unary, self._stream)

    def _unary(self, behaviour: Callable[..., Awaitable[Any]], path: str) -> Callable[..., Awaitable[Any]]:
        async def call(request: Any, context: aio.ServicerContext[Any, Any]) -> Any:  # noqa: ANN401
            await self._check(path, context)
            return await behaviour(request, context)

        return call

    def _stream(self, behaviour: Callable[..., AsyncGenerator[Any]], path: str) -> Callable[..., AsyncGenerator[Any]]:
        async def call(request: Any, context: aio.ServicerContext[Any, Any]) -> AsyncGenerator[Any]:  # noqa: ANN401
            await self._check(path, context)
            async with aclosing(behaviour(request, context)) as responses:
                async for response in responses:
                    yield response

        return call

    async def _check(self, path: str, context: aio.ServicerContext[Any, Any]) -> None:
        try:
            self._allowed.check(path, peer_identities(context.auth_context()))
        except PermissionDeniedError as error:
            self._log_once(path, error.metadata["peer"], context.peer())
            if not path.startswith(_STANDARD):
                raise
            # nothing around these turns errors into statuses
            details = ((DETAILS_KEY, status_details(error)),)
            await context.abort(grpc_code(error.code), error.message, details)

    def _log_once(self, path: str, peer: str, address: str) -> None:
        if (path, peer) not in self._logged:
            self._logged[path, peer] = None
            _log.warning("peer_refused", rpc=path, peer=peer, address=address)
