from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import inspect

from services.alerts.__main__ import MIGRATIONS
from services.alerts.tables import metadata
from tests.support.databases import database_url
from wyckoff.storage.database import Database
from wyckoff.storage.migrate import downgrade, upgrade

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection


def _columns(connection: Connection) -> dict[str, set[str]]:
    found = inspect(connection)
    names = [name for name in found.get_table_names() if name.startswith("alert_")]
    return {name: {column["name"] for column in found.get_columns(name)} for name in names}


async def columns(url: str) -> dict[str, set[str]]:
    database = Database(url)
    try:
        async with database.read() as connection:
            return await connection.run_sync(_columns)
    finally:
        await database.aclose()


@pytest.mark.usefixtures("each_database")
async def test_the_tables_come_go_and_come_again(tmp_path: Path) -> None:
    url = database_url(tmp_path, "alerts")
    expected = {table.name: {column.name for column in table.columns} for table in metadata.sorted_tables}
    await asyncio.to_thread(upgrade, url, MIGRATIONS)
    assert await columns(url) == expected
    await asyncio.to_thread(downgrade, url, MIGRATIONS, "base")
    assert await columns(url) == {}
    await asyncio.to_thread(upgrade, url, MIGRATIONS)
    assert await columns(url) == expected
