"""Calls to the services, whichever transport reaches them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wyckoff.rpc.errors import DeadlineExceededError, UnavailableError
from wyckoff.rpc.interceptor import CORRELATION_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.context import AnalysisContext
    from wyckoff.rpc.methods import Method, Request, Response
    from wyckoff.rpc.transport import Transport


class ServiceCalls:
    """One transport a service, by the full name of the service. Every call carries deadline and correlation id."""

    def __init__(self, transports: Mapping[str, Transport]) -> None:
        self._transports = dict(transports)

    async def call(self, method: Method[Request, Response], request: Request, context: AnalysisContext) -> Response:
        """The response; raises a WyckoffError, DeadlineExceededError without a call when no time is left."""
        transport = self._transports.get(method.service)
        if transport is None:
            raise UnavailableError(f"no transport to {method.service} is set up")
        remaining_s = context.deadline.remaining_s()
        if remaining_s <= 0:
            raise DeadlineExceededError(f"no time is left to call {method.name}", reason="BUDGET_SPENT")
        metadata = ((CORRELATION_KEY, context.correlation_id),)
        return await transport.unary(method, request, timeout_s=remaining_s, metadata=metadata)

    async def close(self) -> None:
        """Close all transports."""
        for transport in self._transports.values():
            await transport.close()
