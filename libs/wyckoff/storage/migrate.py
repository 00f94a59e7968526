"""Schema migrations, run by the service itself at its start."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy.pool import NullPool

from wyckoff.rpc.errors import FailedPreconditionError
from wyckoff.storage.dialects import SQLITE, lock_for_migration, options_of
from wyckoff.storage.engine import ConnectionTerms, create_engine, parse_url

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

_ENVIRONMENT: Final = Path(__file__).parent / "migrations_env"

#: A schema change of a large table takes its time, and replicas wait for the one that makes it.
_TERMS: Final = ConnectionTerms(busy_timeout_ms=30_000, statement_timeout_ms=0)

#: Alembic keeps the running migration in module globals, so that one process runs one at a time.
_alembic = threading.Lock()


def migration_config(migrations: Path) -> Config:
    """Alembic's configuration for the revisions in ``migrations``, with the environment all services share."""
    config = Config()
    config.set_main_option("path_separator", "newline")
    config.set_main_option("script_location", _escaped(_ENVIRONMENT))
    config.set_main_option("version_locations", _escaped(migrations))
    return config


def upgrade(url: str, migrations: Path, revision: str = "head") -> None:
    """Bring the database at ``url`` to ``revision``, and create it if it is a SQLite file. Not from an event loop.

    Of several processes that do so at the same time one does it, and the others wait.
    """
    _run(url, migrations, lambda config: command.upgrade(config, revision))


def downgrade(url: str, migrations: Path, revision: str) -> None:
    """Take the database at ``url`` back to ``revision``, or to nothing with ``base``."""
    _run(url, migrations, lambda config: command.downgrade(config, revision))


async def upgrade_async(url: str, migrations: Path) -> None:
    """:func:`upgrade` to the newest revision, in a thread."""
    await asyncio.to_thread(upgrade, url, migrations)


def _run(url: str, migrations: Path, run: Callable[[Config], None]) -> None:
    parsed = parse_url(url)
    if parsed.get_backend_name() == SQLITE and parsed.database is not None:
        _make_folder(Path(parsed.database).parent)
    config = migration_config(migrations)

    def within(connection: Connection) -> None:
        config.attributes["connection"] = connection
        lock_for_migration(connection)
        try:
            run(config)
        except CommandError as error:
            raise FailedPreconditionError(
                f"the database cannot be migrated: {error}; was it written by a newer version of this program?",
                reason="DATABASE_REVISION",
            ) from error

    with _alembic:
        asyncio.run(_in_transaction(url, within))


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FailedPreconditionError(
            f"the folder {folder} of the database cannot be made: {error.strerror}", reason="DATABASE_FOLDER"
        ) from error


async def _in_transaction(url: str, within: Callable[[Connection], None]) -> None:
    engine = create_engine(url, _TERMS, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.execution_options(**options_of(engine.dialect.name, writes=True))
            async with connection.begin():
                await connection.run_sync(within)
    finally:
        await engine.dispose()


def _escaped(path: Path) -> str:
    """A path as a value of an ini file, where % begins an interpolation."""
    return str(path).replace("%", "%%")
