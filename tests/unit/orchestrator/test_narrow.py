"""A caller may ask for some scales; what is kept, stored and shared stays whole."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from orchestrator.narrow import asked_scales, narrowed
from tests.support.fakes import FakeTransport
from tests.support.scripted import (
    Caller,
    analyze_acme,
    flat_bars,
    passed_signal,
    refused,
    script,
    scripted_orchestrator,
)
from wyckoff.common.v1 import common_pb2
from wyckoff.marketdata.v1 import marketdata_pb2
from wyckoff.model.kinds import Scale
from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.pattern.v1 import pattern_pb2
from wyckoff.phase.v1 import phase_pb2
from wyckoff.range.v1 import range_pb2
from wyckoff.risk.v1 import risk_pb2
from wyckoff.rpc.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Sequence

MINOR, MIDDLE, MAJOR = common_pb2.SCALE_MINOR, common_pb2.SCALE_INTERMEDIATE, common_pb2.SCALE_MAJOR
#: Of ranges that say no scale, as older services do, the scale is intermediate.
RANGES = {"small": MINOR, "usual": MIDDLE, "unsaid": common_pb2.SCALE_UNSPECIFIED, "large": MAJOR}
LISTS = ("ranges", "phases", "patterns", "signals", "rejections")


def _three_scales() -> orchestrator_pb2.Analysis:
    analysis = orchestrator_pb2.Analysis(symbol="ACME", timeframe="1d", correlation_id="c", bar_count=3, complete=True)
    for range_id, scale in RANGES.items():
        analysis.ranges.add(range_id=range_id, scale=scale)
        analysis.phases.add(range_id=range_id)
        analysis.patterns.add(range_id=range_id, pattern_id=f"p-{range_id}")
        analysis.signals.add(range_id=range_id, signal_id=f"s-{range_id}")
        analysis.rejections.add(range_id=range_id, rejection_id=f"x-{range_id}")
    analysis.stages.add(stage="range", success=True).warnings.add(code="GAP", message="a gap")
    analysis.failed_detectors.add(detector="pattern.sos", error="boom")
    return analysis


def _range_ids(analysis: orchestrator_pb2.Analysis) -> set[tuple[str, ...]]:
    """The ranges of every list; one entry when all lists speak of the same."""
    return {tuple(item.range_id for item in getattr(analysis, name)) for name in LISTS}


@pytest.mark.parametrize(
    ("scales", "kept"),
    [
        ({Scale.MINOR}, ("small",)),
        ({Scale.INTERMEDIATE}, ("usual", "unsaid")),
        ({Scale.MAJOR, Scale.MINOR}, ("small", "large")),
        (set(Scale), tuple(RANGES)),
        (set(), tuple(RANGES)),
    ],
)
def test_what_belongs_to_the_scales_is_kept_in_order(scales: set[Scale], kept: tuple[str, ...]) -> None:
    assert _range_ids(narrowed(_three_scales(), scales)) == {kept}


def test_the_whole_stays_whole_and_so_does_what_is_of_no_scale() -> None:
    whole, before = _three_scales(), _three_scales()
    part = narrowed(whole, {Scale.MAJOR})
    assert whole == before
    for name in LISTS:
        part.ClearField(name)  # type: ignore[arg-type]
        before.ClearField(name)  # type: ignore[arg-type]
    assert part == before


def test_a_scale_without_ranges_is_an_empty_answer() -> None:
    analysis = _three_scales()
    del analysis.ranges[3]
    assert _range_ids(narrowed(analysis, {Scale.MAJOR})) == {()}


@pytest.mark.parametrize(("numbers", "field"), [([0], "scales[0]"), ([2, 9], "scales[1]"), ([1, 2, -1], "scales[2]")])
async def test_a_scale_that_is_none_is_refused_by_name(numbers: Sequence[int], field: str) -> None:
    with pytest.raises(InvalidArgumentError, match="Scale") as caught:
        asked_scales(numbers)
    assert [item.field for item in caught.value.violations] == [field]

    servicer = scripted_orchestrator(transport := FakeTransport(script()))
    with pytest.raises(InvalidArgumentError):
        await analyze_acme(servicer, scales=numbers)
    request = orchestrator_pb2.AnalyzeBarsRequest(bars=flat_bars(), scales=numbers)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError):
        await servicer.AnalyzeBars(request, Caller())
    many = orchestrator_pb2.AnalyzeSymbolsRequest(symbols=["A"], timeframe="1d", scales=numbers)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError):
        await anext(servicer.AnalyzeSymbols(many, Caller()))
    assert transport.names == []


def _scaled_script(**changes: Any) -> dict[str, Any]:
    """One range of the minor scale with a signal, one of the major scale with a rejection."""
    patterns = [
        pattern_pb2.Pattern(pattern_id="p1", range_id="r1", type=common_pb2.PATTERN_TYPE_SOS, scale=MINOR),
        pattern_pb2.Pattern(pattern_id="p2", range_id="r2", type=common_pb2.PATTERN_TYPE_SOS, scale=MAJOR),
    ]
    ranges = [range_pb2.TradingRange(range_id="r1", scale=MINOR), range_pb2.TradingRange(range_id="r2", scale=MAJOR)]
    phases = [phase_pb2.PhaseReading(range_id="r1", scale=MINOR), phase_pb2.PhaseReading(range_id="r2", scale=MAJOR)]
    signal, rejection = passed_signal(), refused()
    signal.range_id, rejection.range_id = "r1", "r2"
    return script(
        DetectRanges=range_pb2.DetectRangesResponse(ranges=ranges),
        DetectPhases=phase_pb2.DetectPhasesResponse(phases=phases),
        DetectPatterns=pattern_pb2.DetectPatternsResponse(patterns=patterns),
        AssessPatterns=risk_pb2.AssessPatternsResponse(signals=[signal], rejections=[rejection]),
        **changes,
    )


async def test_every_call_answers_with_the_scales_asked_for() -> None:
    servicer = scripted_orchestrator(FakeTransport(_scaled_script()))
    one = await analyze_acme(servicer, scales=[MAJOR])
    request = orchestrator_pb2.AnalyzeBarsRequest(bars=flat_bars(), scales=[MAJOR])
    inline = (await servicer.AnalyzeBars(request, Caller())).analysis
    many = orchestrator_pb2.AnalyzeSymbolsRequest(symbols=["ACME"], timeframe="1d", scales=[MAJOR])
    streamed = [answer.analysis async for answer in servicer.AnalyzeSymbols(many, Caller())]
    for analysis in (one, inline, *streamed):
        assert [item.range_id for item in analysis.ranges] == ["r2"]
        assert [item.range_id for item in analysis.phases] == ["r2"]
        assert [item.pattern_id for item in analysis.patterns] == ["p2"]
        assert not analysis.signals
        assert [item.pattern_id for item in analysis.rejections] == ["p2"]
        assert analysis.complete


async def test_signals_of_scales_that_were_not_asked_for_are_stored_all_the_same() -> None:
    servicer = scripted_orchestrator(FakeTransport(_scaled_script()))
    assert not (await analyze_acme(servicer, scales=[MAJOR])).signals
    listed = await servicer.ListSignals(orchestrator_pb2.ListSignalsRequest(), Caller())
    assert [signal.pattern_id for signal in listed.signals] == ["p1"]


async def test_callers_that_ask_for_different_scales_share_one_analysis() -> None:
    reached, go = asyncio.Event(), asyncio.Event()

    async def bars(request: marketdata_pb2.GetBarsRequest) -> marketdata_pb2.GetBarsResponse:
        reached.set()
        await go.wait()
        return marketdata_pb2.GetBarsResponse(bars=flat_bars(request.symbol))

    servicer = scripted_orchestrator(transport := FakeTransport(_scaled_script(GetBars=bars)))
    asked: list[list[int]] = [[MINOR], [MAJOR], [], [MINOR, MAJOR], [MIDDLE]]
    calls = [asyncio.create_task(analyze_acme(servicer, scales=scales)) for scales in asked]
    await reached.wait()
    go.set()
    answers = await asyncio.gather(*calls)
    found = [[item.range_id for item in answer.ranges] for answer in answers]
    assert found == [["r1"], ["r2"], ["r1", "r2"], ["r1", "r2"], []]
    assert transport.names.count("GetBars") == 1
    assert transport.names.count("DetectRanges") == 1
