"""Short ways to call the service."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from grpc import aio

from wyckoff.common.v1 import common_pb2
from wyckoff.portfolio.v1 import portfolio_pb2
from wyckoff.rpc.status import error_from_call

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from wyckoff.portfolio.v1.portfolio_pb2_grpc import PortfolioServiceAsyncStub
    from wyckoff.rpc.errors import WyckoffError

TIMEOUT_S = 30


def order(number: int = 1, **changes: Any) -> portfolio_pb2.Position:
    """A spring of 100 AAPL at 50 with its stop at 48: 200 at risk."""
    fields: dict[str, Any] = {
        "position_id": str(uuid.UUID(int=number)),
        "symbol": "AAPL",
        "campaign_id": "AAPL-2010-02-01",
        "pattern_type": common_pb2.PATTERN_TYPE_SPRING,
        "direction": common_pb2.DIRECTION_LONG,
        "size": "100",
        "entry_price": "50",
        "stop_loss": "48",
    }
    return portfolio_pb2.Position(**{**fields, **changes})


async def get(client: PortfolioServiceAsyncStub, account_id: str = "") -> portfolio_pb2.Portfolio:
    request = portfolio_pb2.GetPortfolioRequest(account_id=account_id)
    return (await client.GetPortfolio(request, timeout=TIMEOUT_S)).portfolio


async def update(client: PortfolioServiceAsyncStub, **fields: Any) -> portfolio_pb2.Portfolio:
    return (await client.UpdateAccount(portfolio_pb2.UpdateAccountRequest(**fields), timeout=TIMEOUT_S)).portfolio


async def open_position(
    client: PortfolioServiceAsyncStub, position: portfolio_pb2.Position, account_id: str = ""
) -> portfolio_pb2.Position:
    request = portfolio_pb2.OpenPositionRequest(account_id=account_id, position=position)
    return (await client.OpenPosition(request, timeout=TIMEOUT_S)).position


async def close_position(
    client: PortfolioServiceAsyncStub,
    number: int = 1,
    exit_price: str = "55",
    *,
    close_time_ms: int | None = None,
    invalidates: bool = False,
) -> portfolio_pb2.Position:
    close_time = None
    if close_time_ms is not None:
        close_time = Timestamp()
        close_time.FromMilliseconds(close_time_ms)
    request = portfolio_pb2.ClosePositionRequest(
        position_id=str(uuid.UUID(int=number)),
        exit_price=exit_price,
        close_time=close_time,
        invalidates_campaign=invalidates,
    )
    return (await client.ClosePosition(request, timeout=TIMEOUT_S)).position


async def campaigns(client: PortfolioServiceAsyncStub, **fields: Any) -> portfolio_pb2.ListCampaignsResponse:
    return await client.ListCampaigns(portfolio_pb2.ListCampaignsRequest(**fields), timeout=TIMEOUT_S)


async def refusal(call: Awaitable[object]) -> WyckoffError:
    """The error that a call ends with."""
    with pytest.raises(aio.AioRpcError) as caught:
        await call
    return error_from_call(caught.value)
