"""Databases of the kind that a test runs on: files in its folder, or databases of a PostgreSQL server."""

from __future__ import annotations

import hashlib
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, aclosing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.support.postgres import postgres_server
from wyckoff.storage.database import Database
from wyckoff.storage.engine import sqlite_url
from wyckoff.storage.migrate import upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.postgres import PostgresServer

SQLITE: Final = "sqlite"
POSTGRESQL: Final = "postgresql"
KINDS: Final = (SQLITE, POSTGRESQL)

_ROOT: Final = Path(__file__).parents[2]
#: Migrations of the databases whose names are known; others are created empty.
_MIGRATIONS: Final = {
    "marketdata": _ROOT / "services" / "marketdata" / "migrations",
    "portfolio": _ROOT / "services" / "portfolio" / "migrations",
    "orchestrator": _ROOT / "orchestrator" / "storage" / "migrations",
    "live": _ROOT / "orchestrator" / "storage" / "migrations",
}


@dataclass
class _Session:
    kind: str = SQLITE
    made: list[str] = field(default_factory=list)
    templates: set[str] = field(default_factory=set)
    server: PostgresServer | None = None
    stack: ExitStack = field(default_factory=ExitStack)


_session: Final = _Session()


@contextmanager
def using(kind: str) -> Iterator[None]:
    """Databases asked for meanwhile are of this kind, and do not outlive it."""
    before, _session.kind = _session.kind, kind
    older, _session.made = _session.made, []
    try:
        yield
    finally:
        for name in _session.made:
            server().drop(name)
        _session.kind, _session.made = before, older


def use_for_all(kind: str) -> None:
    """Databases asked for are of this kind, unless :func:`using` says otherwise."""
    _session.kind = kind


def close() -> None:
    """Stop the server, if one was started."""
    _session.stack.close()


def kind() -> str:
    """The kind in use."""
    return _session.kind


def server() -> PostgresServer:
    """The PostgreSQL server of this session, started when it is first needed."""
    if _session.server is None:
        _session.server = _session.stack.enter_context(postgres_server())
    return _session.server


def database_url(folder: Path, name: str) -> str:
    """URL of the database called ``name`` that belongs to ``folder``: the same for the same two, another for others."""
    if _session.kind == SQLITE:
        return sqlite_url(folder / f"{name}.db")
    own = _name_in_server(folder, name)
    if own not in _session.made:
        server().create(own, template=_template(name))
        _session.made.append(own)
    return server().url(own)


def migrated_url(folder: Path, name: str) -> str:
    """The same, and the database is there and of the newest revision, as a copy of one that is."""
    url = database_url(folder, name)
    if _session.kind == SQLITE:
        template = folder.parent / f"template_{name}.db"
        if not template.exists():
            _upgrade(sqlite_url(template), _MIGRATIONS[name])
        folder.mkdir(exist_ok=True)
        shutil.copy(template, folder / f"{name}.db")
    return url


def database_environment(folder: Path) -> dict[str, str]:
    """Settings of the services of a system whose data is in ``folder``; none where these are files."""
    if _session.kind == SQLITE:
        return {}
    return {
        f"{name.upper()}_DATABASE_URL": database_url(folder, name)
        for name in ("marketdata", "portfolio", "orchestrator")
    }


def system_database_url(folder: Path, service: str) -> str:
    """Database of a service of a system that runs with the data directory ``data`` in ``folder``."""
    if _session.kind == SQLITE:
        return sqlite_url(folder / "data" / service / f"{service}.db")
    return database_url(folder, service)


async def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    """What the query finds."""
    async with aclosing(Database(url)) as database, database.read() as connection:
        return [tuple(row) for row in (await connection.exec_driver_sql(query)).all()]


def _name_in_server(folder: Path, name: str) -> str:
    return f"{name}_{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}"


def _template(name: str) -> str:
    if name not in _MIGRATIONS:
        return "template0"
    template = f"template_{name}"
    if template not in _session.templates:
        server().create(template)
        _upgrade(server().url(template), _MIGRATIONS[name])
        _session.templates.add(template)
    return template


def _upgrade(url: str, migrations: Path) -> None:
    """In a thread, because the test may be in an event loop, in which no other one can run."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(upgrade, url, migrations).result()
