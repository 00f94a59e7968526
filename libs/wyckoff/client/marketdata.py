"""A typed async client of the market data service."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from wyckoff.client.connection import ServiceClient
from wyckoff.client.paging import all_items
from wyckoff.client.times import timestamp
from wyckoff.marketdata.v1 import marketdata_pb2
from wyckoff.rpc import catalogue
from wyckoff.wire.bars import bars_from_proto, bars_to_proto

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Collection
    from datetime import datetime

    from wyckoff.market.bars import Bars

#: Bars of one request. More than that are sent in parts, each within the time of a call.
BATCH_BARS: Final = 20_000


class MarketDataClient(ServiceClient):
    """Stored bars: in, out, and as they come. Every failure is a :class:`wyckoff.client.errors.WyckoffError`::

        async with MarketDataClient.connect("127.0.0.1:50051") as marketdata:
            await marketdata.ingest_bars(bars)
            newest = await marketdata.get_bars("AAPL", "1d", limit=100)

    The service checks what it is given: bars that cannot be are refused, naming column and bar.
    """

    async def ingest_bars(self, bars: Bars, *, timeout_s: float | None = None) -> marketdata_pb2.IngestBarsResponse:
        """Store ``bars``; what is there already is left alone, what differs is replaced. Sending them again is safe.

        Long series are sent in parts: one that is refused leaves those before it stored.
        """
        total = marketdata_pb2.IngestBarsResponse()
        for start in range(0, max(len(bars), 1), BATCH_BARS):
            part = bars.head(start + BATCH_BARS).tail(min(BATCH_BARS, len(bars) - start))
            request = marketdata_pb2.IngestBarsRequest(bars=bars_to_proto(part))
            answer = await self._call(catalogue.INGEST_BARS, request, timeout_s)
            total.inserted_count += answer.inserted_count
            total.updated_count += answer.updated_count
            total.unchanged_count += answer.unchanged_count
            total.warnings.extend(answer.warnings)
        return total

    async def get_bars(
        self,
        symbol: str,
        timeframe: str,
        *,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        limit: int = 0,
        timeout_s: float | None = None,
    ) -> Bars:
        """The newest ``limit`` bars, 500 when it is 0, that open from ``start_time`` to before ``end_time``.

        Raises NotFoundError when nothing is stored of ``symbol`` and ``timeframe``.
        """
        request = marketdata_pb2.GetBarsRequest(
            symbol=symbol,
            timeframe=timeframe,
            start_time=timestamp(start_time, "start_time"),
            end_time=timestamp(end_time, "end_time"),
            limit=limit,
        )
        return bars_from_proto((await self._call(catalogue.GET_BARS, request, timeout_s)).bars)

    async def list_instruments(
        self, *, page_size: int = 0, page_token: str = "", timeout_s: float | None = None
    ) -> marketdata_pb2.ListInstrumentsResponse:
        """A page of what is stored, by symbol and timeframe."""
        request = marketdata_pb2.ListInstrumentsRequest(page_size=page_size, page_token=page_token)
        return await self._call(catalogue.LIST_INSTRUMENTS, request, timeout_s)

    def iterate_instruments(self, *, page_size: int = 0) -> AsyncGenerator[marketdata_pb2.Instrument]:
        """All that is stored, read a page at a time as it is asked for."""

        async def read(token: str) -> marketdata_pb2.ListInstrumentsResponse:
            return await self.list_instruments(page_size=page_size, page_token=token)

        return all_items(read, lambda page: (page.instruments, page.next_page_token))

    async def watch_bars(
        self, *, symbols: Collection[str] = (), timeframe: str = "", timeout_s: float | None = None
    ) -> AsyncGenerator[marketdata_pb2.WatchBarsResponse]:
        """Bars as they are stored from now on, new and revised ones, until the connection ends.

        A slow reader loses the oldest; ``dropped_count`` says how many changes.
        """
        request = marketdata_pb2.WatchBarsRequest(symbols=sorted(symbols), timeframe=timeframe)
        changes = self._transport.server_stream(catalogue.WATCH_BARS, request, timeout_s=timeout_s)
        async with aclosing(changes):
            async for change in changes:
                yield change
