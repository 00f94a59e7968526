"""What a second replica brings, over real processes. ``python -m tools.bench_scaling [ROUNDS]``.

The load is bound by the pattern service: a history of 10,000 real bars, so that computing outweighs transport. Callers
are processes of their own. Each round measures one replica, then two; rounds alternate so that whatever else the
machine does meets both. Then a replica is added under load, and the time until it serves its part is told.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orchestrator.cli.output import results_console
from orchestrator.cli.services import STAGES
from orchestrator.cli.tables import open_table
from tools.bench_resources import usage
from tools.callers import Callers
from tools.replicas import HOSTS, Replicas
from tools.stage_load import Load, long_bars, stage_calls
from wyckoff.telemetry.logs import configure_logs

if TYPE_CHECKING:
    from collections.abc import Sequence

BARS: Final = 10_000
ROUNDS: Final = 5
WINDOW_S: Final = 6.0
#: A newcomer has its share once it serves so much of its fair part.
SHARE: Final = 0.9
SHARE_CALLS: Final = 60


async def throughput(replicas: Replicas, callers: Callers) -> tuple[float, float, float]:
    """Calls a second, and processors that replicas and callers use."""
    started_s, calls = time.perf_counter(), await callers.answered()
    stage_s, callers_s = _stage_cpu_s(replicas), callers.cpu_s()
    await asyncio.sleep(WINDOW_S)
    calls = await callers.answered() - calls
    elapsed_s = time.perf_counter() - started_s
    used = (_stage_cpu_s(replicas) - stage_s, callers.cpu_s() - callers_s)
    return calls / elapsed_s, used[0] / elapsed_s, used[1] / elapsed_s


def _stage_cpu_s(replicas: Replicas) -> float:
    return sum(usage(replicas.pid(host)).cpu_s for host in replicas.hosts)


async def bench(folder: Path, rounds: int) -> tuple[dict[int, list[tuple[float, float, float]]], float]:
    """Figures of each round by number of replicas, and the seconds until a replica that is added has its share."""
    (pattern,) = (service for service in STAGES if service.name == "pattern")
    found: dict[int, list[tuple[float, float, float]]] = {1: [], 2: []}
    for _ in range(rounds):
        for count, figures in found.items():
            async with Replicas(pattern, folder) as replicas:
                for host in HOSTS[:count]:
                    await replicas.add(host)
                async with Callers("pattern", BARS, replicas.target) as callers:
                    figures.append(await throughput(replicas, callers))
    async with Replicas(pattern, folder) as replicas:
        return found, await newcomer_s(replicas)


async def newcomer_s(replicas: Replicas) -> float:
    """Seconds from serving and being in DNS until a replica that joins two others serves its part, settings as are."""
    call = (await stage_calls(long_bars(1_000)))["pattern"]
    for host in HOSTS[:2]:
        await replicas.add(host)
    transport = replicas.connect(retries=0)
    async with Load(transport, call).running() as load:
        await load.more(SHARE_CALLS)
        await replicas.add(HOSTS[2])
        started_s = time.perf_counter()
        while await _part(replicas, load) < SHARE / len(replicas.hosts):
            pass
        elapsed_s = time.perf_counter() - started_s
    await transport.close()
    if load.failures:
        raise RuntimeError(f"{len(load.failures)} calls failed, the first: {load.failures[0]}")
    return elapsed_s


async def _part(replicas: Replicas, load: Load) -> float:
    """Part of the next calls that the newest replica serves."""
    newest = replicas.hosts[-1]
    before = await replicas.served(newest)
    await load.more(SHARE_CALLS)
    return (await replicas.served(newest) - before) / SHARE_CALLS


def show(found: dict[int, list[tuple[float, float, float]]], share_s: float) -> None:
    console = results_console()
    table = open_table(
        ">replicas",
        ">calls/s, median",
        ">min",
        ">max",
        ">processors of replicas",
        ">of callers",
        ">calls a processor second",
    )
    for count, figures in found.items():
        rates, stage, callers = zip(*figures, strict=True)
        shown = (statistics.median(rates), min(rates), max(rates), statistics.median(stage), statistics.median(callers))
        each = statistics.median(rate / used for rate, used in zip(rates, stage, strict=True))
        table.add_row(str(count), *(f"{value:.2f}" for value in (*shown, each)))
    console.print(table)
    ratios: Sequence[float] = [two[0] / one[0] for one, two in zip(found[1], found[2], strict=True)]
    console.print(
        f"two replicas to one: {statistics.median(ratios):.2f} (rounds {min(ratios):.2f} to {max(ratios):.2f})"
    )
    console.print(f"a third replica had its share {share_s:.1f} s after it served")
    console.print(f"{os.cpu_count()} processors; load of the machine at the end {os.getloadavg()[0]:.1f}")


def main() -> int:
    configure_logs("bench", level="error")
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with tempfile.TemporaryDirectory(prefix="wyckoff-bench-") as folder:
        found, share_s = asyncio.run(bench(Path(folder), rounds))
    show(found, share_s)
    return 0


if __name__ == "__main__":
    sys.exit(main())
