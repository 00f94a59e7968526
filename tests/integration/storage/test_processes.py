"""The two services as processes: a crash loses nothing, several share a database, a termination ends them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from grpc import StatusCode, aio

from tests.integration.marketdata.series import some_message
from tests.integration.portfolio.calls import close_position, get, open_position, order
from tests.support.databases import SQLITE, database_environment
from wyckoff.marketdata.v1 import marketdata_pb2
from wyckoff.marketdata.v1.marketdata_pb2_grpc import MarketDataServiceStub
from wyckoff.portfolio.v1.portfolio_pb2_grpc import PortfolioServiceStub
from wyckoff.rpc.channel import open_channel

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator
    from pathlib import Path

TIMEOUT_S = 30
REPLICAS = 3
ORDERS = 12


@asynccontextmanager
async def running(service: str, data_dir: Path) -> AsyncIterator[tuple[Process, str]]:
    """The service as a process of its own, and its address; killed at the end if it still runs."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"services.{service}", "--address", "127.0.0.1:0"),
        env={**os.environ, f"{service.upper()}_DATA_DIR": str(data_dir), **database_environment(data_dir)},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process, await _address(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def _address(process: Process) -> str:
    """The address in the first line of the log, which is written once the service answers."""
    assert process.stderr is not None
    async with asyncio.timeout(TIMEOUT_S):
        line = json.loads(await process.stderr.readline())
    assert line["event"] == "service_started", line
    return str(line["address"])


def file_names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_bars_survive_a_crash(tmp_path: Path, each_database: str) -> None:
    async with running("marketdata", tmp_path) as (process, address), open_channel(address) as channel:
        request = marketdata_pb2.IngestBarsRequest(bars=some_message(300))
        stored = await MarketDataServiceStub(channel).IngestBars(request, timeout=TIMEOUT_S)
        process.kill()
        assert await process.wait() == -signal.SIGKILL
    assert stored.inserted_count == 300
    async with running("marketdata", tmp_path) as (_, address), open_channel(address) as channel:
        wanted = marketdata_pb2.GetBarsRequest(symbol="AAPL", timeframe="1d")
        answer = await MarketDataServiceStub(channel).GetBars(wanted, timeout=TIMEOUT_S)
    assert answer.bars == some_message(300)


async def test_positions_survive_a_crash(tmp_path: Path, each_database: str) -> None:
    async with running("portfolio", tmp_path) as (process, address), open_channel(address) as channel:
        position = await open_position(PortfolioServiceStub(channel), order())
        process.kill()
        await process.wait()
    async with running("portfolio", tmp_path) as (_, address), open_channel(address) as channel:
        assert list((await get(PortfolioServiceStub(channel))).open_positions) == [position]


@pytest.mark.parametrize("service", ["marketdata", "portfolio"])
async def test_a_termination_ends_the_service_in_order(tmp_path: Path, service: str, each_database: str) -> None:
    async with running(service, tmp_path) as (process, _):
        process.terminate()
        async with asyncio.timeout(TIMEOUT_S):
            _, log = await process.communicate()
        assert process.returncode == 0
    assert [json.loads(line)["event"] for line in log.splitlines()] == ["service_stopping", "service_stopped"]
    # a database that was closed leaves no write-ahead log behind
    assert file_names(tmp_path) == ([f"{service}.db"] if each_database == SQLITE else [])


async def test_processes_that_share_an_account_book_every_position_once(tmp_path: Path, each_database: str) -> None:
    # they start at the same time on a database that is new to all of them
    async with AsyncExitStack() as stack:
        started = await asyncio.gather(
            *(stack.enter_async_context(running("portfolio", tmp_path)) for _ in range(REPLICAS))
        )
        channels = [await stack.enter_async_context(open_channel(address)) for _, address in started]
        clients = [PortfolioServiceStub(channel) for channel in channels]
        # every process is sent every order, all at once
        numbers = range(1, ORDERS + 1)
        opened = await asyncio.gather(
            *(open_position(client, order(number)) for number in numbers for client in clients)
        )
        assert {position.position_id for position in opened} == {order(number).position_id for number in numbers}
        portfolios = [await get(client) for client in clients]
        assert all(portfolio == portfolios[0] for portfolio in portfolios)
        assert len(portfolios[0].open_positions) == ORDERS
        await asyncio.gather(*(close_position(client, number) for number in numbers for client in clients))
        (after, *others) = [await get(client) for client in clients]
    assert all(portfolio == after for portfolio in others)
    assert not after.open_positions
    # 100 pieces bought at 50 and sold at 55, each order once
    assert (after.equity, after.day_pnl) == (str(100_000 + ORDERS * 500), str(ORDERS * 500))


async def test_one_id_for_two_orders_goes_to_the_first_whoever_is_asked(tmp_path: Path, each_database: str) -> None:
    async with AsyncExitStack() as stack:
        started = [await stack.enter_async_context(running("portfolio", tmp_path)) for _ in range(2)]
        channels = [await stack.enter_async_context(open_channel(address)) for _, address in started]
        calls = [
            open_position(PortfolioServiceStub(channel), order(1, size=str(size)))
            for size in range(1, 11)
            for channel in channels
        ]
        answers = await asyncio.gather(*calls, return_exceptions=True)
        stored = (await get(PortfolioServiceStub(channels[0]))).open_positions
    taken = [answer for answer in answers if not isinstance(answer, BaseException)]
    refused = [answer.code() for answer in answers if isinstance(answer, aio.AioRpcError)]
    assert set(refused) == {StatusCode.ALREADY_EXISTS}
    # the same order came to both processes
    assert (len(stored), len(taken), len(refused)) == (1, 2, 18)
    assert all(position == stored[0] for position in taken)
