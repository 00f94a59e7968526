"""Start the market data service: ``python -m services.marketdata --address HOST:PORT``."""

from __future__ import annotations

import sys
from contextlib import aclosing, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from services.marketdata.config import MarketDataSettings
from services.marketdata.repository import BarRepository
from services.marketdata.servicer import SERVICE_NAME, MarketDataServicer
from services.marketdata.watch import BarFeed
from wyckoff.marketdata.v1.marketdata_pb2_grpc import add_MarketDataServiceServicer_to_server
from wyckoff.rpc.readiness import Readiness
from wyckoff.rpc.runner import run_service
from wyckoff.rpc.server import BARS_BYTES, Mount
from wyckoff.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

MIGRATIONS: Final = Path(__file__).parent / "migrations"


@asynccontextmanager
async def open_mounts(settings: MarketDataSettings | None = None) -> AsyncIterator[Sequence[Mount]]:
    """The market data servicer over its database, which is created and migrated first."""
    chosen = settings or MarketDataSettings()
    database = await Database.open(chosen.resolved_database_url, MIGRATIONS, chosen.connection_terms)
    async with aclosing(database):
        feed = BarFeed(max_changes=chosen.watch_max_changes, max_bars=chosen.watch_max_bars)
        servicer = MarketDataServicer(chosen, BarRepository(database), feed)
        register = partial(add_MarketDataServiceServicer_to_server, servicer)
        readiness = Readiness(database.check, chosen.health_interval_s)
        yield [Mount(SERVICE_NAME, register, drain=feed.close, readiness=readiness, max_request_bytes=BARS_BYTES)]


if __name__ == "__main__":
    sys.exit(run_service("marketdata", open_mounts, "127.0.0.1:50051"))
