"""Risk: patterns against the account."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from orchestrator.cache import CacheKey, bars_digest
from orchestrator.flight import SingleFlight
from orchestrator.stages.base import PipelineStage, StageOutput, present
from wyckoff.portfolio.v1 import portfolio_pb2
from wyckoff.risk.v1 import risk_pb2
from wyckoff.rpc.catalogue import ASSESS_PATTERNS, GET_PORTFOLIO

if TYPE_CHECKING:
    from orchestrator.cache import StageCache
    from orchestrator.calls import ServiceCalls
    from orchestrator.context import AnalysisContext, PipelineState


class RiskStage(PipelineStage):
    """Fetches the account unless the caller brought one, and asks the risk service.

    Without patterns there is nothing to ask. Verdicts are kept by bars and account: a changed account is asked anew.
    Analyses that run at the same time share one reading of the account.
    """

    name = "risk"
    needs = ("data", "volume", "range", "phase", "pattern")

    def __init__(self, calls: ServiceCalls, cache: StageCache | None = None) -> None:
        self._calls = calls
        self._cache = cache
        self._accounts: SingleFlight[str, portfolio_pb2.Portfolio] = SingleFlight()

    async def process(self, state: PipelineState, context: AnalysisContext) -> StageOutput:
        if not present(state.patterns, "patterns"):
            state.assessment = risk_pb2.AssessPatternsResponse()
            return StageOutput()
        portfolio = context.portfolio or await self._portfolio(context)
        cached = False
        if self._cache is None:
            response = await self._ask(state, context, portfolio)
        else:
            key = _key(state, portfolio)
            response, cached = await self._cache.get(key, lambda: self._ask(state, context, portfolio))
        state.assessment = response
        return StageOutput(response.warnings, response.failed_detectors, cached=cached)

    async def _ask(
        self, state: PipelineState, context: AnalysisContext, portfolio: portfolio_pb2.Portfolio
    ) -> risk_pb2.AssessPatternsResponse:
        bars = present(state.bars, "bars")
        request = risk_pb2.AssessPatternsRequest(
            symbol=bars.symbol,
            timeframe=bars.timeframe,
            open_time_ms=bars.open_time_ms,
            patterns=present(state.patterns, "patterns"),
            ranges=present(state.ranges, "ranges"),
            phases=present(state.phases, "phases"),
            volume=present(state.volume, "volume"),
            portfolio=portfolio,
        )
        return await self._calls.call(ASSESS_PATTERNS, request, context)

    async def _portfolio(self, context: AnalysisContext) -> portfolio_pb2.Portfolio:
        async def read() -> portfolio_pb2.Portfolio:
            request = portfolio_pb2.GetPortfolioRequest(account_id=context.account_id)
            return (await self._calls.call(GET_PORTFOLIO, request, context)).portfolio

        portfolio, _ = await self._accounts.run(context.account_id, read)
        return portfolio


def _key(state: PipelineState, portfolio: portfolio_pb2.Portfolio) -> CacheKey:
    bars = present(state.bars, "bars")
    if state.bars_digest is None:
        state.bars_digest = bars_digest(bars)
    account = portfolio.SerializeToString(deterministic=True)
    digest = hashlib.blake2b(state.bars_digest + account, digest_size=16).digest()
    return CacheKey(bars.symbol, bars.timeframe, RiskStage.name, digest)
