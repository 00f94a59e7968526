"""The orchestrator contract over the pipeline."""

from __future__ import annotations

import uuid
from contextlib import aclosing
from typing import TYPE_CHECKING

from orchestrator.alignment import asked_context
from orchestrator.events.codec import KIND, event_to_proto
from orchestrator.listing import is_id, page_of, rejection_filter, signal_filter
from orchestrator.master import Terms
from orchestrator.narrow import asked_scales, narrowed
from orchestrator.storage.kept import REJECTIONS, SIGNALS
from wyckoff.market.gate import MAX_BARS, check_identity
from wyckoff.orchestrator.v1 import orchestrator_pb2, orchestrator_pb2_grpc
from wyckoff.rpc.errors import FieldViolation, InvalidArgumentError, NotFoundError, WyckoffError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from grpc import aio

    from orchestrator.events.bus import EventBus
    from orchestrator.health import HealthReporter
    from orchestrator.master import MasterOrchestrator, Outcome
    from orchestrator.settings import OrchestratorSettings
    from orchestrator.storage.signals import SignalStore
    from wyckoff.model.kinds import Scale
    from wyckoff.rpc.call import CallContext

SERVICE_NAME = orchestrator_pb2.DESCRIPTOR.services_by_name["OrchestratorService"].full_name


class OrchestratorServicer(orchestrator_pb2_grpc.OrchestratorServiceServicer):
    """Serves ``wyckoff.orchestrator.v1.OrchestratorService``; errors are raised as WyckoffError."""

    def __init__(
        self,
        master: MasterOrchestrator,
        store: SignalStore,
        health: HealthReporter,
        settings: OrchestratorSettings,
        bus: EventBus,
    ) -> None:
        self.master = self._master = master
        self._bus = bus
        self._store = store
        self._health = health
        self._settings = settings

    async def AnalyzeSymbol(
        self, request: orchestrator_pb2.AnalyzeSymbolRequest, context: CallContext
    ) -> orchestrator_pb2.AnalyzeSymbolResponse:
        check_identity(request.symbol, request.timeframe)
        terms = _terms(request, context.time_remaining())
        scales = asked_scales(request.scales)
        analysis = await self._master.analyze(request.symbol, request.timeframe, terms)
        return orchestrator_pb2.AnalyzeSymbolResponse(analysis=narrowed(analysis, scales))

    async def AnalyzeSymbols(
        self, request: orchestrator_pb2.AnalyzeSymbolsRequest, context: CallContext
    ) -> AsyncGenerator[orchestrator_pb2.AnalyzeSymbolsResponse]:
        self._check_symbols(request)
        terms, scales = _terms(request, None), asked_scales(request.scales)
        outcomes = self._master.analyze_many(request.symbols, request.timeframe, terms, context.time_remaining())
        async with aclosing(outcomes):
            async for outcome in outcomes:
                yield _outcome_response(outcome, scales)

    async def AnalyzeBars(
        self, request: orchestrator_pb2.AnalyzeBarsRequest, context: CallContext
    ) -> orchestrator_pb2.AnalyzeBarsResponse:
        terms = Terms(
            correlation_id=_correlation_id(request.correlation_id),
            budget_s=context.time_remaining(),
            context_timeframe=asked_context(request.context_timeframe, request.bars.timeframe),
        )
        scales = asked_scales(request.scales)
        portfolio = request.portfolio if request.HasField("portfolio") else None
        analysis = await self._master.analyze_bars(request.bars, terms, portfolio)
        return orchestrator_pb2.AnalyzeBarsResponse(analysis=narrowed(analysis, scales))

    async def ListSignals(
        self, request: orchestrator_pb2.ListSignalsRequest, context: CallContext
    ) -> orchestrator_pb2.ListSignalsResponse:
        page = page_of(request)
        found = await self._store.list(signal_filter(request), limit=page.limit + 1, after=page.after)
        items, token = page.cut(SIGNALS, found)
        return orchestrator_pb2.ListSignalsResponse(signals=items, next_page_token=token)

    async def GetSignal(
        self, request: orchestrator_pb2.GetSignalRequest, context: CallContext
    ) -> orchestrator_pb2.GetSignalResponse:
        signal = await self._store.get(request.signal_id) if is_id(request.signal_id) else None
        if signal is None:
            raise NotFoundError(f"there is no signal {request.signal_id!r}; ListSignals tells the ids")
        return orchestrator_pb2.GetSignalResponse(signal=signal)

    async def ListRejections(
        self, request: orchestrator_pb2.ListRejectionsRequest, context: CallContext
    ) -> orchestrator_pb2.ListRejectionsResponse:
        page = page_of(request)
        found = await self._store.list_rejections(rejection_filter(request), limit=page.limit + 1, after=page.after)
        items, token = page.cut(REJECTIONS, found)
        return orchestrator_pb2.ListRejectionsResponse(rejections=items, next_page_token=token)

    async def GetHealth(
        self, request: orchestrator_pb2.GetHealthRequest, context: CallContext
    ) -> orchestrator_pb2.GetHealthResponse:
        return await self._health.report()

    async def WatchEvents(
        self,
        request: orchestrator_pb2.WatchEventsRequest,
        context: aio.ServicerContext[orchestrator_pb2.WatchEventsRequest, orchestrator_pb2.WatchEventsResponse],
    ) -> AsyncGenerator[orchestrator_pb2.WatchEventsResponse]:
        kinds = frozenset(KIND.value(number, f"kinds[{at}]") for at, number in enumerate(request.kinds))
        with self._bus.follow(kinds, frozenset(request.symbols), request.after_event_id) as follower:
            # headers now: a caller that has them knows that no later event passes it by
            await context.send_initial_metadata(())
            while True:
                told = await follower.next()
                yield orchestrator_pb2.WatchEventsResponse(
                    event=event_to_proto(told.event), dropped_count=told.dropped_count
                )

    def _check_symbols(self, request: orchestrator_pb2.AnalyzeSymbolsRequest) -> None:
        symbols = request.symbols
        limit = self._settings.max_symbols_per_request
        if not 1 <= len(symbols) <= limit:
            raise InvalidArgumentError.of("symbols", f"has {len(symbols)} entries; 1 to {limit} are allowed")
        if len(set(symbols)) != len(symbols):
            raise InvalidArgumentError.of("symbols", "names a symbol twice; each is analysed once")
        check_identity(symbols[0], request.timeframe)


def _terms(
    request: orchestrator_pb2.AnalyzeSymbolRequest | orchestrator_pb2.AnalyzeSymbolsRequest, budget_s: float | None
) -> Terms:
    if not 0 <= request.lookback_bars <= MAX_BARS:
        text = f"is {request.lookback_bars}; 1 to {MAX_BARS} bars are allowed, 0 means the configured lookback"
        raise InvalidArgumentError([FieldViolation("lookback_bars", text)])
    return Terms(
        request.lookback_bars,
        _correlation_id(request.correlation_id),
        request.account_id,
        budget_s,
        asked_context(request.context_timeframe, request.timeframe),
    )


def _correlation_id(text: str) -> str:
    if not text:
        return ""
    try:
        return str(uuid.UUID(text))
    except ValueError as error:
        raise InvalidArgumentError.of("correlation_id", f"{text!r} is no UUID; leave it empty to get one") from error


def _outcome_response(outcome: Outcome, scales: frozenset[Scale]) -> orchestrator_pb2.AnalyzeSymbolsResponse:
    if outcome.analysis is not None:
        return orchestrator_pb2.AnalyzeSymbolsResponse(analysis=narrowed(outcome.analysis, scales))
    error = outcome.error or WyckoffError("no outcome")
    return orchestrator_pb2.AnalyzeSymbolsResponse(
        error=orchestrator_pb2.SymbolError(symbol=outcome.symbol, code=int(error.code), message=error.message)
    )
