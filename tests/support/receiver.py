"""A receiver of webhooks: a real HTTP server that answers as the test says."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import uvicorn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


@dataclass(frozen=True, slots=True)
class Post:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """``wait_for`` is awaited before anything is sent."""

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    wait_for: asyncio.Event | None = None


class Receiver:
    """Answers 204, or what is in ``answers``, the first one first. ``arrived`` is set by every request."""

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.answers: list[Answer] = []
        self.arrived = asyncio.Event()
        self.url = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.posts.append(Post(scope["path"], headers, body))
        answer = self.answers.pop(0) if self.answers else Answer()
        self.arrived.set()
        if answer.wait_for is not None:
            await answer.wait_for.wait()
        head = [(name.encode(), value.encode()) for name, value in answer.headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": head})
        await send({"type": "http.response.body", "body": b""})

    async def wait_for_posts(self, count: int) -> None:
        """Return once so many requests have come."""
        while len(self.posts) < count:
            self.arrived.clear()
            await self.arrived.wait()


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        # signals of the process are the test runner's
        yield


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver on a free port of loopback."""
    receiver = Receiver()
    config = uvicorn.Config(receiver, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=1)
    server = _Server(config)
    # connections wait in the queue of the socket until the server takes them
    listening = socket.create_server(("127.0.0.1", 0))
    receiver.url = f"http://127.0.0.1:{listening.getsockname()[1]}/hooks"
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield receiver
    finally:
        server.should_exit = True
        await serving
