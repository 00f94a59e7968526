"""Accounts, campaigns and positions in the database, within a transaction of the caller."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, insert, or_, select, tuple_, update

from services.portfolio.account import Account
from services.portfolio.campaigns import CampaignRecord
from services.portfolio.tables import accounts, campaigns, classifications, positions
from wyckoff.model.kinds import Direction, PatternType
from wyckoff.model.portfolio import CampaignStatus, Classification, Position, PositionStatus
from wyckoff.storage.dialects import insert_into

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import RowMapping, Select
    from sqlalchemy.ext.asyncio import AsyncConnection

_POSITION_COLUMNS = tuple(column for column in positions.c if column.name != "account_id")
_CAMPAIGN_COLUMNS = tuple(column for column in campaigns.c if column.name != "account_id")


class PortfolioRepository:
    """One account's rows over one connection. Nothing is committed here."""

    def __init__(self, connection: AsyncConnection, account_id: str) -> None:
        self._connection = connection
        self._account_id = account_id

    async def account(self, *, lock: bool = False) -> Account | None:
        """The account; ``lock`` keeps other writers from it until the transaction ends."""
        query = select(accounts).where(accounts.c.account_id == self._account_id)
        row = (await self._connection.execute(query.with_for_update() if lock else query)).mappings().one_or_none()
        return None if row is None else Account(**row)

    async def add_account(self, account: Account) -> None:
        """Add the account, unless it is there."""
        new = insert_into(self._connection, accounts).values(asdict(account))
        await self._connection.execute(new.on_conflict_do_nothing())

    async def save_account(self, account: Account) -> None:
        values = asdict(account)
        await self._connection.execute(
            update(accounts).where(accounts.c.account_id == values.pop("account_id")).values(values)
        )

    async def classifications(self) -> dict[str, Classification]:
        """Classification by symbol."""
        query = select(classifications).where(classifications.c.account_id == self._account_id)
        rows = (await self._connection.execute(query.order_by(classifications.c.symbol))).all()
        return {row.symbol: Classification(row.sector, row.asset_class, row.geography) for row in rows}

    async def save_classifications(self, items: Mapping[str, Classification]) -> None:
        """Add or replace classifications."""
        known = await self.classifications()
        for symbol, item in items.items():
            if symbol not in known:
                row = {"account_id": self._account_id, "symbol": symbol, **asdict(item)}
                await self._connection.execute(insert(classifications).values(row))
            elif item != known[symbol]:
                statement = update(classifications).where(
                    classifications.c.account_id == self._account_id, classifications.c.symbol == symbol
                )
                await self._connection.execute(statement.values(asdict(item)))

    async def position(self, position_id: str) -> Position | None:
        found = await self._positions(positions.c.position_id == position_id)
        return found[0] if found else None

    async def open_positions(self) -> list[Position]:
        """Open positions, oldest first."""
        return await self._positions(positions.c.status == PositionStatus.OPEN.value)

    async def positions_of(self, campaign_ids: Collection[str]) -> list[Position]:
        """All positions of these campaigns, open and closed, oldest first."""
        return await self._positions(positions.c.campaign_id.in_(campaign_ids))

    async def add_position(self, position: Position) -> None:
        row = {"account_id": self._account_id, **asdict(position)}
        await self._connection.execute(insert(positions).values(row))

    async def save_closed(self, position: Position) -> None:
        """Write what closing changed."""
        statement = update(positions).where(
            positions.c.account_id == self._account_id, positions.c.position_id == position.position_id
        )
        await self._connection.execute(
            statement.values(
                status=position.status.value, exit_price=position.exit_price, close_time_ms=position.close_time_ms
            )
        )

    async def campaign(self, campaign_id: str) -> CampaignRecord | None:
        found = await self._campaigns(self._campaign_query().where(campaigns.c.campaign_id == campaign_id))
        return found[0] if found else None

    async def unfinished_campaigns(self, invalidated_since_ms: int) -> list[CampaignRecord]:
        """Campaigns that are not completed, newest first, of the invalidated ones those since a time."""
        status = campaigns.c.status
        under_way = status.in_([CampaignStatus.ACTIVE.value, CampaignStatus.MARKUP.value])
        lately = and_(
            status == CampaignStatus.INVALIDATED.value, campaigns.c.invalidated_time_ms >= invalidated_since_ms
        )
        with_open = campaigns.c.campaign_id.in_(
            select(positions.c.campaign_id).where(
                positions.c.account_id == self._account_id, positions.c.status == PositionStatus.OPEN.value
            )
        )
        return await self._campaigns(self._campaign_query().where(or_(under_way, lately, with_open)))

    async def campaigns(
        self, statuses: Sequence[CampaignStatus], limit: int, after: tuple[int, str] | None = None
    ) -> list[CampaignRecord]:
        """Up to ``limit`` campaigns, newest first, beginning behind the one that started then with that id."""
        query = self._campaign_query().limit(limit)
        if statuses:
            query = query.where(campaigns.c.status.in_([item.value for item in statuses]))
        if after is not None:
            query = query.where(tuple_(campaigns.c.start_time_ms, campaigns.c.campaign_id) < tuple_(*after))
        return await self._campaigns(query)

    async def add_campaign(self, record: CampaignRecord) -> None:
        row = {"account_id": self._account_id, **asdict(record)}
        await self._connection.execute(insert(campaigns).values(row))

    async def save_campaign(self, record: CampaignRecord) -> None:
        values = asdict(record)
        statement = update(campaigns).where(
            campaigns.c.account_id == self._account_id, campaigns.c.campaign_id == values.pop("campaign_id")
        )
        await self._connection.execute(statement.values(values))

    def _campaign_query(self) -> Select[Any]:
        query = select(*_CAMPAIGN_COLUMNS).where(campaigns.c.account_id == self._account_id)
        return query.order_by(campaigns.c.start_time_ms.desc(), campaigns.c.campaign_id.desc())

    async def _campaigns(self, query: Select[Any]) -> list[CampaignRecord]:
        rows = (await self._connection.execute(query)).mappings().all()
        return [CampaignRecord(**{**row, "status": CampaignStatus(row["status"])}) for row in rows]

    async def _positions(self, condition: Any) -> list[Position]:  # noqa: ANN401 - a clause of unnamed type
        query = select(*_POSITION_COLUMNS).where(positions.c.account_id == self._account_id, condition)
        query = query.order_by(positions.c.open_time_ms, positions.c.position_id)
        return [_position(row) for row in (await self._connection.execute(query)).mappings().all()]


def _position(row: RowMapping) -> Position:
    return Position(
        **{
            **row,
            "pattern_type": PatternType(row["pattern_type"]),
            "direction": Direction(row["direction"]),
            "status": PositionStatus(row["status"]),
        }
    )
