"""A database that is lost while its service runs: health says so, calls fail, and all is well when it is back."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import asynccontextmanager, closing
from typing import TYPE_CHECKING, Any

import pytest
from grpc import StatusCode, aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.marketdata.__main__ import open_mounts as open_marketdata
from services.marketdata.config import MarketDataSettings
from services.portfolio.__main__ import open_mounts as open_portfolio
from services.portfolio.config import PortfolioSettings
from tests.integration.marketdata.series import some_message
from tests.support.postgres import PROGRAMS, postgres_server
from tests.support.serving import serving
from wyckoff.marketdata.v1 import marketdata_pb2
from wyckoff.marketdata.v1.marketdata_pb2_grpc import MarketDataServiceStub
from wyckoff.portfolio.v1 import portfolio_pb2
from wyckoff.portfolio.v1.portfolio_pb2_grpc import PortfolioServiceStub

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
INTERVAL_S = 0.02
TIMEOUT_S = 20


class Health:
    """A watch of a server's health, as one that balances load has it."""

    def __init__(self, call: Any) -> None:
        self._call = call

    async def becomes(self, status: int) -> None:
        """Return once it is so; a watch that is broken is an error."""
        while (answer := await self._call.read()).status != status:
            assert answer is not aio.EOF


@asynccontextmanager
async def reaching(address: str, service: str = "") -> AsyncIterator[tuple[aio.Channel, Health]]:
    """A plain channel, which unlike those of this project also calls a server that says NOT_SERVING."""
    async with aio.insecure_channel(address) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        call = stub.Watch(health_pb2.HealthCheckRequest(service=service), timeout=TIMEOUT_S)
        yield channel, Health(call)
        call.cancel()


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    settings = MarketDataSettings(data_dir=tmp_path, health_interval_s=INTERVAL_S)
    async with open_marketdata(settings) as mounts, serving(mounts) as server:
        yield server.address


def bars(count: int) -> marketdata_pb2.IngestBarsRequest:
    return marketdata_pb2.IngestBarsRequest(bars=some_message(count))


async def bar_count(marketdata: Any) -> int:
    [instrument] = (await marketdata.ListInstruments(marketdata_pb2.ListInstrumentsRequest())).instruments
    return int(instrument.bar_count)


@pytest.mark.parametrize("service", ["", "wyckoff.marketdata.v1.MarketDataService"])
async def test_market_data_whose_file_is_away_does_not_serve_and_takes_nothing(
    address: str, tmp_path: Path, service: str
) -> None:
    file, away = tmp_path / "marketdata.db", tmp_path / "away.db"
    async with reaching(address, service) as (channel, health):
        marketdata: Any = MarketDataServiceStub(channel)
        await marketdata.IngestBars(bars(5))
        await health.becomes(SERVING)
        file.rename(away)
        await health.becomes(NOT_SERVING)
        with pytest.raises(aio.AioRpcError, match="is gone"):
            await marketdata.IngestBars(bars(7))
        # a database of its own in that place would hide the loss
        assert not file.exists()
        away.rename(file)
        await health.becomes(SERVING)
        assert await bar_count(marketdata) == 5


async def test_market_data_whose_file_is_damaged_serves_again_from_a_backup(address: str, tmp_path: Path) -> None:
    file, backup = tmp_path / "marketdata.db", tmp_path / "backup.db"
    async with reaching(address) as (channel, health):
        marketdata: Any = MarketDataServiceStub(channel)
        await marketdata.IngestBars(bars(5))
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(backup)) as target:
            source.backup(target)
        await health.becomes(SERVING)
        file.unlink()
        await health.becomes(NOT_SERVING)
        for rest in ("marketdata.db-wal", "marketdata.db-shm"):
            (tmp_path / rest).unlink(missing_ok=True)
        file.write_bytes(b"no database" * 1000)
        with pytest.raises(aio.AioRpcError, match="the database cannot be read"):
            await marketdata.IngestBars(bars(7))
        # another file than the one that was open
        backup.rename(file)
        await health.becomes(SERVING)
        assert await bar_count(marketdata) == 5


async def test_a_portfolio_whose_file_is_away_does_not_serve(tmp_path: Path) -> None:
    file, away = tmp_path / "portfolio.db", tmp_path / "away.db"
    settings = PortfolioSettings(data_dir=tmp_path, health_interval_s=INTERVAL_S)
    async with (
        open_portfolio(settings) as mounts,
        serving(mounts) as server,
        reaching(server.address) as (channel, health),
    ):
        portfolio: Any = PortfolioServiceStub(channel)
        await health.becomes(SERVING)
        file.rename(away)
        await health.becomes(NOT_SERVING)
        with pytest.raises(aio.AioRpcError, match="is gone"):
            await portfolio.GetPortfolio(portfolio_pb2.GetPortfolioRequest())
        away.rename(file)
        await health.becomes(SERVING)
        assert (await portfolio.GetPortfolio(portfolio_pb2.GetPortfolioRequest())).portfolio.equity


@pytest.mark.skipif(PROGRAMS is None, reason="PostgreSQL's server is not installed")
async def test_market_data_whose_postgresql_is_away_serves_again_when_it_is_back() -> None:
    with postgres_server() as database:
        database.create("bars")
        settings = MarketDataSettings(database_url=database.url("bars"), health_interval_s=INTERVAL_S)
        async with (
            open_marketdata(settings) as mounts,
            serving(mounts) as server,
            reaching(server.address) as (channel, health),
        ):
            marketdata: Any = MarketDataServiceStub(channel)
            await marketdata.IngestBars(bars(5))
            await health.becomes(SERVING)
            await asyncio.to_thread(database.stop)
            await health.becomes(NOT_SERVING)
            with pytest.raises(aio.AioRpcError, match="the database does not answer") as caught:
                await marketdata.IngestBars(bars(7))
            assert caught.value.code() is StatusCode.UNAVAILABLE
            await asyncio.to_thread(database.start)
            await health.becomes(SERVING)
            assert await bar_count(marketdata) == 5
            assert (await marketdata.IngestBars(bars(7))).inserted_count == 2
