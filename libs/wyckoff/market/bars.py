"""The one type for price and volume bars: columnar, chronological, read-only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

PRICE_COLUMNS: Final = ("open", "high", "low", "close")
COLUMNS: Final = (*PRICE_COLUMNS, "volume")


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Bars:
    """Closed bars of one symbol and timeframe.

    Every array is one-dimensional and of one length; ``open_time_ms`` is int64 milliseconds since the
    epoch (UTC) and ascends strictly, the others are float64. Prices are in quote currency, volume in units.
    A volume of 0 means *unknown*. Construct with checked data only: see :mod:`wyckoff.market.gate`.
    """

    symbol: str
    timeframe: str
    open_time_ms: IntArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray

    def __len__(self) -> int:
        return len(self.open_time_ms)

    def head(self, count: int) -> Bars:
        """The first ``count`` bars, as views."""
        return self._sliced(slice(0, count))

    def tail(self, count: int) -> Bars:
        """The last ``count`` bars, as views."""
        return self._sliced(slice(max(0, len(self) - count), len(self)))

    def _sliced(self, part: slice) -> Bars:
        return Bars(
            self.symbol,
            self.timeframe,
            self.open_time_ms[part],
            self.open[part],
            self.high[part],
            self.low[part],
            self.close[part],
            self.volume[part],
        )


def make_bars(
    symbol: str,
    timeframe: str,
    open_time_ms: object,
    open_: object,
    high: object,
    low: object,
    close: object,
    volume: object,
) -> Bars:
    """Bars from anything NumPy can read, as read-only arrays; nothing is checked."""

    def floats(values: object) -> FloatArray:
        array = np.asarray(values, dtype=np.float64)
        if array.flags.writeable:
            array = array.view()
            array.flags.writeable = False
        return array

    times = np.asarray(open_time_ms, dtype=np.int64).view()
    times.flags.writeable = False
    return Bars(symbol, timeframe, times, floats(open_), floats(high), floats(low), floats(close), floats(volume))
