"""Bars as they are sent to the gateway."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from wyckoff.market.bars import COLUMNS

if TYPE_CHECKING:
    from wyckoff.client import Bars


def as_columns(bars: Bars, symbol: str | None = None) -> dict[str, Any]:
    """By column."""
    columns = {name: getattr(bars, name).tolist() for name in COLUMNS}
    return {
        "symbol": symbol or bars.symbol,
        "timeframe": bars.timeframe,
        "open_time_ms": bars.open_time_ms.tolist(),
        **columns,
    }


def as_rows(bars: Bars, symbol: str | None = None) -> dict[str, Any]:
    """By row, with times as text."""
    times = [datetime.fromtimestamp(time / 1000, UTC).isoformat() for time in bars.open_time_ms.tolist()]
    columns = {"timestamp": times, **{name: getattr(bars, name).tolist() for name in COLUMNS}}
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return {"symbol": symbol or bars.symbol, "timeframe": bars.timeframe, "rows": rows}
