"""Async SQLAlchemy engines: SQLite for several readers and one writer, PostgreSQL with bounded waits."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError, InvalidRequestError
from sqlalchemy.ext.asyncio import create_async_engine

from wyckoff.rpc.errors import InvalidArgumentError
from wyckoff.storage.dialects import POSTGRESQL, SQLITE, WRITES

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Pool
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.ext.asyncio import AsyncEngine
    from sqlalchemy.pool import ConnectionPoolEntry

#: Names by which PostgreSQL is known in URLs of other programs; here they mean the driver that is used.
_POSTGRESQL_NAMES: Final = ("postgres", "postgresql")
#: A transaction in which nothing happens for so long is ended, so that a process that hangs holds no lock for good.
_IDLE_IN_TRANSACTION_MS: Final = 60_000
#: How much longer the answer may take than the statement: then the way to the server is broken.
_ANSWER_SLACK_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class ConnectionTerms:
    """How connections behave. 0 for a time of PostgreSQL means no bound.

    ``busy_timeout_ms`` bounds the wait for what another transaction has locked, ``statement_timeout_ms`` one statement
    and ``connect_timeout_s`` the making of a connection, both on PostgreSQL only.
    """

    busy_timeout_ms: int = 5_000
    pool_size: int = 8
    statement_timeout_ms: int = 30_000
    connect_timeout_s: float = 5.0


DEFAULT_TERMS: Final = ConnectionTerms()


def sqlite_url(file: Path) -> str:
    """URL of the SQLite database in ``file``."""
    return f"sqlite+aiosqlite:///{file}"


def parse_url(url: str) -> URL:
    """The URL in parts; raises InvalidArgumentError when it is none, or names a database that is not kept."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # the URL may hold a password: neither it nor what was said of it is told
        raise InvalidArgumentError.of(
            "database_url",
            "is no database URL; one like sqlite+aiosqlite:///data/marketdata.db"
            " or postgresql://wyckoff@127.0.0.1:5432/marketdata is",
        ) from None
    if parsed.drivername in _POSTGRESQL_NAMES:
        parsed = parsed.set(drivername="postgresql+asyncpg")
    if parsed.get_backend_name() == SQLITE and parsed.database in (None, "", ":memory:"):
        raise InvalidArgumentError.of(
            "database_url", "names a database in memory, which every connection would have for itself; name a file"
        )
    if parsed.get_backend_name() == POSTGRESQL and not parsed.database:
        raise InvalidArgumentError.of("database_url", "names no database; postgresql://HOST:PORT/DATABASE does")
    return parsed


def create_engine(
    url: str,
    terms: ConnectionTerms = DEFAULT_TERMS,
    *,
    poolclass: type[Pool] | None = None,
    must_exist: bool = False,
) -> AsyncEngine:
    """An engine for ``url``.

    With ``must_exist`` a SQLite file that is gone is an error for each new connection, and is not made anew.
    Raises InvalidArgumentError when the URL names no database that can be used.
    """
    parsed = parse_url(url)
    options: dict[str, Any] = {"poolclass": poolclass}
    if poolclass is None:
        # connections that stay are cheaper than more that come and go; on SQLite each is a thread
        options |= {"pool_size": terms.pool_size, "max_overflow": 0}
    if parsed.get_backend_name() == POSTGRESQL:
        return _create_postgresql(parsed, terms, options)
    if parsed.get_backend_name() != SQLITE:
        return _create(parsed, **options)
    # Autocommit in the driver: it would otherwise begin transactions by its own rules, and never one for a
    # schema change, so that a migration that fails half-way would stay half done.
    engine = _create(parsed, connect_args={"isolation_level": None}, **options)
    _configure_sqlite(engine, terms.busy_timeout_ms)
    if must_exist:
        event.listen(engine.sync_engine, "do_connect", partial(_expect_file, str(parsed.database)))
    return engine


def _create(url: URL, **options: Any) -> AsyncEngine:  # noqa: ANN401 - options of create_async_engine
    try:
        # values of statements stay out of error texts
        return create_async_engine(url, hide_parameters=True, **options)
    except (ArgumentError, InvalidRequestError, ModuleNotFoundError) as error:
        raise InvalidArgumentError.of(
            "database_url", f"names the driver {url.drivername}, which cannot be used here: {error}"
        ) from error


def _create_postgresql(url: URL, terms: ConnectionTerms, options: dict[str, Any]) -> AsyncEngine:
    statement_s = terms.statement_timeout_ms / 1000
    connecting = {
        "timeout": terms.connect_timeout_s,
        "command_timeout": statement_s + _ANSWER_SLACK_S if statement_s else None,
        "server_settings": {
            "application_name": "wyckoff",
            "lock_timeout": str(terms.busy_timeout_ms),
            "statement_timeout": str(terms.statement_timeout_ms),
            "idle_in_transaction_session_timeout": str(_IDLE_IN_TRANSACTION_MS),
        },
    }
    engine = _create(url, connect_args=connecting, **options)
    event.listen(engine.sync_engine, "checkout", _expect_open)
    return engine


def _expect_open(connection: DBAPIConnection, *_checking_out: object) -> None:
    """A connection that the server has ended is replaced. The driver notices by itself: nothing needs to be sent."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError("the server has ended the connection")


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
