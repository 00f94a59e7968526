"""What one replica of each service does, and how many are needed. ``python -m tools.bench_sizing``.

Each stage alone first, under as much load as it takes: calls a second, and what a call costs. Then a whole system:
processor time of every service for one analysis of stored bars, and for one live bar with the analysis that it
brings. From these the capacity plan is computed. All analyses are of 500 real bars, none comes from the cache.
"""

from __future__ import annotations

import asyncio
import math
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orchestrator.cli.output import results_console
from orchestrator.cli.services import STAGES
from orchestrator.cli.tables import open_table
from tools.bench_resources import usage
from tools.callers import Callers
from tools.replicas import HOSTS, Replicas
from tools.system_costs import ANALYSES, BARS, LIVE_BARS, RunningSystem
from wyckoff.telemetry.logs import configure_logs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

WINDOW_S: Final = 6.0
COMPUTING: Final = ("volume", "range", "phase", "pattern", "risk")
PLANNED_SYMBOLS: Final = (10, 100, 1_000, 10_000, 100_000)
#: Part of a processor that a replica may be busy; the rest is for bursts, retries and the loss of another.
BUSY: Final = 0.6
DAILY_RUN_S: Final = 3600.0
LIVE_BARS_S: Final = (900.0, 60.0)


@dataclass(frozen=True, slots=True)
class StageFigures:
    """One replica of a stage under as much load as it takes."""

    calls_per_s: float
    cpu_ms: float
    processors: float
    idle_mib: float
    peak_mib: float


async def stage_alone(name: str, folder: Path) -> StageFigures:
    """Two processes call one replica, four calls each at a time."""
    (service,) = (service for service in STAGES if service.name == name)
    async with Replicas(service, folder) as replicas:
        await replicas.add(HOSTS[0])
        pid = replicas.pid(HOSTS[0])
        idle = usage(pid)
        async with Callers(name, BARS, replicas.target) as callers:
            started_s, calls, before = time.perf_counter(), await callers.answered(), usage(pid)
            await asyncio.sleep(WINDOW_S)
            calls, after = await callers.answered() - calls, usage(pid)
            elapsed_s = time.perf_counter() - started_s
    cpu_s = after.cpu_s - before.cpu_s
    return StageFigures(calls / elapsed_s, 1000 * cpu_s / calls, cpu_s / elapsed_s, idle.rss_mib, after.peak_mib)


def replicas_needed(symbols: int, cpu_ms: float, within_s: float) -> int:
    """Replicas that do ``symbols`` times ``cpu_ms`` within the time without being busier than :data:`BUSY`."""
    return max(1, math.ceil(symbols * cpu_ms / 1000 / (within_s * BUSY)))


def show_stages(console: Console, stages: Mapping[str, StageFigures]) -> None:
    table = open_table("~stage", ">calls/s", ">CPU ms a call", ">processors", ">MiB idle", ">MiB most")
    for name, found in stages.items():
        row = (found.calls_per_s, found.cpu_ms, found.processors, found.idle_mib, found.peak_mib)
        table.add_row(name, *(f"{value:.{digits}f}" for value, digits in zip(row, (0, 2, 2, 0, 0), strict=True)))
    console.print(f"one replica of each stage, {BARS} bars, 8 calls at a time")
    console.print(table)


def show_costs(console: Console, analysis_ms: Mapping[str, float], live_ms: Mapping[str, float]) -> None:
    table = open_table("~service", ">CPU ms an analysis", ">CPU ms a live bar")
    for name, cost_ms in analysis_ms.items():
        table.add_row(name, f"{cost_ms:.2f}", f"{live_ms[name]:.2f}")
    table.add_row("all", f"{sum(analysis_ms.values()):.2f}", f"{sum(live_ms.values()):.2f}")
    console.print(f"a whole system: {ANALYSES} analyses of stored bars; {LIVE_BARS} live bars of each of ten symbols")
    console.print(table)


def show_plan(console: Console, cost_ms: Mapping[str, float], within_s: float, title: str) -> None:
    table = open_table("~service", *(f">{symbols:,}" for symbols in PLANNED_SYMBOLS))
    for name, service_ms in cost_ms.items():
        counts = (replicas_needed(symbols, service_ms, within_s) for symbols in PLANNED_SYMBOLS)
        table.add_row(name, *map(str, counts))
    processors = (symbols * sum(cost_ms.values()) / 1000 / within_s for symbols in PLANNED_SYMBOLS)
    table.add_row("processors busy", *(f"{value:.2g}" if value < 1 else f"{value:.0f}" for value in processors))
    console.print(f"replicas for {title}, by number of symbols")
    console.print(table)


def main() -> int:
    configure_logs("bench", level="error")
    console = results_console()
    with tempfile.TemporaryDirectory(prefix="wyckoff-bench-") as name:
        folder = Path(name)
        stages = {stage: asyncio.run(stage_alone(stage, folder / stage)) for stage in COMPUTING}
        show_stages(console, stages)
        with RunningSystem.started(folder / "stored", live=False) as system:
            analysis_ms = asyncio.run(system.analyses_ms())
        with RunningSystem.started(folder / "live", live=True) as system:
            live_ms = asyncio.run(system.live_bars_ms())
    show_costs(console, analysis_ms, live_ms)
    show_plan(console, analysis_ms, DAILY_RUN_S, "a daily run within an hour")
    for bars_s in LIVE_BARS_S:
        show_plan(console, live_ms, bars_s, f"live bars every {bars_s / 60:g} minutes, all analysed before the next")
    console.print(f"{os.cpu_count()} processors; load of the machine at the end {os.getloadavg()[0]:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
