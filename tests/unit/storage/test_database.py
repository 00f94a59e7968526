from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, inspect, select, text

from tests.support.databases import database_url
from wyckoff.rpc.errors import FailedPreconditionError, UnavailableError
from wyckoff.storage.database import Database
from wyckoff.storage.engine import ConnectionTerms, sqlite_url
from wyckoff.storage.migrate import downgrade, upgrade

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

FIRST = """
from alembic import op
import sqlalchemy as sa

revision = "0001"
down_revision = None


def upgrade():
    op.create_table("counters", sa.Column("name", sa.Text, primary_key=True), sa.Column("value", sa.Integer))


def downgrade():
    op.drop_table("counters")
"""

BROKEN = """
from alembic import op
import sqlalchemy as sa

revision = "0002"
down_revision = "0001"


def upgrade():
    op.create_table("half_done", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("INSERT INTO no_such_table VALUES (1)")
"""

counters = Table("counters", MetaData(), Column("name", Text, primary_key=True), Column("value", Integer))


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    # a percent sign and a space, because paths travel through an ini file
    folder = tmp_path / "100% migrations"
    folder.mkdir()
    (folder / "first.py").write_text(FIRST)
    return folder


@pytest.fixture
def url(tmp_path: Path, each_database: str) -> str:
    return database_url(tmp_path / "new" / "folder", "counters")


@pytest.fixture
async def database(url: str, migrations: Path) -> AsyncIterator[Database]:
    opened = await Database.open(url, migrations, ConnectionTerms(busy_timeout_ms=50))
    yield opened
    await opened.aclose()


def tables(url: str) -> set[str]:
    async def read() -> set[str]:
        async with aclosing(Database(url)) as database, database.read() as connection:
            return set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))

    return asyncio.run(read())


async def value(database: Database) -> int:
    async with database.read() as connection:
        return int((await connection.execute(text("SELECT value FROM counters"))).scalar_one())


def test_upgrade_twice_and_downgrade(url: str, migrations: Path) -> None:
    upgrade(url, migrations)
    upgrade(url, migrations)
    assert tables(url) == {"alembic_version", "counters"}
    downgrade(url, migrations, "base")
    assert tables(url) == {"alembic_version"}


def test_a_migration_that_fails_leaves_nothing(url: str, migrations: Path) -> None:
    upgrade(url, migrations)
    (migrations / "second.py").write_text(BROKEN)
    with pytest.raises(Exception, match="no_such_table"):
        upgrade(url, migrations)
    assert tables(url) == {"alembic_version", "counters"}


async def test_a_database_of_a_newer_version_is_refused(url: str, migrations: Path, database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(FailedPreconditionError, match="newer version"):
        await Database.open(url, migrations)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, migrations: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(FailedPreconditionError, match="cannot be made"):
        upgrade(sqlite_url(tmp_path / "file" / "folder" / "a.db"), migrations)


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path, migrations: Path) -> None:
    (tmp_path / "a.db").write_text("not a database " * 100)
    with pytest.raises(FailedPreconditionError, match="not a database"):
        await Database.open(sqlite_url(tmp_path / "a.db"), migrations)


async def test_databases_may_be_opened_at_the_same_time(tmp_path: Path, migrations: Path, each_database: str) -> None:
    urls = [database_url(tmp_path, f"counters{number % 3}") for number in range(6)]
    opened = await asyncio.gather(*(Database.open(url, migrations) for url in urls))
    for database in opened:
        async with database.read() as connection:
            assert (await connection.execute(text("SELECT count(*) FROM counters"))).scalar_one() == 0
        await database.aclose()


async def test_a_failed_write_is_rolled_back(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(text("INSERT INTO counters VALUES ('a', 1)"))

    async def fail_after_writing() -> None:
        async with database.write() as connection:
            await connection.execute(text("UPDATE counters SET value = 2"))
            raise LookupError("something else went wrong")

    with pytest.raises(LookupError):
        await fail_after_writing()
    assert await value(database) == 1


async def test_concurrent_read_and_write_transactions_lose_no_update(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(text("INSERT INTO counters VALUES ('a', 0)"))

    async def increment() -> None:
        async with database.write() as connection:
            before = (await connection.execute(select(counters.c.value).with_for_update())).scalar_one()
            await connection.execute(text("UPDATE counters SET value = :value"), {"value": before + 1})

    await asyncio.gather(*(increment() for _ in range(30)))
    assert await value(database) == 30


async def test_a_read_transaction_sees_one_state(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(text("INSERT INTO counters VALUES ('a', 1)"))
    async with database.read() as reader:
        before = (await reader.execute(text("SELECT value FROM counters"))).scalar_one()
        async with database.write() as connection:
            await connection.execute(text("UPDATE counters SET value = 2"))
        after = (await reader.execute(text("SELECT value FROM counters"))).scalar_one()
    assert (before, after) == (1, 1)
    assert await value(database) == 2


async def test_a_locked_database_is_unavailable(url: str, database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(text("INSERT INTO counters VALUES ('a', 1)"))
    async with aclosing(Database(url)) as other, other.write() as locking:
        await locking.execute(select(counters).with_for_update())
        with pytest.raises(UnavailableError, match="locked"):
            async with database.write() as connection:
                await connection.execute(select(counters).with_for_update())
    async with database.write() as connection:
        await connection.execute(text("UPDATE counters SET value = 2"))
    assert await value(database) == 2
