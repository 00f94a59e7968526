"""What one analysis carries from stage to stage."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wyckoff.common.v1 import common_pb2
    from wyckoff.orchestrator.v1 import orchestrator_pb2
    from wyckoff.pattern.v1 import pattern_pb2
    from wyckoff.phase.v1 import phase_pb2
    from wyckoff.portfolio.v1 import portfolio_pb2
    from wyckoff.range.v1 import range_pb2
    from wyckoff.risk.v1 import risk_pb2
    from wyckoff.rpc.deadline import Deadline
    from wyckoff.volume.v1 import volume_pb2


@dataclass(frozen=True, slots=True)
class AnalysisContext:
    """Identity and terms of one analysis; the same for all stages.

    ``inline_bars`` and ``portfolio`` are given when the caller brought them; nothing is stored unless ``persist``.
    ``context_timeframe`` is a longer bar length to read beside, empty for none.
    """

    symbol: str
    timeframe: str
    lookback_bars: int
    correlation_id: str
    account_id: str
    deadline: Deadline
    persist: bool
    inline_bars: common_pb2.Bars | None = None
    portfolio: portfolio_pb2.Portfolio | None = None
    context_timeframe: str = ""


@dataclass(slots=True)
class PipelineState:
    """Outputs of the stages that have succeeded so far, as the messages that the next ones send on."""

    bars: common_pb2.Bars | None = None
    bars_digest: bytes | None = None
    volume: volume_pb2.VolumeAnalysis | None = None
    ranges: list[range_pb2.TradingRange] | None = None
    phases: list[phase_pb2.PhaseReading] | None = None
    patterns: list[pattern_pb2.Pattern] | None = None
    assessment: risk_pb2.AssessPatternsResponse | None = None
    signals: list[risk_pb2.TradeSignal] | None = None
    context: orchestrator_pb2.TimeframeContext | None = None
    failed_detectors: list[common_pb2.FailedDetector] = field(default_factory=list)
