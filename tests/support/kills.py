"""A process that ends at a chosen instant: a database, a bus and a live worker that stop working there for good."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from orchestrator.bootstrap import build_servicer, utc_now
from orchestrator.events.bus import InMemoryEventBus
from orchestrator.events.settings import EventSettings
from orchestrator.live.settings import LiveSettings
from orchestrator.live.worker import LiveWorker
from orchestrator.settings import OrchestratorSettings
from orchestrator.storage.progress import SqlProgressStore
from orchestrator.storage.signals import SqlSignalStore
from tests.support.fakes import FakeTransport
from tests.support.scripted import flat_bars, script
from wyckoff.marketdata.v1 import marketdata_pb2
from wyckoff.rpc import catalogue
from wyckoff.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from sqlalchemy.ext.asyncio import AsyncConnection

    from orchestrator.events.model import Event
    from orchestrator.events.work import WorkItem
    from orchestrator.storage.progress import ProgressStore

#: Bars that were analysed before; nothing is found in them.
BARS_BEFORE: Final = 2


class Killed(BaseException):
    """The end of the process: nothing handles it."""


@dataclass
class Fate:
    """Kills at step number ``at``, never when that is None; ``steps`` are those that were reached."""

    at: int | None = None
    steps: list[str] = field(default_factory=list)

    def reach(self, step: str) -> None:
        self.steps.append(step)
        if len(self.steps) - 1 == self.at:
            raise Killed(step)


class MortalDatabase(Database):
    """May die before and after the commit of each transaction that writes."""

    def __init__(self, url: str, fate: Fate) -> None:
        super().__init__(url)
        self._fate = fate

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        async with super().write() as connection:
            yield connection
            self._fate.reach("commit")
        self._fate.reach("committed")


class BusServer(InMemoryEventBus):
    """The bus as all replicas see it; ``told`` are its events in order."""

    def __init__(self) -> None:
        super().__init__(EventSettings(bus_url=""))
        self.told: list[Event] = []

    def post(self, event: Event) -> None:
        if not self.knows(event.event_id):
            self.told.append(event)
        super().post(event)


class MortalBus(InMemoryEventBus):
    """A replica's side of ``server``, the bus that outlives it; what is not flushed dies with it unless ``at_once``."""

    def __init__(self, server: InMemoryEventBus, fate: Fate, *, at_once: bool) -> None:
        super().__init__(EventSettings(bus_url=""))
        self._server = server
        self._fate = fate
        self._at_once = at_once
        self._waiting: list[Event] = []

    async def publish(self, event: Event) -> None:
        self._fate.reach("publish")
        self._waiting.append(event)
        if self._at_once:
            self._send()

    async def flush(self) -> None:
        self._fate.reach("flush")
        self._send()

    def knows(self, event_id: str) -> bool:
        return self._server.knows(event_id)

    def _send(self) -> None:
        for event in self._waiting:
            self._server.post(event)
        self._waiting.clear()


def live_worker(database: Database, bus: InMemoryEventBus, bar_count: int, progress: ProgressStore) -> LiveWorker:
    """A worker over scripted services; so many bars are stored, and the third brings all that is found."""

    def nothing_yet(found: str) -> Callable[[Any], Any]:
        answer = script()[found]
        return lambda request: answer if bar_count > BARS_BEFORE else type(answer)()

    scripted = {name: nothing_yet(name) for name in ("DetectRanges", "DetectPatterns", "AssessPatterns")}
    stored = marketdata_pb2.GetBarsResponse(bars=flat_bars(count=bar_count))
    services = FakeTransport(script(**scripted, GetBars=stored)).as_services()
    servicer = build_servicer(services, SqlSignalStore(database, utc_now), OrchestratorSettings(), bus=bus)
    marketdata = services[catalogue.MARKETDATA]
    return LiveWorker(servicer.master, marketdata, bus, progress, LiveSettings(), utc_now, lookback_bars=bar_count)


async def process(
    url: str, server: InMemoryEventBus, item: WorkItem, fate: Fate, *, at_once: bool, bar_count: int = BARS_BEFORE + 1
) -> bool:
    """A process that gets ``item`` and works on it; whether it lived to acknowledge it."""
    database = MortalDatabase(url, fate)
    try:
        bus = MortalBus(server, fate, at_once=at_once)
        await live_worker(database, bus, bar_count, SqlProgressStore(database))(item)
        fate.reach("acknowledge")
    except Killed:
        return False
    finally:
        await database.aclose()
    return True
