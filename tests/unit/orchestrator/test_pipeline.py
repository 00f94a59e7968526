"""The pipeline over scripted services: order, isolation, deadlines, correlation, storing."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from grpc_health.v1 import health_pb2

from orchestrator.bootstrap import build_servicer
from orchestrator.cache import StageCache
from orchestrator.settings import OrchestratorSettings
from orchestrator.storage.signals import MemorySignalStore
from tests.support.fakes import FakeClock, FakeTransport
from wyckoff.common.v1 import common_pb2
from wyckoff.marketdata.v1 import marketdata_pb2
from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.pattern.v1 import pattern_pb2
from wyckoff.portfolio.v1 import portfolio_pb2
from wyckoff.range.v1 import range_pb2
from wyckoff.risk.v1 import risk_pb2
from wyckoff.rpc.errors import InvalidArgumentError, NotFoundError, UnavailableError
from wyckoff.volume.v1 import volume_pb2

if TYPE_CHECKING:
    from orchestrator.servicer import OrchestratorServicer

ID = "11111111-2222-4333-8444-555555555555"
STAGES = ["data", "volume", "range", "phase", "pattern", "risk", "validation", "signal"]
DAY_MS = 86_400_000


class Caller:
    """A call's context with a deadline, or none."""

    def __init__(self, time_left_s: float | None = None) -> None:
        self._time_left_s = time_left_s

    def time_remaining(self) -> float | None:
        return self._time_left_s


def _bars(symbol: str = "ACME", count: int = 3) -> common_pb2.Bars:
    prices = [10.0] * count
    return common_pb2.Bars(
        symbol=symbol,
        timeframe="1d",
        open_time_ms=[index * DAY_MS for index in range(count)],
        open=prices,
        high=prices,
        low=prices,
        close=prices,
        volume=prices,
    )


def _signal(pattern_id: str = "p1") -> risk_pb2.TradeSignal:
    signal = risk_pb2.TradeSignal(signal_id=f"s-{pattern_id}", pattern_id=pattern_id, symbol="ACME", timeframe="1d")
    signal.pattern_type = common_pb2.PATTERN_TYPE_SOS
    signal.timestamp.FromMilliseconds(DAY_MS)
    for stage in ("Volume", "Phase", "Levels", "Risk", "Strategy"):
        signal.validation_chain.results.add(stage=stage, status=risk_pb2.VALIDATION_STATUS_PASS)
    return signal


def _script(**changes: Any) -> dict[str, Any]:
    sos = common_pb2.PATTERN_TYPE_SOS
    patterns = [pattern_pb2.Pattern(pattern_id=name, type=sos) for name in ("p1", "p2")]
    verdicts = risk_pb2.AssessPatternsResponse(
        signals=[_signal()], rejections=[risk_pb2.Rejection(pattern_id="p2", pattern_type=common_pb2.PATTERN_TYPE_SOS)]
    )
    script: dict[str, Any] = {
        "GetBars": lambda request: marketdata_pb2.GetBarsResponse(bars=_bars(request.symbol)),
        "DetectRanges": range_pb2.DetectRangesResponse(ranges=[range_pb2.TradingRange(range_id="r1")]),
        "DetectPatterns": pattern_pb2.DetectPatternsResponse(patterns=patterns),
        "AssessPatterns": verdicts,
    }
    return script | changes


def _orchestrator(transport: FakeTransport, clock: FakeClock | None = None, **settings: Any) -> OrchestratorServicer:
    store = MemorySignalStore(lambda: datetime(2026, 1, 1, tzinfo=UTC))
    chosen, now = OrchestratorSettings(**settings), clock or FakeClock()
    cache = StageCache(chosen.cache_max_size, chosen.cache_ttl_seconds, now) if chosen.enable_caching else None
    return build_servicer(transport.as_services(), store, chosen, clock=now, new_id=lambda: ID, cache=cache)


async def _analyze(
    servicer: OrchestratorServicer, time_left_s: float | None = None, **fields: Any
) -> orchestrator_pb2.Analysis:
    request = orchestrator_pb2.AnalyzeSymbolRequest(symbol="ACME", timeframe="1d", **fields)
    return (await servicer.AnalyzeSymbol(request, Caller(time_left_s))).analysis


async def test_stages_run_in_order_and_the_answer_is_complete() -> None:
    transport = FakeTransport(_script())
    analysis = await _analyze(_orchestrator(transport))
    assert analysis.complete
    assert [stage.stage for stage in analysis.stages] == STAGES
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
    transport = FakeTransport(_script())
    await _analyze(_orchestrator(transport))
    assert transport.calls[0].request.limit == 500
    assert {call.metadata["x-correlation-id"] for call in transport.calls} == {ID}
    given = "AAAAAAAA-2222-4333-8444-555555555555"
    analysis = await _analyze(_orchestrator(transport), correlation_id=given, lookback_bars=70)
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
    analysis = await _analyze(_orchestrator(FakeTransport(_script(**{method: error}))))
    assert not analysis.complete
    assert [stage.stage for stage in analysis.stages if not stage.success] == failed
    by_name = {stage.stage: stage.error for stage in analysis.stages}
    assert str(error) in by_name[failed[0]]
    assert all(by_name[name].startswith("skipped: no result of ") for name in failed[1:])
    assert all(len(getattr(analysis, name)) > 0 for name in kept)
    assert not analysis.signals


async def test_without_bars_the_caller_gets_the_reason_itself() -> None:
    with pytest.raises(NotFoundError, match="no bars"):
        await _analyze(_orchestrator(FakeTransport({"GetBars": NotFoundError("no bars of ACME")})))


async def test_stages_without_time_are_not_called() -> None:
    clock = FakeClock()

    def slow(request: object) -> volume_pb2.AnalyzeVolumeResponse:
        clock.now_s += 10
        return volume_pb2.AnalyzeVolumeResponse()

    transport = FakeTransport(_script(AnalyzeVolume=slow))
    analysis = await _analyze(_orchestrator(transport, clock), time_left_s=2.0)
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
    transport = FakeTransport(_script())
    await _analyze(_orchestrator(transport, stage_weights={name: 0.0 for name in STAGES if name != "data"}))
    assert transport.calls[0].timeout_s == pytest.approx(4.8)


async def test_time_that_a_stage_does_not_use_goes_to_the_next() -> None:
    clock = FakeClock()

    def half_a_second(request: object) -> volume_pb2.AnalyzeVolumeResponse:
        clock.now_s += 0.5
        return volume_pb2.AnalyzeVolumeResponse()

    transport = FakeTransport(_script(AnalyzeVolume=half_a_second))
    equal = dict.fromkeys(STAGES, 1.0)
    analysis = await _analyze(_orchestrator(transport, clock, stage_weights=equal), time_left_s=5.0)
    assert analysis.complete
    timeouts = [call.timeout_s for call in transport.calls]
    assert timeouts[:3] == [pytest.approx(4.8 / 8), pytest.approx(4.8 / 7), pytest.approx(4.3 / 6)]


async def test_the_same_bars_are_computed_once_and_said_to_be_cached() -> None:
    servicer = _orchestrator(transport := FakeTransport(_script()))
    cold = await _analyze(servicer)
    warm = await _analyze(servicer)
    assert [stage.stage for stage in warm.stages if stage.cached] == ["volume", "range", "phase", "pattern", "risk"]
    assert not any(stage.cached for stage in cold.stages)
    assert transport.names.count("DetectRanges") == 1
    assert transport.names.count("AssessPatterns") == 1
    assert transport.names.count("GetPortfolio") == 2
    assert warm.ranges == cold.ranges


async def test_a_changed_account_is_judged_anew() -> None:
    equity = iter(["100000", "90000"])

    def portfolio(request: object) -> portfolio_pb2.GetPortfolioResponse:
        return portfolio_pb2.GetPortfolioResponse(portfolio=portfolio_pb2.Portfolio(equity=next(equity)))

    servicer = _orchestrator(transport := FakeTransport(_script(GetPortfolio=portfolio)))
    await _analyze(servicer)
    await _analyze(servicer)
    assert transport.names.count("AssessPatterns") == 2
    assert transport.names.count("DetectPatterns") == 1


async def test_without_patterns_nobody_is_asked_about_risk() -> None:
    nothing = pattern_pb2.DetectPatternsResponse()
    transport = FakeTransport(_script(DetectPatterns=nothing, AssessPatterns=UnavailableError("is down")))
    analysis = await _analyze(_orchestrator(transport))
    assert analysis.complete
    assert "GetPortfolio" not in transport.names


async def test_a_revised_bar_never_meets_an_old_result() -> None:
    close = iter([10.0, 10.0 + 1e-9])

    def bars(request: marketdata_pb2.GetBarsRequest) -> marketdata_pb2.GetBarsResponse:
        revised = _bars(request.symbol)
        revised.close[2] = next(close)
        return marketdata_pb2.GetBarsResponse(bars=revised)

    servicer = _orchestrator(transport := FakeTransport(_script(GetBars=bars)))
    await _analyze(servicer)
    await _analyze(servicer)
    assert transport.names.count("DetectRanges") == 2


async def test_an_answer_with_a_failed_detector_is_not_kept() -> None:
    failed = range_pb2.DetectRangesResponse(failed_detectors=[common_pb2.FailedDetector(detector="range.zones")])
    servicer = _orchestrator(transport := FakeTransport(_script(DetectRanges=failed)))
    assert (await _analyze(servicer)).failed_detectors[0].detector == "range.zones"
    await _analyze(servicer)
    assert transport.names.count("DetectRanges") == 2
    assert transport.names.count("AnalyzeVolume") == 1


async def test_without_caching_every_call_is_made() -> None:
    servicer = _orchestrator(transport := FakeTransport(_script()), enable_caching=False)
    await _analyze(servicer)
    await _analyze(servicer)
    assert transport.names.count("AnalyzeVolume") == 2


async def test_a_hundred_equal_requests_at_once_make_one_run() -> None:
    servicer = _orchestrator(transport := FakeTransport(_script()))
    ids = [f"{number:08d}-2222-4333-8444-555555555555" for number in range(100)]
    answers = await asyncio.gather(*(_analyze(servicer, 5.0, correlation_id=given) for given in ids))
    assert transport.names.count("GetBars") == 1
    assert transport.names.count("AssessPatterns") == 1
    assert [answer.correlation_id for answer in answers] == ids
    assert {answer.signals[0].correlation_id for answer in answers} == {ids[0]}


async def test_a_caller_with_more_time_does_not_share_a_hasty_run() -> None:
    servicer = _orchestrator(transport := FakeTransport(_script()))
    await asyncio.gather(_analyze(servicer, 0.5), _analyze(servicer, 5.0))
    assert transport.names.count("GetBars") == 2


async def test_a_signal_is_stored_once_and_keeps_its_first_stamp() -> None:
    servicer = _orchestrator(FakeTransport(_script()))
    first = await _analyze(servicer)
    second = await _analyze(servicer, correlation_id="99999999-2222-4333-8444-555555555555")
    assert first.signals == second.signals
    assert first.signals[0].correlation_id == ID
    listed = await servicer.ListSignals(orchestrator_pb2.ListSignalsRequest(), Caller())
    assert list(listed.signals) == list(first.signals)
    got = await servicer.GetSignal(orchestrator_pb2.GetSignalRequest(signal_id="s-p1"), Caller())
    assert got.signal == first.signals[0]
    with pytest.raises(NotFoundError):
        await servicer.GetSignal(orchestrator_pb2.GetSignalRequest(signal_id="nobody"), Caller())


async def test_inline_bars_are_analysed_without_market_data_and_store_nothing() -> None:
    transport = FakeTransport(_script())
    servicer = _orchestrator(transport)
    request = orchestrator_pb2.AnalyzeBarsRequest(bars=_bars())
    analysis = (await servicer.AnalyzeBars(request, Caller())).analysis
    assert analysis.complete
    assert "GetBars" not in transport.names
    assert not analysis.signals[0].HasField("created_at")
    listed = await servicer.ListSignals(orchestrator_pb2.ListSignalsRequest(), Caller())
    assert not listed.signals


async def test_bad_inline_bars_are_refused_naming_the_field() -> None:
    bars = _bars()
    bars.high[1] = 1.0
    request = orchestrator_pb2.AnalyzeBarsRequest(bars=bars)
    with pytest.raises(InvalidArgumentError) as caught:
        await _orchestrator(FakeTransport(_script())).AnalyzeBars(request, Caller())
    assert [item.field for item in caught.value.violations] == ["bars.high[1]"]


async def test_a_verdict_that_is_missing_fails_validation_and_no_signal_leaves() -> None:
    verdicts = risk_pb2.AssessPatternsResponse(signals=[_signal()])
    analysis = await _analyze(_orchestrator(FakeTransport(_script(AssessPatterns=verdicts))))
    by_name = {stage.stage: stage for stage in analysis.stages}
    assert "VERDICT_MISMATCH" in by_name["validation"].error
    assert not analysis.signals


async def test_a_signal_with_a_broken_chain_does_not_leave() -> None:
    signal = _signal()
    del signal.validation_chain.results[1]
    verdicts = risk_pb2.AssessPatternsResponse(
        signals=[signal], rejections=[risk_pb2.Rejection(pattern_id="p2", pattern_type=common_pb2.PATTERN_TYPE_SOS)]
    )
    analysis = await _analyze(_orchestrator(FakeTransport(_script(AssessPatterns=verdicts))))
    assert "CHAIN_INCOMPLETE" in {stage.stage: stage.error for stage in analysis.stages}["validation"]
    assert not analysis.signals


async def _stream(servicer: OrchestratorServicer, symbols: list[str]) -> list[orchestrator_pb2.AnalyzeSymbolsResponse]:
    request = orchestrator_pb2.AnalyzeSymbolsRequest(symbols=symbols, timeframe="1d")
    return [answer async for answer in servicer.AnalyzeSymbols(request, Caller(60.0))]


async def test_many_symbols_one_failing_does_not_touch_the_others() -> None:
    def bars(request: marketdata_pb2.GetBarsRequest) -> marketdata_pb2.GetBarsResponse:
        if request.symbol == "GONE":
            raise NotFoundError("no bars of GONE")
        if request.symbol == "CRASH":
            raise ZeroDivisionError
        return marketdata_pb2.GetBarsResponse(bars=_bars(request.symbol))

    symbols = [f"S{index}" for index in range(25)] + ["GONE", "CRASH"]
    answers = await _stream(_orchestrator(FakeTransport(_script(GetBars=bars))), symbols)
    analysed = {answer.analysis.symbol for answer in answers if answer.HasField("analysis")}
    failed = {answer.error.symbol: answer.error.code for answer in answers if answer.HasField("error")}
    assert analysed == set(symbols) - {"GONE", "CRASH"}
    assert failed == {"GONE": 5, "CRASH": 13}


async def test_at_most_the_configured_number_of_symbols_run_at_once() -> None:
    running = most = 0
    turn = asyncio.Condition()

    async def bars(request: marketdata_pb2.GetBarsRequest) -> marketdata_pb2.GetBarsResponse:
        nonlocal running, most
        async with turn:
            running += 1
            most = max(most, running)
            if running == 3:
                turn.notify_all()
            await turn.wait_for(lambda: most == 3)
        running -= 1
        return marketdata_pb2.GetBarsResponse(bars=_bars(request.symbol))

    servicer = _orchestrator(FakeTransport(_script(GetBars=bars)), max_concurrent_symbols=3)
    answers = await _stream(servicer, [f"S{index}" for index in range(12)])
    assert len(answers) == 12
    assert most == 3


async def test_a_reader_that_stops_cancels_the_rest() -> None:
    servicer = _orchestrator(transport := FakeTransport(_script()), max_concurrent_symbols=2)
    request = orchestrator_pb2.AnalyzeSymbolsRequest(symbols=[f"S{index}" for index in range(100)], timeframe="1d")
    answers = servicer.AnalyzeSymbols(request, Caller(60.0))
    async with aclosing(answers):
        await anext(answers)
    assert transport.names.count("GetBars") < 10


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"symbol": ""}, "symbol"),
        ({"symbol": "A" * 21}, "symbol"),
        ({"timeframe": "daily"}, "timeframe"),
        ({"lookback_bars": -1}, "lookback_bars"),
        ({"lookback_bars": 100_001}, "lookback_bars"),
        ({"correlation_id": "not-a-uuid"}, "correlation_id"),
    ],
)
async def test_bad_requests_name_the_field(fields: dict[str, Any], field: str) -> None:
    request = orchestrator_pb2.AnalyzeSymbolRequest(**({"symbol": "ACME", "timeframe": "1d"} | fields))
    with pytest.raises(InvalidArgumentError) as caught:
        await _orchestrator(FakeTransport(_script())).AnalyzeSymbol(request, Caller())
    assert [item.field for item in caught.value.violations] == [field]


@pytest.mark.parametrize("symbols", [[], ["A", "A"], ["A", "B", "C"]])
async def test_bad_lists_of_symbols_are_refused(symbols: list[str]) -> None:
    servicer = _orchestrator(FakeTransport(_script()), max_symbols_per_request=2)
    with pytest.raises(InvalidArgumentError) as caught:
        await _stream(servicer, symbols)
    assert [item.field for item in caught.value.violations] == ["symbols"]


async def test_health_is_degraded_while_some_services_answer() -> None:
    answers = iter([1, 1, 2, 1, 1, 1, 1])

    def check(request: object) -> Any:
        return health_pb2.HealthCheckResponse(status=next(answers))

    servicer = _orchestrator(FakeTransport({"Check": check}))
    health = await servicer.GetHealth(orchestrator_pb2.GetHealthRequest(), Caller())
    assert health.status == orchestrator_pb2.HEALTH_STATUS_DEGRADED
    unwell = [component for component in health.components if component.message]
    assert [(item.component, item.message) for item in unwell] == [("range", "says NOT_SERVING")]
