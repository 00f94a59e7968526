"""The portfolio contract over the book of accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.portfolio.positions import position_id_of
from services.portfolio.requests import (
    account_id_of,
    campaign_key_of,
    classifications_of,
    day_pnl_of,
    equity_of,
    position_of,
)
from wyckoff.portfolio.v1 import portfolio_pb2, portfolio_pb2_grpc
from wyckoff.wire.decimals import positive_from_text
from wyckoff.wire.pages import encode_token, page_size
from wyckoff.wire.portfolio import CAMPAIGN_STATUS, campaign_to_proto, portfolio_to_proto, position_to_proto
from wyckoff.wire.times import floor_ms

if TYPE_CHECKING:
    from services.portfolio.book import PortfolioBook
    from services.portfolio.config import PortfolioSettings

SERVICE_NAME = portfolio_pb2.DESCRIPTOR.services_by_name["PortfolioService"].full_name


class PortfolioServicer(portfolio_pb2_grpc.PortfolioServiceServicer):
    """Serves ``wyckoff.portfolio.v1.PortfolioService``; errors are raised as WyckoffError."""

    def __init__(self, settings: PortfolioSettings, book: PortfolioBook) -> None:
        self._settings = settings
        self._book = book

    async def GetPortfolio(
        self, request: portfolio_pb2.GetPortfolioRequest, context: object
    ) -> portfolio_pb2.GetPortfolioResponse:
        portfolio = await self._book.portfolio(account_id_of(request.account_id))
        return portfolio_pb2.GetPortfolioResponse(portfolio=portfolio_to_proto(portfolio))

    async def UpdateAccount(
        self, request: portfolio_pb2.UpdateAccountRequest, context: object
    ) -> portfolio_pb2.UpdateAccountResponse:
        portfolio = await self._book.update(
            account_id_of(request.account_id),
            equity=equity_of(request),
            day_pnl=day_pnl_of(request),
            classifications=classifications_of(request.classifications),
        )
        return portfolio_pb2.UpdateAccountResponse(portfolio=portfolio_to_proto(portfolio))

    async def OpenPosition(
        self, request: portfolio_pb2.OpenPositionRequest, context: object
    ) -> portfolio_pb2.OpenPositionResponse:
        position = await self._book.open(account_id_of(request.account_id), position_of(request))
        return portfolio_pb2.OpenPositionResponse(position=position_to_proto(position))

    async def ClosePosition(
        self, request: portfolio_pb2.ClosePositionRequest, context: object
    ) -> portfolio_pb2.ClosePositionResponse:
        position = await self._book.close(
            account_id_of(request.account_id),
            position_id_of(request.position_id, "position_id"),
            positive_from_text(request.exit_price, "exit_price"),
            floor_ms(request.close_time, "close_time") if request.HasField("close_time") else None,
            invalidates=request.invalidates_campaign,
        )
        return portfolio_pb2.ClosePositionResponse(position=position_to_proto(position))

    async def ListCampaigns(
        self, request: portfolio_pb2.ListCampaignsRequest, context: object
    ) -> portfolio_pb2.ListCampaignsResponse:
        size = page_size(
            request.page_size, default=self._settings.default_page_size, maximum=self._settings.max_page_size
        )
        statuses = [
            CAMPAIGN_STATUS.value(number, f"statuses[{index}]") for index, number in enumerate(request.statuses)
        ]
        found = await self._book.campaigns(
            account_id_of(request.account_id), statuses, size + 1, campaign_key_of(request.page_token)
        )
        page = found[:size]
        token = encode_token(str(page[-1].start_time_ms), page[-1].campaign_id) if len(found) > size else ""
        return portfolio_pb2.ListCampaignsResponse(
            campaigns=[campaign_to_proto(item) for item in page], next_page_token=token
        )
