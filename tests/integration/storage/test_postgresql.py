"""Faults of PostgreSQL as errors of the tree: conflicts are made again, waits end, passwords stay out."""

from __future__ import annotations

import asyncio
import sys
import traceback
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, func, insert, select, text, update
from structlog.testing import capture_logs

from services.marketdata.__main__ import MIGRATIONS
from services.marketdata.config import MarketDataSettings
from services.marketdata.repository import BarRepository
from tests.integration.marketdata.series import some_bars
from tests.support.databases import POSTGRESQL, database_url, server, using
from tests.support.postgres import PROGRAMS, PostgresServer, postgres_server
from wyckoff.rpc.errors import FailedPreconditionError, UnavailableError, WyckoffError
from wyckoff.storage.database import Database
from wyckoff.storage.engine import ConnectionTerms
from wyckoff.storage.faults import ConflictError, repeated

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from sqlalchemy.ext.asyncio import AsyncConnection

pytestmark = pytest.mark.skipif(PROGRAMS is None, reason="PostgreSQL's server is not installed")

counters = Table("counters", MetaData(), Column("name", Text, primary_key=True), Column("value", Integer))
WRONG = "open-says-me"
SOON = ConnectionTerms(busy_timeout_ms=20_000, connect_timeout_s=2)


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with using(POSTGRESQL):
        yield database_url(tmp_path, "counters")


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    async with aclosing(Database(url, SOON)) as opened:
        async with opened.write() as connection:
            await connection.run_sync(counters.metadata.create_all)
            await connection.execute(insert(counters), [{"name": "a", "value": 0}, {"name": "b", "value": 0}])
        yield opened


async def values(database: Database) -> dict[str, int]:
    async with database.read() as connection:
        return {row.name: row.value for row in (await connection.execute(select(counters))).all()}


class Crossing:
    """Two transfers that lock the same two counters in opposite order, each waiting until the other has its first."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._both_hold_one = asyncio.Barrier(2)
        self.attempts = 0

    @repeated
    async def transfer(self, from_name: str, to_name: str) -> None:
        self.attempts += 1
        # those made again meet nobody
        meet = self.attempts <= 2
        async with self._database.write() as connection:
            await _add(connection, from_name, -1)
            if meet:
                await self._both_hold_one.wait()
            await _add(connection, to_name, 2)


async def _add(connection: AsyncConnection, name: str, amount: int) -> None:
    statement = update(counters).where(counters.c.name == name).values(value=counters.c.value + amount)
    await connection.execute(statement)


async def test_a_transaction_given_up_in_a_deadlock_is_made_again(database: Database) -> None:
    crossing = Crossing(database)
    await asyncio.gather(crossing.transfer("a", "b"), crossing.transfer("b", "a"))
    assert crossing.attempts == 3
    assert await values(database) == {"a": 1, "b": 1}


async def test_a_conflict_that_stays_is_told_with_its_own_error(database: Database) -> None:
    attempts = 0

    @repeated
    async def conflicting() -> None:
        nonlocal attempts
        attempts += 1
        async with database.write() as connection:
            await connection.execute(text("DO $$ BEGIN RAISE SQLSTATE '40001' USING MESSAGE = 'lost the race'; END $$"))

    with pytest.raises(ConflictError, match="lost the race") as caught:
        await conflicting()
    assert attempts > 3
    assert caught.value.reason == "DATABASE_CONFLICT"


async def test_another_fault_is_not_tried_again(database: Database) -> None:
    attempts = 0

    @repeated
    async def wrong() -> None:
        nonlocal attempts
        attempts += 1
        async with database.write() as connection:
            await connection.execute(insert(counters), {"name": "a", "value": 1})

    with pytest.raises(Exception, match="duplicate key"):
        await wrong()
    assert attempts == 1


async def test_a_read_only_reads(database: Database) -> None:
    with pytest.raises(UnavailableError, match="read-only transaction"):
        async with database.read() as connection:
            await _add(connection, "a", 1)
    assert await values(database) == {"a": 0, "b": 0}


async def test_a_statement_that_takes_too_long_is_ended(url: str) -> None:
    async with aclosing(Database(url, ConnectionTerms(statement_timeout_ms=50))) as database:
        with pytest.raises(UnavailableError, match="took too long") as caught:
            async with database.read() as connection:
                await connection.execute(select(func.pg_sleep(60)))
        assert caught.value.reason == "DATABASE_SLOW"
        async with database.read() as connection:
            assert await connection.scalar(text("SELECT 1")) == 1


async def test_a_missing_database_is_refused_by_name(url: str) -> None:
    with pytest.raises(FailedPreconditionError, match='database "nowhere" does not exist'):
        await Database.open(server().url("nowhere"), MIGRATIONS)


async def test_processes_that_open_a_new_database_together_migrate_it_once(tmp_path: Path) -> None:
    with using(POSTGRESQL):
        own = database_url(tmp_path, "together")
        command = (
            "import asyncio, sys; from pathlib import Path; from wyckoff.storage.database import Database\n"
            "async def main(): await (await Database.open(sys.argv[1], Path(sys.argv[2]))).aclose()\n"
            "asyncio.run(main())"
        )
        processes = [await _python(command, own, str(MIGRATIONS)) for _ in range(4)]
        assert [await process.wait() for process in processes] == [0] * 4
        async with aclosing(await Database.open(own, MIGRATIONS)) as database:
            assert (await BarRepository(database).upsert(some_bars(5))).inserted == 5


async def _python(command: str, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(sys.executable, "-c", command, *arguments)


@pytest.fixture(scope="module")
def guarded() -> Iterator[PostgresServer]:
    """A server of its own, to be stopped at will, that asks the role ``guest`` for its password."""
    with postgres_server() as own:
        own.sql("CREATE ROLE guest LOGIN PASSWORD 'sesame'")
        own.create("bars")
        own.sql("GRANT ALL ON DATABASE bars TO guest; ALTER DATABASE bars OWNER TO guest")
        rules = own.folder / "data" / "pg_hba.conf"
        rules.write_text("local all guest scram-sha-256\nlocal all all trust\n")
        own.sql("SELECT pg_reload_conf()")
        yield own


def with_password(own: PostgresServer, password: str) -> str:
    return own.url("bars", role=f"guest:{password}")


async def test_the_password_is_used_and_a_wrong_one_is_refused_without_telling_it(guarded: PostgresServer) -> None:
    async with aclosing(await Database.open(with_password(guarded, "sesame"), MIGRATIONS)) as database:
        await database.check()
    with pytest.raises(FailedPreconditionError, match="password authentication failed") as caught:
        await Database.open(with_password(guarded, WRONG), MIGRATIONS)
    assert caught.value.reason == "DATABASE_REFUSED"
    assert WRONG not in "".join(traceback.format_exception(caught.value))
    assert WRONG not in repr(MarketDataSettings(database_url=with_password(guarded, WRONG)))


async def test_a_server_that_goes_and_comes_back(guarded: PostgresServer) -> None:
    url = with_password(guarded, "sesame")
    with capture_logs() as logs:
        async with aclosing(await Database.open(url, MIGRATIONS, SOON)) as database:
            repository = BarRepository(database)
            await repository.upsert(some_bars(10))
            await asyncio.to_thread(guarded.stop)
            told: list[WyckoffError] = []
            for call in (repository.upsert(some_bars(20)), database.check(), _read(repository)):
                with pytest.raises(UnavailableError) as caught:
                    await call
                told.append(caught.value)
            await asyncio.to_thread(guarded.start)
            # connections of the time before are replaced without anybody noticing
            assert len(await _read(repository)) == 10
            await database.check()
            assert (await repository.upsert(some_bars(20))).inserted == 10
    assert {error.reason for error in told} == {"DATABASE_UNAVAILABLE"}
    text_of_all = repr(logs) + "".join("".join(traceback.format_exception(error)) for error in told)
    assert "sesame" not in text_of_all


async def test_a_server_that_is_restarted_between_two_calls_is_not_noticed(guarded: PostgresServer) -> None:
    async with aclosing(await Database.open(with_password(guarded, "sesame"), MIGRATIONS, SOON)) as database:
        repository = BarRepository(database)
        stored = await repository.upsert(some_bars(10, symbol="IBM"))
        await asyncio.to_thread(guarded.stop)
        await asyncio.to_thread(guarded.start)
        assert (await repository.upsert(some_bars(10, symbol="IBM"))).unchanged == 10
    assert stored.inserted == 10


async def _read(repository: BarRepository) -> Any:
    bars = await repository.read("AAPL", "1d", limit=100)
    assert bars is not None
    return bars
