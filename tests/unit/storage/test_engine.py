from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from wyckoff.rpc.errors import InvalidArgumentError
from wyckoff.storage.engine import create_engine, parse_url, sqlite_url

if TYPE_CHECKING:
    from pathlib import Path


async def test_sqlite_is_set_up_for_one_writer_and_many_readers(tmp_path: Path) -> None:
    engine = create_engine(sqlite_url(tmp_path / "a.db"), busy_timeout_ms=1234)
    try:
        async with engine.connect() as connection:
            values = {}
            for name in ("journal_mode", "foreign_keys", "busy_timeout", "synchronous"):
                values[name] = (await connection.execute(text(f"PRAGMA {name}"))).scalar()
    finally:
        await engine.dispose()
    assert values == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 1234, "synchronous": 2}


@pytest.mark.parametrize("url", ["sqlite+aiosqlite://", "sqlite+aiosqlite:///:memory:"])
def test_a_database_in_memory_is_refused(url: str) -> None:
    with pytest.raises(InvalidArgumentError, match="name a file") as caught:
        parse_url(url)
    assert caught.value.violations[0].field == "database_url"


def test_a_url_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="is no database URL"):
        parse_url("marketdata.db")


def test_other_databases_are_taken_by_their_url() -> None:
    assert parse_url("postgresql+asyncpg://wyckoff@db:5432/bars").get_backend_name() == "postgresql"


@pytest.mark.parametrize("url", ["sqlite:///bars.db", "postgresql+nodriver://db/bars", "nothing://db/bars"])
def test_a_driver_that_cannot_be_used_is_named(url: str) -> None:
    with pytest.raises(InvalidArgumentError, match="which cannot be used here") as caught:
        create_engine(url)
    assert caught.value.violations[0].field == "database_url"
