"""Timings of the main job over real service processes. ``python -m tools.bench [RUNS]``.

Ten symbols of 500 real bars, analysed by one ``AnalyzeSymbols``. Every cold run has symbols of its own, whose bars
nobody has analysed before; the warm runs repeat one set.
The null row makes the same number of calls, as many at a time, with empty work: what transport alone costs.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from grpc_health.v1 import health_pb2

from orchestrator.cli.output import results_console
from orchestrator.cli.tables import open_table
from orchestrator.embedded import embedded_orchestrator
from orchestrator.health import CHECK
from tools.demo import running_services
from tools.sample_bars import STOCKS, sample_bars
from wyckoff.client import WyckoffClient, make_bars
from wyckoff.rpc.channel import GrpcTransport
from wyckoff.telemetry.logs import configure_logs

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from wyckoff.client import Bars
    from wyckoff.orchestrator.v1.orchestrator_pb2 import Analysis

SYMBOLS: Final = 10
BARS: Final = 500
AT_ONCE: Final = 10
#: Calls behind one symbol: bars, five stages, portfolio.
CALLS_PER_SYMBOL: Final = 7


def symbols(run: int) -> list[Bars]:
    """Ten windows of 500 real daily bars under names of their own, prices scaled so that no two runs share them."""
    scale = 1.0 + run / 1000
    made = []
    for number in range(SYMBOLS):
        source = sample_bars(STOCKS[number % len(STOCKS)])
        start = (number // len(STOCKS)) * BARS
        part = slice(start, start + BARS)
        open_, high, low, close = (
            column[part] * scale for column in (source.open, source.high, source.low, source.close)
        )
        times_ms, volume = source.open_time_ms[part], source.volume[part]
        made.append(make_bars(f"BENCH{run}-{number}", "1d", times_ms, open_, high, low, close, volume))
    return made


async def measure(run: Callable[[], Awaitable[None]], runs: int) -> list[float]:
    """Milliseconds of each run, after one that is not counted."""
    await run()
    times_ms = []
    for _ in range(runs):
        started_s = time.perf_counter()
        await run()
        times_ms.append((time.perf_counter() - started_s) * 1000)
    return times_ms


async def ingest(address: str, sets: list[list[Bars]]) -> None:
    async with WyckoffClient.connect(address) as marketdata:
        for item in (item for items in sets for item in items):
            await marketdata.ingest_bars(item)


async def bench(addresses: dict[str, str], runs: int) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Times by row, and execution times by stage."""
    sets = [symbols(run) for run in range(runs + 1)]
    bars = sets[0]
    stages: dict[str, list[float]] = {}
    await ingest(addresses["marketdata"], sets)
    unseen = iter(sets)

    transport = GrpcTransport.connect(addresses["volume"])

    async def null_calls() -> None:
        async def chain() -> None:
            for _ in range(CALLS_PER_SYMBOL * SYMBOLS // AT_ONCE):
                await transport.unary(CHECK, health_pb2.HealthCheckRequest(), timeout_s=5)

        await asyncio.gather(*(chain() for _ in range(AT_ONCE)))

    async with WyckoffClient.connect(addresses["orchestrator"]) as client, embedded_orchestrator() as embedded:

        async def analyse(items: list[Bars]) -> list[Analysis]:
            names = [item.symbol for item in items]
            return [answer.analysis async for answer in client.analyze_symbols(names, "1d")]

        async def cold() -> None:
            for analysis in await analyse(next(unseen)):
                for stage in analysis.stages:
                    stages.setdefault(stage.stage, []).append(stage.execution_time_ms)

        async def warm() -> None:
            await analyse(bars)

        async def one_symbol() -> None:
            await client.analyze_symbol(bars[0].symbol, "1d")

        async def in_process() -> None:
            for item in bars:
                await embedded.analyze_bars(item)

        rows = {
            "null calls": await measure(null_calls, runs),
            "10 x 500 bars over gRPC, cold": await measure(cold, runs),
            "10 x 500 bars over gRPC, warm": await measure(warm, runs),
            "10 x 500 bars in process": await measure(in_process, runs),
            "one symbol over gRPC, warm": await measure(one_symbol, runs),
        }
    await transport.close()
    return rows, stages


def show(rows: dict[str, list[float]], stages: dict[str, list[float]]) -> None:
    """Medians with their spread, as times and as multiples of the null calls."""
    console = results_console()
    null_ms = statistics.median(rows["null calls"])
    table = open_table("~row", ">median ms", ">min", ">max", ">x null")
    for name, times_ms in rows.items():
        median_ms = statistics.median(times_ms)
        spread = (median_ms, min(times_ms), max(times_ms), median_ms / null_ms)
        table.add_row(name, *(f"{value:.1f}" for value in spread))
    console.print(table)
    console.print("stages of the cold runs")
    breakdown = open_table("~stage", ">median ms a symbol", ">max")
    for name, times_ms in stages.items():
        breakdown.add_row(name, f"{statistics.median(times_ms):.2f}", f"{max(times_ms):.2f}")
    console.print(breakdown)
    console.print("stage times are from call to answer, with ten symbols waiting for the same processes")


def main() -> int:
    configure_logs("bench", level="error")
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    with (
        tempfile.TemporaryDirectory(prefix="wyckoff-bench-") as folder,
        running_services(Path(folder), ORCHESTRATOR_LIVE="false") as addresses,
    ):
        rows, stages = asyncio.run(bench(addresses, runs))
    show(rows, stages)
    return 0


if __name__ == "__main__":
    sys.exit(main())
