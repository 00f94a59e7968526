"""Requests as the orchestrator sends them to each stage, made of real bars, for load on a stage alone."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from orchestrator.embedded import stage_transports
from tools.sample_bars import SYMBOLS, sample_bars
from wyckoff.market.bars import Bars, make_bars
from wyckoff.model.portfolio import default_portfolio
from wyckoff.pattern.v1 import pattern_pb2
from wyckoff.phase.v1 import phase_pb2
from wyckoff.range.v1 import range_pb2
from wyckoff.risk.v1 import risk_pb2
from wyckoff.rpc import catalogue
from wyckoff.rpc.errors import WyckoffError
from wyckoff.volume.v1 import volume_pb2
from wyckoff.wire.bars import bars_to_proto
from wyckoff.wire.portfolio import portfolio_to_proto

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from wyckoff.rpc.methods import Method
    from wyckoff.rpc.transport import Transport

_DAY_MS = 86_400_000
_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class StageCall:
    """One call of a stage."""

    method: Method[Any, Any]
    request: Any


def long_bars(count: int) -> Bars:
    """The newest ``count`` of all real daily bars set end to end, each symbol scaled to go on where the last ended."""
    columns = []
    last_close = 100.0
    for symbol in SYMBOLS:
        bars = sample_bars(symbol)
        factor = last_close / bars.open[0]
        columns.append([bars.open * factor, bars.high * factor, bars.low * factor, bars.close * factor, bars.volume])
        last_close = float(columns[-1][3][-1])
    joined = [np.concatenate(parts)[-count:] for parts in zip(*columns, strict=True)]
    if len(joined[0]) < count:
        raise ValueError(f"{count} bars are asked for, but there are only {len(joined[0])} real ones")
    return make_bars("LONG", "1d", np.arange(count) * _DAY_MS, *joined)


async def stage_calls(bars: Bars) -> dict[str, StageCall]:
    """What each stage is asked about ``bars``, by the name of the stage; found out by the stages themselves."""
    stages = stage_transports()
    calls: dict[str, StageCall] = {}

    async def ask(name: str, method: Method[Any, Any], request: Any) -> Any:  # noqa: ANN401 - one for all messages
        calls[name] = StageCall(method, request)
        return await stages[method.service].unary(method, request, timeout_s=_TIMEOUT_S)

    given = bars_to_proto(bars)
    volume = (await ask("volume", catalogue.ANALYZE_VOLUME, volume_pb2.AnalyzeVolumeRequest(bars=given))).volume
    found: dict[str, Any] = {"bars": given, "volume": volume}
    found["ranges"] = (await ask("range", catalogue.DETECT_RANGES, range_pb2.DetectRangesRequest(**found))).ranges
    found["phases"] = (await ask("phase", catalogue.DETECT_PHASES, phase_pb2.DetectPhasesRequest(**found))).phases
    answer = await ask("pattern", catalogue.DETECT_PATTERNS, pattern_pb2.DetectPatternsRequest(**found))
    del found["bars"]
    risk = risk_pb2.AssessPatternsRequest(
        symbol=given.symbol,
        timeframe=given.timeframe,
        open_time_ms=given.open_time_ms,
        patterns=answer.patterns,
        portfolio=portfolio_to_proto(default_portfolio()),
        **found,
    )
    await ask("risk", catalogue.ASSESS_PATTERNS, risk)
    return calls


@dataclass
class Load:
    """The same call again and again, ``width`` at a time, while :meth:`running`; counts what came of it.

    ``complaint`` says what is wrong with an answer, "" when nothing is.
    """

    transport: Transport
    call: StageCall
    width: int = 4
    complaint: Callable[[Any], str] = field(default=lambda _: "")
    answered: int = 0
    failures: list[str] = field(default_factory=list)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Load]:
        """Under load inside the block; what is in flight at its end is given up."""
        tasks = [asyncio.create_task(self._work()) for _ in range(self.width)]
        try:
            yield self
        finally:
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
            # a cancelled task is no Exception: only faults of the load itself are left
            for fault in (end for end in ends if isinstance(end, Exception)):
                raise fault

    async def more(self, count: int) -> None:
        """Return once so many more calls have ended."""
        goal = self.answered + len(self.failures) + count
        async with self._news:
            await self._news.wait_for(lambda: self.answered + len(self.failures) >= goal)

    async def _work(self) -> None:
        while True:
            problem = await self._problem()
            if problem:
                self.failures.append(problem)
            else:
                self.answered += 1
            async with self._news:
                self._news.notify_all()

    async def _problem(self) -> str:
        try:
            answer = await self.transport.unary(self.call.method, self.call.request, timeout_s=_TIMEOUT_S)
        except WyckoffError as error:
            return f"{error.reason}: {error.message}"
        return self.complaint(answer)
