"""Validation: no set-up is lost, and no trade leaves without its whole chain."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from orchestrator.stages.base import PipelineStage, StageOutput, present
from wyckoff.risk.v1 import risk_pb2
from wyckoff.rpc.errors import InternalError

if TYPE_CHECKING:
    from orchestrator.context import AnalysisContext, PipelineState

#: The order of the chain; a signal has passed all of it.
CHAIN: Final = ("Volume", "Phase", "Levels", "Risk", "Strategy")


class ValidationStage(PipelineStage):
    """Checks the risk stage's answer: each pattern judged once, each signal through the whole chain in order."""

    name = "validation"
    needs = ("pattern", "risk")

    async def process(self, state: PipelineState, context: AnalysisContext) -> StageOutput:
        assessment = present(state.assessment, "assessment")
        patterns = present(state.patterns, "patterns")
        judged = Counter(signal.pattern_id for signal in assessment.signals)
        judged.update(rejection.pattern_id for rejection in assessment.rejections)
        if judged != Counter(pattern.pattern_id for pattern in patterns):
            raise InternalError(
                f"{len(patterns)} patterns were sent, {judged.total()} verdicts on {len(judged)} patterns came back",
                reason="VERDICT_MISMATCH",
            )
        for signal in assessment.signals:
            _check_chain(signal)
        state.signals = list(assessment.signals)
        return StageOutput()


def _check_chain(signal: risk_pb2.TradeSignal) -> None:
    results = signal.validation_chain.results
    passed = all(result.status != risk_pb2.VALIDATION_STATUS_FAIL for result in results)
    if not passed or tuple(result.stage for result in results) != CHAIN:
        raise InternalError(f"signal {signal.signal_id} did not pass the whole chain", reason="CHAIN_INCOMPLETE")
