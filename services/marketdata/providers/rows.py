"""Rows of an answer as bars; rows without prices and impossible ones are left out and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from services.marketdata.providers.answers import bad_answer
from wyckoff.market.bars import PRICE_COLUMNS, make_bars
from wyckoff.market.gate import MAX_PRICE, MAX_TIME_MS, MAX_VOLUME, MIN_PRICE, MIN_TIME_MS
from wyckoff.market.provider import Adjustment, Chunk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from wyckoff.market.bars import Bars, FloatArray, IntArray


def chunk_of(
    provider: str,
    symbol: str,
    timeframe: str,
    times_ms: object,
    columns: Mapping[str, Sequence[Any]],
    adjustment: Adjustment,
    *,
    notes: tuple[str, ...] = (),
) -> Chunk:
    """Bars from columns as a provider gives them: numbers, numbers as text, None and NaN among them.

    A volume that is missing or no volume becomes 0, which means unknown.
    """
    times = as_times(provider, times_ms)
    values = {name: as_numbers(provider, name, columns[name]) for name in (*PRICE_COLUMNS, "volume")}
    for name, column in values.items():
        if len(column) != len(times):
            raise bad_answer(provider, f"it has {len(times)} times and {len(column)} values of {name}")
    prices = np.stack([values[name] for name in PRICE_COLUMNS]) if len(times) else np.empty((4, 0))
    empty = ~np.isfinite(prices).all(axis=0)
    impossible = ~empty & ~_possible(prices, times)
    volume = values["volume"]
    known = np.isfinite(volume) & (volume >= 0) & (volume <= MAX_VOLUME)
    values["volume"] = np.where(known, volume, 0.0)
    kept = ~empty & ~impossible
    bars = _ascending(symbol, timeframe, times[kept], {name: column[kept] for name, column in values.items()})
    return Chunk(bars, adjustment, int(empty.sum()), int(impossible.sum()), notes)


def as_times(provider: str, values: object) -> IntArray:
    """Whole milliseconds; raises UnavailableError for anything else."""
    try:
        array = np.asarray(values)
        if array.size == 0:
            return np.empty(0, dtype=np.int64)
        if array.ndim != 1 or array.dtype.kind not in "iuf" or not np.isfinite(array).all():
            raise ValueError(f"{array.dtype} of {array.ndim} dimensions")
        return array.astype(np.int64)
    except (ValueError, TypeError, OverflowError) as error:
        raise bad_answer(provider, "its times are no numbers") from error


def as_numbers(provider: str, name: str, values: Sequence[Any]) -> FloatArray:
    """Numbers, with NaN for None; raises UnavailableError for anything else."""
    try:
        array = np.array(values, dtype=np.float64)
        if array.ndim != 1:
            raise ValueError(f"{array.ndim} dimensions")
    except (ValueError, TypeError, OverflowError) as error:
        raise bad_answer(provider, f"its values of {name} are no numbers") from error
    return array


def _possible(prices: FloatArray, times: IntArray) -> NDArray[np.bool_]:
    in_range = np.logical_and.reduce((prices >= MIN_PRICE) & (prices <= MAX_PRICE), axis=0)
    high, low = prices[PRICE_COLUMNS.index("high")], prices[PRICE_COLUMNS.index("low")]
    possible: NDArray[np.bool_] = in_range & (high >= low) & (times >= MIN_TIME_MS) & (times <= MAX_TIME_MS)
    return possible


def _ascending(symbol: str, timeframe: str, times: IntArray, values: Mapping[str, FloatArray]) -> Bars:
    """In time order; of equal times the order of the provider stays."""
    order = np.argsort(times, kind="stable")
    columns = (values[name][order] for name in (*PRICE_COLUMNS, "volume"))
    return make_bars(symbol, timeframe, times[order], *columns)
