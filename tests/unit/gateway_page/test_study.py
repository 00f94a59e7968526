"""Studies: analyses are made once a version of the bars, and only so many at the same time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from services.gateway.page.settings import PageSettings
from services.gateway.page.study import Question, Studies
from tests.support.samples import wave_analysis, wave_bars
from wyckoff.client import MarketDataClient, WyckoffClient
from wyckoff.marketdata.v1 import marketdata_pb2
from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.wire.bars import bars_from_proto, bars_to_proto

if TYPE_CHECKING:
    from wyckoff.market.bars import Bars


class Behind:
    """Both services behind the gateway: a transport that gives bars by symbol and analyses when it is let go."""

    def __init__(self) -> None:
        self.bars: dict[str, Bars] = {}
        self.complete = True
        self.analysed: list[str] = []
        self.at_once = self.most_at_once = 0
        self.awaited = 0
        self.busy = asyncio.Event()
        self.go = asyncio.Event()
        self.go.set()

    async def unary(self, method: Any, request: Any, *, timeout_s: float) -> Any:
        if isinstance(request, marketdata_pb2.GetBarsRequest):
            return marketdata_pb2.GetBarsResponse(bars=bars_to_proto(self.bars[request.symbol].tail(request.limit)))
        self.analysed.append(request.bars.symbol)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        if self.at_once == self.awaited:
            self.busy.set()
        await self.go.wait()
        self.at_once -= 1
        analysis = wave_analysis(bars_from_proto(request.bars))
        analysis.complete = self.complete
        return orchestrator_pb2.AnalyzeBarsResponse(analysis=analysis)


def studies_over(behind: Behind, **settings: Any) -> Studies:
    transport: Any = behind
    return Studies(WyckoffClient(transport), MarketDataClient(transport), PageSettings(**settings), 5.0)


async def test_the_same_bars_are_analysed_once_and_a_revised_bar_anew() -> None:
    behind = Behind()
    behind.bars["A"] = wave_bars(300, symbol="A")
    studies, question = studies_over(behind), Question("A", "1d", 300)
    first = await studies.study(question)
    assert (await studies.study(question)).version == first.version
    assert behind.analysed == ["A"]
    behind.bars["A"] = wave_bars(301, symbol="A")
    second = await studies.study(question)
    assert second.version != first.version
    assert behind.analysed == ["A", "A"]


async def test_an_incomplete_analysis_is_shown_but_not_kept() -> None:
    behind = Behind()
    behind.bars["A"] = wave_bars(300, symbol="A")
    behind.complete = False
    studies, question = studies_over(behind), Question("A", "1d", 300)
    assert not (await studies.study(question)).analysis.complete
    behind.complete = True
    assert (await studies.study(question)).analysis.complete
    assert behind.analysed == ["A", "A"]


async def test_only_so_many_are_analysed_at_the_same_time() -> None:
    behind = Behind()
    behind.go.clear()
    behind.awaited = 3
    symbols = [f"S{number}" for number in range(12)]
    behind.bars = {symbol: wave_bars(300, symbol=symbol) for symbol in symbols}
    studies = studies_over(behind, max_analyses_at_once=3)
    waiting = [asyncio.create_task(studies.study(Question(symbol, "1d", 300))) for symbol in symbols]
    await behind.busy.wait()
    behind.go.set()
    await asyncio.gather(*waiting)
    assert behind.most_at_once == 3
    assert sorted(behind.analysed) == sorted(symbols)


async def test_a_document_is_drawn_once_for_the_same_terms() -> None:
    behind = Behind()
    behind.bars["A"] = wave_bars(300, symbol="A")
    studies = studies_over(behind)
    study = await studies.study(Question("A", "1d", 300))
    drawn: list[str] = []

    def draw(_: object) -> bytes:
        drawn.append("x")
        return b"figure"

    for terms in (("light",), ("light",), ("dark",)):
        assert await studies.document(study, terms, draw) == b"figure"
    assert len(drawn) == 2
