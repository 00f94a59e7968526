"""The volume contract over the volume domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.volume.analysis import analyze_volume
from wyckoff.market.gate import inspect_bars
from wyckoff.model.isolation import checkpoint
from wyckoff.volume.v1 import volume_pb2, volume_pb2_grpc
from wyckoff.wire.bars import bars_from_proto
from wyckoff.wire.evidence import findings_to_proto
from wyckoff.wire.volume import volume_records, volume_to_proto

if TYPE_CHECKING:
    from services.volume.config import VolumeSettings
    from wyckoff.rpc.offload import Offload

SERVICE_NAME = volume_pb2.DESCRIPTOR.services_by_name["VolumeService"].full_name


class VolumeServicer(volume_pb2_grpc.VolumeServiceServicer):
    """Serves ``wyckoff.volume.v1.VolumeService``; errors are raised as :class:`wyckoff.rpc.errors.WyckoffError`."""

    def __init__(self, settings: VolumeSettings, offload: Offload) -> None:
        self._settings = settings
        self._offload = offload

    async def AnalyzeVolume(
        self, request: volume_pb2.AnalyzeVolumeRequest, context: object
    ) -> volume_pb2.AnalyzeVolumeResponse:
        return await self._offload(self.analyze, request)

    def analyze(self, request: volume_pb2.AnalyzeVolumeRequest) -> volume_pb2.AnalyzeVolumeResponse:
        """The same without an event loop."""
        bars = bars_from_proto(request.bars)
        report = inspect_bars(bars)
        checkpoint()
        volume = analyze_volume(
            bars,
            report.volume_known,
            self._settings,
            true_range=request.spread_basis == volume_pb2.SPREAD_BASIS_TRUE_RANGE,
        )
        checkpoint()
        return volume_pb2.AnalyzeVolumeResponse(
            volume=volume_to_proto(volume),
            records=volume_records(volume) if request.include_records else (),
            warnings=findings_to_proto(report.findings, request.bars.open_time_ms),
        )
