"""Memory and processor time of each service under load. ``python -m tools.bench_resources [RUNS]``.

Real processes with metrics on, as they run in a cluster. The typical load are ten symbols of 500 real bars, none of
them analysed before, half of them asked for over the gateway; the large one are symbols with as many bars as one
request may have. What it prints is what requests and limits in ``deploy/k8s`` are made from.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from orchestrator.cli.output import results_console
from orchestrator.cli.tables import open_table
from tools.bench import ingest, symbols
from tools.demo import running_services
from tools.sample_bars import STOCKS, sample_bars
from wyckoff.client import WyckoffClient, make_bars
from wyckoff.market.gate import MAX_BARS

if TYPE_CHECKING:
    from wyckoff.client import Bars

RUNS: Final = 10
LARGE_AT_ONCE: Final = 2
LARGE_TIMEOUT_S: Final = 600.0
_DAY_MS: Final = 86_400_000
_MIB_KB: Final = 1024
_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    """What one process uses now, has used at the most, and how long it has computed."""

    rss_mib: float
    peak_mib: float
    cpu_s: float


def usage(pid: int) -> Usage:
    """As the kernel tells it."""
    folder = Path(f"/proc/{pid}")
    lines = (line.split(":", 1) for line in folder.joinpath("status").read_text(encoding="utf-8").splitlines())
    fields = {name: text.split()[0] for name, text in lines if name in {"VmRSS", "VmHWM"}}
    # the name of the program is in brackets and may hold blanks; user and system time are the 12th and 13th behind it
    times = folder.joinpath("stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    cpu_s = (int(times[11]) + int(times[12])) / _TICKS_PER_S
    return Usage(int(fields["VmRSS"]) / _MIB_KB, int(fields["VmHWM"]) / _MIB_KB, cpu_s)


def large_bars(number: int) -> Bars:
    """Real bars, one stretch after the other at ever new prices, until there are as many as are taken at once."""
    source = sample_bars(STOCKS[number % len(STOCKS)])
    times = -(-MAX_BARS // len(source.close))
    scale = np.repeat(1.0 + 0.01 * np.arange(times), len(source.close))
    columns = [np.tile(column, times) * scale for column in (source.open, source.high, source.low, source.close)]
    open_, high, low, close = (column[:MAX_BARS] for column in columns)
    times_ms = np.arange(MAX_BARS, dtype=np.int64) * (_DAY_MS // 24)
    return make_bars(
        f"LARGE{number}", "1h", times_ms, open_, high, low, close, np.tile(source.volume, times)[:MAX_BARS]
    )


async def typical(addresses: dict[str, str], runs: int) -> int:
    """Analyse ``runs`` sets of ten symbols; returns how many analyses that were."""
    sets = [symbols(run) for run in range(runs)]
    await ingest(addresses["marketdata"], sets)
    count = 0
    async with WyckoffClient.connect(addresses["orchestrator"], timeout_s=60) as client:
        for items in sets:
            names = [item.symbol for item in items]
            half = len(names) // 2
            answers = [answer async for answer in client.analyze_symbols(names[:half], "1d")]
            await asyncio.gather(*(asyncio.to_thread(_over_http, addresses["gateway"], name) for name in names[half:]))
            count += len(answers) + len(names[half:])
    return count


async def large(addresses: dict[str, str]) -> None:
    """Analyse symbols of the greatest length, as many at once as there are."""
    bars = [large_bars(number) for number in range(LARGE_AT_ONCE)]
    async with WyckoffClient.connect(addresses["marketdata"], timeout_s=60) as marketdata:
        for item in bars:
            await marketdata.ingest_bars(item)
    async with WyckoffClient.connect(addresses["orchestrator"]) as client:
        asked = (
            client.analyze_symbol(item.symbol, "1h", lookback_bars=MAX_BARS, timeout_s=LARGE_TIMEOUT_S) for item in bars
        )
        answers = await asyncio.gather(*asked)
    if not all(answer.complete for answer in answers):
        raise RuntimeError("an analysis of the large load is incomplete: the figures would be too low")


def _over_http(address: str, symbol: str) -> None:
    host, _, port = address.rpartition(":")
    connection = http.client.HTTPConnection(host.removeprefix("http://"), int(port), timeout=60)
    try:
        connection.request("GET", f"/api/v1/analysis/{symbol}/1d")
        response = connection.getresponse()
        body = response.read()
        if response.status != http.HTTPStatus.OK:
            raise RuntimeError(f"the gateway answered {response.status}: {body[:500]!r}")
    finally:
        connection.close()


async def load(folder: Path, addresses: dict[str, str], runs: int) -> None:
    """Both loads, one after the other, and what each service used."""
    content = json.loads((folder / "services.json").read_text(encoding="utf-8"))
    pids = {name: int(service["pid"]) for name, service in content.items()}
    at_rest = {name: usage(pid) for name, pid in pids.items()}
    count = await typical(addresses, runs)
    after_typical = {name: usage(pid) for name, pid in pids.items()}
    await large(addresses)
    table = open_table(
        "~service", ">start s", ">MiB at rest", ">MiB typical", ">ms an analysis", ">MiB large", ">large s"
    )
    for name, pid in pids.items():
        rest, used, most = at_rest[name], after_typical[name], usage(pid)
        mean_ms = (used.cpu_s - rest.cpu_s) * 1000 / count
        large_s = (most.cpu_s - used.cpu_s) / LARGE_AT_ONCE
        row = (f"{rest.cpu_s:.2f}", f"{rest.rss_mib:.0f}", f"{used.peak_mib:.0f}", f"{mean_ms:.2f}")
        table.add_row(name, *row, f"{most.peak_mib:.0f}", f"{large_s:.2f}")
    console = results_console()
    console.print(table)
    console.print(
        f"{count} analyses of 500 bars, {LARGE_AT_ONCE} of {MAX_BARS:,}; MiB are resident, the most at any time"
    )
    console.print("ms and s are of one processor: of an analysis over the gateway for that, and of a start")


def main() -> int:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = folder / "alerts.toml"
        config.touch()
        settings = {
            "ALERTS_CONFIG": str(config),
            "GATEWAY_RATE_LIMIT": "1000000/minute",
            "GATEWAY_COSTLY_RATE_LIMIT": "1000000/minute",
            # what is stored would be analysed in the background, too
            "ORCHESTRATOR_LIVE": "false",
            "WYCKOFF_TELEMETRY_METRICS_PORT": "0",
        }
        with running_services(folder, **settings) as addresses:
            asyncio.run(load(folder, addresses, runs))
    return 0


if __name__ == "__main__":
    sys.exit(main())
