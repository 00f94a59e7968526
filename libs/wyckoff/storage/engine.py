"""Async SQLAlchemy engines. SQLite gets the settings it needs to serve several readers and one writer."""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, InvalidRequestError
from sqlalchemy.ext.asyncio import create_async_engine

from wyckoff.rpc.errors import InvalidArgumentError

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Pool
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.ext.asyncio import AsyncEngine
    from sqlalchemy.pool import ConnectionPoolEntry

#: Connections to one SQLite database.
SQLITE_CONNECTIONS: Final = 8
#: Execution option of a connection whose transactions will write.
WRITES: Final = "wyckoff_writes"


def sqlite_url(file: Path) -> str:
    """URL of the SQLite database in ``file``."""
    return f"sqlite+aiosqlite:///{file}"


def parse_url(url: str) -> URL:
    """The URL in parts; raises InvalidArgumentError when it is none, or names a database that is not kept."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise InvalidArgumentError.of(
            "database_url", "is no database URL; one like sqlite+aiosqlite:///data/marketdata.db is"
        ) from error
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise InvalidArgumentError.of(
            "database_url", "names a database in memory, which every connection would have for itself; name a file"
        )
    return parsed


def create_engine(
    url: str, *, busy_timeout_ms: int = 5_000, poolclass: type[Pool] | None = None, must_exist: bool = False
) -> AsyncEngine:
    """An engine for ``url``; ``busy_timeout_ms`` is how long SQLite waits for another process's lock.

    With ``must_exist`` a SQLite file that is gone is an error for each new connection, and is not made anew.
    Raises InvalidArgumentError when the URL names no database that can be used.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() != "sqlite":
        return _create(parsed, poolclass=poolclass)
    # Autocommit in the driver: it would otherwise begin transactions by its own rules, and never one for a
    # schema change, so that a migration that fails half-way would stay half done.
    options: dict[str, Any] = {"connect_args": {"isolation_level": None}, "poolclass": poolclass}
    if poolclass is None:
        # each connection is a thread: a few that stay are cheaper than more that come and go
        options |= {"pool_size": SQLITE_CONNECTIONS, "max_overflow": 0}
    engine = _create(parsed, **options)
    _configure_sqlite(engine, busy_timeout_ms)
    if must_exist:
        event.listen(engine.sync_engine, "do_connect", partial(_expect_file, str(parsed.database)))
    return engine


def _create(url: URL, **options: Any) -> AsyncEngine:  # noqa: ANN401 - options of create_async_engine
    try:
        return create_async_engine(url, **options)
    except (ArgumentError, InvalidRequestError, ModuleNotFoundError) as error:
        raise InvalidArgumentError.of(
            "database_url", f"names the driver {url.drivername}, which cannot be used here: {error}"
        ) from error


def _expect_file(file: str, *_connecting: object) -> None:
    if not Path(file).exists():
        raise sqlite3.OperationalError(f"the file {file} is gone")


def _configure_sqlite(engine: AsyncEngine, busy_timeout_ms: int) -> None:
    def set_pragmas(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        cursor: Any = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {busy_timeout_ms:d}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes later fails at once when another wrote in between,
        # whatever the busy timeout; one that announces its writing waits for its turn.
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    event.listen(engine.sync_engine, "connect", set_pragmas)
    event.listen(engine.sync_engine, "begin", begin)
