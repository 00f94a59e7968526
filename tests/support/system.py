"""The whole system on real servers in this process: stages, market data, portfolio, orchestrator."""

from __future__ import annotations

from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from orchestrator.bootstrap import MIGRATIONS, build_servicer, utc_now
from orchestrator.servicer import SERVICE_NAME
from orchestrator.settings import OrchestratorSettings
from orchestrator.storage.signals import SqlSignalStore
from services.marketdata.__main__ import open_mounts as open_marketdata
from services.marketdata.config import MarketDataSettings
from services.portfolio.__main__ import open_mounts as open_portfolio
from services.portfolio.config import PortfolioSettings
from tests.support.databases import database_url
from tests.support.servers import stage_transports_over_grpc
from tests.support.serving import serving
from wyckoff.client import WyckoffClient
from wyckoff.orchestrator.v1.orchestrator_pb2_grpc import add_OrchestratorServiceServicer_to_server
from wyckoff.rpc import catalogue
from wyckoff.rpc.channel import GrpcTransport
from wyckoff.rpc.server import Mount
from wyckoff.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from wyckoff.rpc.transport import Transport

Settings = TypeVar("Settings", MarketDataSettings, PortfolioSettings)


@dataclass(frozen=True, slots=True)
class System:
    """A running system: a client of the orchestrator, one of the market data service, and the addresses."""

    client: WyckoffClient
    marketdata: WyckoffClient
    orchestrator_address: str
    marketdata_address: str
    portfolio_address: str
    transports: dict[str, Transport]


def _in(data_dir: Path, settings: type[Settings], name: str) -> Settings:
    return settings(database_url=database_url(data_dir, name))


@asynccontextmanager
async def running_system(data_dir: Path) -> AsyncIterator[System]:
    """Everything on free ports of loopback, databases of their own for each ``data_dir``."""
    async with AsyncExitStack() as stack:
        transports = await stack.enter_async_context(stage_transports_over_grpc())
        addresses = {}
        opened = {
            catalogue.MARKETDATA: open_marketdata(
                MarketDataSettings(database_url=database_url(data_dir, "marketdata"))
            ),
            catalogue.PORTFOLIO: open_portfolio(PortfolioSettings(database_url=database_url(data_dir, "portfolio"))),
        }
        for service, opening in opened.items():
            mounts = await stack.enter_async_context(opening)
            server = await stack.enter_async_context(serving(mounts))
            addresses[service] = server.address
            transports[service] = GrpcTransport.connect(server.address)
            stack.push_async_callback(transports[service].close)
        database = await Database.open(database_url(data_dir, "orchestrator"), MIGRATIONS)
        await stack.enter_async_context(aclosing(database))
        servicer = build_servicer(transports, SqlSignalStore(database, utc_now), OrchestratorSettings())
        register = partial(add_OrchestratorServiceServicer_to_server, servicer)
        orchestrator = await stack.enter_async_context(serving([Mount(SERVICE_NAME, register)]))
        yield System(
            client=await stack.enter_async_context(WyckoffClient.connect(orchestrator.address, timeout_s=30)),
            marketdata=await stack.enter_async_context(
                WyckoffClient.connect(addresses[catalogue.MARKETDATA], timeout_s=30)
            ),
            orchestrator_address=orchestrator.address,
            marketdata_address=addresses[catalogue.MARKETDATA],
            portfolio_address=addresses[catalogue.PORTFOLIO],
            transports=transports,
        )
