"""Signals at the end of the pipeline: stored once, and only with the whole chain behind them."""

from __future__ import annotations

import pytest

from tests.support.fakes import FakeTransport
from tests.support.scripted import (
    ID,
    Caller,
    analyze_acme,
    flat_bars,
    passed_signal,
    refused,
    script,
    scripted_orchestrator,
)
from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.risk.v1 import risk_pb2
from wyckoff.rpc.errors import NotFoundError


async def test_a_signal_is_stored_once_and_keeps_its_first_stamp() -> None:
    servicer = scripted_orchestrator(FakeTransport(script()))
    first = await analyze_acme(servicer)
    second = await analyze_acme(servicer, correlation_id="99999999-2222-4333-8444-555555555555")
    assert first.signals == second.signals
    assert first.signals[0].correlation_id == ID
    listed = await servicer.ListSignals(orchestrator_pb2.ListSignalsRequest(), Caller())
    assert list(listed.signals) == list(first.signals)
    got = await servicer.GetSignal(orchestrator_pb2.GetSignalRequest(signal_id="s-p1"), Caller())
    assert got.signal == first.signals[0]
    with pytest.raises(NotFoundError):
        await servicer.GetSignal(orchestrator_pb2.GetSignalRequest(signal_id="nobody"), Caller())


async def test_inline_bars_are_analysed_without_market_data_and_store_nothing() -> None:
    transport = FakeTransport(script())
    servicer = scripted_orchestrator(transport)
    request = orchestrator_pb2.AnalyzeBarsRequest(bars=flat_bars())
    analysis = (await servicer.AnalyzeBars(request, Caller())).analysis
    assert analysis.complete
    assert "GetBars" not in transport.names
    assert not analysis.signals[0].HasField("created_at")
    listed = await servicer.ListSignals(orchestrator_pb2.ListSignalsRequest(), Caller())
    assert not listed.signals
    refusals = await servicer.ListRejections(orchestrator_pb2.ListRejectionsRequest(), Caller())
    assert not refusals.rejections


async def test_a_rejection_is_stored_once_and_without_a_signal_as_well() -> None:
    verdicts = risk_pb2.AssessPatternsResponse(rejections=[refused("p1"), refused("p2")])
    servicer = scripted_orchestrator(FakeTransport(script(AssessPatterns=verdicts)))
    for _ in range(2):
        await analyze_acme(servicer)
    first = await servicer.ListRejections(orchestrator_pb2.ListRejectionsRequest(page_size=1), Caller())
    rest = orchestrator_pb2.ListRejectionsRequest(page_size=1, page_token=first.next_page_token)
    last = await servicer.ListRejections(rest, Caller())
    assert [*first.rejections, *last.rejections] == [refused("p2"), refused("p1")]
    assert not last.next_page_token


async def test_a_verdict_that_is_missing_fails_validation_and_no_signal_leaves() -> None:
    verdicts = risk_pb2.AssessPatternsResponse(signals=[passed_signal()])
    analysis = await analyze_acme(scripted_orchestrator(FakeTransport(script(AssessPatterns=verdicts))))
    by_name = {stage.stage: stage for stage in analysis.stages}
    assert "VERDICT_MISMATCH" in by_name["validation"].error
    assert not analysis.signals


async def test_a_signal_with_a_broken_chain_does_not_leave() -> None:
    signal = passed_signal()
    del signal.validation_chain.results[1]
    verdicts = risk_pb2.AssessPatternsResponse(signals=[signal], rejections=[refused()])
    analysis = await analyze_acme(scripted_orchestrator(FakeTransport(script(AssessPatterns=verdicts))))
    assert "CHAIN_INCOMPLETE" in {stage.stage: stage.error for stage in analysis.stages}["validation"]
    assert not analysis.signals
