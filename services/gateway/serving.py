"""The app served by uvicorn, on a socket of its own."""

from __future__ import annotations

import asyncio
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Self

import uvicorn

from services.gateway.live.protocol import websocket_options
from wyckoff.rpc.errors import InvalidArgumentError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI

    from services.gateway.config import GatewaySettings

#: Connections that wait to be taken.
_BACKLOG: Final = 2_048


class HttpServer:
    """A running server; also an async context manager that stops it, requests in flight first."""

    def __init__(self, app: FastAPI, settings: GatewaySettings) -> None:
        config = uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            # the address of a client is the one it connects from, whatever it says
            proxy_headers=False,
            limit_concurrency=settings.max_connections,
            timeout_graceful_shutdown=settings.shutdown_grace_s,
            **websocket_options(settings.live),
        )
        self._server = _Server(config)
        self._serving: asyncio.Task[None] | None = None
        self.address = ""

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    async def start(self, address: str) -> Self:
        """Bind ``HOST:PORT`` (port 0 takes a free one) and serve; raises UnavailableError when it is taken."""
        host, listening = _listen(address)
        shown = f"[{host}]" if ":" in host else host
        self.address = f"{shown}:{listening.getsockname()[1]}"
        self._serving = asyncio.create_task(self._server.serve(sockets=[listening]))
        ready = asyncio.create_task(self._server.ready.wait())
        await asyncio.wait({ready, self._serving}, return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            ready.cancel()
            await self._serving
            raise UnavailableError(f"the server on {address} ended before it served")
        return self

    async def stop(self) -> None:
        """Take no more, finish requests in flight within the grace, end."""
        if self._serving is None:
            return
        self._server.should_exit = True
        await self._serving

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.stop()


class _Server(uvicorn.Server):
    """Says when it serves, and leaves the signals of the process to the process."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def host_of(address: str) -> str:
    """The host in ``HOST:PORT``; raises InvalidArgumentError when it is no address."""
    return _split(address)[0]


def _split(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not host or not port.isascii() or not port.isdecimal() or int(port) > 65_535:
        raise InvalidArgumentError.of("address", f"{address!r} is no HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080")
    return host.removeprefix("[").removesuffix("]"), int(port)


def _listen(address: str) -> tuple[str, socket.socket]:
    host, port = _split(address)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # the protocol is named: only then does asyncio send small packets at once, and an answer is two of them
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise UnavailableError(f"cannot listen on {address}: {error.strerror or error}") from error
    return host, listening
