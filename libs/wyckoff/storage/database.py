"""One database of one service: read and write transactions, with storage faults told as errors of the tree."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Final

from sqlalchemy import text
from sqlalchemy.pool import NullPool

from wyckoff.rpc.errors import WyckoffError
from wyckoff.storage.dialects import SQLITE, options_of, options_of_one_statement
from wyckoff.storage.engine import DEFAULT_TERMS, ConnectionTerms, create_engine
from wyckoff.storage.faults import told
from wyckoff.storage.migrate import upgrade_async

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from sqlalchemy.ext.asyncio import AsyncConnection


#: Every database of this project has it: the migrations keep their revision there.
_REVISION: Final = text("SELECT version_num FROM alembic_version")


class Database:
    """Connections to one database. Use :meth:`open`, and :meth:`aclose` at the end.

    A transaction that reads sees one state of the data throughout; one that writes locks the rows by which it decides
    (``with_for_update``). Writers take turns on SQLite, which has one writer only: waiting in a queue is fair and
    cheaper than waiting for the lock of the file.
    """

    def __init__(self, url: str, terms: ConnectionTerms = DEFAULT_TERMS) -> None:
        self._engine = create_engine(url, terms, must_exist=True)
        self._fresh = create_engine(url, terms, must_exist=True, poolclass=NullPool)
        self._turn = asyncio.Lock()

    @classmethod
    async def open(cls, url: str, migrations: Path, terms: ConnectionTerms = DEFAULT_TERMS) -> Database:
        """The database at ``url``, migrated to the newest revision in ``migrations``; a SQLite file is created."""
        with told():
            await upgrade_async(url, migrations)
        return cls(url, terms)

    @property
    def dialect(self) -> str:
        """Name of the database kind, such as sqlite or postgresql."""
        return self._engine.dialect.name

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection in a transaction that only reads. Raises UnavailableError when the database cannot answer."""
        with told():
            async with self._engine.connect() as connection:
                await connection.execution_options(**options_of(self.dialect, writes=False))
                yield connection

    @asynccontextmanager
    async def read_once(self) -> AsyncIterator[AsyncConnection]:
        """A connection for one SELECT; two of them may see different states. Raises what :meth:`read` does."""
        with told():
            async with self._engine.connect() as connection:
                await connection.execution_options(**options_of_one_statement(self.dialect))
                yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A connection in a transaction, committed at the end, rolled back on any exception.

        Raises UnavailableError when the database cannot answer or stays locked, and ConflictError, which is one, when
        the transaction was given up in favour of another; nothing is stored then.
        """
        with told():
            async with self._writers_turn(), self._engine.connect() as connection:
                await connection.execution_options(**options_of(self.dialect, writes=True))
                async with connection.begin():
                    yield connection

    async def check(self) -> None:
        """Read the database over a new connection; raises UnavailableError or FailedPreconditionError when that fails.

        Connections that are open would go on with what they know of a file that is gone. They are closed then, and
        opened anew for whatever comes back.
        """
        try:
            with told():
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
        return self._turn if self.dialect == SQLITE else nullcontext()
