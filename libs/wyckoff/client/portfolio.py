"""A typed async client of the portfolio service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wyckoff.client.connection import ServiceClient
from wyckoff.client.paging import all_items
from wyckoff.client.times import timestamp
from wyckoff.portfolio.v1 import portfolio_pb2
from wyckoff.rpc import catalogue

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Collection, Mapping
    from datetime import datetime
    from decimal import Decimal


class PortfolioClient(ServiceClient):
    """Accounts, positions and campaigns. Every failure is a :class:`wyckoff.client.errors.WyckoffError`.

    Money and prices are decimals. An empty ``account_id`` means the account ``default``.
    """

    async def get_portfolio(self, account_id: str = "", *, timeout_s: float | None = None) -> portfolio_pb2.Portfolio:
        """The account with its open positions; raises NotFoundError for one that is unknown."""
        request = portfolio_pb2.GetPortfolioRequest(account_id=account_id)
        return (await self._call(catalogue.GET_PORTFOLIO, request, timeout_s)).portfolio

    async def update_account(
        self,
        account_id: str = "",
        *,
        equity: Decimal | None = None,
        day_pnl: Decimal | None = None,
        classifications: Mapping[str, portfolio_pb2.Classification] | None = None,
        timeout_s: float | None = None,
    ) -> portfolio_pb2.Portfolio:
        """The account after the change; what is None stays as it is. An equity opens an account that is unknown."""
        request = portfolio_pb2.UpdateAccountRequest(
            account_id=account_id,
            equity=_text(equity),
            day_pnl=_text(day_pnl),
            classifications=classifications,
        )
        return (await self._call(catalogue.UPDATE_ACCOUNT, request, timeout_s)).portfolio

    async def open_position(
        self, position: portfolio_pb2.Position, account_id: str = "", *, timeout_s: float | None = None
    ) -> portfolio_pb2.Position:
        """The position as stored. The same ``position_id`` again opens nothing twice."""
        request = portfolio_pb2.OpenPositionRequest(account_id=account_id, position=position)
        return (await self._call(catalogue.OPEN_POSITION, request, timeout_s)).position

    async def close_position(
        self,
        position_id: str,
        exit_price: Decimal,
        account_id: str = "",
        *,
        close_time: datetime | None = None,
        invalidates_campaign: bool = False,
        timeout_s: float | None = None,
    ) -> portfolio_pb2.Position:
        """The position as stored, closed now or at ``close_time``. The same close again books nothing."""
        request = portfolio_pb2.ClosePositionRequest(
            account_id=account_id,
            position_id=position_id,
            exit_price=format(exit_price, "f"),
            close_time=timestamp(close_time, "close_time"),
            invalidates_campaign=invalidates_campaign,
        )
        return (await self._call(catalogue.CLOSE_POSITION, request, timeout_s)).position

    def iterate_campaigns(
        self,
        account_id: str = "",
        *,
        statuses: Collection[portfolio_pb2.CampaignStatus.ValueType] = (),
        page_size: int = 0,
    ) -> AsyncGenerator[portfolio_pb2.Campaign]:
        """All campaigns of these states (every state when none is named), newest first."""

        async def read(token: str) -> portfolio_pb2.ListCampaignsResponse:
            request = portfolio_pb2.ListCampaignsRequest(
                account_id=account_id, statuses=sorted(statuses), page_size=page_size, page_token=token
            )
            return await self._call(catalogue.LIST_CAMPAIGNS, request, None)

        return all_items(read, lambda page: (page.campaigns, page.next_page_token))


def _text(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")
