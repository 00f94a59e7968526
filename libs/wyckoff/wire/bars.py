"""Bars on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wyckoff.common.v1 import common_pb2
from wyckoff.market.bars import Bars, make_bars
from wyckoff.market.gate import MAX_BARS, check_bars
from wyckoff.rpc.errors import InvalidArgumentError

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp


def bars_from_proto(message: common_pb2.Bars, *, max_bars: int = MAX_BARS) -> Bars:
    """Checked bars; raises :class:`wyckoff.market.gate.BarsError` naming field and index."""
    bars = make_bars(
        message.symbol,
        message.timeframe,
        np.asarray(message.open_time_ms, dtype=np.int64),
        np.asarray(message.open, dtype=np.float64),
        np.asarray(message.high, dtype=np.float64),
        np.asarray(message.low, dtype=np.float64),
        np.asarray(message.close, dtype=np.float64),
        np.asarray(message.volume, dtype=np.float64),
    )
    check_bars(bars, max_bars=max_bars)
    return bars


def bars_to_proto(bars: Bars) -> common_pb2.Bars:
    """The message of checked bars."""
    return common_pb2.Bars(
        symbol=bars.symbol,
        timeframe=bars.timeframe,
        open_time_ms=bars.open_time_ms.tolist(),
        open=bars.open.tolist(),
        high=bars.high.tolist(),
        low=bars.low.tolist(),
        close=bars.close.tolist(),
        volume=bars.volume.tolist(),
    )


def require(present: bool, field: str, description: str) -> None:
    """Raise :class:`InvalidArgumentError` naming ``field`` unless ``present``."""
    if not present:
        raise InvalidArgumentError.of(field, description)


def set_time(target: Timestamp, time_ms: int) -> None:
    """Milliseconds since the epoch into a timestamp."""
    target.FromMilliseconds(int(time_ms))
