"""The pattern contract over the pattern domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.pattern.detect import detect_patterns
from wyckoff.pattern.v1 import pattern_pb2, pattern_pb2_grpc
from wyckoff.rpc.errors import FieldViolation, InvalidArgumentError
from wyckoff.telemetry.logs import log_failed_detectors
from wyckoff.wire.bars import bars_from_proto
from wyckoff.wire.evidence import failed_to_proto
from wyckoff.wire.patterns import patterns_to_proto
from wyckoff.wire.phases import phases_from_proto
from wyckoff.wire.ranges import ranges_from_proto
from wyckoff.wire.volume import volume_from_proto

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.pattern.config import PatternSettings
    from wyckoff.model.phases import PhaseReading
    from wyckoff.model.ranges import TradingRange
    from wyckoff.rpc.offload import Offload

SERVICE_NAME = pattern_pb2.DESCRIPTOR.services_by_name["PatternService"].full_name


class PatternServicer(pattern_pb2_grpc.PatternServiceServicer):
    """Serves ``wyckoff.pattern.v1.PatternService``; errors are raised as :class:`wyckoff.rpc.errors.WyckoffError`."""

    def __init__(self, settings: PatternSettings, offload: Offload) -> None:
        self._settings = settings
        self._offload = offload

    async def DetectPatterns(
        self, request: pattern_pb2.DetectPatternsRequest, context: object
    ) -> pattern_pb2.DetectPatternsResponse:
        return await self._offload(self.detect, request)

    def detect(self, request: pattern_pb2.DetectPatternsRequest) -> pattern_pb2.DetectPatternsResponse:
        """The same without an event loop."""
        bars = bars_from_proto(request.bars)
        volume = volume_from_proto(request.volume, len(bars))
        ranges = ranges_from_proto(request.ranges, len(bars))
        phases = phases_from_proto(request.phases, len(bars))
        check_phases(ranges, phases)
        result = detect_patterns(bars, volume, ranges, phases, self._settings)
        log_failed_detectors(bars.symbol, result.failed)
        return pattern_pb2.DetectPatternsResponse(
            patterns=patterns_to_proto(result.patterns, request.bars.open_time_ms),
            failed_detectors=failed_to_proto(result.failed),
        )


def check_phases(ranges: Sequence[TradingRange], phases: Sequence[PhaseReading]) -> None:
    """Raise InvalidArgumentError naming every reading whose range was not sent."""
    known = {item.range_id for item in ranges}
    wrong = [
        FieldViolation(f"phases[{index}].range_id", f"{item.range_id!r} is in no range; the id of one sent is needed")
        for index, item in enumerate(phases)
        if item.range_id not in known
    ]
    if wrong:
        raise InvalidArgumentError(wrong)
