"""Many analyses at once against a running system, and what came of each."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from grpc import aio

from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.rpc.catalogue import ANALYZE_SYMBOL
from wyckoff.rpc.status import DETAILS_KEY, error_from_call

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from wyckoff.rpc.errors import WyckoffError

DEADLINE_S = 2.0
#: How much later than its deadline an answer may come.
LATENESS_S = 0.1
LOOKBACK_BARS = 600
STAGE_NAMES = ("data", "volume", "range", "phase", "pattern", "risk", "validation", "signal")


@dataclass(frozen=True)
class Answer:
    """One call. ``error`` is what the orchestrator itself said; ``unanswered`` what the client had to say instead."""

    symbol: str
    elapsed_s: float
    analysis: orchestrator_pb2.Analysis | None = None
    error: WyckoffError | None = None
    unanswered: str = ""

    @property
    def complete(self) -> bool:
        return self.analysis is not None and self.analysis.complete


@dataclass
class Storm:
    """Calls ``symbols`` in turn, ``width`` at a time, until told the number; ``answers`` in the order they came."""

    channel: aio.Channel
    symbols: Sequence[str]
    width: int = 8
    answers: list[Answer] = field(default_factory=list)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def run(self, calls: int) -> None:
        numbers = iter(range(calls))

        async def work() -> None:
            for number in numbers:
                answer = await ask(self.channel, self.symbols[number % len(self.symbols)])
                async with self._news:
                    self.answers.append(answer)
                    self._news.notify_all()

        async with asyncio.TaskGroup() as group:
            for _ in range(self.width):
                group.create_task(work())

    async def wait_answers(self, count: int) -> None:
        async with self._news:
            await self._news.wait_for(lambda: len(self.answers) >= count)


async def ask(channel: aio.Channel, symbol: str) -> Answer:
    """One analysis with the deadline of all, over a plain channel: nothing between this and the orchestrator."""
    call = channel.unary_unary(
        ANALYZE_SYMBOL.path,
        request_serializer=ANALYZE_SYMBOL.request.SerializeToString,
        response_deserializer=ANALYZE_SYMBOL.response.FromString,
    )
    request = orchestrator_pb2.AnalyzeSymbolRequest(symbol=symbol, timeframe="1d", lookback_bars=LOOKBACK_BARS)
    started_s = time.monotonic()
    try:
        response = await call(request, timeout=DEADLINE_S)
    except aio.AioRpcError as error:
        elapsed_s = time.monotonic() - started_s
        # an error that the orchestrator sent has details; one that the client library made up has none
        if any(key == DETAILS_KEY for key, _ in error.trailing_metadata() or ()):
            return Answer(symbol, elapsed_s, error=error_from_call(error))
        return Answer(symbol, elapsed_s, unanswered=f"{error.code().name}: {error.details()}")
    return Answer(symbol, time.monotonic() - started_s, analysis=response.analysis)


async def recovered_after_s(channel: aio.Channel, symbol: str, limit_s: float) -> float:
    """Seconds until an analysis is complete again; more than ``limit_s`` when it does not become so."""
    started_s = time.monotonic()
    while (elapsed_s := time.monotonic() - started_s) <= limit_s:
        if (await ask(channel, symbol)).complete:
            return elapsed_s
    return elapsed_s


def check_answers(answers: Sequence[Answer], stage: str, undisturbed: Mapping[str, orchestrator_pb2.Analysis]) -> None:
    """Every call was answered in time, completely or saying what is missing; nothing before ``stage`` suffered."""
    late = [answer.elapsed_s for answer in answers if answer.elapsed_s > DEADLINE_S + LATENESS_S]
    assert not late
    assert not [answer.unanswered for answer in answers if answer.unanswered]
    for answer in answers:
        if answer.analysis is None:
            assert answer.error is not None
            # without bars there is nothing to say; with them there is always an analysis
            assert stage == "data", answer.error
        else:
            _check_analysis(answer.analysis, stage, undisturbed[answer.symbol])


def _check_analysis(analysis: orchestrator_pb2.Analysis, stage: str, undisturbed: orchestrator_pb2.Analysis) -> None:
    assert tuple(report.stage for report in analysis.stages) == STAGE_NAMES
    succeeded = {report.stage for report in analysis.stages if report.success}
    missing = [report.stage for report in analysis.stages if not report.success]
    assert analysis.complete == (not missing)
    assert all(report.error for report in analysis.stages if not report.success)
    before = STAGE_NAMES[: STAGE_NAMES.index(stage)]
    assert succeeded.issuperset(before), [(report.stage, report.error) for report in analysis.stages if report.error]
    assert analysis.bar_count == undisturbed.bar_count
    found: dict[str, Callable[[orchestrator_pb2.Analysis], Sequence[object]]] = {
        "range": lambda item: item.ranges,
        "phase": lambda item: item.phases,
        "pattern": lambda item: item.patterns,
        "risk": lambda item: item.rejections,
        "validation": lambda item: [signal.signal_id for signal in item.signals],
    }
    for name, part in found.items():
        expected = part(undisturbed) if name in succeeded else []
        assert list(part(analysis)) == list(expected), name


async def check_signals(
    answers: Sequence[Answer],
    list_signals: Callable[[str], Awaitable[Sequence[str]]],
    undisturbed: Mapping[str, orchestrator_pb2.Analysis],
) -> None:
    """What was announced as stored is there, once; nothing else is."""
    for symbol, analysis in undisturbed.items():
        stored = list(await list_signals(symbol))
        assert len(stored) == len(set(stored)), symbol
        announced = {
            signal.signal_id
            for answer in answers
            if answer.symbol == symbol and answer.analysis is not None
            for signal in answer.analysis.signals
            if signal.HasField("created_at")
        }
        assert announced <= set(stored) <= {signal.signal_id for signal in analysis.signals}, symbol
