"""Store the bars of a CSV file and print what they say: ``python examples/analyze_file.py AAPL.csv``.

Needs running services: ``wyckoff up``.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from wyckoff.chart.labels import direction_name, pattern_name, phase_name, side_name
from wyckoff.client import MarketDataClient, WyckoffClient
from wyckoff.market.files import read_bars


async def main(file: Path, orchestrator: str, marketdata: str) -> None:
    bars = read_bars(file, "1d")
    async with MarketDataClient.connect(marketdata) as store:
        stored = await store.ingest_bars(bars)
    print(f"{bars.symbol}: {stored.inserted_count} bars are new, {stored.unchanged_count} were there")

    async with WyckoffClient.connect(orchestrator, timeout_s=30) as client:
        analysis = await client.analyze_symbol(bars.symbol, bars.timeframe, lookback_bars=len(bars))
    if not analysis.complete:
        missing = [f"{stage.stage}: {stage.error}" for stage in analysis.stages if not stage.success]
        print("not everything could be said:", "; ".join(missing))
    for reading in analysis.phases:
        print(f"{side_name(reading.side)}, phase {phase_name(reading.phase)}, confidence {reading.confidence}")
    for signal in analysis.signals:
        print(
            f"{signal.timestamp.ToDatetime():%Y-%m-%d} {pattern_name(signal.pattern_type)} "
            f"{direction_name(signal.direction)}: entry {signal.entry_price}, stop {signal.stop_loss}, "
            f"target {signal.target_levels.primary_target}, {signal.position_size} shares"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--orchestrator", default="127.0.0.1:50050", metavar="HOST:PORT")
    parser.add_argument("--marketdata", default="127.0.0.1:50051", metavar="HOST:PORT")
    options = parser.parse_args()
    asyncio.run(main(options.file, options.orchestrator, options.marketdata))
