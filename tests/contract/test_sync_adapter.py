"""Stage logic behind a synchronous adapter gives what the asynchronous servicers give."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import grpc
import grpc_testing
import pytest

from services.pattern.config import PatternSettings
from services.pattern.servicer import PatternServicer
from services.phase.config import PhaseSettings
from services.phase.servicer import PhaseServicer
from services.range.config import RangeSettings
from services.range.servicer import RangeServicer
from services.volume.config import VolumeSettings
from services.volume.servicer import VolumeServicer
from wyckoff.common.v1 import common_pb2
from wyckoff.pattern.v1 import pattern_pb2
from wyckoff.phase.v1 import phase_pb2
from wyckoff.range.v1 import range_pb2
from wyckoff.rpc.errors import WyckoffError
from wyckoff.rpc.inprocess import LocalContext
from wyckoff.rpc.offload import Inline
from wyckoff.rpc.status import grpc_code
from wyckoff.schematics import schematic
from wyckoff.volume.v1 import volume_pb2
from wyckoff.wire.bars import bars_to_proto

if TYPE_CHECKING:
    from collections.abc import Callable

VOLUME = volume_pb2.DESCRIPTOR.services_by_name["VolumeService"]
RANGE = range_pb2.DESCRIPTOR.services_by_name["RangeService"]
PHASE = phase_pb2.DESCRIPTOR.services_by_name["PhaseService"]
PATTERN = pattern_pb2.DESCRIPTOR.services_by_name["PatternService"]


def _adapter(name: str, logic: Callable[[Any], Any]) -> object:
    """A synchronous servicer with one method."""

    def call(_self: object, request: Any, context: Any) -> Any:
        try:
            return logic(request)
        except WyckoffError as error:
            context.set_code(grpc_code(error.code))
            context.set_details(error.message)
            return None

    return type("Adapter", (), {name: call})()


@pytest.fixture
def servicers() -> dict[Any, Any]:
    return {
        VOLUME: VolumeServicer(VolumeSettings(), Inline()),
        RANGE: RangeServicer(RangeSettings(), Inline()),
        PHASE: PhaseServicer(PhaseSettings(), Inline()),
        PATTERN: PatternServicer(PatternSettings(), Inline()),
    }


@pytest.fixture
def server(servicers: dict[Any, Any]) -> Any:
    logic = {
        VOLUME: servicers[VOLUME].analyze,
        RANGE: servicers[RANGE].detect,
        PHASE: servicers[PHASE].detect,
        PATTERN: servicers[PATTERN].detect,
    }
    adapters = {service: _adapter(service.methods[0].name, call) for service, call in logic.items()}
    return grpc_testing.server_from_dictionary(adapters, grpc_testing.strict_fake_time(time.time()))


def _call(server: Any, service: Any, request: Any) -> tuple[Any, grpc.StatusCode, str]:
    rpc = server.invoke_unary_unary(service.methods[0], (), request, None)
    response, _, code, details = rpc.termination()
    return response, code, details


async def test_both_give_the_same(server: Any, servicers: dict[Any, Any]) -> None:
    async def both(service: Any, request: Any) -> Any:
        response, code, details = _call(server, service, request)
        assert code is grpc.StatusCode.OK, details
        method = getattr(servicers[service], service.methods[0].name)
        assert await method(request, LocalContext((), 60.0)) == response
        return response

    bars = bars_to_proto(schematic("accumulation", shakeout=True, noise=0.3, seed=2).bars)
    volume = (await both(VOLUME, volume_pb2.AnalyzeVolumeRequest(bars=bars))).volume
    ranges = (await both(RANGE, range_pb2.DetectRangesRequest(bars=bars, volume=volume))).ranges
    phases = (await both(PHASE, phase_pb2.DetectPhasesRequest(bars=bars, volume=volume, ranges=ranges))).phases
    request = pattern_pb2.DetectPatternsRequest(bars=bars, volume=volume, ranges=ranges, phases=phases)
    assert (await both(PATTERN, request)).patterns


def test_bad_bars_have_their_code(server: Any) -> None:
    empty = volume_pb2.AnalyzeVolumeRequest(bars=common_pb2.Bars(symbol="A", timeframe="1d"))
    _, code, details = _call(server, VOLUME, empty)
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert "bars.open_time_ms" in details
