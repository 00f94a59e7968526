from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from services.marketdata import repository as module
from services.marketdata.__main__ import MIGRATIONS
from services.marketdata.repository import BarRepository
from services.marketdata.tables import metadata
from tests.integration.marketdata.series import DAY_MS, some_bars
from tests.support.databases import database_url
from wyckoff.market.bars import COLUMNS
from wyckoff.storage.database import Database
from wyckoff.storage.migrate import downgrade, upgrade

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sqlalchemy import Select
    from sqlalchemy.schema import SchemaItem

    from wyckoff.market.bars import Bars


@pytest.fixture
async def database(tmp_path: Path, each_database: str) -> AsyncIterator[Database]:
    opened = await Database.open(database_url(tmp_path, "marketdata"), MIGRATIONS)
    yield opened
    await opened.aclose()


@pytest.fixture
def repository(database: Database) -> BarRepository:
    return BarRepository(database)


async def read(repository: BarRepository, symbol: str = "AAPL", **bounds: int) -> Bars:
    bars = await repository.read(symbol, "1d", **{"limit": 100_000, **bounds})
    assert bars is not None
    return bars


def assert_equal(left: Bars, right: Bars) -> None:
    assert (left.symbol, left.timeframe) == (right.symbol, right.timeframe)
    for name in ("open_time_ms", *COLUMNS):
        np.testing.assert_array_equal(getattr(left, name), getattr(right, name))


async def test_the_schema_is_what_the_tables_say(database: Database) -> None:
    def included(item: SchemaItem, _name: str | None, kind: str, *_: object) -> bool:
        # on SQLite only, which the comparison does not know
        return kind != "foreign_key_constraint" or database.dialect == "sqlite"

    async with database.read() as connection:
        difference = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync, opts={"include_object": included}), metadata)
        )
    assert difference == []


def test_migrations_go_up_and_down(tmp_path: Path, each_database: str) -> None:
    url = database_url(tmp_path, "up_and_down")
    upgrade(url, MIGRATIONS)
    downgrade(url, MIGRATIONS, "base")
    upgrade(url, MIGRATIONS)


async def test_bars_come_back_exactly(repository: BarRepository) -> None:
    bars = some_bars(module.CHUNK_BARS + 17)
    stored = await repository.upsert(bars)
    assert (stored.inserted, stored.updated, stored.unchanged) == (len(bars), 0, 0)
    assert_equal(stored.changed, bars)
    assert_equal(await read(repository), bars)


async def test_the_same_bars_again_change_nothing(repository: BarRepository) -> None:
    bars = some_bars(50)
    await repository.upsert(bars)
    again = await repository.upsert(bars)
    assert (again.inserted, again.updated, again.unchanged) == (0, 0, 50)
    assert len(again.changed) == 0


@pytest.mark.parametrize("column", COLUMNS)
async def test_a_bar_that_differs_in_one_column_is_replaced(repository: BarRepository, column: str) -> None:
    bars = some_bars(50)
    await repository.upsert(bars)
    values = getattr(bars, column).copy()
    values[20] *= 1.0001
    revised = replace(bars, **{column: values})
    stored = await repository.upsert(revised)
    assert (stored.inserted, stored.updated, stored.unchanged) == (0, 1, 49)
    assert stored.changed.open_time_ms.tolist() == [20 * DAY_MS]
    assert_equal(await read(repository), revised)


async def test_new_known_and_revised_bars_in_one_batch(repository: BarRepository) -> None:
    count = 2 * module.CHUNK_BARS + 100
    whole = some_bars(count)
    await repository.upsert(whole.head(count // 2))
    close = whole.close.copy()
    close[[3, module.CHUNK_BARS + 3]] *= 1.001
    revised = replace(whole, close=close)
    stored = await repository.upsert(revised)
    assert (stored.inserted, stored.updated, stored.unchanged) == (count - count // 2, 2, count // 2 - 2)
    expected = [3, module.CHUNK_BARS + 3, *range(count // 2, count)]
    assert sorted(stored.changed.open_time_ms // DAY_MS) == expected
    assert_equal(await read(repository), revised)


async def test_earlier_bars_may_come_later_and_fill_gaps(repository: BarRepository) -> None:
    whole = some_bars(30)
    await repository.upsert(some_bars(10, first_day=20))
    await repository.upsert(some_bars(10))
    await repository.upsert(some_bars(15, first_day=8))
    assert_equal(await read(repository), whole)
    (summary,) = await repository.instruments(10)
    assert (summary.bar_count, summary.first_open_time_ms, summary.last_open_time_ms) == (30, 0, 29 * DAY_MS)


async def test_ranges(repository: BarRepository) -> None:
    await repository.upsert(some_bars(100))
    newest = await read(repository, limit=5)
    assert (newest.open_time_ms // DAY_MS).tolist() == [95, 96, 97, 98, 99]
    part = await read(repository, start_ms=10 * DAY_MS, end_ms=13 * DAY_MS)
    assert (part.open_time_ms // DAY_MS).tolist() == [10, 11, 12]
    newest_of_part = await read(repository, start_ms=10 * DAY_MS + 1, end_ms=20 * DAY_MS, limit=2)
    assert (newest_of_part.open_time_ms // DAY_MS).tolist() == [18, 19]
    assert len(await read(repository, start_ms=100 * DAY_MS)) == 0


async def test_a_range_is_read_along_the_key(database: Database) -> None:
    values = {"symbol": "AAPL", "timeframe": "1d", "limit": 500, "start_ms": 0, "end_ms": DAY_MS}
    query = module.range_query(with_start=True, with_end=True).params(values)
    if database.dialect == "sqlite":
        plan = await explained(database, "EXPLAIN QUERY PLAN", query)
        assert "PRIMARY KEY (instrument_id=? AND open_time_ms>? AND open_time_ms<?)" in plan[0]
        assert not any("SCAN" in step or "TEMP B-TREE" in step for step in plan)
    else:
        # few bars are read in any way: there have to be enough for the way to matter
        await BarRepository(database).upsert(some_bars(20_000))
        async with database.write() as connection:
            await connection.exec_driver_sql("ANALYZE bars")
        plan = await explained(database, "EXPLAIN", query)
        assert "Index Scan Backward using bars_pkey on bars" in "".join(plan)
        assert not any("Sort" in step or "Seq Scan on bars" in step for step in plan)


async def explained(database: Database, how: str, query: Select[Any]) -> list[str]:
    async with database.read() as connection:
        text = query.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
        return [str(row[-1]) for row in (await connection.exec_driver_sql(f"{how} {text}")).all()]


async def test_instruments_do_not_mix(repository: BarRepository) -> None:
    await repository.upsert(some_bars(10, symbol="AAPL"))
    await repository.upsert(some_bars(20, symbol="IBM"))
    await repository.upsert(some_bars(30, symbol="AAPL", timeframe="1h"))
    assert len(await read(repository)) == 10
    assert len(await read(repository, "IBM")) == 20
    assert await repository.read("AAPL", "1w", limit=1) is None
    assert await repository.timeframes("AAPL") == ["1d", "1h"]
    assert await repository.timeframes("MSFT") == []


async def test_listing_goes_on_behind_a_key(repository: BarRepository) -> None:
    keys = [("A", "1d"), ("A", "1h"), ("B", "1d"), ("a", "1d")]
    for symbol, timeframe in reversed(keys):
        await repository.upsert(some_bars(3, symbol=symbol, timeframe=timeframe))

    async def listed(limit: int, after: tuple[str, str] | None) -> list[tuple[str, str]]:
        return [(item.symbol, item.timeframe) for item in await repository.instruments(limit, after)]

    assert await listed(10, None) == keys
    assert await listed(2, ("A", "1d")) == keys[1:3]
    assert await listed(2, ("a", "1d")) == []


async def test_the_same_bars_at_the_same_time_are_stored_once(tmp_path: Path, repository: BarRepository) -> None:
    other = await Database.open(database_url(tmp_path, "marketdata"), MIGRATIONS)
    try:
        repositories = [repository, BarRepository(other)] * 4
        stored = await asyncio.gather(*(item.upsert(some_bars(500)) for item in repositories))
    finally:
        await other.aclose()
    assert sorted(item.inserted for item in stored) == [0] * 7 + [500]
    assert sum(item.unchanged for item in stored) == 7 * 500
    assert_equal(await read(repository), some_bars(500))
    (summary,) = await repository.instruments(10)
    assert summary.bar_count == 500


async def test_a_batch_is_stored_whole_or_not_at_all(repository: BarRepository) -> None:
    bars = some_bars(module.CHUNK_BARS + 10)
    close, times = bars.close.copy(), bars.open_time_ms.copy()
    # neither passes the gate, but they stand for any failure: NaN becomes NULL in SQLite, which the table refuses, and
    # PostgreSQL refuses the same time twice
    close[-1] = np.nan
    times[-1] = times[-2]
    with pytest.raises(Exception, match=r"NOT NULL|duplicate key"):
        await repository.upsert(replace(bars, close=close, open_time_ms=times))
    assert await repository.read("AAPL", "1d", limit=10) is None
    assert await repository.instruments(10) == []
