"""Risk: patterns against the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.stages.base import PipelineStage, StageOutput, present
from wyckoff.portfolio.v1 import portfolio_pb2
from wyckoff.risk.v1 import risk_pb2
from wyckoff.rpc.catalogue import ASSESS_PATTERNS, GET_PORTFOLIO

if TYPE_CHECKING:
    from orchestrator.calls import ServiceCalls
    from orchestrator.context import AnalysisContext, PipelineState


class RiskStage(PipelineStage):
    """Fetches the account unless the caller brought one, and asks the risk service."""

    name = "risk"
    needs = ("data", "volume", "range", "phase", "pattern")

    def __init__(self, calls: ServiceCalls) -> None:
        self._calls = calls

    async def process(self, state: PipelineState, context: AnalysisContext) -> StageOutput:
        bars = present(state.bars, "bars")
        request = risk_pb2.AssessPatternsRequest(
            symbol=bars.symbol,
            timeframe=bars.timeframe,
            open_time_ms=bars.open_time_ms,
            patterns=present(state.patterns, "patterns"),
            ranges=present(state.ranges, "ranges"),
            phases=present(state.phases, "phases"),
            volume=present(state.volume, "volume"),
            portfolio=context.portfolio or await self._portfolio(context),
        )
        response = await self._calls.call(ASSESS_PATTERNS, request, context)
        state.assessment = response
        return StageOutput(response.warnings, response.failed_detectors)

    async def _portfolio(self, context: AnalysisContext) -> portfolio_pb2.Portfolio:
        request = portfolio_pb2.GetPortfolioRequest(account_id=context.account_id)
        return (await self._calls.call(GET_PORTFOLIO, request, context)).portfolio
