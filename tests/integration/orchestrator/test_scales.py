"""One scale of an analysis over real servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.system import running_system
from tools.sample_bars import sample_bars
from wyckoff.client import Scale
from wyckoff.common.v1 import common_pb2
from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.rpc import catalogue
from wyckoff.rpc.channel import GrpcTransport
from wyckoff.rpc.errors import InvalidArgumentError
from wyckoff.wire.bars import bars_to_proto
from wyckoff.wire.enums import SCALE

if TYPE_CHECKING:
    from pathlib import Path

BARS = sample_bars("IBM").head(1600)
LISTS = ("ranges", "phases", "patterns", "signals", "rejections")


async def test_the_scales_together_are_the_whole_and_each_has_its_own(tmp_path: Path) -> None:
    async with running_system(tmp_path) as system:
        await system.marketdata.ingest_bars(BARS)
        parts = {
            scale: await system.client.analyze_symbol("IBM", "1d", lookback_bars=5000, scales=[scale])
            for scale in Scale
        }
        # the first caller asked for one scale only; everything was stored
        listed = await system.client.list_signals(page_size=1000)
        whole = await system.client.analyze_symbol("IBM", "1d", lookback_bars=5000)
        two = [Scale.MINOR, Scale.MAJOR]
        inline = await system.client.analyze_bars(BARS, scales=two)
        streamed = [
            answer.analysis
            async for answer in system.client.analyze_symbols(["IBM"], "1d", lookback_bars=5000, scales=two)
        ]
    for scale, part in parts.items():
        assert part.ranges, scale
        said = {item.scale for name in LISTS for item in getattr(part, name)}
        assert said == {SCALE.number(scale)}
    for name in LISTS:
        pieces = [item for part in parts.values() for item in getattr(part, name)]
        together = sorted(pieces, key=lambda item: item.SerializeToString())
        assert together == sorted(getattr(whole, name), key=lambda item: item.SerializeToString())
    assert {signal.signal_id for signal in listed.signals} == {signal.signal_id for signal in whole.signals}
    for analysis in (inline, *streamed):
        assert {item.scale for item in analysis.ranges} == {common_pb2.SCALE_MINOR, common_pb2.SCALE_MAJOR}


async def test_an_unsaid_scale_is_refused_on_the_wire(tmp_path: Path) -> None:
    scales = [common_pb2.SCALE_MAJOR, common_pb2.SCALE_UNSPECIFIED]
    request = orchestrator_pb2.AnalyzeBarsRequest(bars=bars_to_proto(BARS.head(50)), scales=scales)
    async with running_system(tmp_path) as system:
        transport = GrpcTransport.connect(system.orchestrator_address)
        try:
            with pytest.raises(InvalidArgumentError) as caught:
                await transport.unary(catalogue.ANALYZE_BARS, request, timeout_s=30)
        finally:
            await transport.close()
    assert [item.field for item in caught.value.violations] == ["scales[1]"]
