"""The in-process transport: deadlines and unknown methods as on the wire."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import pytest

from wyckoff.rpc.catalogue import ANALYZE_VOLUME, GET_BARS
from wyckoff.rpc.errors import DeadlineExceededError, UnimplementedError
from wyckoff.rpc.inprocess import InProcessTransport
from wyckoff.volume.v1 import volume_pb2, volume_pb2_grpc

if TYPE_CHECKING:
    from wyckoff.rpc.call import CallContext


class NeverAnswers(volume_pb2_grpc.VolumeServiceServicer):
    def __init__(self) -> None:
        self.time_left_s: float | None = None
        self.cancelled = False

    async def AnalyzeVolume(
        self, request: volume_pb2.AnalyzeVolumeRequest, context: CallContext
    ) -> volume_pb2.AnalyzeVolumeResponse:
        self.time_left_s = context.time_remaining()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        return volume_pb2.AnalyzeVolumeResponse()


async def test_a_call_ends_at_its_deadline_and_the_servicer_is_cancelled() -> None:
    servicer = NeverAnswers()
    transport = InProcessTransport([partial(volume_pb2_grpc.add_VolumeServiceServicer_to_server, servicer)])
    with pytest.raises(DeadlineExceededError, match="AnalyzeVolume"):
        await transport.unary(ANALYZE_VOLUME, volume_pb2.AnalyzeVolumeRequest(), timeout_s=0.02)
    assert servicer.cancelled
    assert servicer.time_left_s is not None
    assert 0 < servicer.time_left_s <= 0.02


async def test_a_method_that_is_not_served_is_unimplemented() -> None:
    with pytest.raises(UnimplementedError, match="GetBars"):
        await InProcessTransport([]).unary(GET_BARS, GET_BARS.request(), timeout_s=1)
