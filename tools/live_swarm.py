"""Many WebSocket clients of the gateway in one process, some of which never read.

Reads orders from standard input, one a line: a number waits until every reading client has so many events and answers
with a line of JSON; ``end`` reads what the stalled clients were left with, answers and ends. Events are those of
:func:`numbered_event`, from 0 on.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import socket
import sys
import time
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri

from wyckoff.model.identity import content_id
from wyckoff.orchestrator.v1 import orchestrator_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from websockets.uri import WebSocketURI

#: Receive buffer of a client that never reads; the kernel takes more than that.
STALLED_BUFFER_BYTES: Final = 4_096
_CONNECTING_AT_ONCE: Final = 50


def numbered_event(number: int, size_bytes: int) -> orchestrator_pb2.Event:
    """An event that says its number and when it was made, filled up to about ``size_bytes``."""
    text = f"{number} {time.monotonic_ns()} "
    return orchestrator_pb2.Event(
        event_id=content_id("swarm", number),
        kind=orchestrator_pb2.EVENT_KIND_DETECTOR_FAILED,
        detector_failed=orchestrator_pb2.DetectorFailed(detector="swarm", error=text.ljust(size_bytes, "x")),
    )


@dataclass
class Tally:
    """What the reading clients have seen together."""

    ready: int = 0
    wrong: list[str] = field(default_factory=list)
    latencies_ms: list[float] = field(default_factory=list)
    have: Counter[int] = field(default_factory=Counter)
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class ReadingClient(asyncio.Protocol):
    """Counts events, which have to come in order, each once."""

    def __init__(self, uri: WebSocketURI, tally: Tally) -> None:
        self._connection = ClientProtocol(uri, max_size=None)
        self._tally = tally
        self._next = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._connection.send_request(self._connection.connect())
        self._flush()

    def data_received(self, data: bytes) -> None:
        self._connection.receive_data(data)
        for event in self._connection.events_received():
            if isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                self._read(json.loads(bytes(event.data)))
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        reason = self._connection.close_rcvd
        self._tally.wrong.append(f"connection lost behind event {self._next - 1}: {reason or exc}")
        self._tally.changed.set()

    def _read(self, message: dict[str, object]) -> None:
        if message["type"] == "hello":
            self._tally.ready += 1
        elif message["type"] == "detector_failed":
            data = message["data"]
            assert isinstance(data, dict)
            number, made_ns, _filling = data["error"].split(" ", 2)
            self._tally.latencies_ms.append((time.monotonic_ns() - int(made_ns)) / 1e6)
            if int(number) != self._next:
                self._tally.wrong.append(f"event {number} in place of {self._next}")
            self._next = int(number) + 1
            self._tally.have[self._next] += 1
        elif message["type"] != "heartbeat":
            self._tally.wrong.append(f"message {message}")
        self._tally.changed.set()

    def _flush(self) -> None:
        for data in self._connection.data_to_send():
            if data:
                self._transport.write(data)


async def stalled_client(uri: WebSocketURI) -> tuple[socket.socket, ClientProtocol]:
    """A client that has shaken hands and reads no further."""
    loop = asyncio.get_running_loop()
    connection = ClientProtocol(uri, max_size=None)
    end = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    end.setblocking(False)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, STALLED_BUFFER_BYTES)
    await loop.sock_connect(end, (uri.host, uri.port))
    connection.send_request(connection.connect())
    await loop.sock_sendall(end, b"".join(connection.data_to_send()))
    while not connection.events_received():
        connection.receive_data(await loop.sock_recv(end, 256))
    return end, connection


async def left_with(end: socket.socket, connection: ClientProtocol) -> str:
    """How the connection of a stalled client ended: the close code, or that it was cut."""
    loop = asyncio.get_running_loop()
    try:
        while data := await loop.sock_recv(end, 65_536):
            connection.receive_data(data)
    except ConnectionResetError:
        return "cut"
    finally:
        end.close()
    return "cut" if connection.close_rcvd is None else str(int(connection.close_rcvd.code))


async def run(url: str, clients: int, stalled: int) -> None:
    """Connect, then follow the orders on standard input."""
    uri, tally, loop = parse_uri(url), Tally(), asyncio.get_running_loop()
    turns = asyncio.Semaphore(_CONNECTING_AT_ONCE)

    async def connect() -> None:
        async with turns:
            await loop.create_connection(lambda: ReadingClient(uri, tally), uri.host, uri.port)

    still = [await stalled_client(uri) for _ in range(stalled)]
    await asyncio.gather(*(connect() for _ in range(clients)))
    while tally.ready < clients and not tally.wrong:
        await _change(tally)
    _say(tally)
    orders = await _orders()
    while order := (await orders.readline()).decode().strip():
        if order == "end":
            outcomes = Counter(await asyncio.gather(*(left_with(*client) for client in still)))
            print(json.dumps({"stalled": outcomes}), flush=True)
            return
        while tally.have[int(order)] < clients and not tally.wrong:
            await _change(tally)
        _say(tally)


async def _change(tally: Tally) -> None:
    tally.changed.clear()
    await tally.changed.wait()


def _say(tally: Tally) -> None:
    print(json.dumps({"ready": tally.ready, "wrong": tally.wrong[:10], "latencies_ms": tally.latencies_ms}), flush=True)
    tally.latencies_ms = []


async def _orders() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


@asynccontextmanager
async def swarm(address: str, *, clients: int, stalled: int) -> AsyncIterator[Callable[[str], Any]]:
    """Clients in a process of their own; gives the function that orders and returns the answer."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tools.live_swarm", f"ws://{address}/ws", "--clients", str(clients), "--stalled", str(stalled)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**28,
    )
    orders, answers = process.stdin, process.stdout
    assert orders is not None
    assert answers is not None

    async def order(text: str) -> Any:  # noqa: ANN401 - whatever JSON says
        if text:
            orders.write(f"{text}\n".encode())
        return json.loads(await answers.readline())

    try:
        yield order
    finally:
        orders.close()
        if process.returncode is None:
            process.kill()
        await process.wait()


def raise_file_limit(files: int) -> bool:
    """Let this process open so many files; False when it may not."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < files <= hard or hard == resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, files), hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= files


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="ws://HOST:PORT/ws")
    parser.add_argument("--clients", type=int, default=1_000, help="clients that read")
    parser.add_argument("--stalled", type=int, default=0, help="clients that never read")
    options = parser.parse_args()
    raise_file_limit(options.clients + options.stalled + 100)
    asyncio.run(run(options.url, options.clients, options.stalled))


if __name__ == "__main__":
    main()
