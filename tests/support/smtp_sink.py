"""A mail server that keeps what it gets."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from email.message import EmailMessage


class MailSink:
    """Takes mail, or refuses the next ``refusals`` senders for now."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refusals = 0
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, by the part of SMTP that a client without encryption needs."""
        writer.write(b"220 sink\r\n")
        while line := await reader.readline():
            command = line.split()[0].upper() if line.split() else b""
            if command == b"DATA":
                writer.write(b"354 go on\r\n")
                self._keep(await reader.readuntil(b"\r\n.\r\n"))
                writer.write(b"250 kept\r\n")
            elif command == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            elif command == b"MAIL" and self.refusals:
                self.refusals -= 1
                writer.write(b"451 not now\r\n")
            else:
                writer.write(b"250 sink\r\n")
            await writer.drain()
        writer.close()

    def _keep(self, data: bytes) -> None:
        self.mails.append(message_from_bytes(data.removesuffix(b"\r\n.\r\n"), policy=policy.default))


@asynccontextmanager
async def mail_sink() -> AsyncIterator[MailSink]:
    """A mail server on a free port of loopback."""
    sink = MailSink()
    server = await asyncio.start_server(sink.serve, "127.0.0.1", 0)
    sink.port = server.sockets[0].getsockname()[1]
    async with server:
        yield sink
