"""The third sibling of the transport seam: another transport behind a circuit breaker."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from wyckoff.rpc.breaker import CircuitBreaker
    from wyckoff.rpc.methods import Method, Request, Response
    from wyckoff.rpc.transport import Metadata, Transport

#: Health must be asked of the service itself, or a health report would only repeat what the breaker thinks.
_UNGUARDED_PREFIX: Final = "grpc."

#: A stream that is the probe has so long to answer before another call may probe, seconds.
STREAM_PROBE_S: Final = 1.0


class GuardedTransport:
    """Calls ``inner`` unless ``breaker`` refuses with BreakerOpenError; its own retries count as one call."""

    def __init__(self, inner: Transport, breaker: CircuitBreaker, *, stream_probe_s: float = STREAM_PROBE_S) -> None:
        self._inner = inner
        self._stream_probe_s = stream_probe_s
        self.breaker = breaker

    async def unary(
        self, method: Method[Request, Response], request: Request, *, timeout_s: float, metadata: Metadata = ()
    ) -> Response:
        if method.service.startswith(_UNGUARDED_PREFIX):
            return await self._inner.unary(method, request, timeout_s=timeout_s, metadata=metadata)
        with self.breaker.attempt():
            return await self._inner.unary(method, request, timeout_s=timeout_s, metadata=metadata)

    async def server_stream(
        self, method: Method[Request, Response], request: Request, *, timeout_s: float | None, metadata: Metadata = ()
    ) -> AsyncGenerator[Response]:
        inner = self._inner.server_stream(method, request, timeout_s=timeout_s, metadata=metadata)
        async with aclosing(inner) as responses:
            if method.service.startswith(_UNGUARDED_PREFIX):
                async for response in responses:
                    yield response
                return
            with self.breaker.attempt(deadline_counts=False) as attempt:
                # a silent stream must not keep everybody else waiting for the probe's answer
                timer = asyncio.get_running_loop().call_later(self._stream_probe_s, attempt.unknown)
                try:
                    async for response in responses:
                        attempt.answered()
                        yield response
                finally:
                    timer.cancel()

    async def close(self) -> None:
        await self._inner.close()
