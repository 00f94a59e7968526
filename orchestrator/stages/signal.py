"""Signal: trades and refusals stored once, however often they are found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.stages.base import PipelineStage, StageOutput, present
from wyckoff.risk.v1 import risk_pb2
from wyckoff.rpc.errors import WyckoffError

if TYPE_CHECKING:
    from orchestrator.context import AnalysisContext, PipelineState
    from orchestrator.storage.signals import SignalStore


class SignalStage(PipelineStage):
    """Stores new signals and rejections together, and answers with each signal as it was stored first.

    Analyses of inline bars store nothing.
    """

    name = "signal"
    needs = ("validation",)

    def __init__(self, store: SignalStore) -> None:
        self._store = store

    async def process(self, state: PipelineState, context: AnalysisContext) -> StageOutput:
        signals = present(state.signals, "signals")
        rejections = present(state.assessment, "assessment").rejections
        if context.persist and (signals or rejections):
            try:
                state.signals = await self._store.add(signals, rejections, correlation_id=context.correlation_id)
            except WyckoffError:
                state.signals = [_not_kept(signal) for signal in signals]
                raise
        return StageOutput()


def _not_kept(signal: risk_pb2.TradeSignal) -> risk_pb2.TradeSignal:
    """A copy that says so; the signal itself may be shared with other analyses."""
    copy = risk_pb2.TradeSignal()
    copy.CopyFrom(signal)
    copy.status = risk_pb2.SIGNAL_STATUS_PERSISTENCE_FAILED
    return copy
