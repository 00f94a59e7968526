"""What is done to an account, each as one transaction."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from services.portfolio.account import Account, utc_day
from services.portfolio.campaigns import CampaignRecord, by_campaign, campaign_status, summarise
from services.portfolio.positions import closed, opened, realised_pnl
from services.portfolio.refusals import check_may_join, closed_otherwise, same_order, unknown_account, unknown_position
from services.portfolio.repository import PortfolioRepository
from wyckoff.model.portfolio import Portfolio, PositionStatus
from wyckoff.rpc.errors import InternalError
from wyckoff.storage.faults import repeated

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from decimal import Decimal

    from wyckoff.model.portfolio import Campaign, CampaignStatus, Classification, Position
    from wyckoff.storage.database import Database

_DAY_MS: Final = 86_400_000


class PortfolioBook:
    """The accounts of one database. Who changes one locks it first, so that changes of one account follow one another.

    ``now_ms`` gives the time, milliseconds since the epoch.
    """

    def __init__(self, database: Database, now_ms: Callable[[], int], *, invalidated_campaign_days: int) -> None:
        self._database = database
        self._now_ms = now_ms
        self._invalidated_ms = invalidated_campaign_days * _DAY_MS

    @repeated
    async def ensure_account(self, account_id: str, equity: Decimal) -> None:
        """Open the account with this equity, unless it is there."""
        async with self._database.write() as connection:
            repository = PortfolioRepository(connection, account_id)
            if await repository.account() is None:
                await repository.add_account(Account.opened(account_id, equity, self._today()))

    async def portfolio(self, account_id: str) -> Portfolio:
        """The account with its open positions; raises NotFoundError."""
        async with self._database.read() as connection:
            return await self._portfolio(PortfolioRepository(connection, account_id), account_id)

    @repeated
    async def update(
        self,
        account_id: str,
        *,
        equity: Decimal | None = None,
        day_pnl: Decimal | None = None,
        classifications: Mapping[str, Classification] | None = None,
    ) -> Portfolio:
        """Change what is given. An unknown account is opened if its equity is given, else NotFoundError."""
        async with self._database.write() as connection:
            repository = PortfolioRepository(connection, account_id)
            account = await repository.account(lock=True)
            if account is None and equity is not None:
                await repository.add_account(Account.opened(account_id, equity, self._today()))
                # another one may have opened it meanwhile
                account = await repository.account(lock=True)
            if account is None:
                raise unknown_account(account_id)
            if equity is not None:
                account = account.with_equity(equity)
            if day_pnl is not None:
                account = account.with_day_pnl(day_pnl, self._today())
            await repository.save_account(account)
            await repository.save_classifications(classifications or {})
            return await self._portfolio(repository, account_id)

    @repeated
    async def open(self, account_id: str, position: Position) -> Position:
        """Store a position; the same order again gives the stored one.

        Raises AlreadyExistsError when the id belongs to another order, FailedPreconditionError when the campaign
        is invalidated or of another symbol.
        """
        new = opened(position, self._now_ms())
        async with self._database.write() as connection:
            repository = PortfolioRepository(connection, account_id)
            await self._account(repository, account_id)
            stored = await repository.position(new.position_id)
            if stored is not None:
                return same_order(stored, new)
            await _join_campaign(repository, new)
        return new

    @repeated
    async def close(
        self, account_id: str, position_id: str, exit_price: Decimal, close_time_ms: int | None, *, invalidates: bool
    ) -> Position:
        """Close a position and book its profit or loss; the same close again changes nothing.

        Raises NotFoundError, and FailedPreconditionError when it was closed at another price.
        """
        now_ms = self._now_ms()
        async with self._database.write() as connection:
            repository = PortfolioRepository(connection, account_id)
            account = await self._account(repository, account_id)
            position = await repository.position(position_id)
            if position is None:
                raise unknown_position(account_id, position_id)
            if position.status is PositionStatus.OPEN:
                time_ms = now_ms if close_time_ms is None else close_time_ms
                position = closed(position, exit_price, time_ms)
                await repository.save_closed(position)
                pnl = realised_pnl(position, exit_price)
                await repository.save_account(account.after_close(pnl, utc_day(time_ms), utc_day(now_ms)))
            elif position.exit_price != exit_price:
                raise closed_otherwise(position)
            await _settle_campaign(repository, position, invalidates=invalidates)
        return position

    async def campaigns(
        self, account_id: str, statuses: Sequence[CampaignStatus], limit: int, after: tuple[int, str] | None
    ) -> list[Campaign]:
        """Up to ``limit`` campaigns, newest first; raises NotFoundError for an unknown account."""
        async with self._database.read() as connection:
            repository = PortfolioRepository(connection, account_id)
            account = await repository.account()
            if account is None:
                raise unknown_account(account_id)
            records = await repository.campaigns(statuses, limit, after)
            known = await repository.positions_of([item.campaign_id for item in records])
        groups = by_campaign(item for item in known if item.status is PositionStatus.OPEN)
        return [summarise(item, groups.get(item.campaign_id, ()), account.equity) for item in records]

    async def _portfolio(self, repository: PortfolioRepository, account_id: str) -> Portfolio:
        account = await repository.account()
        if account is None:
            raise unknown_account(account_id)
        open_positions = await repository.open_positions()
        groups = by_campaign(open_positions)
        records = await repository.unfinished_campaigns(self._now_ms() - self._invalidated_ms)
        return Portfolio(
            account_id=account_id,
            equity=account.equity,
            peak_equity=account.peak_equity,
            day_pnl=account.day_pnl_on(self._today()),
            open_positions=tuple(open_positions),
            campaigns=tuple(summarise(item, groups.get(item.campaign_id, ()), account.equity) for item in records),
            classifications=await repository.classifications(),
        )

    async def _account(self, repository: PortfolioRepository, account_id: str) -> Account:
        account = await repository.account(lock=True)
        if account is None:
            raise unknown_account(account_id)
        return account

    def _today(self) -> int:
        return utc_day(self._now_ms())


async def _join_campaign(repository: PortfolioRepository, position: Position) -> None:
    """Store a new position and what it makes of its campaign."""
    time_ms = position.open_time_ms or 0
    record = await repository.campaign(position.campaign_id)
    if record is None:
        status = campaign_status([position], invalidated=False)
        await repository.add_campaign(CampaignRecord(position.campaign_id, position.symbol, status, time_ms))
        await repository.add_position(position)
        return
    check_may_join(record, position)
    await repository.add_position(position)
    others = await repository.positions_of([record.campaign_id])
    status = campaign_status(others, invalidated=False)
    await repository.save_campaign(replace(record, status=status, start_time_ms=min(record.start_time_ms, time_ms)))


async def _settle_campaign(repository: PortfolioRepository, position: Position, *, invalidates: bool) -> None:
    """Bring the campaign of a closed position up to date."""
    record = await repository.campaign(position.campaign_id)
    if record is None:
        raise InternalError(f"position {position.position_id} has no campaign {position.campaign_id}")
    invalidated_ms = record.invalidated_time_ms
    if invalidated_ms is None and invalidates:
        invalidated_ms = position.close_time_ms
    own = await repository.positions_of([record.campaign_id])
    status = campaign_status(own, invalidated=invalidated_ms is not None)
    settled = replace(record, status=status, invalidated_time_ms=invalidated_ms)
    if settled != record:
        await repository.save_campaign(settled)
