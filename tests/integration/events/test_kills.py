"""A live analysis that is killed at each of its steps in turn: nothing is lost, nothing is done or told twice."""

from __future__ import annotations

from contextlib import aclosing
from itertools import count
from typing import TYPE_CHECKING, Final

import pytest

from orchestrator.bootstrap import utc_now
from orchestrator.events.model import EventKind
from orchestrator.events.work import WorkItem
from orchestrator.storage.kept import RejectionFilter, SignalFilter
from orchestrator.storage.progress import SqlProgressStore
from orchestrator.storage.signals import SqlSignalStore
from tests.support.databases import migrated_url
from tests.support.kills import BARS_BEFORE, BusServer, Fate, live_worker, process
from wyckoff.rpc.errors import UnavailableError
from wyckoff.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from orchestrator.events.model import Event
    from orchestrator.storage.outbox import Untold
    from orchestrator.storage.progress import Progress

    Worlds = Callable[..., Awaitable["World"]]

ITEM: Final = WorkItem("ACME", "1d")
#: Events of the bars before: the last of them, and its volume.
TOLD_BEFORE: Final = 2
#: Events of the new bar.
FOUND: Final = [
    EventKind.BAR_INGESTED,
    EventKind.VOLUME_ANALYZED,
    EventKind.RANGE_DETECTED,
    EventKind.PATTERN_DETECTED,
    EventKind.PATTERN_DETECTED,
    EventKind.SIGNAL_GENERATED,
    EventKind.SIGNAL_REJECTED,
]
STEPS: Final = [
    *("commit", "committed"),  # signals and rejections
    *("commit", "committed"),  # the record, with what is to be told
    *("publish" for _ in FOUND),
    "flush",
    *("commit", "committed"),  # what was told is forgotten
    "acknowledge",
]
#: A kill up to this step leaves nothing that is recorded.
RECORD_COMMIT: Final = 2


class World:
    """What outlives a process: the database, and the server of the bus, which has an event as soon as it is published
    (``at_once``) or only when it is flushed.
    """

    def __init__(self, url: str, *, at_once: bool) -> None:
        self.url = url
        self.bus = BusServer()
        self._at_once = at_once

    async def run(self, fate: Fate, item: WorkItem = ITEM, bar_count: int = BARS_BEFORE + 1) -> bool:
        return await process(self.url, self.bus, item, fate, at_once=self._at_once, bar_count=bar_count)

    def told(self) -> list[EventKind]:
        """Kinds of the events, without those of the bars before."""
        return [event.kind for event in self.bus.told[TOLD_BEFORE:]]

    async def analysis_count(self) -> int:
        async with aclosing(Database(self.url)) as database:
            progress = await SqlProgressStore(database).get("ACME", "1d")
        return 0 if progress is None else progress.analysis_count

    async def check_end(self) -> None:
        """One analysis more than before, signal and rejection are stored, and nothing is left to be told."""
        assert await self.analysis_count() == 2
        async with aclosing(Database(self.url)) as database:
            assert await SqlProgressStore(database).untold("ACME", "1d") is None
            store = SqlSignalStore(database, utc_now)
            signals = await store.list(SignalFilter(), limit=10, after=None)
            rejections = await store.list_rejections(RejectionFilter(), limit=10, after=None)
        assert [signal.signal_id for signal in signals] == ["s-p1"]
        assert [rejection.rejection_id for rejection in rejections] == ["x-p2"]


@pytest.fixture
def worlds(tmp_path: Path, each_database: str) -> Worlds:
    numbers = count()

    async def new(*, at_once: bool) -> World:
        """One in which the bars before were analysed."""
        url = migrated_url(tmp_path / str(next(numbers)), "orchestrator")
        world = World(url, at_once=at_once)
        assert await world.run(Fate(), bar_count=BARS_BEFORE)
        assert len(world.bus.told) == TOLD_BEFORE
        return world

    return new


async def test_an_undisturbed_analysis_records_then_tells_then_forgets(worlds: Worlds) -> None:
    world = await worlds(at_once=False)
    assert await world.run(fate := Fate())
    assert fate.steps == STEPS
    assert world.told() == FOUND
    await world.check_end()
    # asked for again, there is nothing more to do
    assert await world.run(fate := Fate())
    assert fate.steps == ["acknowledge"]


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("at", range(len(STEPS)))
async def test_a_kill_at_any_step_loses_nothing_and_doubles_nothing(worlds: Worlds, at: int, at_once: bool) -> None:
    world = await worlds(at_once=at_once)
    assert not await world.run(Fate(at))
    recorded = await world.analysis_count() == 2
    assert recorded == (at > RECORD_COMMIT)
    assert recorded or not world.told(), "what is announced is recorded"
    assert await world.run(Fate())
    assert world.told() == FOUND
    await world.check_end()


async def test_the_next_process_may_be_killed_as_well(worlds: Worlds) -> None:
    for first in range(len(STEPS)):
        world = await worlds(at_once=False)
        assert not await world.run(Fate(first))
        for second in count():
            # what one process after the other gets done adds up, and none needs more than an undisturbed one
            assert second < len(STEPS)
            if await world.run(Fate(second)):
                break
        assert world.told() == FOUND
        await world.check_end()


@pytest.mark.parametrize("at", range(len(STEPS)))
async def test_with_a_bus_in_memory_the_next_process_tells_what_the_killed_one_had_not_told_to_the_end(
    worlds: Worlds, at: int
) -> None:
    world = await worlds(at_once=True)
    assert not await world.run(Fate(at))
    before, world.bus = world.bus.told[TOLD_BEFORE:], BusServer()
    # at its start a process looks at every symbol
    assert await world.run(Fate(), WorkItem("ACME", "1d", catch_up=True))
    after = world.bus.told
    ids = [[event.event_id for event in told] for told in (before, after)]
    assert all(len(set(told)) == len(told) for told in ids)
    assert {event.kind for event in (*before, *after)} == set(FOUND)
    assert len({*ids[0], *ids[1]}) == len(FOUND)
    # told completely by one of them
    assert len(FOUND) in (len(before), len(after))
    await world.check_end()


async def test_missed_bars_are_told_before_the_analysis_and_survive_a_kill_after_its_record(worlds: Worlds) -> None:
    world = await worlds(at_once=False)
    missed = WorkItem("ACME", "1d", catch_up=True)
    after_record = ["publish", *STEPS].index("publish", RECORD_COMMIT)
    assert not await world.run(fate := Fate(after_record), missed)
    assert fate.steps == ["publish", *STEPS][: after_record + 1]
    assert world.told() == []
    assert await world.run(Fate(), missed)
    assert world.told() == FOUND
    await world.check_end()


async def test_who_is_overtaken_tells_nothing_and_finds_the_work_done(worlds: Worlds) -> None:
    world = await worlds(at_once=True)
    async with aclosing(Database(world.url)) as database:
        store = OvertakenStore(database, world)
        worker = live_worker(database, world.bus, BARS_BEFORE + 1, store)
        with pytest.raises(UnavailableError) as caught:
            await worker(ITEM)
        assert caught.value.reason == "OVERTAKEN"
        assert store.calls == ["record"]
        assert world.told() == FOUND
        # the queue asks again
        await worker(ITEM)
        assert store.calls == ["record"]
    assert world.told() == FOUND
    await world.check_end()


class OvertakenStore(SqlProgressStore):
    """Before its first record, another process does the whole work."""

    def __init__(self, database: Database, world: World) -> None:
        super().__init__(database)
        self._world = world
        self.calls: list[str] = []

    async def record(self, now: Progress, *, after: Progress | None, events: Sequence[Event]) -> bool:
        if not self.calls:
            assert await self._world.run(Fate())
        self.calls.append("record")
        return await super().record(now, after=after, events=events)

    async def told(self, told: Untold) -> None:
        self.calls.append("told")
        await super().told(told)
