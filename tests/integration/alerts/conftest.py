from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

import pytest

from services.alerts.__main__ import MIGRATIONS
from tests.support.alerts import Clock, Events
from tests.support.databases import database_url
from wyckoff.storage.database import Database

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
    opened = await Database.open(database_url(tmp_path, "alerts"), MIGRATIONS)
    async with aclosing(opened):
        yield opened
