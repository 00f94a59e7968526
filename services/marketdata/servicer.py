"""The market data contract over the bar repository and the feed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.marketdata.totals import StreamTotals
from wyckoff.market.gate import inspect_bars
from wyckoff.marketdata.v1 import marketdata_pb2, marketdata_pb2_grpc
from wyckoff.rpc.errors import InvalidArgumentError, NotFoundError
from wyckoff.wire.bars import bars_from_proto, bars_to_proto, require
from wyckoff.wire.evidence import findings_to_proto
from wyckoff.wire.pages import decode_token, encode_token, page_size
from wyckoff.wire.times import ceil_ms

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from grpc import aio

    from services.marketdata.config import MarketDataSettings
    from services.marketdata.repository import BarRepository, InstrumentSummary, Upsert
    from services.marketdata.watch import BarFeed
    from wyckoff.common.v1 import common_pb2

SERVICE_NAME = marketdata_pb2.DESCRIPTOR.services_by_name["MarketDataService"].full_name


class MarketDataServicer(marketdata_pb2_grpc.MarketDataServiceServicer):
    """Serves ``wyckoff.marketdata.v1.MarketDataService``; errors are raised as WyckoffError."""

    def __init__(self, settings: MarketDataSettings, repository: BarRepository, feed: BarFeed) -> None:
        self._settings = settings
        self._repository = repository
        self._feed = feed

    async def IngestBars(
        self, request: marketdata_pb2.IngestBarsRequest, context: object
    ) -> marketdata_pb2.IngestBarsResponse:
        upsert, warnings = await self._ingest(request.bars)
        return marketdata_pb2.IngestBarsResponse(
            inserted_count=upsert.inserted,
            updated_count=upsert.updated,
            unchanged_count=upsert.unchanged,
            warnings=warnings,
        )

    async def IngestBarsStream(
        self, request_iterator: AsyncIterator[marketdata_pb2.IngestBarsStreamRequest], context: object
    ) -> marketdata_pb2.IngestBarsStreamResponse:
        totals = StreamTotals()
        async for request in request_iterator:
            try:
                upsert, warnings = await self._ingest(request.bars)
            except InvalidArgumentError as error:
                raise totals.refused(error) from error
            totals.add(request.bars, upsert, warnings)
        return totals.response()

    async def GetBars(self, request: marketdata_pb2.GetBarsRequest, context: object) -> marketdata_pb2.GetBarsResponse:
        require(bool(request.symbol), "symbol", "is missing; name an instrument, such as AAPL")
        require(bool(request.timeframe), "timeframe", "is missing; name a bar length, such as 1d")
        for name in ("symbol", "timeframe"):
            require(getattr(request, name).isprintable(), name, "has characters that cannot be printed; it must not")
        start_ms = ceil_ms(request.start_time, "start_time") if request.HasField("start_time") else None
        end_ms = ceil_ms(request.end_time, "end_time") if request.HasField("end_time") else None
        if start_ms is not None and end_ms is not None:
            require(start_ms < end_ms, "end_time", "is not after start_time; it must be")
        bars = await self._repository.read(
            request.symbol, request.timeframe, limit=self._limit(request.limit), start_ms=start_ms, end_ms=end_ms
        )
        if bars is None:
            raise await self._unknown(request.symbol, request.timeframe)
        return marketdata_pb2.GetBarsResponse(bars=bars_to_proto(bars))

    async def ListInstruments(
        self, request: marketdata_pb2.ListInstrumentsRequest, context: object
    ) -> marketdata_pb2.ListInstrumentsResponse:
        size = page_size(
            request.page_size, default=self._settings.default_page_size, maximum=self._settings.max_page_size
        )
        key = decode_token(request.page_token, 2)
        require(key is None or "".join(key).isprintable(), "page_token", "is no token of this list")
        found = await self._repository.instruments(size + 1, (key[0], key[1]) if key else None)
        page = found[:size]
        token = encode_token(page[-1].symbol, page[-1].timeframe) if len(found) > size else ""
        return marketdata_pb2.ListInstrumentsResponse(
            instruments=[_instrument_to_proto(item) for item in page], next_page_token=token
        )

    async def WatchBars(
        self,
        request: marketdata_pb2.WatchBarsRequest,
        context: aio.ServicerContext[marketdata_pb2.WatchBarsRequest, marketdata_pb2.WatchBarsResponse],
    ) -> AsyncIterator[marketdata_pb2.WatchBarsResponse]:
        with self._feed.watch(frozenset(request.symbols), request.timeframe) as watcher:
            # headers now: a caller that has them knows that no later bar passes it by
            await context.send_initial_metadata(())
            while True:
                change = await watcher.next()
                yield marketdata_pb2.WatchBarsResponse(
                    bars=bars_to_proto(change.bars), dropped_count=change.dropped_count
                )

    async def _ingest(self, message: common_pb2.Bars) -> tuple[Upsert, list[common_pb2.Warning]]:
        bars = bars_from_proto(message, max_bars=self._settings.max_bars_per_request)
        warnings = findings_to_proto(inspect_bars(bars).findings, message.open_time_ms)
        upsert = await self._repository.upsert(bars)
        self._feed.publish(upsert.changed)
        return upsert, warnings

    def _limit(self, requested: int) -> int:
        maximum = self._settings.max_bars_per_request
        right = f"1 to {maximum}, or 0 for {self._settings.default_bars}, is right"
        require(0 <= requested <= maximum, "limit", f"is {requested}; {right}")
        return requested or self._settings.default_bars

    async def _unknown(self, symbol: str, timeframe: str) -> NotFoundError:
        timeframes = await self._repository.timeframes(symbol)
        if timeframes:
            what_is = f"{symbol} has bars of {', '.join(timeframes)}"
        else:
            what_is = "ListInstruments says what is stored, IngestBars stores more"
        return NotFoundError(
            f"no bars of {symbol} {timeframe} are stored; {what_is}",
            reason="INSTRUMENT_UNKNOWN",
            metadata={"symbol": symbol, "timeframe": timeframe},
        )


def _instrument_to_proto(item: InstrumentSummary) -> marketdata_pb2.Instrument:
    message = marketdata_pb2.Instrument(symbol=item.symbol, timeframe=item.timeframe, bar_count=item.bar_count)
    message.first_time.FromMilliseconds(item.first_open_time_ms)
    message.last_time.FromMilliseconds(item.last_open_time_ms)
    return message
