"""Fakes for the seams of the orchestrator: a scripted transport and a clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wyckoff.rpc import catalogue
from wyckoff.rpc.errors import WyckoffError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from google.protobuf.message import Message

    from wyckoff.rpc.methods import Method, Request, Response
    from wyckoff.rpc.transport import Metadata, Transport

#: What a scripted call does: gives a message, raises, or computes either from the request.
Script = WyckoffError | Exception | Callable[[Any], "Message | Awaitable[Message]"] | Any

SERVICES = (
    catalogue.MARKETDATA,
    catalogue.VOLUME,
    catalogue.RANGE,
    catalogue.PHASE,
    catalogue.PATTERN,
    catalogue.RISK,
    catalogue.PORTFOLIO,
)


@dataclass(frozen=True, slots=True)
class Call:
    """A call that was made."""

    name: str
    request: Any
    timeout_s: float
    metadata: dict[str, str]


@dataclass
class FakeTransport:
    """Answers by method name from ``script``; a method without one gets an empty response."""

    script: dict[str, Script] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    closed: bool = False

    async def unary(
        self, method: Method[Request, Response], request: Request, *, timeout_s: float, metadata: Metadata = ()
    ) -> Response:
        self.calls.append(Call(method.name, request, timeout_s, dict(metadata)))
        scripted = self.script.get(method.name)
        if scripted is None:
            return method.response()
        if isinstance(scripted, Exception):
            raise scripted
        answer: Any = scripted(request) if callable(scripted) else scripted
        response: Response = await answer if isinstance(answer, Awaitable) else answer
        return response

    async def server_stream(
        self, method: Method[Request, Response], request: Request, *, timeout_s: float | None, metadata: Metadata = ()
    ) -> AsyncGenerator[Response]:
        # what is recorded of an unbounded stream is an infinite time
        within_s = float("inf") if timeout_s is None else timeout_s
        yield await self.unary(method, request, timeout_s=within_s, metadata=metadata)

    async def close(self) -> None:
        self.closed = True

    @property
    def names(self) -> list[str]:
        return [call.name for call in self.calls]

    def as_services(self) -> dict[str, Transport]:
        """This transport for every service."""
        return dict.fromkeys(SERVICES, self)


@dataclass
class FakeClock:
    """Seconds that only the test moves."""

    now_s: float = 1000.0

    def __call__(self) -> float:
        return self.now_s
