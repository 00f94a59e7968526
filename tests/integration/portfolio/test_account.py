from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from services.portfolio.__main__ import MIGRATIONS
from services.portfolio.config import PortfolioSettings
from services.portfolio.tables import metadata
from tests.integration.portfolio.calls import close_position, get, open_position, order, refusal, update
from tests.integration.portfolio.serving import DAY_MS, Clock, serving
from tests.support.databases import database_url
from wyckoff.portfolio.v1.portfolio_pb2 import Classification
from wyckoff.rpc.errors import InvalidArgumentError, NotFoundError
from wyckoff.storage.database import Database
from wyckoff.storage.migrate import downgrade, upgrade
from wyckoff.wire.portfolio import portfolio_from_proto

if TYPE_CHECKING:
    from pathlib import Path

    from wyckoff.portfolio.v1.portfolio_pb2_grpc import PortfolioServiceAsyncStub


async def test_the_schema_is_what_the_tables_say(tmp_path: Path, each_database: str) -> None:
    database = await Database.open(database_url(tmp_path, "portfolio"), MIGRATIONS)
    async with database.read() as connection:
        difference = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), metadata)
        )
    await database.aclose()
    assert difference == []


def test_migrations_go_up_and_down(tmp_path: Path, each_database: str) -> None:
    url = database_url(tmp_path, "up_and_down")
    upgrade(url, MIGRATIONS)
    downgrade(url, MIGRATIONS, "base")
    upgrade(url, MIGRATIONS)


async def test_a_new_database_has_the_default_account(client: PortfolioServiceAsyncStub) -> None:
    portfolio = await get(client)
    assert portfolio.account_id == "default"
    assert (portfolio.equity, portfolio.peak_equity, portfolio.day_pnl) == ("100000", "100000", "0")
    assert not portfolio.open_positions
    assert not portfolio.campaigns


async def test_an_account_is_updated_in_what_is_given(client: PortfolioServiceAsyncStub) -> None:
    await update(client, equity="120000.55", classifications={"AAPL": Classification(sector="Technology")})
    portfolio = await update(
        client,
        day_pnl="-250.10",
        classifications={
            "AAPL": Classification(sector="Hardware", asset_class="stock", geography="US"),
            "EUR/USD": Classification(sector="Currencies", asset_class="forex"),
        },
    )
    assert (portfolio.equity, portfolio.peak_equity, portfolio.day_pnl) == ("120000.55", "120000.55", "-250.1")
    assert portfolio.classifications["AAPL"].sector == "Hardware"
    assert portfolio.classifications["EUR/USD"].asset_class == "forex"
    lower = await update(client, equity="90000")
    assert (lower.equity, lower.peak_equity, lower.day_pnl) == ("90000", "120000.55", "-250.1")
    assert await get(client) == lower


async def test_the_result_of_the_day_is_of_the_day(client: PortfolioServiceAsyncStub, clock: Clock) -> None:
    await update(client, day_pnl="-250")
    clock.now_ms += DAY_MS
    assert (await get(client)).day_pnl == "0"


async def test_an_account_of_another_name(client: PortfolioServiceAsyncStub) -> None:
    error = await refusal(get(client, "pension"))
    assert isinstance(error, NotFoundError)
    assert error.reason == "ACCOUNT_UNKNOWN"
    assert isinstance(await refusal(update(client, account_id="pension", day_pnl="1")), NotFoundError)
    assert isinstance(await refusal(open_position(client, order(), "pension")), NotFoundError)
    await update(client, account_id="pension", equity="5000")
    await open_position(client, order(), "pension")
    assert len((await get(client, "pension")).open_positions) == 1
    assert len((await get(client)).open_positions) == 0


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"equity": "0"}, "equity"),
        ({"equity": ""}, "equity"),
        ({"equity": "1e5"}, "equity"),
        ({"equity": "1000000000000000"}, "equity"),
        ({"day_pnl": "NaN"}, "day_pnl"),
        ({"day_pnl": "-1000000000000000"}, "day_pnl"),
        ({"account_id": "two words"}, "account_id"),
        ({"classifications": {"A B": Classification()}}, "classifications[A B]"),
        ({"classifications": {"A": Classification(asset_class="bond")}}, "classifications[A].asset_class"),
        ({"classifications": {"A": Classification(sector="s" * 65)}}, "classifications[A].sector"),
        ({"classifications": {"A": Classification(geography="a\0b")}}, "classifications[A].geography"),
    ],
)
async def test_a_bad_update_is_refused(client: PortfolioServiceAsyncStub, fields: dict[str, Any], field: str) -> None:
    before = await get(client)
    error = await refusal(update(client, **fields))
    assert isinstance(error, InvalidArgumentError)
    assert [item.field for item in error.violations] == [field]
    assert await get(client) == before


async def test_everything_is_there_after_a_restart(settings: PortfolioSettings, clock: Clock) -> None:
    async with serving(settings, clock) as client:
        await update(client, equity="5000.25", classifications={"AAPL": Classification(sector="Technology")})
        await open_position(client, order(1))
        await open_position(client, order(2, symbol="IBM", campaign_id="IBM-2010-03-01"))
        await close_position(client, 2, "49.5")
        before = await get(client)
    async with serving(settings, clock) as client:
        assert await get(client) == before
    assert len(before.open_positions) == 1
    assert before.equity == "4950.25"


async def test_the_default_equity_is_a_setting_for_a_new_database_only(
    settings: PortfolioSettings, clock: Clock
) -> None:
    first = PortfolioSettings(database_url=settings.database_url, default_equity=Decimal("2500.50"))
    async with serving(first, clock) as client:
        assert (await get(client)).equity == "2500.5"
    async with serving(settings, clock) as client:
        assert (await get(client)).equity == "2500.5"


async def test_what_is_served_can_be_read_by_the_risk_stage(client: PortfolioServiceAsyncStub) -> None:
    await open_position(client, order(1, size="0.000000000001", entry_price="0.0000000003", stop_loss="0.0000000001"))
    await open_position(client, order(2, size="999999999999", entry_price="900", stop_loss="0.1"))
    await close_position(client, 1, "123456789.123456789123456789")
    portfolio = portfolio_from_proto(await get(client))
    (position,) = portfolio.open_positions
    assert position.risk_amount == Decimal("899.9") * 999_999_999_999
    (campaign,) = portfolio.campaigns
    assert campaign.risk_pct == 1_000
