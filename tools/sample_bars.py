"""Real daily bars for the demo and the tests, read straight from the data files of two installed packages.

Stocks (AAPL, GOOG, IBM, MSFT from 2000) come from ``bokeh_sampledata`` and are adjusted here for their splits;
indices (S&P 500, NASDAQ Composite from 1999) come from ``arch``. Neither package is imported.
"""

from __future__ import annotations

import csv
import gzip
import importlib.util
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from wyckoff.market.bars import Bars, make_bars

#: Nothing from this day on is shown or tuned on: later bars are kept to judge with.
LAST_DAY: Final = datetime(2010, 8, 1, tzinfo=UTC)
STOCKS: Final = ("AAPL", "GOOG", "IBM", "MSFT")
INDICES: Final = {"SP500": "sp500", "NASDAQ": "nasdaq"}
SYMBOLS: Final = (*STOCKS, *INDICES)

#: First day of the new share and how many it made of an old one.
SPLITS: Final = {"AAPL": (("2000-06-21", 2.0), ("2005-02-28", 2.0)), "MSFT": (("2003-02-18", 2.0),)}

_INDEX_DATE: Final = "%m/%d/%Y"
_STOCK_DATE: Final = "%Y-%m-%d"


def sample_bars(symbol: str) -> Bars:
    """All bars of ``symbol`` up to July 2010; raises KeyError for a symbol that is not in :data:`SYMBOLS`."""
    if symbol in INDICES:
        folder = INDICES[symbol]
        rows = _rows(_package_file("arch", f"data/{folder}/{folder}.csv.gz"), _INDEX_DATE)
    elif symbol in STOCKS:
        rows = _rows(_package_file("bokeh_sampledata", "_data/stocks.csv.gz"), _STOCK_DATE, symbol)
    else:
        raise KeyError(f"{symbol} is no sample; one of {', '.join(SYMBOLS)} is")
    return _adjusted(symbol, np.array(rows, dtype=np.float64))


def _package_file(package: str, name: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"the package {package} is not installed; make setup installs it")
    return Path(spec.submodule_search_locations[0]) / name


def _rows(path: Path, date_form: str, symbol: str | None = None) -> list[list[float]]:
    with gzip.open(path, "rb") as raw:
        reader = csv.reader(io.TextIOWrapper(raw, encoding="ascii"))
        header = [name.strip().lower() for name in next(reader)]
        at = [header.index(name) for name in ("date", "open", "high", "low", "close", "volume")]
        which = header.index("ticker") if symbol else 0
        rows = []
        for row in reader:
            if symbol and row[which] != symbol:
                continue
            day = datetime.strptime(row[at[0]], date_form).replace(tzinfo=UTC)
            if day < LAST_DAY:
                rows.append([day.timestamp() * 1000, *(float(row[index]) for index in at[1:])])
    return rows


def _adjusted(symbol: str, table: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> Bars:
    times_ms, prices, volume = table[:, 0], table[:, 1:5].copy(), table[:, 5].copy()
    for day, ratio in SPLITS.get(symbol, ()):
        before = times_ms < datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() * 1000
        prices[before] /= ratio
        volume[before] *= ratio
    return make_bars(
        symbol, "1d", times_ms.astype(np.int64), prices[:, 0], prices[:, 1], prices[:, 2], prices[:, 3], volume
    )
