"""The stream of stored bars."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, Protocol

from grpc import aio

from wyckoff.marketdata.v1 import marketdata_pb2
from wyckoff.rpc.catalogue import WATCH_BARS
from wyckoff.rpc.channel import call_error, open_channel
from wyckoff.rpc.errors import DeadlineExceededError, UnavailableError
from wyckoff.rpc.tls.trouble import tls_trouble

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from google.protobuf.message import Message

    from wyckoff.rpc.tls.settings import TlsSettings

    Call = aio.UnaryStreamCall[Message, marketdata_pb2.WatchBarsResponse]

#: For the connection and the first answer, seconds.
HEADERS_TIMEOUT_S: Final = 20.0


class BarSource(Protocol):
    """Where bars are stored."""

    def watch(self) -> AbstractAsyncContextManager[AsyncIterator[marketdata_pb2.WatchBarsResponse]]:
        """A stream of changes. Once it is entered, no later change passes it by. Raises WyckoffError when it breaks."""
        ...


class GrpcBarSource:
    """The market data service at ``target``, on a connection of its own. Without ``tls`` the environment holds."""

    def __init__(self, target: str, *, tls: TlsSettings | None = None) -> None:
        self._target = target
        self._tls = tls

    @asynccontextmanager
    async def watch(self) -> AsyncIterator[AsyncIterator[marketdata_pb2.WatchBarsResponse]]:
        async with open_channel(self._target, tls=self._tls) as channel:
            start = channel.unary_stream(
                WATCH_BARS.path,
                request_serializer=WATCH_BARS.request.SerializeToString,
                response_deserializer=WATCH_BARS.response.FromString,
            )
            call = start(marketdata_pb2.WatchBarsRequest())
            try:
                await self._wait_until_it_stands(channel, call)
                yield _read(call)
            except aio.AioRpcError as error:
                raise call_error(channel, error) from error
            finally:
                call.cancel()

    async def _wait_until_it_stands(self, channel: aio.Channel, call: Call) -> None:
        try:
            async with asyncio.timeout(HEADERS_TIMEOUT_S):
                # headers come when the watch stands; the call ends when the service cannot be reached
                await call.initial_metadata()
        except TimeoutError as error:
            raise DeadlineExceededError(f"no answer from {self._target} within {HEADERS_TIMEOUT_S:g} s") from error
        if call.done():
            details = await call.details() or ""
            reason = tls_trouble(channel, details) or details
            raise UnavailableError(f"bars of {self._target} cannot be followed: {reason}")


async def _read(call: Call) -> AsyncIterator[marketdata_pb2.WatchBarsResponse]:
    async for change in call:
        yield change
    raise UnavailableError("the market data service ended the stream of bars")
