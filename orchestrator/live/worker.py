"""One symbol, analysed because its bars changed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import structlog

from orchestrator.events.from_analysis import bars_ingested, events_of
from orchestrator.events.model import EventKind
from orchestrator.master import Terms
from orchestrator.storage.progress import Progress
from wyckoff.marketdata.v1 import marketdata_pb2
from wyckoff.rpc.catalogue import GET_BARS
from wyckoff.rpc.errors import InvalidArgumentError, NotFoundError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from orchestrator.context import AnalysisContext, PipelineState
    from orchestrator.events.bus import EventBus
    from orchestrator.events.model import Event
    from orchestrator.events.work import WorkItem
    from orchestrator.live.settings import LiveSettings
    from orchestrator.master import MasterOrchestrator
    from orchestrator.storage.progress import ProgressStore
    from wyckoff.common.v1 import common_pb2
    from wyckoff.orchestrator.v1 import orchestrator_pb2
    from wyckoff.rpc.transport import Transport

_log = structlog.get_logger("wyckoff.live")


class LiveWorker:
    """Analyses the newest ``lookback_bars`` bars of a symbol, unless exactly these were analysed already.

    An analysis is recorded together with what it found, and that is announced afterwards. What ends before the record
    is done again, and finds the same ids; what ends after it is announced by the next worker that gets the symbol.
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
        await self._tell_recorded(item)
        try:
            # before the bars, so that these are not older than the analysis that theirs is to follow
            before = await self._progress.get(item.symbol, item.timeframe)
            bars = await self._read(item)
            content_hash = hash_of(bars)
            if before is not None and before.content_hash == content_hash:
                _log.debug("live_analysis_unchanged", symbol=item.symbol, timeframe=item.timeframe)
                return
            missed = self._missed(bars, before)
            if item.catch_up:
                await self._publish(missed)
            analysis, found = await self._analyze(bars)
        except (InvalidArgumentError, NotFoundError) as error:
            # trying again would find the same; the next bar is another matter
            _log.error("live_analysis_impossible", symbol=item.symbol, timeframe=item.timeframe, error=error.message)
            return
        count = 1 if before is None else before.analysis_count + 1
        now = Progress(item.symbol, item.timeframe, bars.open_time_ms[-1], content_hash, count)
        new = [event for event in (*missed, *found) if not self._bus.knows(event.event_id)]
        recorded = await self._progress.record(now, after=before, events=new)
        _log_recorded(now, analysis, recorded=recorded)
        if not recorded:
            raise UnavailableError("another analysis was recorded meanwhile", reason="OVERTAKEN")
        await self._tell_recorded(item)

    async def _tell_recorded(self, item: WorkItem) -> None:
        untold = await self._progress.untold(item.symbol, item.timeframe)
        if untold is None:
            return
        await self._publish(untold.events)
        await self._bus.flush()
        await self._progress.told(untold)

    async def _publish(self, events: Iterable[Event]) -> None:
        for event in events:
            await self._bus.publish(event)

    async def _read(self, item: WorkItem) -> common_pb2.Bars:
        request = marketdata_pb2.GetBarsRequest(symbol=item.symbol, timeframe=item.timeframe, limit=self._lookback_bars)
        bars = (await self._marketdata.unary(GET_BARS, request, timeout_s=self._settings.live_deadline_s)).bars
        if not bars.open_time_ms:
            raise NotFoundError(f"no bars of {item.symbol} {item.timeframe} are stored")
        return bars

    async def _analyze(self, bars: common_pb2.Bars) -> tuple[orchestrator_pb2.Analysis, list[Event]]:
        """The analysis and the events of what it found, none of them published; raises when it is incomplete."""
        found: list[Event] = []

        async def keep(context: AnalysisContext, state: PipelineState, analysis: orchestrator_pb2.Analysis) -> None:
            found.extend(events_of(context, state, analysis, self._now()))

        analysis = await self._master.analyze_stored(bars, Terms(budget_s=self._settings.live_deadline_s), keep)
        missing = [f"{stage.stage} ({stage.error})" for stage in analysis.stages if not stage.success]
        if missing:
            # a failure is no finding: it is told although nothing is recorded
            await self._publish(event for event in found if event.kind is EventKind.DETECTOR_FAILED)
            raise UnavailableError(f"the analysis is incomplete: {', '.join(missing)}", reason="INCOMPLETE")
        return analysis, found

    def _missed(self, bars: common_pb2.Bars, before: Progress | None) -> list[Event]:
        """Bars since the last analysis; of a symbol seen for the first time only the last one."""
        missed = 1 if before is None else sum(time_ms > before.bar_time_ms for time_ms in bars.open_time_ms)
        newest = min(missed, self._settings.live_bar_events)
        return bars_ingested(bars, self._now(), newest=newest) if newest else []


def hash_of(bars: common_pb2.Bars) -> str:
    """What the bars hash to: any bar that is new, gone or revised gives another hash."""
    return hashlib.sha256(bars.SerializeToString(deterministic=True)).hexdigest()


def _log_recorded(now: Progress, analysis: orchestrator_pb2.Analysis, *, recorded: bool) -> None:
    _log.info(
        "live_analysis_recorded" if recorded else "live_analysis_repeated",
        symbol=now.symbol,
        timeframe=now.timeframe,
        bar_time_ms=now.bar_time_ms,
        content_hash=now.content_hash,
        correlation_id=analysis.correlation_id,
        signals=len(analysis.signals),
    )
