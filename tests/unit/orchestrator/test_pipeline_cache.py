"""Analyses of the same bars: what is computed once, and what is not."""

from __future__ import annotations

import asyncio

from tests.support.fakes import FakeTransport
from tests.support.scripted import (
    analyze_acme,
    flat_bars,
    script,
    scripted_orchestrator,
)
from wyckoff.common.v1 import common_pb2
from wyckoff.marketdata.v1 import marketdata_pb2
from wyckoff.portfolio.v1 import portfolio_pb2
from wyckoff.range.v1 import range_pb2


async def test_the_same_bars_are_computed_once_and_said_to_be_cached() -> None:
    servicer = scripted_orchestrator(transport := FakeTransport(script()))
    cold = await analyze_acme(servicer)
    warm = await analyze_acme(servicer)
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

    servicer = scripted_orchestrator(transport := FakeTransport(script(GetPortfolio=portfolio)))
    await analyze_acme(servicer)
    await analyze_acme(servicer)
    assert transport.names.count("AssessPatterns") == 2
    assert transport.names.count("DetectPatterns") == 1


async def test_a_revised_bar_never_meets_an_old_result() -> None:
    close = iter([10.0, 10.0 + 1e-9])

    def bars(request: marketdata_pb2.GetBarsRequest) -> marketdata_pb2.GetBarsResponse:
        revised = flat_bars(request.symbol)
        revised.close[2] = next(close)
        return marketdata_pb2.GetBarsResponse(bars=revised)

    servicer = scripted_orchestrator(transport := FakeTransport(script(GetBars=bars)))
    await analyze_acme(servicer)
    await analyze_acme(servicer)
    assert transport.names.count("DetectRanges") == 2


async def test_an_answer_with_a_failed_detector_is_not_kept() -> None:
    failed = range_pb2.DetectRangesResponse(failed_detectors=[common_pb2.FailedDetector(detector="range.zones")])
    servicer = scripted_orchestrator(transport := FakeTransport(script(DetectRanges=failed)))
    assert (await analyze_acme(servicer)).failed_detectors[0].detector == "range.zones"
    await analyze_acme(servicer)
    assert transport.names.count("DetectRanges") == 2
    assert transport.names.count("AnalyzeVolume") == 1


async def test_without_caching_every_call_is_made() -> None:
    servicer = scripted_orchestrator(transport := FakeTransport(script()), enable_caching=False)
    await analyze_acme(servicer)
    await analyze_acme(servicer)
    assert transport.names.count("AnalyzeVolume") == 2


async def test_a_hundred_equal_requests_at_once_make_one_run() -> None:
    servicer = scripted_orchestrator(transport := FakeTransport(script()))
    ids = [f"{number:08d}-2222-4333-8444-555555555555" for number in range(100)]
    answers = await asyncio.gather(*(analyze_acme(servicer, 5.0, correlation_id=given) for given in ids))
    assert transport.names.count("GetBars") == 1
    assert transport.names.count("AssessPatterns") == 1
    assert [answer.correlation_id for answer in answers] == ids
    assert {answer.signals[0].correlation_id for answer in answers} == {ids[0]}


async def test_a_caller_with_more_time_does_not_share_a_hasty_run() -> None:
    servicer = scripted_orchestrator(transport := FakeTransport(script()))
    await asyncio.gather(analyze_acme(servicer, 0.5), analyze_acme(servicer, 5.0))
    assert transport.names.count("GetBars") == 2
