"""Requests to the orchestrator over scripted services: many symbols, bad fields, health."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest
from grpc_health.v1 import health_pb2

from tests.support.fakes import FakeTransport
from tests.support.scripted import (
    Caller,
    flat_bars,
    script,
    scripted_orchestrator,
)
from wyckoff.marketdata.v1 import marketdata_pb2
from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.rpc.errors import InvalidArgumentError, NotFoundError

if TYPE_CHECKING:
    from orchestrator.servicer import OrchestratorServicer


async def test_bad_inline_bars_are_refused_naming_the_field() -> None:
    bars = flat_bars()
    bars.high[1] = 1.0
    request = orchestrator_pb2.AnalyzeBarsRequest(bars=bars)
    with pytest.raises(InvalidArgumentError) as caught:
        await scripted_orchestrator(FakeTransport(script())).AnalyzeBars(request, Caller())
    assert [item.field for item in caught.value.violations] == ["bars.high[1]"]


async def _stream(servicer: OrchestratorServicer, symbols: list[str]) -> list[orchestrator_pb2.AnalyzeSymbolsResponse]:
    request = orchestrator_pb2.AnalyzeSymbolsRequest(symbols=symbols, timeframe="1d")
    return [answer async for answer in servicer.AnalyzeSymbols(request, Caller(60.0))]


async def test_many_symbols_one_failing_does_not_touch_the_others() -> None:
    def bars(request: marketdata_pb2.GetBarsRequest) -> marketdata_pb2.GetBarsResponse:
        if request.symbol == "GONE":
            raise NotFoundError("no bars of GONE")
        if request.symbol == "CRASH":
            raise ZeroDivisionError
        return marketdata_pb2.GetBarsResponse(bars=flat_bars(request.symbol))

    symbols = [f"S{index}" for index in range(25)] + ["GONE", "CRASH"]
    answers = await _stream(scripted_orchestrator(FakeTransport(script(GetBars=bars))), symbols)
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
        return marketdata_pb2.GetBarsResponse(bars=flat_bars(request.symbol))

    servicer = scripted_orchestrator(FakeTransport(script(GetBars=bars)), max_concurrent_symbols=3)
    answers = await _stream(servicer, [f"S{index}" for index in range(12)])
    assert len(answers) == 12
    assert most == 3


async def test_a_reader_that_stops_cancels_the_rest() -> None:
    servicer = scripted_orchestrator(transport := FakeTransport(script()), max_concurrent_symbols=2)
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
        await scripted_orchestrator(FakeTransport(script())).AnalyzeSymbol(request, Caller())
    assert [item.field for item in caught.value.violations] == [field]


@pytest.mark.parametrize("symbols", [[], ["A", "A"], ["A", "B", "C"]])
async def test_bad_lists_of_symbols_are_refused(symbols: list[str]) -> None:
    servicer = scripted_orchestrator(FakeTransport(script()), max_symbols_per_request=2)
    with pytest.raises(InvalidArgumentError) as caught:
        await _stream(servicer, symbols)
    assert [item.field for item in caught.value.violations] == ["symbols"]


async def test_health_is_degraded_while_some_services_answer() -> None:
    answers = iter([1, 1, 2, 1, 1, 1, 1])

    def check(request: object) -> Any:
        return health_pb2.HealthCheckResponse(status=next(answers))

    servicer = scripted_orchestrator(FakeTransport({"Check": check}))
    health = await servicer.GetHealth(orchestrator_pb2.GetHealthRequest(), Caller())
    assert health.status == orchestrator_pb2.HEALTH_STATUS_DEGRADED
    unwell = [component for component in health.components if component.message]
    assert [(item.component, item.message) for item in unwell] == [("range", "says NOT_SERVING")]
