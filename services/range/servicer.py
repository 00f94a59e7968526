"""The range contract over the range domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.range.detect import detect_ranges
from wyckoff.range.v1 import range_pb2, range_pb2_grpc
from wyckoff.telemetry.logs import log_failed_detectors
from wyckoff.wire.bars import bars_from_proto
from wyckoff.wire.evidence import failed_to_proto
from wyckoff.wire.ranges import ranges_to_proto
from wyckoff.wire.volume import volume_from_proto

if TYPE_CHECKING:
    from services.range.config import RangeSettings
    from wyckoff.rpc.offload import Offload

SERVICE_NAME = range_pb2.DESCRIPTOR.services_by_name["RangeService"].full_name


class RangeServicer(range_pb2_grpc.RangeServiceServicer):
    """Serves ``wyckoff.range.v1.RangeService``; errors are raised as :class:`wyckoff.rpc.errors.WyckoffError`."""

    def __init__(self, settings: RangeSettings, offload: Offload) -> None:
        self._settings = settings
        self._offload = offload

    async def DetectRanges(
        self, request: range_pb2.DetectRangesRequest, context: object
    ) -> range_pb2.DetectRangesResponse:
        return await self._offload(self.detect, request)

    def detect(self, request: range_pb2.DetectRangesRequest) -> range_pb2.DetectRangesResponse:
        """The same without an event loop."""
        bars = bars_from_proto(request.bars)
        volume = volume_from_proto(request.volume, len(bars))
        result = detect_ranges(bars, volume, self._settings)
        log_failed_detectors(bars.symbol, result.failed)
        return range_pb2.DetectRangesResponse(
            ranges=ranges_to_proto(result.ranges, request.bars.open_time_ms),
            failed_detectors=failed_to_proto(result.failed),
        )
