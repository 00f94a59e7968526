"""A typed async client of the orchestrator, over gRPC or in process."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Self

from wyckoff.client.connection import DEFAULT_STREAM_TIMEOUT_S, DEFAULT_TIMEOUT_S, ServiceClient
from wyckoff.client.following import Reconnect, follow
from wyckoff.client.marketdata import MarketDataClient
from wyckoff.client.paging import all_items
from wyckoff.client.times import timestamp
from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.rpc import catalogue
from wyckoff.rpc.channel import GrpcTransport
from wyckoff.wire.bars import bars_to_proto
from wyckoff.wire.enums import PATTERN_TYPE, SCALE

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Collection, Sequence
    from datetime import datetime

    from wyckoff.client.following import FollowedEvent
    from wyckoff.common.v1 import common_pb2
    from wyckoff.market.bars import Bars
    from wyckoff.marketdata.v1 import marketdata_pb2
    from wyckoff.model.kinds import PatternType, Scale
    from wyckoff.portfolio.v1.portfolio_pb2 import Portfolio
    from wyckoff.risk.v1 import risk_pb2
    from wyckoff.rpc.tls.settings import TlsSettings
    from wyckoff.rpc.transport import Transport


__all__ = ["DEFAULT_TIMEOUT_S", "WyckoffClient"]


class WyckoffClient(ServiceClient):
    """Calls of the orchestrator. Every failure is a :class:`wyckoff.client.errors.WyckoffError`.

    ``portfolio`` is what :meth:`analyze_bars` sizes for when a call brings none. ``timeout_s`` bounds each call
    and is the time that the orchestrator divides among its stages; every method takes another one for its call::

        async with WyckoffClient.connect("127.0.0.1:50050") as client:
            analysis = await client.analyze_symbol("AAPL", "1d")
    """

    def __init__(
        self, transport: Transport, *, timeout_s: float = DEFAULT_TIMEOUT_S, portfolio: Portfolio | None = None
    ) -> None:
        super().__init__(transport, timeout_s=timeout_s)
        self._portfolio = portfolio

    @classmethod
    def connect(
        cls,
        target: str,
        *,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        portfolio: Portfolio | None = None,
        tls: TlsSettings | None = None,
    ) -> Self:
        """A client of the orchestrator at ``target``, HOST:PORT or any gRPC target name. Connects at the first call.

        Without ``tls`` the ``WYCKOFF_TLS_*`` variables of the environment hold. Raises FailedPreconditionError for
        plain text to another machine, unless it is permitted, and for certificate files that cannot be used.
        """
        return cls(GrpcTransport.connect(target, tls=tls), timeout_s=timeout_s, portfolio=portfolio)

    async def analyze_bars(
        self,
        bars: Bars,
        *,
        portfolio: Portfolio | None = None,
        correlation_id: str = "",
        scales: Collection[Scale] = (),
        context_timeframe: str = "",
        timeout_s: float | None = None,
    ) -> orchestrator_pb2.Analysis:
        """What ``bars`` say; nothing is stored. Sized for ``portfolio``, the client's own, or the default account.

        With ``scales`` the answer has the ranges of these scales and what belongs to them, here and in the calls below.
        ``context_timeframe`` is a longer bar length to read beside, such as ``1w`` with ``1d``.
        """
        request = orchestrator_pb2.AnalyzeBarsRequest(
            bars=bars_to_proto(bars),
            portfolio=portfolio or self._portfolio,
            correlation_id=correlation_id,
            scales=_numbers(scales),
            context_timeframe=context_timeframe,
        )
        return (await self._call(catalogue.ANALYZE_BARS, request, timeout_s)).analysis

    async def analyze_symbol(
        self,
        symbol: str,
        timeframe: str,
        *,
        lookback_bars: int = 0,
        correlation_id: str = "",
        account_id: str = "",
        scales: Collection[Scale] = (),
        context_timeframe: str = "",
        timeout_s: float | None = None,
    ) -> orchestrator_pb2.Analysis:
        """What the newest stored bars of ``symbol`` say; its signals are stored."""
        request = orchestrator_pb2.AnalyzeSymbolRequest(
            symbol=symbol,
            timeframe=timeframe,
            lookback_bars=lookback_bars,
            correlation_id=correlation_id,
            account_id=account_id,
            scales=_numbers(scales),
            context_timeframe=context_timeframe,
        )
        return (await self._call(catalogue.ANALYZE_SYMBOL, request, timeout_s)).analysis

    async def analyze_symbols(
        self,
        symbols: Sequence[str],
        timeframe: str,
        *,
        lookback_bars: int = 0,
        timeout_s: float = DEFAULT_STREAM_TIMEOUT_S,
        scales: Collection[Scale] = (),
        context_timeframe: str = "",
        account_id: str = "",
    ) -> AsyncGenerator[orchestrator_pb2.AnalyzeSymbolsResponse]:
        """One answer a symbol, in the order in which they end: its ``analysis``, or the ``error`` that it met."""
        request = orchestrator_pb2.AnalyzeSymbolsRequest(
            symbols=symbols,
            timeframe=timeframe,
            lookback_bars=lookback_bars,
            account_id=account_id,
            scales=_numbers(scales),
            context_timeframe=context_timeframe,
        )
        answers = self._transport.server_stream(catalogue.ANALYZE_SYMBOLS, request, timeout_s=timeout_s)
        async with aclosing(answers):
            async for answer in answers:
                yield answer

    async def list_signals(
        self,
        *,
        symbol: str = "",
        timeframe: str = "",
        pattern_types: Collection[PatternType] = (),
        start_time: datetime | None = None,
        page_size: int = 0,
        page_token: str = "",
        timeout_s: float | None = None,
    ) -> orchestrator_pb2.ListSignalsResponse:
        """A page of stored signals, newest first. ``start_time`` is of the bar at whose close a signal was known."""
        request = orchestrator_pb2.ListSignalsRequest(
            symbol=symbol,
            timeframe=timeframe,
            pattern_types=sorted(PATTERN_TYPE.number(kind) for kind in pattern_types),
            start_time=timestamp(start_time, "start_time"),
            page_size=page_size,
            page_token=page_token,
        )
        return await self._call(catalogue.LIST_SIGNALS, request, timeout_s)

    def iterate_signals(
        self,
        *,
        symbol: str = "",
        timeframe: str = "",
        pattern_types: Collection[PatternType] = (),
        start_time: datetime | None = None,
        page_size: int = 0,
    ) -> AsyncGenerator[risk_pb2.TradeSignal]:
        """All stored signals, newest first, read a page at a time as they are asked for."""

        async def read(token: str) -> orchestrator_pb2.ListSignalsResponse:
            return await self.list_signals(
                symbol=symbol,
                timeframe=timeframe,
                pattern_types=pattern_types,
                start_time=start_time,
                page_size=page_size,
                page_token=token,
            )

        return all_items(read, lambda page: (page.signals, page.next_page_token))

    async def get_signal(self, signal_id: str, *, timeout_s: float | None = None) -> risk_pb2.TradeSignal:
        """One stored signal with its validation chain; raises NotFoundError when there is none of that id."""
        request = orchestrator_pb2.GetSignalRequest(signal_id=signal_id)
        return (await self._call(catalogue.GET_SIGNAL, request, timeout_s)).signal

    async def list_rejections(
        self,
        *,
        symbol: str = "",
        timeframe: str = "",
        pattern_types: Collection[PatternType] = (),
        stage: str = "",
        near_misses_only: bool = False,
        start_time: datetime | None = None,
        page_size: int = 0,
        page_token: str = "",
        timeout_s: float | None = None,
    ) -> orchestrator_pb2.ListRejectionsResponse:
        """A page of stored rejections, newest first; ``stage`` is Volume, Phase, Levels, Risk, Strategy or SYSTEM."""
        request = orchestrator_pb2.ListRejectionsRequest(
            symbol=symbol,
            timeframe=timeframe,
            pattern_types=sorted(PATTERN_TYPE.number(kind) for kind in pattern_types),
            stage=stage,
            near_misses_only=near_misses_only,
            start_time=timestamp(start_time, "start_time"),
            page_size=page_size,
            page_token=page_token,
        )
        return await self._call(catalogue.LIST_REJECTIONS, request, timeout_s)

    def iterate_rejections(
        self,
        *,
        symbol: str = "",
        timeframe: str = "",
        pattern_types: Collection[PatternType] = (),
        stage: str = "",
        near_misses_only: bool = False,
        start_time: datetime | None = None,
        page_size: int = 0,
    ) -> AsyncGenerator[risk_pb2.Rejection]:
        """All stored rejections, newest first, read a page at a time as they are asked for."""

        async def read(token: str) -> orchestrator_pb2.ListRejectionsResponse:
            return await self.list_rejections(
                symbol=symbol,
                timeframe=timeframe,
                pattern_types=pattern_types,
                stage=stage,
                near_misses_only=near_misses_only,
                start_time=start_time,
                page_size=page_size,
                page_token=token,
            )

        return all_items(read, lambda page: (page.rejections, page.next_page_token))

    async def get_health(self, *, timeout_s: float | None = None) -> orchestrator_pb2.GetHealthResponse:
        """How the orchestrator and the services behind it are."""
        return await self._call(catalogue.GET_HEALTH, orchestrator_pb2.GetHealthRequest(), timeout_s)

    async def watch_events(
        self,
        *,
        kinds: Collection[orchestrator_pb2.EventKind.ValueType] = (),
        symbols: Collection[str] = (),
        after_event_id: str = "",
        timeout_s: float | None = None,
    ) -> AsyncGenerator[orchestrator_pb2.WatchEventsResponse]:
        """Events from now on, or from behind a known one, until the connection ends. None of ``kinds`` means all.

        Raises NotFoundError when ``after_event_id`` is no longer kept. :meth:`follow_events` outlives the connection.
        """
        request = orchestrator_pb2.WatchEventsRequest(
            kinds=sorted(kinds), symbols=sorted(symbols), after_event_id=after_event_id
        )
        responses = self._transport.server_stream(catalogue.WATCH_EVENTS, request, timeout_s=timeout_s)
        async with aclosing(responses):
            async for response in responses:
                yield response

    def follow_events(
        self,
        *,
        kinds: Collection[orchestrator_pb2.EventKind.ValueType] = (),
        symbols: Collection[str] = (),
        after_event_id: str = "",
        reconnect: Reconnect | None = None,
    ) -> AsyncGenerator[FollowedEvent]:
        """Events without an end: a lost connection is taken up behind the last event, and what is missing is said.

        ::

            async for told in client.follow_events(kinds=[EVENT_KIND_SIGNAL_GENERATED]):
                if told.gap or told.dropped_count:
                    ...  # some events passed by unseen: look at what is stored
                print(told.event.signal_generated.signal.symbol)
        """

        def watch(event_id: str) -> AsyncGenerator[orchestrator_pb2.WatchEventsResponse]:
            return self.watch_events(kinds=kinds, symbols=symbols, after_event_id=event_id)

        return follow(watch, after_event_id, reconnect or Reconnect())

    async def ingest_bars(self, bars: Bars) -> marketdata_pb2.IngestBarsResponse:
        """Store ``bars``; for a client that is connected to the market data service: see :class:`MarketDataClient`."""
        return await MarketDataClient(self._transport, timeout_s=self._timeout_s).ingest_bars(bars)


def _numbers(scales: Collection[Scale]) -> list[common_pb2.Scale.ValueType]:
    return sorted(SCALE.number(scale) for scale in scales)
