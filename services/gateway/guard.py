"""Who and what is let through to the routes."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from services.gateway.problems import http_problem, problem_of, problem_response
from wyckoff.rpc.errors import PermissionDeniedError, WyckoffError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from services.gateway.parts import GatewayParts

KEY_HEADER: Final = "X-API-Key"
API_PREFIX: Final = "/api/"
LIVENESS_PATH: Final = "/api/v1/health"
OPENAPI_PATH: Final = "/api/v1/openapi.json"

#: What tells nothing that a stranger may not know.
_OPEN_PATHS: Final = frozenset({LIVENESS_PATH, OPENAPI_PATH})
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_CUSTOMER_PREFIX: Final = 64
_FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-real-ip")


class Guard:
    """Checks host, origin, key, rate and the declared size of the body, before a byte of the body is read.

    ``scope["state"]`` gets ``principal`` (of paths that need one) and ``caller``, by whom requests are counted.
    Sockets show their key to their own route, which may also take it as a message.
    """

    def __init__(self, app: ASGIApp, parts: GatewayParts) -> None:
        self._app = app
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        try:
            self._check_place(connection)
            if scope["type"] == "http":
                await self._check_caller(connection)
        except WyckoffError as error:
            problem = problem_of(error)
        else:
            if not self._is_too_large(connection):
                await self._app(scope, receive, send)
                return
            problem = http_problem(413, self._size_text())
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": problem.reason})
        else:
            await problem_response(connection, problem)(scope, receive, send)

    def _check_place(self, connection: HTTPConnection) -> None:
        keys_needed = self._parts.access.keys_needed
        if not keys_needed:
            # raises for another machine
            self._parts.access.authenticate(None, None, client_host(connection))
            if any(name in connection.headers for name in _FORWARDED):
                raise PermissionDeniedError(
                    "the request came by a proxy, and there are no API keys; wyckoff keys add makes a key",
                    reason="NOT_LOOPBACK",
                )
        self._check_host(connection, keys_needed=keys_needed)
        self._check_origin(connection)

    def _check_host(self, connection: HTTPConnection, *, keys_needed: bool) -> None:
        allowed = frozenset(self._parts.settings.allowed_hosts) or (frozenset() if keys_needed else _LOOPBACK_NAMES)
        if not allowed:
            return
        name = _host_name(connection.headers.get("host", ""))
        if name not in allowed:
            raise PermissionDeniedError(
                f"the host {name[:64]!r} is not served here; GATEWAY_ALLOWED_HOSTS names others",
                reason="HOST_NOT_ALLOWED",
            )

    def _check_origin(self, connection: HTTPConnection) -> None:
        """A page of another site can make a browser open sockets and send requests; it cannot lie about its origin."""
        origin = connection.headers.get("origin")
        if origin is None or (connection.scope["type"] == "http" and connection.scope["method"] in _SAFE_METHODS):
            return
        if origin in self._parts.settings.allowed_origins:
            return
        if _place_of(origin) != connection.headers.get("host", "").lower():
            raise PermissionDeniedError(
                f"pages of {origin[:64]!r} may not call; GATEWAY_ALLOWED_ORIGINS names those that may",
                reason="ORIGIN_NOT_ALLOWED",
            )

    async def _check_caller(self, connection: HTTPConnection) -> None:
        path, host, state = connection.scope["path"], client_host(connection), connection.scope["state"]
        state["caller"] = address_caller(host)
        if path == LIVENESS_PATH:
            return
        try:
            if path.startswith(API_PREFIX) and path not in _OPEN_PATHS:
                principal = self._parts.access.authenticate(connection.headers.get(KEY_HEADER), None, host)
                state["principal"] = principal
                if principal.key_id:
                    state["caller"] = f"key:{principal.key_id}"
        finally:
            # who has no valid key is counted too, by address
            await self._parts.rates.count(state["caller"])

    def _is_too_large(self, connection: HTTPConnection) -> bool:
        declared = connection.headers.get("content-length", "")
        return declared.isdecimal() and int(declared) > self._parts.settings.max_body_bytes

    def _size_text(self) -> str:
        return f"the body is larger than {self._parts.settings.max_body_bytes} bytes; send less at once"


def client_host(connection: HTTPConnection) -> str:
    """The address at the other end; an empty text, which is no loopback address, where there is none."""
    return connection.client.host if connection.client is not None else ""


def address_caller(host: str) -> str:
    """By what a caller without a key is counted: its address, for IPv6 the network that is one customer's."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return f"address:{host}"
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return f"address:{ipaddress.IPv6Network((int(address), _CUSTOMER_PREFIX), strict=False)}"
    return f"address:{host}"


def _place_of(origin: str) -> str | None:
    """Host and port of an origin; None when it is none."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None


def _host_name(header: str) -> str:
    try:
        return (urlsplit(f"//{header}").hostname or "").lower()
    except ValueError:
        return ""
