"""Progress of live analyses and the events kept with it: one record at a time, both or neither, in order."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import insert

from orchestrator.bootstrap import MIGRATIONS
from orchestrator.storage.progress import Progress, SqlProgressStore
from orchestrator.storage.tables import METADATA, untold_events
from tests.support.databases import database_url
from tests.support.events import bar_event, one_of_each
from wyckoff.storage.database import Database
from wyckoff.storage.migrate import downgrade, upgrade

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

FIRST = Progress("ACME", "1d", 1_000, "a" * 64, 1)
SECOND = replace(FIRST, bar_time_ms=2_000, content_hash="b" * 64, analysis_count=2)


@pytest.fixture
async def database(tmp_path: Path, each_database: str) -> AsyncIterator[Database]:
    async with aclosing(await Database.open(database_url(tmp_path, "orchestrator"), MIGRATIONS)) as opened:
        yield opened


async def test_the_migrations_make_the_tables_of_the_code(database: Database) -> None:
    async with database.read() as connection:
        difference = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), METADATA)
        )
    assert difference == []


def test_migrations_go_up_and_down_one_by_one(tmp_path: Path, each_database: str) -> None:
    url = database_url(tmp_path, "up_and_down")
    for revision in ("0001", "0002", "0003", "0004"):
        upgrade(url, MIGRATIONS, revision)
    for revision in ("0003", "0002", "0001", "base"):
        downgrade(url, MIGRATIONS, revision)
    upgrade(url, MIGRATIONS)


async def test_every_kind_of_event_comes_back_in_order_until_it_is_told(database: Database) -> None:
    store = SqlProgressStore(database)
    assert await store.untold("ACME", "1d") is None
    assert await store.record(FIRST, after=None, events=one_of_each())
    assert await store.record(replace(FIRST, symbol="IBM"), after=None, events=[bar_event(7)])
    assert await store.get("ACME", "1d") == FIRST
    told = await store.untold("ACME", "1d")
    assert told is not None
    assert list(told.events) == one_of_each()
    # another analysis is recorded before those are told
    assert await store.record(SECOND, after=FIRST, events=[bar_event(1), bar_event(2)])
    both = await store.untold("ACME", "1d")
    assert both is not None
    assert list(both.events) == [*one_of_each(), bar_event(1), bar_event(2)]
    await store.told(told)
    rest = await store.untold("ACME", "1d")
    assert rest is not None
    assert list(rest.events) == [bar_event(1), bar_event(2)]
    await store.told(rest)
    assert await store.untold("ACME", "1d") is None
    assert (await store.untold("IBM", "1d")) is not None


@pytest.mark.parametrize("after", [None, FIRST])
async def test_a_record_that_comes_too_late_keeps_nothing(database: Database, after: Progress | None) -> None:
    store = SqlProgressStore(database)
    assert await store.record(FIRST, after=None, events=[])
    assert await store.record(SECOND, after=FIRST, events=[])
    late = replace(SECOND, content_hash="c" * 64, analysis_count=1 if after is None else 2)
    assert not await store.record(late, after=after, events=[bar_event(1)])
    assert await store.get("ACME", "1d") == SECOND
    assert await store.untold("ACME", "1d") is None


async def test_an_event_of_another_version_does_not_hold_up_the_others(database: Database) -> None:
    store = SqlProgressStore(database)
    assert await store.record(FIRST, after=None, events=[bar_event(1)])
    row = {"symbol": "ACME", "timeframe": "1d", "analysis_count": 1, "position": 1, "message": b"\xff"}
    async with database.write() as connection:
        await connection.execute(insert(untold_events).values(row))
    told = await store.untold("ACME", "1d")
    assert told is not None
    assert list(told.events) == [bar_event(1)]
    await store.told(told)
    assert await store.untold("ACME", "1d") is None
