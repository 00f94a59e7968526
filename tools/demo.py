"""The demo: real services, real bars, real signals. ``python -m tools.demo [OUTPUT_DIR]``."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orchestrator.cli.output import ProgressBar, messages_console, results_console
from orchestrator.cli.report import print_report
from orchestrator.cli.tables import open_table
from tools.sample_bars import SYMBOLS, sample_bars
from wyckoff.chart import write_chart
from wyckoff.client import WyckoffClient
from wyckoff.market.gate import MAX_BARS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wyckoff.market.bars import Bars
    from wyckoff.orchestrator.v1.orchestrator_pb2 import Analysis

START_TIMEOUT_S: Final = 60.0
STOP_TIMEOUT_S: Final = 20.0
POLL_S: Final = 0.02
TIMEFRAME: Final = "1d"


@contextmanager
def running_services(folder: Path, **settings: str) -> Iterator[dict[str, str]]:
    """`wyckoff up` on free ports; gives the address of each service, and stops all at the end.

    ``settings`` are variables for the environment of the services.
    """
    ready_file = folder / "services.json"
    command = [str(Path(sys.executable).with_name("wyckoff")), "up", "--ephemeral-ports"]
    command += ["--data-dir", str(folder / "data"), "--ready-file", str(ready_file)]
    process = subprocess.Popen(command, env={**os.environ, **settings})
    try:
        yield _addresses(process, ready_file)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_TIMEOUT_S)


def _addresses(process: subprocess.Popen[bytes], ready_file: Path) -> dict[str, str]:
    expires_at_s = time.monotonic() + START_TIMEOUT_S
    while not ready_file.exists():
        if process.poll() is not None or time.monotonic() > expires_at_s:
            raise RuntimeError("the services did not start; their messages are above")
        time.sleep(POLL_S)
    services = json.loads(ready_file.read_text(encoding="utf-8"))
    return {name: service["address"] for name, service in services.items()}


async def analyse(addresses: dict[str, str], samples: dict[str, Bars]) -> dict[str, Analysis]:
    """Ingest all bars, then analyse all symbols over gRPC; by symbol."""
    analyses: dict[str, Analysis] = {}
    messages = messages_console()
    async with WyckoffClient.connect(addresses["marketdata"], timeout_s=60) as marketdata:
        with ProgressBar(messages, "ingesting", len(samples)).shown() as bar:
            for symbol, bars in samples.items():
                await marketdata.ingest_bars(bars)
                bar.advance(symbol)
    async with WyckoffClient.connect(addresses["orchestrator"]) as client:
        with ProgressBar(messages, "analysing", len(samples)).shown() as bar:
            async for answer in client.analyze_symbols(list(samples), TIMEFRAME, lookback_bars=MAX_BARS):
                if answer.HasField("error"):
                    raise RuntimeError(f"{answer.error.symbol}: {answer.error.message}")
                analyses[answer.analysis.symbol] = answer.analysis
                bar.advance(answer.analysis.symbol)
    return analyses


def show(samples: dict[str, Bars], analyses: dict[str, Analysis], charts: Path) -> None:
    """A report and a chart for each symbol, and one table over all."""
    console = results_console()
    summary = open_table("~symbol", ">bars", ">ranges", ">events", ">patterns", ">signals", ">rejected", "~chart")
    for symbol, bars in samples.items():
        analysis = analyses[symbol]
        print_report(console, analysis, bars)
        events = sum(len(reading.events) for reading in analysis.phases)
        counts = (len(analysis.ranges), events, len(analysis.patterns), len(analysis.signals), len(analysis.rejections))
        chart = write_chart(charts / f"{symbol}.html", bars, analysis)
        summary.add_row(symbol, str(len(bars)), *(str(count) for count in counts), str(chart))
    console.print()
    console.print(summary)


def main() -> int:
    charts = Path(sys.argv[1] if len(sys.argv) > 1 else "out/charts")
    started_s = time.monotonic()
    samples = {symbol: sample_bars(symbol) for symbol in SYMBOLS}
    with tempfile.TemporaryDirectory(prefix="wyckoff-demo-") as folder, running_services(Path(folder)) as addresses:
        analyses = asyncio.run(analyse(addresses, samples))
    show(samples, analyses, charts)
    incomplete = [symbol for symbol, analysis in analyses.items() if not analysis.complete]
    if incomplete:
        messages_console().print(f"incomplete: {', '.join(incomplete)}")
        return 1
    messages_console().print(f"services started, asked and stopped in {time.monotonic() - started_s:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
