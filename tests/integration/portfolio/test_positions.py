from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from tests.integration.portfolio.calls import close_position, get, open_position, order, refusal
from tests.integration.portfolio.serving import DAY_MS, Clock
from wyckoff.common.v1 import common_pb2
from wyckoff.portfolio.v1 import portfolio_pb2
from wyckoff.rpc.errors import (
    AlreadyExistsError,
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
)

if TYPE_CHECKING:
    from wyckoff.portfolio.v1.portfolio_pb2_grpc import PortfolioServiceAsyncStub

SHORT = {
    "pattern_type": common_pb2.PATTERN_TYPE_UTAD,
    "direction": common_pb2.DIRECTION_SHORT,
    "stop_loss": "51.5",
}


async def test_a_position_is_opened_with_its_risk(client: PortfolioServiceAsyncStub, clock: Clock) -> None:
    position = await open_position(client, order(size="10.5", entry_price="50.123456789", risk_amount="1"))
    assert (position.size, position.entry_price, position.stop_loss) == ("10.5", "50.123456789", "48")
    assert position.risk_amount == "22.29629629"
    assert position.status == portfolio_pb2.POSITION_STATUS_OPEN
    assert position.open_time.ToMilliseconds() == clock.now_ms
    assert not position.HasField("close_time")
    assert list((await get(client)).open_positions) == [position]


async def test_the_same_order_twice_is_one_position(client: PortfolioServiceAsyncStub, clock: Clock) -> None:
    first = await open_position(client, order())
    clock.now_ms += 1_000
    assert await open_position(client, order(entry_price="50.00")) == first
    portfolio = await get(client)
    assert list(portfolio.open_positions) == [first]
    assert portfolio.campaigns[0].open_position_count == 1


async def test_many_at_once_open_and_close_one(client: PortfolioServiceAsyncStub) -> None:
    opened = await asyncio.gather(*(open_position(client, order()) for _ in range(10)))
    assert all(item == opened[0] for item in opened)
    closed = await asyncio.gather(*(close_position(client) for _ in range(10)))
    assert all(item == closed[0] for item in closed)
    portfolio = await get(client)
    assert (portfolio.equity, len(portfolio.open_positions)) == ("100500", 0)


async def test_another_order_under_the_same_id_is_refused(client: PortfolioServiceAsyncStub) -> None:
    first = await open_position(client, order())
    error = await refusal(open_position(client, order(size="99", stop_loss="47")))
    assert isinstance(error, AlreadyExistsError)
    assert "another size, stop_loss" in error.message
    assert list((await get(client)).open_positions) == [first]


@pytest.mark.parametrize(
    ("fields", "exit_price", "equity", "peak", "day_pnl"),
    [
        ({}, "55.5", "100550", "100550", "550"),
        ({}, "47.25", "99725", "100000", "-275"),
        (SHORT, "45", "100500", "100500", "500"),
        (SHORT, "52", "99800", "100000", "-200"),
        ({"size": "0.1"}, "50.000000015", "100000", "100000", "0"),
    ],
)
async def test_closing_books_profit_and_loss(
    client: PortfolioServiceAsyncStub, fields: dict[str, Any], exit_price: str, equity: str, peak: str, day_pnl: str
) -> None:
    await open_position(client, order(**fields))
    await close_position(client, exit_price=exit_price)
    portfolio = await get(client)
    assert (portfolio.equity, portfolio.peak_equity, portfolio.day_pnl) == (equity, peak, day_pnl)


async def test_a_close_of_an_earlier_day_moves_equity_only(client: PortfolioServiceAsyncStub, clock: Clock) -> None:
    open_time = Timestamp()
    open_time.FromMilliseconds(clock.now_ms - 5 * DAY_MS)
    await open_position(client, order(open_time=open_time))
    closed = await close_position(client, close_time_ms=clock.now_ms - 2 * DAY_MS)
    assert closed.close_time.ToMilliseconds() == clock.now_ms - 2 * DAY_MS
    portfolio = await get(client)
    assert (portfolio.equity, portfolio.day_pnl) == ("100500", "0")


async def test_closing_again_changes_nothing(client: PortfolioServiceAsyncStub, clock: Clock) -> None:
    await open_position(client, order())
    first = await close_position(client)
    assert first.status == portfolio_pb2.POSITION_STATUS_CLOSED
    assert first.exit_price == "55"
    clock.now_ms += 1_000
    assert await close_position(client, exit_price="55.00") == first
    error = await refusal(close_position(client, exit_price="56"))
    assert isinstance(error, FailedPreconditionError)
    assert error.message.endswith("was closed already, at 55")
    assert (await get(client)).equity == "100500"
    assert await open_position(client, order()) == first


async def test_closing_what_is_not_there(client: PortfolioServiceAsyncStub) -> None:
    error = await refusal(close_position(client, 7))
    assert isinstance(error, NotFoundError)
    assert error.reason == "POSITION_UNKNOWN"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"position_id": "first"}, "position.position_id"),
        ({"symbol": ""}, "position.symbol"),
        ({"size": "-1"}, "position.size"),
        ({"entry_price": "1e3"}, "position.entry_price"),
        ({"stop_loss": "50"}, "position.stop_loss"),
        ({"pattern_type": 0}, "position.pattern_type"),
        ({"direction": common_pb2.DIRECTION_SHORT}, "position.direction"),
        ({"open_time": Timestamp(seconds=10**12)}, "position.open_time"),
        ({"close_time": Timestamp(seconds=1)}, "position.close_time"),
    ],
)
async def test_a_bad_position_is_refused(
    client: PortfolioServiceAsyncStub, changes: dict[str, Any], field: str
) -> None:
    error = await refusal(open_position(client, order(**changes)))
    assert isinstance(error, InvalidArgumentError)
    assert [item.field for item in error.violations] == [field]
    assert not (await get(client)).open_positions


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"position_id": "x"}, "position_id"),
        ({"exit_price": "0"}, "exit_price"),
        ({"exit_price": ""}, "exit_price"),
        ({"close_time": Timestamp(seconds=1)}, "close_time"),
    ],
)
async def test_a_bad_close_is_refused(client: PortfolioServiceAsyncStub, fields: dict[str, Any], field: str) -> None:
    position = await open_position(client, order())
    request = portfolio_pb2.ClosePositionRequest(**{"position_id": position.position_id, "exit_price": "55", **fields})
    error = await refusal(client.ClosePosition(request, timeout=30))
    assert isinstance(error, InvalidArgumentError)
    assert [item.field for item in error.violations] == [field]
    assert list((await get(client)).open_positions) == [position]


async def test_a_request_without_position_is_refused(client: PortfolioServiceAsyncStub) -> None:
    error = await refusal(client.OpenPosition(portfolio_pb2.OpenPositionRequest(), timeout=30))
    assert isinstance(error, InvalidArgumentError)
    assert error.violations[0].field == "position"
