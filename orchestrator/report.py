"""The answer, made of what the stages gave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wyckoff.orchestrator.v1 import orchestrator_pb2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.context import AnalysisContext, PipelineState
    from orchestrator.stages.base import StageResult


def build_analysis(
    context: AnalysisContext, state: PipelineState, results: Sequence[StageResult]
) -> orchestrator_pb2.Analysis:
    """Everything that succeeded, and what did not: ``complete`` is false when any stage is missing."""
    bars = state.bars
    times = bars.open_time_ms if bars is not None else ()
    analysis = orchestrator_pb2.Analysis(
        symbol=context.symbol,
        timeframe=context.timeframe,
        correlation_id=context.correlation_id,
        bar_count=len(times),
        complete=all(result.success for result in results),
        ranges=state.ranges or (),
        phases=state.phases or (),
        patterns=state.patterns or (),
        signals=state.signals or (),
        rejections=state.assessment.rejections if state.assessment is not None else (),
        stages=[_stage_report(result) for result in results],
        failed_detectors=state.failed_detectors,
        context=state.context,
    )
    if times:
        analysis.as_of.FromMilliseconds(times[-1])
    return analysis


def _stage_report(result: StageResult) -> orchestrator_pb2.StageReport:
    return orchestrator_pb2.StageReport(
        stage=result.stage,
        success=result.success,
        error=result.error or "",
        execution_time_ms=result.execution_time_ms,
        cached=result.output.cached,
        warnings=result.output.warnings,
    )
