"""The risk contract over the risk domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from services.risk.assess import assess_patterns
from wyckoff.market.gate import MAX_BARS, MAX_TIME_MS, MIN_TIME_MS, check_identity
from wyckoff.risk.v1 import risk_pb2, risk_pb2_grpc
from wyckoff.rpc.errors import InvalidArgumentError
from wyckoff.telemetry.logs import log_failed_detectors
from wyckoff.wire.bars import require
from wyckoff.wire.evidence import failed_to_proto
from wyckoff.wire.patterns import patterns_from_proto
from wyckoff.wire.phases import phases_from_proto
from wyckoff.wire.portfolio import portfolio_from_proto
from wyckoff.wire.ranges import ranges_from_proto
from wyckoff.wire.risk import rejection_to_proto, signal_to_proto
from wyckoff.wire.volume import volume_from_proto

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.risk.config import RiskSettings
    from wyckoff.rpc.offload import Offload

SERVICE_NAME = risk_pb2.DESCRIPTOR.services_by_name["RiskService"].full_name


class RiskServicer(risk_pb2_grpc.RiskServiceServicer):
    """Serves ``wyckoff.risk.v1.RiskService``; errors are raised as :class:`wyckoff.rpc.errors.WyckoffError`."""

    def __init__(self, settings: RiskSettings, offload: Offload) -> None:
        self._settings = settings
        self._offload = offload

    async def AssessPatterns(
        self, request: risk_pb2.AssessPatternsRequest, context: object
    ) -> risk_pb2.AssessPatternsResponse:
        return await self._offload(self.assess, request)

    def assess(self, request: risk_pb2.AssessPatternsRequest) -> risk_pb2.AssessPatternsResponse:
        """The same without an event loop."""
        check_identity(request.symbol, request.timeframe)
        open_time_ms = checked_times(request.open_time_ms)
        count = len(open_time_ms)
        require(request.HasField("portfolio"), "portfolio", "is missing; an account with its equity is needed")
        result = assess_patterns(
            request.symbol,
            request.timeframe,
            open_time_ms,
            patterns_from_proto(request.patterns, count),
            ranges_from_proto(request.ranges, count),
            phases_from_proto(request.phases, count),
            volume_from_proto(request.volume, count),
            portfolio_from_proto(request.portfolio),
            self._settings,
        )
        log_failed_detectors(request.symbol, result.failed)
        return risk_pb2.AssessPatternsResponse(
            signals=[signal_to_proto(item) for item in result.signals],
            rejections=[rejection_to_proto(item) for item in result.rejections],
            failed_detectors=failed_to_proto(result.failed),
        )


def checked_times(values: Sequence[int]) -> Sequence[int]:
    """Open times that can be those of bars; raises InvalidArgumentError naming the field and the bar."""
    if not 0 < len(values) <= MAX_BARS:
        raise InvalidArgumentError.of("open_time_ms", f"has {len(values)} values; 1 to {MAX_BARS} are needed")
    times = np.asarray(values, dtype=np.int64)
    wrong = (times < MIN_TIME_MS) | (times > MAX_TIME_MS)
    wrong[1:] |= times[1:] <= times[:-1]
    if wrong.any():
        index = int(wrong.argmax())
        raise InvalidArgumentError.of(
            f"open_time_ms[{index}]", f"is {times[index]}; times within 1800 to 9999 that ascend, each once, are needed"
        )
    return values
