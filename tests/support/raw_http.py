"""HTTP by hand, for requests that no client library would send."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

TIMEOUT_S = 20


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """An answer as it came."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


async def exchange(address: str, request: bytes) -> RawAnswer:
    """Send ``request`` as it is and read one answer; the connection is closed afterwards."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(request)
        await writer.drain()
        async with asyncio.timeout(TIMEOUT_S):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            lines = head.split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:-2])}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
    finally:
        writer.close()
    return RawAnswer(int(lines[0].split()[1]), headers, body)


async def get(address: str, target: str, **headers: str) -> RawAnswer:
    """GET ``target`` as it is written, neither encoded nor shortened."""
    lines = {"Host": address, "Connection": "close", **{name.replace("_", "-"): text for name, text in headers.items()}}
    head = "".join(f"{name}: {text}\r\n" for name, text in lines.items())
    return await exchange(address, f"GET {target} HTTP/1.1\r\n{head}\r\n".encode("latin-1"))
