from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from wyckoff.rpc.errors import FailedPreconditionError, UnavailableError
from wyckoff.storage.database import Database
from wyckoff.storage.engine import sqlite_url
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


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    # a percent sign and a space, because paths travel through an ini file
    folder = tmp_path / "100% migrations"
    folder.mkdir()
    (folder / "first.py").write_text(FIRST)
    return folder


@pytest.fixture
async def database(tmp_path: Path, migrations: Path) -> AsyncIterator[Database]:
    opened = await Database.open(sqlite_url(tmp_path / "data" / "a.db"), migrations, busy_timeout_ms=50)
    yield opened
    await opened.aclose()


def tables(file: Path) -> set[str]:
    with closing(sqlite3.connect(file)) as connection:
        return {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


async def value(database: Database) -> int:
    async with database.read() as connection:
        return int((await connection.execute(text("SELECT value FROM counters"))).scalar_one())


def test_upgrade_twice_and_downgrade(tmp_path: Path, migrations: Path) -> None:
    file = tmp_path / "new" / "folder" / "a.db"
    upgrade(sqlite_url(file), migrations)
    upgrade(sqlite_url(file), migrations)
    assert tables(file) == {"alembic_version", "counters"}
    downgrade(sqlite_url(file), migrations, "base")
    assert tables(file) == {"alembic_version"}


def test_a_migration_that_fails_leaves_nothing(tmp_path: Path, migrations: Path) -> None:
    file = tmp_path / "a.db"
    upgrade(sqlite_url(file), migrations)
    (migrations / "second.py").write_text(BROKEN)
    with pytest.raises(Exception, match="no_such_table"):
        upgrade(sqlite_url(file), migrations)
    assert tables(file) == {"alembic_version", "counters"}


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path, migrations: Path) -> None:
    file = tmp_path / "a.db"
    upgrade(sqlite_url(file), migrations)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(FailedPreconditionError, match="newer version"):
        upgrade(sqlite_url(file), migrations)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, migrations: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(FailedPreconditionError, match="cannot be made"):
        upgrade(sqlite_url(tmp_path / "file" / "folder" / "a.db"), migrations)


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path, migrations: Path) -> None:
    (tmp_path / "a.db").write_text("not a database " * 100)
    with pytest.raises(FailedPreconditionError, match="not a database"):
        await Database.open(sqlite_url(tmp_path / "a.db"), migrations)


async def test_databases_may_be_opened_at_the_same_time(tmp_path: Path, migrations: Path) -> None:
    urls = [sqlite_url(tmp_path / f"{number % 3}.db") for number in range(6)]
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
            before = (await connection.execute(text("SELECT value FROM counters"))).scalar_one()
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


async def test_a_locked_database_is_unavailable(tmp_path: Path, database: Database) -> None:
    with closing(sqlite3.connect(tmp_path / "data" / "a.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(UnavailableError, match="locked"):
            async with database.write():
                raise AssertionError("the other process has the lock")
        other.execute("ROLLBACK")
    async with database.write() as connection:
        await connection.execute(text("INSERT INTO counters VALUES ('a', 1)"))
    assert await value(database) == 1
