"""The pipeline over scripted services: order, isolation, deadlines, correlation."""

from __future__ import annotations

import pytest

from tests.support.fakes import FakeClock, FakeTransport
from tests.support.scripted import (
    DAY_MS,
    ID,
    STAGES,
    analyze_acme,
    even_volume,
    flat_bars,
    script,
    scripted_orchestrator,
)
from wyckoff.pattern.v1 import pattern_pb2
from wyckoff.rpc.errors import NotFoundError, UnavailableError
from wyckoff.volume.v1 import volume_pb2


async def test_stages_run_in_order_and_the_answer_is_complete() -> None:
    transport = FakeTransport(script())
    analysis = await analyze_acme(scripted_orchestrator(transport))
    assert analysis.complete
    assert [stage.stage for stage in analysis.stages] == list(STAGES)
    assert transport.names == [
        "GetBars",
        "AnalyzeVolume",
        "DetectRanges",
        "DetectPhases",
        "DetectPatterns",
        "GetPortfolio",
        "AssessPatterns",
    ]
    assert (analysis.symbol, analysis.bar_count, analysis.correlation_id) == ("ACME", 3, ID)
    assert analysis.as_of.ToMilliseconds() == 2 * DAY_MS


async def test_the_default_lookback_and_the_correlation_id_go_with_the_calls() -> None:
    transport = FakeTransport(script())
    await analyze_acme(scripted_orchestrator(transport))
    assert transport.calls[0].request.limit == 500
    assert {call.metadata["x-correlation-id"] for call in transport.calls} == {ID}
    given = "AAAAAAAA-2222-4333-8444-555555555555"
    analysis = await analyze_acme(scripted_orchestrator(transport), correlation_id=given, lookback_bars=70)
    assert transport.calls[-1].metadata["x-correlation-id"] == given.lower()
    assert analysis.correlation_id == given.lower()


@pytest.mark.parametrize(
    ("method", "failed", "kept"),
    [
        ("AnalyzeVolume", ["volume", "range", "phase", "pattern", "risk", "validation", "signal"], []),
        ("DetectPhases", ["phase", "pattern", "risk", "validation", "signal"], ["ranges"]),
        ("AssessPatterns", ["risk", "validation", "signal"], ["ranges", "patterns"]),
        ("GetPortfolio", ["risk", "validation", "signal"], ["ranges", "patterns"]),
    ],
)
@pytest.mark.parametrize("error", [UnavailableError("is down"), ZeroDivisionError("boom")])
async def test_a_failing_stage_leaves_what_came_before_and_names_what_is_missing(
    method: str, failed: list[str], kept: list[str], error: Exception
) -> None:
    analysis = await analyze_acme(scripted_orchestrator(FakeTransport(script(**{method: error}))))
    assert not analysis.complete
    assert [stage.stage for stage in analysis.stages if not stage.success] == failed
    by_name = {stage.stage: stage.error for stage in analysis.stages}
    assert str(error) in by_name[failed[0]]
    assert all(by_name[name].startswith("skipped: no result of ") for name in failed[1:])
    assert all(len(getattr(analysis, name)) > 0 for name in kept)
    assert not analysis.signals


async def test_a_volume_answer_that_does_not_fit_the_bars_is_blamed_on_its_stage_and_not_kept() -> None:
    short = even_volume(volume_pb2.AnalyzeVolumeRequest(bars=flat_bars(count=3)))
    del short.volume.spread_ratio[2]
    answers = iter([volume_pb2.AnalyzeVolumeResponse(), short])
    transport = FakeTransport(script(AnalyzeVolume=lambda request: next(answers, even_volume(request))))
    servicer = scripted_orchestrator(transport)
    for column in ("volume_ratio: has 0 values", "spread_ratio: has 2 values"):
        analysis = await analyze_acme(servicer)
        by_name = {stage.stage: stage.error for stage in analysis.stages}
        assert column in by_name["volume"]
        assert by_name["range"] == "skipped: no result of volume"
        assert "DetectRanges" not in transport.names
    assert (await analyze_acme(servicer)).complete


async def test_without_bars_the_caller_gets_the_reason_itself() -> None:
    with pytest.raises(NotFoundError, match="no bars"):
        await analyze_acme(scripted_orchestrator(FakeTransport({"GetBars": NotFoundError("no bars of ACME")})))


async def test_stages_without_time_are_not_called() -> None:
    clock = FakeClock()

    def slow(request: volume_pb2.AnalyzeVolumeRequest) -> volume_pb2.AnalyzeVolumeResponse:
        clock.now_s += 10
        return even_volume(request)

    transport = FakeTransport(script(AnalyzeVolume=slow))
    analysis = await analyze_acme(scripted_orchestrator(transport, clock), time_left_s=2.0)
    assert transport.names == ["GetBars", "AnalyzeVolume"]
    assert not analysis.complete
    by_name = {stage.stage: stage for stage in analysis.stages}
    assert by_name["volume"].execution_time_ms == pytest.approx(10_000)
    assert "BUDGET_SPENT" in by_name["range"].error
    # data weighs 2 of 10.1, volume 1 of the 8.1 left after it; the reserve of 0.1 s is for the answer
    assert [call.timeout_s for call in transport.calls] == [
        pytest.approx(1.9 * 2 / 10.1),
        pytest.approx(1.9 * 1 / 8.1),
    ]


async def test_the_default_deadline_is_five_seconds_less_a_reserve() -> None:
    transport = FakeTransport(script())
    await analyze_acme(scripted_orchestrator(transport, stage_weights={name: 0.0 for name in STAGES if name != "data"}))
    assert transport.calls[0].timeout_s == pytest.approx(4.8)


async def test_time_that_a_stage_does_not_use_goes_to_the_next() -> None:
    clock = FakeClock()

    def half_a_second(request: volume_pb2.AnalyzeVolumeRequest) -> volume_pb2.AnalyzeVolumeResponse:
        clock.now_s += 0.5
        return even_volume(request)

    transport = FakeTransport(script(AnalyzeVolume=half_a_second))
    equal = dict.fromkeys(STAGES, 1.0)
    analysis = await analyze_acme(scripted_orchestrator(transport, clock, stage_weights=equal), time_left_s=5.0)
    assert analysis.complete
    timeouts = [call.timeout_s for call in transport.calls]
    assert timeouts[:3] == [pytest.approx(4.8 / 8), pytest.approx(4.8 / 7), pytest.approx(4.3 / 6)]


async def test_without_patterns_nobody_is_asked_about_risk() -> None:
    nothing = pattern_pb2.DetectPatternsResponse()
    transport = FakeTransport(script(DetectPatterns=nothing, AssessPatterns=UnavailableError("is down")))
    analysis = await analyze_acme(scripted_orchestrator(transport))
    assert analysis.complete
    assert "GetPortfolio" not in transport.names
