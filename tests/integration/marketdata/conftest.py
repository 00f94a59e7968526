from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from services.marketdata.config import MarketDataSettings
from tests.integration.marketdata.serving import serving
from tests.support.databases import database_url

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from wyckoff.marketdata.v1.marketdata_pb2_grpc import MarketDataServiceAsyncStub


@pytest.fixture
def settings(tmp_path: Path, each_database: str) -> MarketDataSettings:
    return MarketDataSettings(
        database_url=database_url(tmp_path, "marketdata"),
        max_bars_per_request=20_000,
        watch_max_changes=4,
        watch_max_bars=20_000,
    )


@pytest.fixture
async def client(settings: MarketDataSettings) -> AsyncIterator[MarketDataServiceAsyncStub]:
    async with serving(settings) as stub:
        yield stub
