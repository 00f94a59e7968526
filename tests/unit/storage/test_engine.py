from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from wyckoff.rpc.errors import InvalidArgumentError
from wyckoff.storage.engine import ConnectionTerms, create_engine, parse_url, sqlite_url

if TYPE_CHECKING:
    from pathlib import Path


async def test_sqlite_is_set_up_for_one_writer_and_many_readers(tmp_path: Path) -> None:
    engine = create_engine(sqlite_url(tmp_path / "a.db"), ConnectionTerms(busy_timeout_ms=1234))
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


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_postgresql_is_known_by_all_its_names(scheme: str) -> None:
    assert parse_url(f"{scheme}://wyckoff@db:5432/bars").drivername == "postgresql+asyncpg"


def test_postgresql_without_a_database_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="names no database"):
        parse_url("postgresql://wyckoff@db:5432")


@pytest.mark.parametrize("url", ["postgresql://wyckoff:sesame@db:port/bars", "wyckoff:sesame@db"])
def test_a_password_in_a_bad_url_is_not_told(url: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        parse_url(url)
    assert "sesame" not in "".join(traceback.format_exception(caught.value)).replace(url, "")
    assert "sesame" not in caught.value.message


async def test_postgresql_gets_bounded_waits_and_its_url_hides_the_password() -> None:
    engine = create_engine("postgresql://wyckoff:sesame@db/bars", ConnectionTerms(pool_size=3))
    assert "sesame" not in repr(engine)
    assert engine.sync_engine.pool.size() == 3  # type: ignore[attr-defined]
    await engine.dispose()


@pytest.mark.parametrize("url", ["sqlite:///bars.db", "postgresql+nodriver://db/bars", "nothing://db/bars"])
def test_a_driver_that_cannot_be_used_is_named(url: str) -> None:
    with pytest.raises(InvalidArgumentError, match="which cannot be used here") as caught:
        create_engine(url)
    assert caught.value.violations[0].field == "database_url"
