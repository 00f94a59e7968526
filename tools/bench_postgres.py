"""Bars into PostgreSQL and out again. ``python -m tools.bench_postgres [SYMBOLS BARS_A_SYMBOL]``.

A server of its own in a temporary folder, whose commits are on disk before they are answered. The same bars go in
three times: by one plain COPY into a table that is equal to the project's, through the market data repository with a
transaction a symbol, and as calls of the market data service. Then 500 bars of random symbols are read.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import time
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Final

import asyncpg  # type: ignore[import-untyped]
import numpy as np

from orchestrator.cli.ordered import in_order
from orchestrator.cli.output import ProgressBar, messages_console, results_console
from orchestrator.cli.tables import open_table
from services.marketdata.__main__ import MIGRATIONS
from services.marketdata.repository import BarRepository
from services.marketdata.writing import BAR_COLUMNS, COPY_END, COPY_START, copy_rows
from tests.support.postgres import PostgresServer, postgres_server
from wyckoff.client import MarketDataClient, make_bars
from wyckoff.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from wyckoff.client import Bars

    Way = Callable[[Bars], Awaitable[int]]

SYMBOLS: Final = 1_000
BARS_A_SYMBOL: Final = 5_000
#: Durability is PostgreSQL's own; there is more memory and write-ahead log than its defaults give.
OPTIONS: Final = ("shared_buffers=512MB", "max_wal_size=4GB")
DURABILITY: Final = ("fsync", "synchronous_commit", "full_page_writes")
#: Symbols on their way at the same time.
AT_ONCE: Final = (1, 4)
READ_BARS: Final = 500
READS: Final = 2_000
READS_NOT_COUNTED: Final = 50
MINUTE_MS: Final = 60_000


def series(symbols: int, bars: int) -> list[Bars]:
    """Random walks of minute bars, each symbol under its own name."""
    chance = np.random.default_rng(5)
    times_ms = np.arange(bars, dtype=np.int64) * MINUTE_MS + 1_600_000_000_000
    made = []
    for number in range(symbols):
        close = np.round(100 * np.exp(np.cumsum(chance.normal(0, 0.001, bars))), 4)
        open_ = np.concatenate([close[:1], close[:-1]])
        high, low = np.maximum(open_, close) * 1.0005, np.minimum(open_, close) * 0.9995
        volume = np.floor(chance.lognormal(8, 1, bars)) + 1
        made.append(make_bars(f"S{number:05d}", "1m", times_ms, open_, high, low, close, volume))
    return made


async def plain_copy(server: PostgresServer, database: str, made: Sequence[Bars]) -> float:
    """Seconds of one COPY, in one transaction, into a table with the same columns and the same key."""

    async def data() -> AsyncIterator[bytes]:
        yield COPY_START
        for number, bars in enumerate(made, start=1):
            yield copy_rows(number, bars, np.ones(len(bars), dtype=np.bool_))
        yield COPY_END

    connection = await asyncpg.connect(server.url(database))
    try:
        await connection.execute("CREATE TABLE plain (LIKE bars INCLUDING ALL)")
        started_s = time.perf_counter()
        await connection.copy_to_table("plain", source=data(), columns=BAR_COLUMNS, format="binary")
        seconds = time.perf_counter() - started_s
        await connection.execute("DROP TABLE plain")
    finally:
        await connection.close()
    return seconds


async def stored(way: Way, made: Sequence[Bars], title: str, at_once: int) -> float:
    """Seconds until all are stored, with a bar that says how far it is."""
    started_s = time.perf_counter()
    with ProgressBar(messages_console(), title, len(made)).shown() as bar:
        async with aclosing(in_order(made, way, at_once=at_once)) as counts:
            new = 0
            async for count in counts:
                new += count
                bar.advance(f"{new:,} bars, {new / (time.perf_counter() - started_s):,.0f} a second")
    if new != sum(len(bars) for bars in made):
        raise RuntimeError(f"{new} bars were new, not all of them")
    return time.perf_counter() - started_s


async def read_times_ms(read: Callable[[str], Awaitable[int]], symbols: Sequence[str]) -> list[float]:
    """Milliseconds of each read of 500 bars, one after the other, without the first ones."""
    times = []
    chance = np.random.default_rng(6)
    for symbol in chance.choice(symbols, READS_NOT_COUNTED + READS):
        started_s = time.perf_counter()
        count = await read(str(symbol))
        times.append((time.perf_counter() - started_s) * 1000)
        if count != READ_BARS:
            raise RuntimeError(f"{count} bars of {symbol} were read, not {READ_BARS}")
    return times[READS_NOT_COUNTED:]


@asynccontextmanager
async def service(url: str) -> AsyncIterator[str]:
    """The market data service as a process of its own; its address."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.marketdata", "--address", "127.0.0.1:0"),
        env={**os.environ, "MARKETDATA_DATABASE_URL": url},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stderr is not None
        # the first line of the log is written once the service answers
        yield str(json.loads(await process.stderr.readline())["address"])
    finally:
        process.terminate()
        await process.communicate()


class Bench:
    """The rows of the two tables."""

    def __init__(self, server: PostgresServer, made: list[Bars]) -> None:
        self._server = server
        self._made = made
        self._bar_count = sum(len(bars) for bars in made)
        self.rates = open_table("~way in", ">seconds", ">bars a second", ">of plain COPY")
        self.reads = open_table("~500 bars of one symbol", ">median ms", ">p99 ms", ">slowest ms")
        self._plain_s = 0.0

    async def run(self) -> None:
        self._new("plain")
        async with aclosing(await Database.open(self._server.url("plain"), MIGRATIONS)):
            self._plain_s = await plain_copy(self._server, "plain", self._made)
        self._rate("plain COPY, one transaction", self._plain_s)
        self._server.drop("plain")
        for at_once in AT_ONCE:
            await self._repository(at_once, reads=at_once == AT_ONCE[-1])
        for at_once in AT_ONCE:
            await self._service(at_once, reads=at_once == AT_ONCE[-1])

    async def _repository(self, at_once: int, *, reads: bool) -> None:
        self._new("repository")
        async with aclosing(await Database.open(self._server.url("repository"), MIGRATIONS)) as database:
            repository = BarRepository(database)

            async def store(bars: Bars) -> int:
                return (await repository.upsert(bars)).inserted

            async def read(symbol: str) -> int:
                bars = await repository.read(symbol, "1m", limit=READ_BARS)
                return 0 if bars is None else len(bars)

            name = f"repository, {at_once} at a time"
            self._rate(name, await stored(store, self._made, name, at_once))
            if reads:
                self._settled("repository")
                self._read("repository", await read_times_ms(read, self._symbols))
        self._server.drop("repository")

    async def _service(self, at_once: int, *, reads: bool) -> None:
        self._new("service")
        async with service(self._server.url("service")) as address, MarketDataClient.connect(address) as client:

            async def store(bars: Bars) -> int:
                return (await client.ingest_bars(bars)).inserted_count

            async def read(symbol: str) -> int:
                return len(await client.get_bars(symbol, "1m", limit=READ_BARS))

            name = f"service over gRPC, {at_once} at a time"
            self._rate(name, await stored(store, self._made, name, at_once))
            if reads:
                self._settled("service")
                self._read("service over gRPC", await read_times_ms(read, self._symbols))
                self._size()
        self._server.drop("service")

    @property
    def _symbols(self) -> list[str]:
        return [bars.symbol for bars in self._made]

    def _new(self, database: str) -> None:
        self._server.create(database)
        # what is still to be written of the one before must not slow this one
        self._server.sql("CHECKPOINT")

    def _rate(self, name: str, seconds: float) -> None:
        share = f"{self._plain_s / seconds:.0%}"
        self.rates.add_row(name, f"{seconds:.1f}", f"{self._bar_count / seconds:,.0f}", share)

    def _settled(self, database: str) -> None:
        """What the server does by itself some time after so many new rows."""
        self._server.sql("VACUUM (ANALYZE) bars", database)

    def _read(self, name: str, times: list[float]) -> None:
        p99 = statistics.quantiles(times, n=100)[98]
        self.reads.add_row(name, f"{statistics.median(times):.2f}", f"{p99:.2f}", f"{max(times):.2f}")

    def _size(self) -> None:
        sizes = self._server.sql(
            "SELECT pg_size_pretty(pg_table_size('bars')), pg_size_pretty(pg_indexes_size('bars'))", "service"
        )
        table, key = sizes.split("|")
        results_console().print(f"{self._bar_count:,} bars on disk: table {table}, key {key}")


def main() -> int:
    symbols, bars = (int(text) for text in (sys.argv[1:3] if len(sys.argv) > 2 else (SYMBOLS, BARS_A_SYMBOL)))
    made = series(symbols, bars)
    console = results_console()
    with postgres_server(OPTIONS) as server:
        version = server.sql("SHOW server_version")
        durable = ", ".join(f"{name} {server.sql(f'SHOW {name}')}" for name in DURABILITY)
        console.print(f"PostgreSQL {version}, {durable}, {', '.join(OPTIONS)}; {os.cpu_count()} processors")
        bench = Bench(server, made)
        asyncio.run(bench.run())
    console.print(bench.rates)
    console.print(bench.reads)
    return 0


if __name__ == "__main__":
    sys.exit(main())
