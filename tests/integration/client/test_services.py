"""Every method of the three clients against real services."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.support.samples import wave_bars
from tools.sample_bars import sample_bars
from wyckoff.client import MarketDataClient, PatternType, PortfolioClient, errors
from wyckoff.client.marketdata import BATCH_BARS
from wyckoff.common.v1 import common_pb2
from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.portfolio.v1 import portfolio_pb2

if TYPE_CHECKING:
    from tests.support.system import System
    from wyckoff.market.bars import Bars


def _same(left: Bars, right: Bars) -> bool:
    columns = ("open_time_ms", "open", "high", "low", "close", "volume")
    return all(np.array_equal(getattr(left, name), getattr(right, name)) for name in columns)


async def test_bars_go_in_parts_and_come_back_whole(system: System) -> None:
    bars = wave_bars(BATCH_BARS + 3)
    async with MarketDataClient.connect(system.marketdata_address, timeout_s=30) as marketdata:
        first = await marketdata.ingest_bars(bars)
        again = await marketdata.ingest_bars(bars.tail(5))
        assert (first.inserted_count, first.unchanged_count) == (len(bars), 0)
        assert (again.inserted_count, again.unchanged_count) == (0, 5)
        assert _same(await marketdata.get_bars("AAPL", "1d", limit=len(bars)), bars)

        time = datetime.fromtimestamp(bars.open_time_ms[-3] / 1000, UTC)
        assert _same(await marketdata.get_bars("AAPL", "1d", start_time=time), bars.tail(3))
        assert (await marketdata.get_bars("AAPL", "1d", end_time=time, limit=1)).open_time_ms == bars.open_time_ms[-4]
        with pytest.raises(errors.InvalidArgumentError, match="start_time: has no time zone"):
            await marketdata.get_bars("AAPL", "1d", start_time=time.replace(tzinfo=None))
        with pytest.raises(errors.NotFoundError):
            await marketdata.get_bars("NONE", "1d")


async def test_lists_are_read_over_all_their_pages(system: System) -> None:
    symbols = [f"S{number}" for number in range(7)]
    async with MarketDataClient.connect(system.marketdata_address) as marketdata:
        for symbol in symbols:
            await marketdata.ingest_bars(wave_bars(60, symbol=symbol))
        assert [item.symbol async for item in marketdata.iterate_instruments(page_size=3)] == symbols

    bars = sample_bars("IBM").head(2050)
    await system.marketdata.ingest_bars(bars)
    analysis = await system.client.analyze_symbol("IBM", "1d", lookback_bars=len(bars))
    assert len(analysis.signals) > 1
    assert len(analysis.rejections) > 2
    one_page = await system.client.list_signals(page_size=1000)
    paged = [signal async for signal in system.client.iterate_signals(page_size=1)]
    assert paged == list(one_page.signals)
    assert {signal.signal_id for signal in paged} == {signal.signal_id for signal in analysis.signals}

    first = paged[0]
    kind = PatternType(common_pb2.PatternType.Name(first.pattern_type).removeprefix("PATTERN_TYPE_"))
    since = first.timestamp.ToDatetime(UTC)
    newest = [item async for item in system.client.iterate_signals(pattern_types=[kind], start_time=since)]
    assert newest[0] == first
    assert all(item.timestamp.ToDatetime(UTC) >= since for item in newest)
    assert await system.client.get_signal(first.signal_id) == first

    refused = [item.rejection_id async for item in system.client.iterate_rejections(page_size=2)]
    assert sorted(refused) == sorted(item.rejection_id for item in analysis.rejections)
    near = [item async for item in system.client.iterate_rejections(near_misses_only=True)]
    assert len(near) == sum(item.near_miss for item in analysis.rejections)


async def test_symbols_are_answered_one_by_one_and_failures_alone(system: System) -> None:
    await system.marketdata.ingest_bars(wave_bars(120, symbol="GOOD"))
    answers = [item async for item in system.client.analyze_symbols(["GOOD", "GONE"], "1d")]
    by_outcome = {answer.WhichOneof("outcome"): answer for answer in answers}
    assert by_outcome["analysis"].analysis.symbol == "GOOD"
    assert by_outcome["error"].error.symbol == "GONE"
    health = await system.client.get_health()
    assert health.status == orchestrator_pb2.HEALTH_STATUS_HEALTHY


async def test_a_time_of_a_call_is_its_own(system: System) -> None:
    with pytest.raises(errors.DeadlineExceededError):
        await system.client.get_health(timeout_s=0.000_001)
    assert (await system.client.get_health()).components


async def test_bars_are_watched_as_they_are_stored(system: System) -> None:
    async with MarketDataClient.connect(system.marketdata_address) as marketdata:
        changes = marketdata.watch_bars(symbols=["AAPL"], timeframe="1d", timeout_s=30)
        task = asyncio.ensure_future(anext(changes))
        count = 0
        while not task.done():
            # the watch tells nobody when it stands: another bar comes until one is seen
            count += 1
            await marketdata.ingest_bars(wave_bars(count))
        assert (await task).bars.symbol == "AAPL"
        await changes.aclose()


async def test_an_account_its_positions_and_campaigns(system: System) -> None:
    async with PortfolioClient.connect(system.portfolio_address) as accounts:
        account = await accounts.update_account(
            equity=Decimal("250000.50"),
            classifications={"AAPL": portfolio_pb2.Classification(sector="Technology", asset_class="stock")},
        )
        assert Decimal(account.equity) == Decimal("250000.50")
        position = portfolio_pb2.Position(
            position_id="11111111-2222-4333-8444-555555555555",
            symbol="AAPL",
            campaign_id="AAPL-2010-02-01",
            pattern_type=common_pb2.PATTERN_TYPE_SPRING,
            direction=common_pb2.DIRECTION_LONG,
            size="100",
            entry_price="50",
            stop_loss="48",
        )
        opened = await accounts.open_position(position)
        assert opened.risk_amount == "200"
        assert [item.campaign_id async for item in accounts.iterate_campaigns(page_size=1)] == ["AAPL-2010-02-01"]
        closed = await accounts.close_position(opened.position_id, Decimal("55"), invalidates_campaign=True)
        assert closed.status == portfolio_pb2.POSITION_STATUS_CLOSED
        after = await accounts.get_portfolio()
        assert Decimal(after.equity) == Decimal("250500.50")
        assert not after.open_positions
        invalidated = accounts.iterate_campaigns(statuses=[portfolio_pb2.CAMPAIGN_STATUS_INVALIDATED])
        assert [item.symbol async for item in invalidated] == ["AAPL"]
        with pytest.raises(errors.NotFoundError):
            await accounts.get_portfolio("nobody")
