"""The WebSocket protocol of uvicorn, with an end for clients that do not read."""

from __future__ import annotations

import socket
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypedDict, cast

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State

from services.gateway.live.subscription import GOING_AWAY

if TYPE_CHECKING:
    import asyncio
    from asyncio.transports import BaseTransport

    from uvicorn._types import ASGISendEvent

    from services.gateway.live.settings import LiveSettings

_STOPPING: Final = "the gateway is stopping; connect again"


class LiveProtocol(WebSocketsSansIOProtocol):
    """What is sent but not read is bounded, in the server and in the kernel, and so is the time to read it at the end.

    Without this, a closed connection whose client reads nothing stays open, and a server that stops waits for it.
    """

    def __init__(self, *args: Any, settings: LiveSettings, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self._settings = settings
        self._cut: asyncio.TimerHandle | None = None
        self.close_timeout = settings.close_timeout_s

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=self._settings.write_buffer_bytes)
        connection = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self._settings.kernel_buffer_bytes)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._cut is not None:
            self._cut.cancel()
        super().connection_lost(exc)

    async def run_asgi(self) -> None:
        try:
            await super().run_asgi()
        finally:
            self._cut_soon()

    async def send(self, message: ASGISendEvent) -> None:
        await self.writable.wait()
        if self.close_sent:
            # by this protocol, which the app cannot know
            raise ClientDisconnected
        await super().send(message)

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self._cut_soon()

    def handle_parser_exception(self) -> None:
        super().handle_parser_exception()
        self._cut_soon()

    def shutdown(self) -> None:
        """Say goodbye, and give the client a while to read it."""
        if not self.handshake_complete or self.close_sent or self.conn.state is not State.OPEN:
            super().shutdown()
        else:
            self.stop_keepalive()
            self.queue.put_nowait({"type": "websocket.disconnect", "code": GOING_AWAY, "reason": _STOPPING})
            self.conn.send_close(GOING_AWAY, _STOPPING)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
            if self.read_paused:
                self.read_paused = False
                self.transport.resume_reading()
            # its answer closes the connection sooner
            self.close_timer = self.loop.call_later(self.close_timeout, self.transport.close)
        self._cut_soon()

    def _cut_soon(self) -> None:
        if self._cut is None and not self.disconnected:
            self._cut = self.loop.call_later(self.close_timeout, self.transport.abort)


class WebSocketOptions(TypedDict):
    """Arguments of ``uvicorn.Config``."""

    ws: type[asyncio.Protocol]
    ws_max_size: int
    ws_ping_interval: float
    ws_ping_timeout: float
    ws_per_message_deflate: bool


def websocket_options(settings: LiveSettings) -> WebSocketOptions:
    """How uvicorn is to serve WebSockets."""
    return WebSocketOptions(
        ws=cast("type[asyncio.Protocol]", partial(LiveProtocol, settings=settings)),
        ws_max_size=settings.max_frame_bytes,
        ws_ping_interval=settings.ping_interval_s,
        ws_ping_timeout=settings.ping_timeout_s,
        # messages are short, and each client would pay for compressing the same one
        ws_per_message_deflate=False,
    )
