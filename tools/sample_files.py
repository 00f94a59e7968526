"""The sample bars as CSV files, for the command line: ``python -m tools.sample_files DIR``."""

from __future__ import annotations

import csv
import sys
from datetime import UTC, datetime
from pathlib import Path

from tools.sample_bars import SYMBOLS, sample_bars


def write_sample_files(folder: Path) -> list[Path]:
    """One file a symbol in ``folder``, which is made; returns the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for symbol in SYMBOLS:
        bars = sample_bars(symbol)
        days = [datetime.fromtimestamp(time_ms / 1000, tz=UTC).date() for time_ms in bars.open_time_ms.tolist()]
        columns = (column.tolist() for column in (bars.open, bars.high, bars.low, bars.close, bars.volume))
        path = folder / f"{symbol}.csv"
        with path.open("w", newline="", encoding="ascii") as file:
            writer = csv.writer(file)
            writer.writerow(("timestamp", "open", "high", "low", "close", "volume"))
            writer.writerows(zip(days, *columns, strict=True))
        paths.append(path)
    return paths


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tools.sample_files DIR")
    for written in write_sample_files(Path(sys.argv[1])):
        print(written)
