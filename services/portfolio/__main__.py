"""Start the portfolio service: ``python -m services.portfolio --address HOST:PORT``."""

from __future__ import annotations

import sys
import time
from contextlib import aclosing, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from services.portfolio.book import PortfolioBook
from services.portfolio.config import PortfolioSettings
from services.portfolio.servicer import SERVICE_NAME, PortfolioServicer
from wyckoff.model.portfolio import DEFAULT_ACCOUNT
from wyckoff.portfolio.v1.portfolio_pb2_grpc import add_PortfolioServiceServicer_to_server
from wyckoff.rpc.readiness import Readiness
from wyckoff.rpc.runner import run_service
from wyckoff.rpc.server import Mount
from wyckoff.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

MIGRATIONS: Final = Path(__file__).parent / "migrations"
#: Room for what ten thousand symbols are.
_MAX_REQUEST_BYTES: Final = 1024 * 1024


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


@asynccontextmanager
async def open_mounts(
    settings: PortfolioSettings | None = None, now_ms: Callable[[], int] = _now_ms
) -> AsyncIterator[Sequence[Mount]]:
    """The portfolio servicer over its database, which is created, migrated and given its first account."""
    chosen = settings or PortfolioSettings()
    database = await Database.open(chosen.resolved_database_url, MIGRATIONS, chosen.connection_terms)
    async with aclosing(database):
        book = PortfolioBook(database, now_ms, invalidated_campaign_days=chosen.invalidated_campaign_days)
        await book.ensure_account(DEFAULT_ACCOUNT, chosen.default_equity)
        servicer = PortfolioServicer(chosen, book)
        register = partial(add_PortfolioServiceServicer_to_server, servicer)
        readiness = Readiness(database.check, chosen.health_interval_s)
        yield [Mount(SERVICE_NAME, register, readiness=readiness, max_request_bytes=_MAX_REQUEST_BYTES)]


if __name__ == "__main__":
    sys.exit(run_service("portfolio", open_mounts, "127.0.0.1:50057"))
