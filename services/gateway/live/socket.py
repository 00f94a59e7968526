"""One client: who it is, what it wants, and two tasks that write to it and read from it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Final

import structlog
from starlette.websockets import WebSocketDisconnect

from services.gateway.guard import KEY_HEADER, client_host
from services.gateway.live.query import read_wish
from services.gateway.live.subscription import POLICY_VIOLATION, TRY_AGAIN_LATER, UNSUPPORTED_DATA, Ending
from wyckoff.access.keys import Scope
from wyckoff.rpc.errors import Code, UnauthenticatedError, WyckoffError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.websockets import WebSocket

    from services.gateway.access import Access, Principal
    from services.gateway.live.hub import EventHub
    from services.gateway.live.subscription import Subscription
    from services.gateway.rates import RateLimits

_log = structlog.get_logger("wyckoff.gateway.live")

#: What a close frame can hold.
_MAX_REASON_BYTES: Final = 123
_EXPECTED: Final = 'only {"type":"authenticate","key":"..."} is understood, once'


class LiveSocket:
    """Refusals come as close code and reason: of what is said before, a browser tells its page nothing."""

    def __init__(self, websocket: WebSocket, hub: EventHub, access: Access, rates: RateLimits) -> None:
        self._websocket = websocket
        self._hub = hub
        self._access = access
        self._rates = rates
        self._may_authenticate = True

    async def serve(self) -> None:
        """Until either side ends it."""
        try:
            await self._websocket.accept()
            ending = await self._serve_accepted()
            if ending is not None:
                await self._close(ending)
        except WebSocketDisconnect as gone:
            _log.debug("live_client_gone", code=gone.code)

    async def _serve_accepted(self) -> Ending | None:
        try:
            with self._hub.seat():
                host = client_host(self._websocket)
                await self._rates.count(f"address:{host}")
                wish = read_wish(self._websocket.query_params)
                principal = await self._authenticated(host)
                self._websocket.scope["state"]["principal"] = principal
                with self._hub.joined(wish) as subscription:
                    return await self._exchange(subscription, principal)
        except _RefusedError as refusal:
            return refusal.ending
        except WyckoffError as error:
            code = TRY_AGAIN_LATER if error.code is Code.RESOURCE_EXHAUSTED else POLICY_VIOLATION
            return Ending(code, error.message)

    async def _authenticated(self, host: str) -> Principal:
        key = self._websocket.headers.get(KEY_HEADER)
        if key is None and self._access.keys_needed:
            limit_s = self._hub.settings.authentication_timeout_s
            try:
                async with asyncio.timeout(limit_s):
                    key = await self._read_key()
            except TimeoutError as error:
                raise UnauthenticatedError(f"no API key within {limit_s:g} s", reason="KEY_MISSING") from error
        return self._access.authenticate(key, Scope.READ, host)

    async def _exchange(self, subscription: Subscription, principal: Principal) -> Ending | None:
        """Why the client has to go; None when it went by itself."""
        writer = asyncio.create_task(self._write_all(subscription, principal))
        reader = asyncio.create_task(self._read_all())
        subscription.on_end = writer.cancel
        if subscription.ending is not None:
            writer.cancel()
        try:
            await asyncio.wait({writer, reader}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            writer.cancel()
            reader.cancel()
            outcomes = await asyncio.gather(writer, reader, return_exceptions=True)
        if subscription.lost:
            _log.warning("live_client_dropped", principal=principal.name, waited=subscription.lost)
        return subscription.ending or _ending_of(outcomes)

    async def _write_all(self, subscription: Subscription, principal: Principal) -> Ending:
        while True:
            message = await subscription.next()
            if message.type == "heartbeat" and not self._access.is_valid(principal):
                return Ending(POLICY_VIOLATION, "the API key is no longer valid")
            await self._websocket.send_text(message.text)

    async def _read_all(self) -> None:
        while True:
            await self._read_key()

    async def _read_key(self) -> str:
        """The key in the next message, which can only be that of authentication."""
        text = await self._read_text()
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            content = None
        known = isinstance(content, dict) and content.get("type") == "authenticate"
        key = content.get("key") if known else None
        if not isinstance(key, str) or not self._may_authenticate:
            raise _RefusedError(Ending(POLICY_VIOLATION, _EXPECTED))
        self._may_authenticate = False
        return key

    async def _read_text(self) -> str:
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005), message.get("reason"))
        text: str | None = message.get("text")
        if text is None:
            raise _RefusedError(Ending(UNSUPPORTED_DATA, f"binary messages are not understood; {_EXPECTED}"))
        return text

    async def _close(self, ending: Ending) -> None:
        """Say why. A client that does not read is not waited for: its connection is cut with what was sent to it."""
        reason = ending.reason.encode()[:_MAX_REASON_BYTES].decode(errors="ignore")
        try:
            async with asyncio.timeout(self._hub.settings.close_timeout_s):
                await self._websocket.close(ending.code, reason)
        except TimeoutError:
            _log.info("live_client_cut", code=ending.code, reason=ending.reason)


class _RefusedError(Exception):
    """What the client sent is the end of it."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.reason)
        self.ending = ending


def _ending_of(outcomes: Sequence[Ending | BaseException | None]) -> Ending | None:
    """How the two tasks ended; raises what nobody expected."""
    for outcome in outcomes:
        if isinstance(outcome, _RefusedError):
            return outcome.ending
        if isinstance(outcome, Ending):
            return outcome
    for outcome in outcomes:
        if isinstance(outcome, BaseException) and not isinstance(outcome, asyncio.CancelledError):
            raise outcome
    return None
