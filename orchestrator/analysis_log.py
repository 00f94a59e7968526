"""What an analysis found, as log lines."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import structlog

from wyckoff.common.v1 import common_pb2

if TYPE_CHECKING:
    from orchestrator.context import AnalysisContext, PipelineState
    from wyckoff.orchestrator.v1 import orchestrator_pb2

_log = structlog.get_logger("wyckoff.orchestrator")


def log_analysis_start(context: AnalysisContext) -> None:
    """One line before the first stage."""
    _log.info(
        "orchestrator_analysis_start",
        symbol=context.symbol,
        timeframe=context.timeframe,
        correlation_id=context.correlation_id,
    )


def log_analysis(
    context: AnalysisContext, state: PipelineState, analysis: orchestrator_pb2.Analysis, total_time_ms: float
) -> None:
    """One line a pattern, one for what risk said of them, one for the signals. A stage that is missing has no line."""
    for pattern in analysis.patterns:
        _log.info(
            "pattern_detected",
            pattern_type=common_pb2.PatternType.Name(pattern.type),
            symbol=context.symbol,
            confidence=pattern.confidence,
            phase=common_pb2.Phase.Name(pattern.phase),
            correlation_id=context.correlation_id,
        )
    if state.assessment is not None:
        reasons = Counter(f"{item.stage}: {item.reason}" for item in state.assessment.rejections)
        _log.info(
            "risk_validation_complete",
            symbol=context.symbol,
            approved_count=len(state.assessment.signals),
            rejected_count=len(state.assessment.rejections),
            rejection_reasons=dict(reasons),
            correlation_id=context.correlation_id,
        )
    _log.info(
        "signals_generated",
        symbol=context.symbol,
        signal_count=len(analysis.signals),
        symbols_analyzed=1,
        total_time_ms=round(total_time_ms, 3),
        correlation_id=context.correlation_id,
    )
