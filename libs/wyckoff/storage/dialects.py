"""What SQLite and PostgreSQL say differently."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, text
from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection, Table
    from sqlalchemy.ext.asyncio import AsyncConnection

    Insert = sqlite.Insert | postgresql.Insert

POSTGRESQL: Final = "postgresql"
SQLITE: Final = "sqlite"
#: Execution option of a connection whose transactions will write.
WRITES: Final = "wyckoff_writes"
#: Held by the one process that migrates a database; any number that no other program uses there.
_MIGRATION_LOCK: Final = 0x57_59_43_4B


def insert_into(connection: AsyncConnection, table: Table) -> Any:  # noqa: ANN401 - both dialects type their own
    """An INSERT that knows ON CONFLICT."""
    return postgresql.insert(table) if connection.dialect.name == POSTGRESQL else sqlite.insert(table)


def is_one_of(connection: AsyncConnection, column: ColumnElement[int], values: Sequence[int]) -> ColumnElement[bool]:
    """``column IN values`` for thousands of values: PostgreSQL takes them as one array, SQLite has no arrays."""
    if connection.dialect.name == POSTGRESQL:
        return column == any_(bindparam(None, values, type_=ARRAY(BigInteger)))
    return column.in_(values)


def options_of(dialect: str, *, writes: bool) -> dict[str, Any]:
    """Execution options of a connection for one transaction.

    PostgreSQL: a reader sees one state throughout. A writer sees what is committed, statement by statement, and has
    to lock the row that stands for what it changes (``with_for_update``) before it reads what it decides by; on SQLite
    it is alone from its beginning.
    """
    if dialect != POSTGRESQL:
        return {WRITES: writes}
    if writes:
        return {"isolation_level": "READ COMMITTED"}
    return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


def options_of_one_statement(dialect: str) -> dict[str, Any]:
    """Execution options of a connection for a single SELECT, which sees one state by itself.

    Without a transaction PostgreSQL is asked once and not three times.
    """
    return {"isolation_level": "AUTOCOMMIT"} if dialect == POSTGRESQL else {WRITES: False}


def lock_for_migration(connection: Connection) -> None:
    """Wait until no other process migrates this database, and keep others from it until the transaction ends."""
    # SQLite's transaction has the whole file already
    if connection.dialect.name == POSTGRESQL:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})


async def driver_connection(connection: AsyncConnection) -> Any:  # noqa: ANN401 - asyncpg has no types
    """The driver's own connection, in the transaction of ``connection``, which a statement has begun before."""
    raw = await connection.get_raw_connection()
    return raw.driver_connection
