from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from services.portfolio.config import PortfolioSettings
from tests.integration.portfolio.serving import Clock, serving
from tests.support.databases import database_url

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from wyckoff.portfolio.v1.portfolio_pb2_grpc import PortfolioServiceAsyncStub


@pytest.fixture
def settings(tmp_path: Path, each_database: str) -> PortfolioSettings:
    return PortfolioSettings(database_url=database_url(tmp_path, "portfolio"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def client(settings: PortfolioSettings, clock: Clock) -> AsyncIterator[PortfolioServiceAsyncStub]:
    async with serving(settings, clock) as stub:
        yield stub
