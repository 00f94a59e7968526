from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

import pytest

from services.alerts.__main__ import MIGRATIONS
from tests.support.alerts import Clock, Events
from wyckoff.storage.database import Database
from wyckoff.storage.engine import sqlite_url

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def events(clock: Clock) -> Events:
    return Events(clock)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(sqlite_url(tmp_path / "alerts.db"), MIGRATIONS)
    async with aclosing(opened):
        yield opened
