"""The newest bars of an instrument and what they say."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.gateway.page.shared import Shared
from wyckoff.wire.bars import bars_to_proto

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.gateway.page.settings import PageSettings
    from wyckoff.client import Bars, MarketDataClient, Scale, WyckoffClient
    from wyckoff.orchestrator.v1.orchestrator_pb2 import Analysis


@dataclass(frozen=True, slots=True)
class Question:
    """The newest ``bar_count`` bars of an instrument, read on ``scales``; all scales where there are none."""

    symbol: str
    timeframe: str
    bar_count: int
    scales: frozenset[Scale] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """Bars with their analysis. ``version`` is another one as soon as any bar is new or revised."""

    bars: Bars
    analysis: Analysis
    version: str


class Studies:
    """Studies and what is drawn of them, kept until the bars change. ``timeout_s`` is the time of an analysis."""

    def __init__(
        self, orchestrator: WyckoffClient, marketdata: MarketDataClient, settings: PageSettings, timeout_s: float
    ) -> None:
        self._orchestrator = orchestrator
        self._timeout_s = timeout_s
        self._marketdata = marketdata
        self._at_once = asyncio.Semaphore(settings.max_analyses_at_once)
        self._studies: Shared[tuple[str, frozenset[Scale]], Study] = Shared(settings.kept_analyses)
        self._documents: Shared[tuple[object, ...], bytes] = Shared(settings.kept_documents_bytes, len)

    async def study(self, question: Question) -> Study:
        """What the stored bars say now; nothing is stored by it. Raises NotFoundError when there are none."""
        bars = await self._marketdata.get_bars(question.symbol, question.timeframe, limit=question.bar_count)
        version = version_of(bars)

        async def analyze() -> Study:
            async with self._at_once:
                analysis = await self._orchestrator.analyze_bars(
                    bars, scales=question.scales, timeout_s=self._timeout_s
                )
            return Study(bars, analysis, version)

        study = await self._studies.get((version, question.scales), analyze)
        if not study.analysis.complete:
            self._studies.forget((version, question.scales))
        return study

    async def document(self, study: Study, terms: tuple[object, ...], make: Callable[[Study], bytes]) -> bytes:
        """What ``make`` draws of a study, in a thread of its own; kept by ``terms``: all it depends on."""

        async def draw() -> bytes:
            return await asyncio.to_thread(make, study)

        return await self._documents.get((study.version, study.analysis.correlation_id, *terms), draw)


def version_of(bars: Bars) -> str:
    """What the bars hash to."""
    return hashlib.blake2b(bars_to_proto(bars).SerializeToString(deterministic=True), digest_size=12).hexdigest()
