"""A longer bar length beside the analysed one, in words."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Final

from wyckoff.chart.labels import scale_name
from wyckoff.chart.structure import stand_words
from wyckoff.orchestrator.v1 import orchestrator_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wyckoff.orchestrator.v1.orchestrator_pb2 import Analysis, TimeframeContext

_ALIGNMENT_NAMES: Final = {
    orchestrator_pb2.ALIGNMENT_WITH: "with",
    orchestrator_pb2.ALIGNMENT_AGAINST: "against",
    orchestrator_pb2.ALIGNMENT_NEUTRAL: "neutral",
}


def context_text(context: TimeframeContext) -> str:
    """Where the longer bars stand at the last bar of the analysis."""
    if not context.bar_count:
        return f"{context.timeframe}: no complete bar yet"
    last = context.as_of.ToDatetime(tzinfo=UTC)
    found = context.states[-1].open if context.states else []
    words = [
        f"{scale_name(item.scale)} {stand_words(item.side, item.phase, '', item.confidence)}" for item in found
    ] or ["no open trading range"]
    return f"{context.timeframe}, {context.bar_count} bars to {last:%Y-%m-%d}: {'; '.join(words)}"


def alignments(analysis: Analysis) -> Mapping[str, str] | None:
    """How each pattern stands to the context, by its id; None without one."""
    if not analysis.HasField("context"):
        return None
    return {item.pattern_id: _ALIGNMENT_NAMES.get(item.alignment, "") for item in analysis.context.patterns}
