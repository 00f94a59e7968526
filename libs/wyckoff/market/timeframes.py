"""Bar lengths: a number and a unit, such as 15m, 1h, 1d."""

from __future__ import annotations

import re
from typing import Final

HOUR_MS: Final = 3_600_000

_UNIT_MS: Final = {"m": 60_000, "h": HOUR_MS, "d": 86_400_000, "w": 7 * 86_400_000, "M": 31 * 86_400_000}

_TIMEFRAME: Final = re.compile(r"[1-9][0-9]{0,3}[mhdwM]")


def is_timeframe(text: str) -> bool:
    """Whether it is a bar length, of at most 9999 units."""
    return _TIMEFRAME.fullmatch(text) is not None


def timeframe_ms(timeframe: str) -> int:
    """Length of a bar in milliseconds; a month counts 31 days. Raises ValueError for anything else."""
    unit_ms = _UNIT_MS.get(timeframe[-1:])
    number = timeframe[:-1]
    if unit_ms is None or not (number.isascii() and number.isdigit()) or int(number) == 0:
        raise ValueError(f"{timeframe!r} is no bar length; a number and one of m, h, d, w, M is, such as 1d or 15m")
    return int(number) * unit_ms
