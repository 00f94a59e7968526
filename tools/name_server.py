"""A DNS server on loopback, for names whose addresses come and go. No root, no file of the system is touched."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, Self

from dnslib import QTYPE, RR, A, DNSRecord  # type: ignore[import-untyped]
from dnslib.server import BaseResolver, DNSLogger, DNSServer  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Iterable

_HOST: Final = "127.0.0.1"


class _Answers(BaseResolver):  # type: ignore[misc]
    """Answers every name with the addresses given last; nothing may keep them (time to live 0)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._addresses: tuple[str, ...] = ()

    def publish(self, addresses: Iterable[str]) -> None:
        with self._lock:
            self._addresses = tuple(addresses)

    def resolve(self, request: DNSRecord, handler: object) -> DNSRecord:
        reply = request.reply()
        if request.q.qtype == QTYPE.A:
            with self._lock:
                addresses = self._addresses
            for address in addresses:
                reply.add_answer(RR(request.q.qname, QTYPE.A, rdata=A(address), ttl=0))
        return reply


class NameServer:
    """Serves while its ``with`` block lasts."""

    def __init__(self) -> None:
        self._answers = _Answers()
        self._server = DNSServer(self._answers, address=_HOST, port=0, logger=DNSLogger("truncated,error"))

    @property
    def address(self) -> str:
        """HOST:PORT, for UDP."""
        return f"{_HOST}:{self._server.server.server_address[1]}"

    def publish(self, addresses: Iterable[str]) -> None:
        """From now on every name has these addresses and no others."""
        self._answers.publish(addresses)

    def __enter__(self) -> Self:
        self._server.start_thread()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.stop()
        self._server.server.server_close()
        self._server.thread.join()
