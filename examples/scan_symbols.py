"""Analyse everything that is stored, and list the trades that are justified: ``python examples/scan_symbols.py``.

Needs running services: ``wyckoff up``.
"""

from __future__ import annotations

import argparse
import asyncio

from wyckoff.chart.labels import pattern_name
from wyckoff.client import MarketDataClient, WyckoffClient


async def main(orchestrator: str, marketdata: str, timeframe: str) -> None:
    async with MarketDataClient.connect(marketdata) as store:
        instruments = [item async for item in store.iterate_instruments()]
    symbols = sorted({item.symbol for item in instruments if item.timeframe == timeframe})
    if not symbols:
        print(f"no bars of {timeframe} are stored")
        return

    async with WyckoffClient.connect(orchestrator) as client:
        async for answer in client.analyze_symbols(symbols, timeframe):
            if answer.HasField("error"):
                # the others are not touched by it
                print(f"{answer.error.symbol}: {answer.error.message}")
            else:
                found = [pattern_name(signal.pattern_type) for signal in answer.analysis.signals]
                print(f"{answer.analysis.symbol}: {', '.join(found) or 'no trade'}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orchestrator", default="127.0.0.1:50050", metavar="HOST:PORT")
    parser.add_argument("--marketdata", default="127.0.0.1:50051", metavar="HOST:PORT")
    parser.add_argument("--timeframe", default="1d")
    options = parser.parse_args()
    asyncio.run(main(options.orchestrator, options.marketdata, options.timeframe))
