"""Live mode as a whole: started and stopped with the orchestrator."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.events.ending import cancel
from orchestrator.live.feed import LiveFeed
from orchestrator.live.worker import LiveWorker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

    from orchestrator.events.factory import Messaging
    from orchestrator.live.settings import LiveSettings
    from orchestrator.live.source import BarSource
    from orchestrator.master import MasterOrchestrator
    from orchestrator.storage.progress import ProgressStore
    from wyckoff.rpc.transport import Transport


@dataclass(frozen=True, slots=True)
class LiveStatus:
    """How live mode is: whether bars are followed now, and how many symbols wait or are analysed here."""

    is_connected: bool
    depth: int


class LiveMode:
    """Stored bars are analysed while this is open."""

    def __init__(self, feed: LiveFeed, messaging: Messaging) -> None:
        self._feed = feed
        self._messaging = messaging

    @property
    def status(self) -> LiveStatus:
        return LiveStatus(self._feed.connected.is_set(), self._messaging.work.depth)

    async def connected(self) -> None:
        """Return once bars are followed, and what was stored before has been asked for."""
        await self._feed.connected.wait()


@asynccontextmanager
async def live_mode(
    master: MasterOrchestrator,
    messaging: Messaging,
    source: BarSource,
    marketdata: Transport,
    progress: ProgressStore,
    settings: LiveSettings,
    now: Callable[[], datetime],
    *,
    lookback_bars: int,
) -> AsyncIterator[LiveMode]:
    """Follows ``source``, analyses through ``master``; ends what it began when it is left."""
    bus, work = messaging.bus, messaging.work
    worker = LiveWorker(master, marketdata, bus, progress, settings, now, lookback_bars=lookback_bars)
    feed = LiveFeed(source, marketdata, bus, work, settings, now)
    work.start(worker)
    following = asyncio.create_task(feed.run())
    try:
        yield LiveMode(feed, messaging)
    finally:
        await cancel([following])
        await work.close()
