"""A plain HTTP/1.1 server on a free port of loopback that answers as it is told, badly where that is the point."""

from __future__ import annotations

import asyncio
import gzip
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: path as sent and decoded, the query, headers in lower case."""

    raw_path: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. ``cut`` sends only half of the body that the headers promise."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    held: asyncio.Event | None = None
    """Wait for it before answering."""


def json_reply(content: Any, status: int = 200, **headers: str) -> Reply:
    named = {"Content-Type": "application/json", **{name.replace("_", "-"): text for name, text in headers.items()}}
    return Reply(json.dumps(content).encode(), status, named)


def gzipped(reply: Reply) -> Reply:
    return Reply(gzip.compress(reply.body), reply.status, {**reply.headers, "Content-Encoding": "gzip"})


@dataclass(slots=True)
class Vendor:
    """A running server and what it was asked."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    seen: asyncio.Event = field(default_factory=asyncio.Event)
    """Set with each request."""


@asynccontextmanager
async def vendor(answer: Callable[[Asked], Reply]) -> AsyncIterator[Vendor]:
    """A server of ``answer`` until the end of the block."""
    running = Vendor()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            while (asked := await _read(reader)) is not None:
                running.asked.append(asked)
                running.seen.set()
                reply = answer(asked)
                if reply.held is not None:
                    await reply.held.wait()
                _write(writer, reply)
                await writer.drain()
                if reply.cut:
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            return
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    running.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield running
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _read(reader: asyncio.StreamReader) -> Asked | None:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    target = first.split(" ")[1]
    parts = urlsplit(target)
    headers = {name.strip().lower(): text.strip() for name, text in (line.split(":", 1) for line in lines)}
    query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    return Asked(parts.path, unquote(parts.path), query, headers)


def _write(writer: asyncio.StreamWriter, reply: Reply) -> None:
    lines = [f"HTTP/1.1 {reply.status} Answer", f"Content-Length: {len(reply.body)}"]
    lines += [f"{name}: {text}" for name, text in reply.headers.items()]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
    writer.write(reply.body[: len(reply.body) // 2] if reply.cut else reply.body)
