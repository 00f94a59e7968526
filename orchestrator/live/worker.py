"""One symbol, analysed because its bars changed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import structlog

from orchestrator.events.from_analysis import bars_ingested
from orchestrator.master import Terms
from wyckoff.marketdata.v1 import marketdata_pb2
from wyckoff.rpc.catalogue import GET_BARS
from wyckoff.rpc.errors import InvalidArgumentError, NotFoundError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from orchestrator.events.bus import EventBus
    from orchestrator.events.work import WorkItem
    from orchestrator.live.settings import LiveSettings
    from orchestrator.master import MasterOrchestrator
    from orchestrator.storage.progress import Progress, ProgressStore
    from wyckoff.common.v1 import common_pb2
    from wyckoff.orchestrator.v1 import orchestrator_pb2
    from wyckoff.rpc.transport import Transport

_log = structlog.get_logger("wyckoff.live")


class LiveWorker:
    """Analyses the newest ``lookback_bars`` bars of a symbol, unless exactly these were analysed already.

    The analysis is recorded last: what ends before that is done again, and finds the same ids again.
    """

    def __init__(
        self,
        master: MasterOrchestrator,
        marketdata: Transport,
        bus: EventBus,
        progress: ProgressStore,
        settings: LiveSettings,
        now: Callable[[], datetime],
        *,
        lookback_bars: int,
    ) -> None:
        self._master = master
        self._marketdata = marketdata
        self._bus = bus
        self._progress = progress
        self._settings = settings
        self._now = now
        self._lookback_bars = lookback_bars

    async def __call__(self, item: WorkItem) -> None:
        """Raises WyckoffError when it should be tried again."""
        try:
            bars = await self._read(item)
            before = await self._progress.get(item.symbol, item.timeframe)
            content_hash = hash_of(bars)
            if before is not None and before.content_hash == content_hash:
                _log.debug("live_analysis_unchanged", symbol=item.symbol, timeframe=item.timeframe)
                return
            if item.catch_up:
                await self._tell_missed(bars, before)
            analysis = await self._analyze(item, bars)
        except (InvalidArgumentError, NotFoundError) as error:
            # trying again would find the same; the next bar is another matter
            _log.error("live_analysis_impossible", symbol=item.symbol, timeframe=item.timeframe, error=error.message)
            return
        await self._bus.flush()
        recorded = await self._progress.record(
            item.symbol, item.timeframe, bars.open_time_ms[-1], content_hash, after=before
        )
        _log.info(
            "live_analysis_recorded" if recorded else "live_analysis_repeated",
            symbol=item.symbol,
            timeframe=item.timeframe,
            bar_time_ms=bars.open_time_ms[-1],
            content_hash=content_hash,
            correlation_id=analysis.correlation_id,
            signals=len(analysis.signals),
        )

    async def _read(self, item: WorkItem) -> common_pb2.Bars:
        request = marketdata_pb2.GetBarsRequest(symbol=item.symbol, timeframe=item.timeframe, limit=self._lookback_bars)
        bars = (await self._marketdata.unary(GET_BARS, request, timeout_s=self._settings.live_deadline_s)).bars
        if not bars.open_time_ms:
            raise NotFoundError(f"no bars of {item.symbol} {item.timeframe} are stored")
        return bars

    async def _analyze(self, item: WorkItem, bars: common_pb2.Bars) -> orchestrator_pb2.Analysis:
        terms = Terms(budget_s=self._settings.live_deadline_s)
        analysis = await self._master.analyze(item.symbol, item.timeframe, terms, bars)
        missing = [f"{stage.stage} ({stage.error})" for stage in analysis.stages if not stage.success]
        if missing:
            raise UnavailableError(f"the analysis is incomplete: {', '.join(missing)}", reason="INCOMPLETE")
        return analysis

    async def _tell_missed(self, bars: common_pb2.Bars, before: Progress | None) -> None:
        """Bars that came while nobody watched; of a symbol seen for the first time only the last one."""
        missed = 1 if before is None else sum(time_ms > before.bar_time_ms for time_ms in bars.open_time_ms)
        newest = min(missed, self._settings.live_bar_events)
        if newest:
            for event in bars_ingested(bars, self._now(), newest=newest):
                await self._bus.publish(event)


def hash_of(bars: common_pb2.Bars) -> str:
    """What the bars hash to: any bar that is new, gone or revised gives another hash."""
    return hashlib.sha256(bars.SerializeToString(deterministic=True)).hexdigest()
