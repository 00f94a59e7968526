"""The phase contract over the phase domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.phase.detect import detect_phases
from wyckoff.phase.v1 import phase_pb2, phase_pb2_grpc
from wyckoff.telemetry.logs import log_failed_detectors
from wyckoff.wire.bars import bars_from_proto
from wyckoff.wire.evidence import failed_to_proto
from wyckoff.wire.phases import phases_to_proto
from wyckoff.wire.ranges import ranges_from_proto
from wyckoff.wire.volume import volume_from_proto

if TYPE_CHECKING:
    from services.phase.config import PhaseSettings
    from wyckoff.rpc.offload import Offload

SERVICE_NAME = phase_pb2.DESCRIPTOR.services_by_name["PhaseService"].full_name


class PhaseServicer(phase_pb2_grpc.PhaseServiceServicer):
    """Serves ``wyckoff.phase.v1.PhaseService``; errors are raised as :class:`wyckoff.rpc.errors.WyckoffError`."""

    def __init__(self, settings: PhaseSettings, offload: Offload) -> None:
        self._settings = settings
        self._offload = offload

    async def DetectPhases(
        self, request: phase_pb2.DetectPhasesRequest, context: object
    ) -> phase_pb2.DetectPhasesResponse:
        return await self._offload(self.detect, request)

    def detect(self, request: phase_pb2.DetectPhasesRequest) -> phase_pb2.DetectPhasesResponse:
        """The same without an event loop."""
        bars = bars_from_proto(request.bars)
        volume = volume_from_proto(request.volume, len(bars))
        ranges = ranges_from_proto(request.ranges, len(bars))
        result = detect_phases(bars, volume, ranges, self._settings)
        log_failed_detectors(bars.symbol, result.failed)
        return phase_pb2.DetectPhasesResponse(
            phases=phases_to_proto(result.phases, request.bars.open_time_ms),
            failed_detectors=failed_to_proto(result.failed),
        )
