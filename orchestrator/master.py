"""The orchestrator: one analysis, or many at once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import structlog

from orchestrator.analysis_log import log_analysis, log_analysis_start
from orchestrator.context import AnalysisContext, PipelineState
from orchestrator.flight import SingleFlight
from orchestrator.report import build_analysis
from orchestrator.vitals import Vitals
from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.rpc.deadline import Deadline
from wyckoff.rpc.errors import InternalError, WyckoffError
from wyckoff.telemetry.spans import analysis_span

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

    from orchestrator.cache import StageCache
    from orchestrator.pipeline import Pipeline
    from orchestrator.settings import OrchestratorSettings
    from wyckoff.common.v1 import common_pb2
    from wyckoff.portfolio.v1 import portfolio_pb2
    from wyckoff.risk.v1 import risk_pb2

    Announce = Callable[[AnalysisContext, PipelineState, orchestrator_pb2.Analysis], Awaitable[None]]

_log = structlog.get_logger("wyckoff.orchestrator")

#: A budget is never 0: that would mean the default.
MIN_BUDGET_S: Final = 1e-6

#: An analysis under way is joined when it has at least this share of the time that the caller has.
JOIN_SHARE: Final = 0.8

#: Symbol, timeframe, lookback in bars, account, longer timeframe.
FlightKey = tuple[str, str, int, str, str]


@dataclass(frozen=True, slots=True)
class Terms:
    """How to analyse: 0 and empty mean the configured default; ``budget_s`` is the time for one symbol.

    ``context_timeframe`` is a longer bar length to read beside, empty for none.
    """

    lookback_bars: int = 0
    correlation_id: str = ""
    account_id: str = ""
    budget_s: float | None = None
    context_timeframe: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One symbol of many: an analysis, or why there is none."""

    symbol: str
    analysis: orchestrator_pb2.Analysis | None = None
    error: WyckoffError | None = None


async def announce_nothing(context: AnalysisContext, state: PipelineState, analysis: orchestrator_pb2.Analysis) -> None:
    """For an orchestrator that nobody follows."""


class MasterOrchestrator:
    """Runs the pipeline. ``clock`` is monotonic (seconds), ``new_id`` makes correlation ids.

    ``announce`` tells others what a stored analysis found; it neither waits for them nor raises.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        settings: OrchestratorSettings,
        *,
        clock: Callable[[], float],
        new_id: Callable[[], str],
        announce: Announce = announce_nothing,
        vitals: Vitals | None = None,
        cache: StageCache | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._settings = settings
        self._clock = clock
        self._new_id = new_id
        self._announce = announce
        self._vitals = vitals or Vitals()
        self._cache = cache
        self._flights: SingleFlight[FlightKey, orchestrator_pb2.Analysis] = SingleFlight()
        self._leading: dict[FlightKey, Deadline] = {}

    async def analyze_symbol(self, symbol: str, timeframe: str) -> list[risk_pb2.TradeSignal]:
        """Signals of one symbol from stored bars; raises the error of the data stage when there are no bars."""
        return list((await self.analyze(symbol, timeframe, Terms())).signals)

    async def analyze(self, symbol: str, timeframe: str, terms: Terms) -> orchestrator_pb2.Analysis:
        """The whole analysis of one symbol from stored bars; signals are stored.

        Who asks for the same while it is under way gets the same answer, under a correlation id of his own.
        """
        context = self._context(symbol, timeframe, terms, persist=True)
        key = (symbol, timeframe, context.lookback_bars, context.account_id, context.context_timeframe)
        leader = self._leading.get(key)
        if leader is not None and leader.remaining_s() < JOIN_SHARE * context.deadline.remaining_s():
            # the one under way may have to end before this caller's time is over
            return await self._run(context)
        if leader is None:
            self._leading[key] = context.deadline
        try:
            analysis, started = await self._flights.run(key, lambda: self._run(context))
        finally:
            if self._leading.get(key) is context.deadline:
                del self._leading[key]
        return analysis if started else _renamed(analysis, context.correlation_id)

    async def analyze_stored(
        self, bars: common_pb2.Bars, terms: Terms, announce: Announce | None = None
    ) -> orchestrator_pb2.Analysis:
        """The whole analysis of stored bars that were just read; signals are stored.

        ``announce`` is told what was found, in place of the orchestrator's own.
        """
        if self._cache is not None:
            # there is a new bar: what is kept of the older ones is of no more use
            self._cache.invalidate(bars.symbol, bars.timeframe)
        context = self._context(bars.symbol, bars.timeframe, terms, persist=True, inline_bars=bars)
        return await self._run(context, announce)

    async def analyze_bars(
        self, bars: common_pb2.Bars, terms: Terms, portfolio: portfolio_pb2.Portfolio | None = None
    ) -> orchestrator_pb2.Analysis:
        """The whole analysis of the given bars; nothing is stored."""
        brought: dict[str, Any] = {"inline_bars": bars, "portfolio": portfolio}
        return await self._run(self._context(bars.symbol, bars.timeframe, terms, persist=False, **brought))

    async def analyze_many(
        self, symbols: Sequence[str], timeframe: str, terms: Terms, stream_budget_s: float | None = None
    ) -> AsyncGenerator[Outcome]:
        """One outcome a symbol, as each ends; at most ``max_concurrent_symbols`` at the same time.

        Each symbol has its own budget, within the time of the whole stream. A slow reader slows the work down
        instead of filling memory.
        """
        stream = None if stream_budget_s is None else Deadline.after(stream_budget_s, self._clock)
        at_once = self._settings.max_concurrent_symbols if self._settings.enable_parallel_processing else 1
        workers = min(at_once, len(symbols))
        waiting = iter(symbols)
        finished: asyncio.Queue[Outcome] = asyncio.Queue(maxsize=max(1, workers))

        async def work() -> None:
            for symbol in waiting:
                await finished.put(await self._outcome(symbol, timeframe, self._within(terms, stream)))

        tasks = [asyncio.create_task(work()) for _ in range(workers)]
        try:
            for _ in symbols:
                yield await finished.get()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _within(self, terms: Terms, stream: Deadline | None) -> Terms:
        if stream is None:
            return terms
        budget_s = terms.budget_s or self._settings.default_deadline_s
        return replace(terms, budget_s=min(budget_s, max(stream.remaining_s(), MIN_BUDGET_S)))

    async def _outcome(self, symbol: str, timeframe: str, terms: Terms) -> Outcome:
        try:
            return Outcome(symbol, analysis=await self.analyze(symbol, timeframe, terms))
        except WyckoffError as error:
            return Outcome(symbol, error=error)
        except Exception as error:  # noqa: BLE001 - one symbol must not end the stream of the others
            _log.error("symbol_failed", symbol=symbol, exc_info=error)
            return Outcome(symbol, error=InternalError(f"internal error: {type(error).__name__}; see the log"))

    def _context(
        self,
        symbol: str,
        timeframe: str,
        terms: Terms,
        *,
        persist: bool,
        **brought: Any,  # noqa: ANN401
    ) -> AnalysisContext:
        return AnalysisContext(
            symbol=symbol,
            timeframe=timeframe,
            lookback_bars=terms.lookback_bars or self._settings.default_lookback_bars,
            correlation_id=terms.correlation_id or self._new_id(),
            account_id=terms.account_id,
            deadline=Deadline.after(terms.budget_s or self._settings.default_deadline_s, self._clock),
            persist=persist,
            context_timeframe=terms.context_timeframe,
            **brought,
        )

    async def _run(self, context: AnalysisContext, announce: Announce | None = None) -> orchestrator_pb2.Analysis:
        with analysis_span(context.symbol, context.timeframe, context.correlation_id) as span:
            started_s = self._clock()
            log_analysis_start(context)
            state = PipelineState()
            results = await self._pipeline.run(state, context)
            if state.bars is None:
                # without bars there is nothing to answer: the caller gets the reason itself
                raise next(result.exception for result in results if result.exception is not None)
            analysis = build_analysis(context, state, results)
            span.set("complete", analysis.complete)
            elapsed_ms = (self._clock() - started_s) * 1000
            self._vitals.record(analysis, elapsed_ms)
            log_analysis(context, state, analysis, elapsed_ms)
            if context.persist:
                await (announce or self._announce)(context, state, analysis)
            return analysis


def _renamed(analysis: orchestrator_pb2.Analysis, correlation_id: str) -> orchestrator_pb2.Analysis:
    copy = orchestrator_pb2.Analysis()
    copy.CopyFrom(analysis)
    copy.correlation_id = correlation_id
    return copy
