"""From stored bars to events and work, over every interruption."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Final

import structlog

from orchestrator.events.from_analysis import bars_ingested
from orchestrator.events.work import RetryTerms, WorkItem
from wyckoff.marketdata.v1 import marketdata_pb2
from wyckoff.rpc.catalogue import LIST_INSTRUMENTS
from wyckoff.rpc.errors import WyckoffError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

    from orchestrator.events.bus import EventBus
    from orchestrator.events.work import WorkQueue
    from orchestrator.live.settings import LiveSettings
    from orchestrator.live.source import BarSource
    from wyckoff.rpc.transport import Transport

_log = structlog.get_logger("wyckoff.live")

_PAGE_SIZE: Final = 1_000
_LIST_TIMEOUT_S: Final = 10.0


class LiveFeed:
    """Follows the market data service. After each connection, and after a loss, every instrument is looked at again:
    what came meanwhile is found by comparing it with what was analysed.
    """

    def __init__(
        self,
        source: BarSource,
        marketdata: Transport,
        bus: EventBus,
        work: WorkQueue,
        settings: LiveSettings,
        now: Callable[[], datetime],
    ) -> None:
        self._source = source
        self._marketdata = marketdata
        self._bus = bus
        self._work = work
        self._settings = settings
        self._now = now
        #: Set while bars are followed and all that came before has been asked for.
        self.connected = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled."""
        terms = self._settings.retry
        pauses = RetryTerms(2**31, terms.first_pause_s, terms.max_pause_s)
        failures = 0
        while True:
            try:
                async with self._source.watch() as changes:
                    await self._catch_up()
                    self.connected.set()
                    failures = 0
                    _log.info("live_feed_connected")
                    await self._follow(changes)
            except Exception as error:  # noqa: BLE001 - whatever breaks the feed, the bars of tomorrow are needed
                failures += 1
                pause_s = pauses.pause_s(min(failures, 64)) or 0.0
                unexpected = None if isinstance(error, WyckoffError) else error
                _log.warning("live_feed_lost", error=str(error), retry_in_s=round(pause_s, 3), exc_info=unexpected)
                await asyncio.sleep(pause_s)
            finally:
                self.connected.clear()

    async def _follow(self, changes: AsyncIterator[marketdata_pb2.WatchBarsResponse]) -> None:
        async for change in changes:
            if change.dropped_count:
                _log.warning("live_changes_lost", dropped=change.dropped_count)
                await self._catch_up()
            events = bars_ingested(change.bars, self._now(), newest=self._settings.live_bar_events)
            for event in events:
                await self._bus.publish(event)
            # one request for all: the bars are read again when their turn comes
            await self._work.put(WorkItem(change.bars.symbol, change.bars.timeframe), item_id=events[-1].event_id)

    async def _catch_up(self) -> None:
        round_id = uuid.uuid4()
        token = ""
        while True:
            request = marketdata_pb2.ListInstrumentsRequest(page_size=_PAGE_SIZE, page_token=token)
            page = await self._marketdata.unary(LIST_INSTRUMENTS, request, timeout_s=_LIST_TIMEOUT_S)
            for item in page.instruments:
                work = WorkItem(item.symbol, item.timeframe, catch_up=True)
                await self._work.put(work, item_id=f"{round_id}/{item.symbol}/{item.timeframe}")
            token = page.next_page_token
            if not token:
                return
