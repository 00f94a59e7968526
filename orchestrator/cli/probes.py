"""Asking a process whether it serves."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Protocol

import grpc
from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from wyckoff.rpc.channel import call_error, open_channel
from wyckoff.rpc.errors import UnavailableError
from wyckoff.rpc.tls.trouble import HANDSHAKE_FAILED

if TYPE_CHECKING:
    from collections.abc import Callable

    from wyckoff.rpc.tls.settings import TlsSettings

_POLL_S: Final = 0.05
_TIMEOUT_S: Final = 2.0
_LIVENESS_PATH: Final = "/api/v1/health"
_NOT_YET: Final = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED})


class Probe(Protocol):
    """Asks the process at ``address`` until it serves; ``check_running`` raises when it has ended meanwhile.

    Without ``tls`` the environment says whether the connection is encrypted.
    """

    async def __call__(
        self, name: str, address: str, check_running: Callable[[], None], tls: TlsSettings | None = None
    ) -> None: ...


async def until_grpc_serves(
    name: str, address: str, check_running: Callable[[], None], tls: TlsSettings | None = None
) -> None:
    """Return once it says SERVING; raises UnavailableError when it does not tell."""
    async with open_channel(address, retries=0, tls=tls) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        while True:
            check_running()
            try:
                answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=_TIMEOUT_S)
            except aio.AioRpcError as error:
                told = call_error(channel, error)
                if error.code() not in _NOT_YET or told.reason == HANDSHAKE_FAILED:
                    raise UnavailableError(f"{name} does not tell its health: {told.message}") from error
            else:
                if answer.status == health_pb2.HealthCheckResponse.SERVING:
                    return
            await asyncio.sleep(_POLL_S)


async def until_http_serves(
    name: str, address: str, check_running: Callable[[], None], tls: TlsSettings | None = None
) -> None:
    """Return once its health route answers 200; raises UnavailableError for another answer."""
    # imported here, because only this command needs it
    import httpx2

    async with httpx2.AsyncClient(base_url=f"http://{address}", timeout=_TIMEOUT_S, trust_env=False) as client:
        while True:
            check_running()
            try:
                answer = await client.get(_LIVENESS_PATH)
            except httpx2.TransportError:
                await asyncio.sleep(_POLL_S)
                continue
            if answer.status_code == httpx2.codes.OK:
                return
            raise UnavailableError(f"{name} does not tell its health: HTTP {answer.status_code}: {answer.text[:200]}")
