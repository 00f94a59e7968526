"""One database of one service: read and write transactions, with storage faults told as errors of the tree."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Final

from sqlalchemy import text
from sqlalchemy.exc import DatabaseError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import NullPool

from wyckoff.rpc.errors import FailedPreconditionError, UnavailableError, WyckoffError
from wyckoff.storage.engine import WRITES, create_engine
from wyckoff.storage.migrate import upgrade_async

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from sqlalchemy.ext.asyncio import AsyncConnection


#: Every database of this project has it: the migrations keep their revision there.
_REVISION: Final = text("SELECT version_num FROM alembic_version")


class Database:
    """Connections to one database. Use :meth:`open`, and :meth:`aclose` at the end.

    A transaction sees one state of the data throughout. Writers take turns on SQLite, which has one writer only:
    waiting in a queue is fair and cheaper than waiting for the lock of the file.
    """

    def __init__(self, url: str, *, busy_timeout_ms: int = 5_000) -> None:
        self._engine = create_engine(url, busy_timeout_ms=busy_timeout_ms, must_exist=True)
        self._fresh = create_engine(url, busy_timeout_ms=busy_timeout_ms, must_exist=True, poolclass=NullPool)
        self._turn = asyncio.Lock()

    @classmethod
    async def open(cls, url: str, migrations: Path, *, busy_timeout_ms: int = 5_000) -> Database:
        """The database at ``url``, created and migrated to the newest revision in ``migrations``."""
        with _told():
            await upgrade_async(url, migrations)
        return cls(url, busy_timeout_ms=busy_timeout_ms)

    @property
    def dialect(self) -> str:
        """Name of the database kind, such as sqlite or postgresql."""
        return self._engine.dialect.name

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection in a transaction that only reads. Raises UnavailableError when the database cannot answer."""
        with _told():
            async with self._engine.connect() as connection:
                yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A connection in a transaction, committed at the end, rolled back on any exception.

        Raises UnavailableError when the database cannot answer or stays locked; nothing is stored then.
        """
        with _told():
            async with self._writers_turn(), self._engine.connect() as connection:
                await connection.execution_options(**{WRITES: True})
                async with connection.begin():
                    yield connection

    async def check(self) -> None:
        """Read the database over a new connection; raises UnavailableError or FailedPreconditionError when that fails.

        Connections that are open would go on with what they know of a file that is gone. They are closed then, and
        opened anew for whatever comes back.
        """
        try:
            with _told():
                async with self._fresh.connect() as connection:
                    await connection.execute(_REVISION)
        except WyckoffError:
            await self._engine.dispose()
            raise

    async def aclose(self) -> None:
        """Close all connections."""
        await self._engine.dispose()
        await self._fresh.dispose()

    def _writers_turn(self) -> AbstractAsyncContextManager[None]:
        return self._turn if self.dialect == "sqlite" else nullcontext()


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise UnavailableError(f"the database does not answer: {error.orig}", reason="DATABASE_UNAVAILABLE") from error
    except DatabaseError as error:
        # its subclasses are faults of this program and stay what they are
        if type(error) is not DatabaseError:
            raise
        raise FailedPreconditionError(
            f"the database cannot be read: {error.orig}", reason="DATABASE_DAMAGED"
        ) from error
    except PoolTimeoutError as error:
        raise UnavailableError("all database connections are in use", reason="DATABASE_BUSY") from error
