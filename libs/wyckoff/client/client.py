"""A typed async client of the orchestrator, over gRPC or in process."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Final, Self

from wyckoff.marketdata.v1 import marketdata_pb2
from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.rpc import catalogue
from wyckoff.rpc.channel import GrpcTransport
from wyckoff.wire.bars import bars_to_proto
from wyckoff.wire.enums import PATTERN_TYPE, SCALE

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Collection, Sequence
    from datetime import datetime

    from wyckoff.common.v1 import common_pb2
    from wyckoff.market.bars import Bars
    from wyckoff.model.kinds import PatternType, Scale
    from wyckoff.portfolio.v1.portfolio_pb2 import Portfolio
    from wyckoff.risk.v1 import risk_pb2
    from wyckoff.rpc.transport import Transport

DEFAULT_TIMEOUT_S: Final = 5.0
#: A stream of many symbols is bounded too, but by the length of a long job.
DEFAULT_STREAM_TIMEOUT_S: Final = 3600.0


class WyckoffClient:
    """Calls of the orchestrator. Every failure is a :class:`wyckoff.rpc.errors.WyckoffError`.

    ``portfolio`` is what :meth:`analyze_bars` sizes for when a call brings none. ``timeout_s`` bounds each call
    and is the time that the orchestrator divides among its stages::

        async with WyckoffClient.connect("127.0.0.1:50050") as client:
            analysis = await client.analyze_symbol("AAPL", "1d")
    """

    def __init__(
        self, transport: Transport, *, timeout_s: float = DEFAULT_TIMEOUT_S, portfolio: Portfolio | None = None
    ) -> None:
        self._transport = transport
        self._portfolio = portfolio
        self._timeout_s = timeout_s

    @classmethod
    def connect(cls, target: str, *, timeout_s: float = DEFAULT_TIMEOUT_S, portfolio: Portfolio | None = None) -> Self:
        """A client of the service at ``target``, HOST:PORT or any gRPC target name."""
        return cls(GrpcTransport.connect(target), timeout_s=timeout_s, portfolio=portfolio)

    async def analyze_bars(
        self,
        bars: Bars,
        *,
        portfolio: Portfolio | None = None,
        correlation_id: str = "",
        scales: Collection[Scale] = (),
    ) -> orchestrator_pb2.Analysis:
        """What ``bars`` say; nothing is stored. Sized for ``portfolio``, the client's own, or the default account.

        With ``scales`` the answer has the ranges of these scales and what belongs to them, here and in the calls below.
        """
        request = orchestrator_pb2.AnalyzeBarsRequest(
            bars=bars_to_proto(bars),
            portfolio=portfolio or self._portfolio,
            correlation_id=correlation_id,
            scales=_numbers(scales),
        )
        response = await self._transport.unary(catalogue.ANALYZE_BARS, request, timeout_s=self._timeout_s)
        return response.analysis

    async def analyze_symbol(
        self,
        symbol: str,
        timeframe: str,
        *,
        lookback_bars: int = 0,
        correlation_id: str = "",
        account_id: str = "",
        scales: Collection[Scale] = (),
    ) -> orchestrator_pb2.Analysis:
        """What the newest stored bars of ``symbol`` say; its signals are stored."""
        request = orchestrator_pb2.AnalyzeSymbolRequest(
            symbol=symbol,
            timeframe=timeframe,
            lookback_bars=lookback_bars,
            correlation_id=correlation_id,
            account_id=account_id,
            scales=_numbers(scales),
        )
        response = await self._transport.unary(catalogue.ANALYZE_SYMBOL, request, timeout_s=self._timeout_s)
        return response.analysis

    async def analyze_symbols(
        self,
        symbols: Sequence[str],
        timeframe: str,
        *,
        lookback_bars: int = 0,
        timeout_s: float = DEFAULT_STREAM_TIMEOUT_S,
        scales: Collection[Scale] = (),
    ) -> AsyncGenerator[orchestrator_pb2.AnalyzeSymbolsResponse]:
        """One answer a symbol, in the order in which they end: its analysis, or why it has none."""
        request = orchestrator_pb2.AnalyzeSymbolsRequest(
            symbols=symbols, timeframe=timeframe, lookback_bars=lookback_bars, scales=_numbers(scales)
        )
        answers = self._transport.server_stream(catalogue.ANALYZE_SYMBOLS, request, timeout_s=timeout_s)
        async with aclosing(answers):
            async for answer in answers:
                yield answer

    async def list_signals(
        self, *, symbol: str = "", timeframe: str = "", page_size: int = 0, page_token: str = ""
    ) -> orchestrator_pb2.ListSignalsResponse:
        """A page of stored signals, newest first."""
        request = orchestrator_pb2.ListSignalsRequest(
            symbol=symbol, timeframe=timeframe, page_size=page_size, page_token=page_token
        )
        return await self._transport.unary(catalogue.LIST_SIGNALS, request, timeout_s=self._timeout_s)

    async def get_signal(self, signal_id: str) -> risk_pb2.TradeSignal:
        """One stored signal; raises NotFoundError when there is none of that id."""
        request = orchestrator_pb2.GetSignalRequest(signal_id=signal_id)
        return (await self._transport.unary(catalogue.GET_SIGNAL, request, timeout_s=self._timeout_s)).signal

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
    ) -> orchestrator_pb2.ListRejectionsResponse:
        """A page of stored rejections, newest first; ``stage`` is Volume, Phase, Levels, Risk, Strategy or SYSTEM."""
        request = orchestrator_pb2.ListRejectionsRequest(
            symbol=symbol,
            timeframe=timeframe,
            pattern_types=sorted(PATTERN_TYPE.number(kind) for kind in pattern_types),
            stage=stage,
            near_misses_only=near_misses_only,
            page_size=page_size,
            page_token=page_token,
        )
        if start_time is not None:
            request.start_time.FromDatetime(start_time)
        return await self._transport.unary(catalogue.LIST_REJECTIONS, request, timeout_s=self._timeout_s)

    async def get_health(self) -> orchestrator_pb2.GetHealthResponse:
        """How the orchestrator and the services behind it are."""
        request = orchestrator_pb2.GetHealthRequest()
        return await self._transport.unary(catalogue.GET_HEALTH, request, timeout_s=self._timeout_s)

    async def ingest_bars(self, bars: Bars) -> marketdata_pb2.IngestBarsResponse:
        """Store ``bars``; for a client that is connected to the market data service."""
        request = marketdata_pb2.IngestBarsRequest(bars=bars_to_proto(bars))
        return await self._transport.unary(catalogue.INGEST_BARS, request, timeout_s=self._timeout_s)

    async def close(self) -> None:
        """Close the connection."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()


def _numbers(scales: Collection[Scale]) -> list[common_pb2.Scale.ValueType]:
    return sorted(SCALE.number(scale) for scale in scales)
