"""The outermost layer: ids, headers of every answer, one log line a request, and no error that is not answered."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, HTTPConnection

from services.gateway.problems import Problem, problem_of, problem_response
from wyckoff.rpc.errors import Code, InvalidArgumentError
from wyckoff.telemetry.http_requests import HttpRequest

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID: Final = "X-Request-ID"
CORRELATION_ID: Final = "X-Correlation-ID"

_log = structlog.get_logger("wyckoff.gateway")

_POLICY: Final = "; ".join(
    [
        "default-src 'self'",
        # the charts set styles on the elements they draw
        "style-src 'self' 'unsafe-inline'",
        # pictures of a chart, as it saves them
        "img-src 'self' data: blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_MAX_LOGGED_PATH: Final = 256
_NOT_CLOSED: Final = 0


class Edge:
    """Wraps the whole app. ``scope["state"]`` gets ``request_id`` and ``correlation_id``, both UUIDs."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, send)
        with structlog.contextvars.bound_contextvars(
            request_id=exchange.request_id, correlation_id=exchange.correlation_id
        ):
            try:
                await self._watch(exchange, receive)
            finally:
                exchange.log()

    async def _watch(self, exchange: _Exchange, receive: Receive) -> None:
        """A request is a span; a socket, which may last for days, is none."""
        scope = exchange.scope
        if scope["type"] == "websocket":
            await self._pass_on(exchange, receive)
            return
        with HttpRequest(scope["method"], Headers(scope=scope), exchange.correlation_id) as request:
            try:
                await self._pass_on(exchange, receive)
            finally:
                request.status, request.route = exchange.status, getattr(scope.get("route"), "path_format", "")

    async def _pass_on(self, exchange: _Exchange, receive: Receive) -> None:
        scope = exchange.scope
        try:
            if exchange.refusal is not None:
                await exchange.answer(problem_of(exchange.refusal), receive)
            else:
                await self._app(scope, receive, exchange.send)
        except ClientDisconnect:
            # who sends half a body and leaves is waiting for no answer
            _log.info("client_gone")
        except Exception as error:
            _log.error("request_failed", error=f"{type(error).__name__}: {error}", exc_info=error)
            if scope["type"] != "http" or exchange.status:
                raise
            text = f"internal error: {type(error).__name__}; the log of the gateway has it under this request id"
            await exchange.answer(Problem(500, Code.INTERNAL, "INTERNAL", text), receive)


class _Exchange:
    """One request with its answer, or one socket."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.scope = scope
        self.status = _NOT_CLOSED
        self.refusal: InvalidArgumentError | None = None
        self.request_id = str(uuid.uuid4())
        self.correlation_id = self._read_correlation_id() or self.request_id
        self._send = send
        self._started_s = time.perf_counter()
        state = scope.setdefault("state", {})
        state["request_id"], state["correlation_id"] = self.request_id, self.correlation_id

    def _read_correlation_id(self) -> str:
        text = Headers(scope=self.scope).get(CORRELATION_ID, "")
        if not text:
            return ""
        try:
            return str(uuid.UUID(text))
        except ValueError:
            self.refusal = InvalidArgumentError.of(
                CORRELATION_ID, f"{text[:64]!r} is no UUID; leave it out to get the request id"
            )
            return ""

    async def send(self, message: Message) -> None:
        """Add the headers of every answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            headers[REQUEST_ID], headers[CORRELATION_ID] = self.request_id, self.correlation_id
        elif message["type"] == "websocket.accept":
            self.status = 101
        await self._send(message)

    async def answer(self, problem: Problem, receive: Receive) -> None:
        """Answer with a problem instead of the app; a socket is closed before it opens."""
        if self.scope["type"] == "websocket":
            await self._send({"type": "websocket.close", "code": 1008, "reason": problem.reason})
            self.status = problem.status
            return
        response = problem_response(HTTPConnection(self.scope), problem)
        await response(self.scope, receive, self.send)

    def log(self) -> None:
        """One line."""
        principal = self.scope["state"].get("principal")
        _log.info(
            "http_request" if self.scope["type"] == "http" else "websocket_ended",
            method=self.scope.get("method", ""),
            # never the query: what people paste into URLs does not belong into logs
            path=self.scope["path"][:_MAX_LOGGED_PATH],
            status=self.status,
            duration_ms=round((time.perf_counter() - self._started_s) * 1000, 3),
            client=(self.scope.get("client") or ("", 0))[0],
            principal=principal.name if principal else "",
        )
