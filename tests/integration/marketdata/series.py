"""Plain bars to store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wyckoff.market.bars import make_bars
from wyckoff.wire.bars import bars_to_proto

if TYPE_CHECKING:
    from wyckoff.common.v1 import common_pb2
    from wyckoff.market.bars import Bars

DAY_MS = 86_400_000


def some_bars(count: int, *, symbol: str = "AAPL", timeframe: str = "1d", first_day: int = 0, seed: int = 7) -> Bars:
    """Bars on days ``first_day`` onwards; the same day has the same prices for any ``first_day`` and ``count``."""
    walk = np.exp(np.cumsum(np.random.default_rng(seed).normal(0.0, 0.01, first_day + count)))
    close = 100.0 * walk[first_day:]
    open_ = close * 1.001
    return make_bars(
        symbol,
        timeframe,
        (np.arange(count, dtype=np.int64) + first_day) * DAY_MS,
        open_,
        open_ * 1.01,
        close * 0.99,
        close,
        np.full(count, 1_000.0) + np.arange(first_day, first_day + count) % 10,
    )


def some_message(count: int, *, symbol: str = "AAPL", timeframe: str = "1d", first_day: int = 0) -> common_pb2.Bars:
    return bars_to_proto(some_bars(count, symbol=symbol, timeframe=timeframe, first_day=first_day))
