"""Splits and dividends: from traded prices to comparable ones.

A split of ratio r (new shares for each old one) divides every earlier price by r and multiplies every earlier volume.
A cash dividend d lowers every earlier price by the share d / c, where c is the last close before the ex-date: what
the shareholder got then is no loss. Ratios between bars on the same side of every action stay exactly as they were.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wyckoff.market.bars import make_bars
from wyckoff.market.provider import Adjustment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wyckoff.market.bars import Bars, FloatArray


@dataclass(frozen=True, slots=True)
class Split:
    """``ratio`` new shares for each old one, in force for bars that open at or after ``time_ms``."""

    time_ms: int
    ratio: float


@dataclass(frozen=True, slots=True)
class Dividend:
    """``cash`` a share, in the currency and the shares of its day; bars from ``time_ms`` on trade without it."""

    time_ms: int
    cash: float


@dataclass(frozen=True, slots=True, eq=False)
class Adjusted:
    """Adjusted bars, and how many dividends could not be applied: no close before them, or more than it."""

    bars: Bars
    dividends_left_out: int


def adjust(bars: Bars, splits: Sequence[Split], dividends: Sequence[Dividend], adjustment: Adjustment) -> Adjusted:
    """Raw ``bars`` as of their last one and of all ``splits``, however late; dividends for ALL only."""
    prices = np.ones(len(bars))
    volumes = np.ones(len(bars))
    if adjustment in {Adjustment.SPLITS, Adjustment.ALL}:
        for split in splits:
            before = _bars_before(bars, split.time_ms)
            prices[:before] /= split.ratio
            volumes[:before] *= split.ratio
    left_out = 0
    for dividend in dividends if adjustment is Adjustment.ALL else ():
        before = _bars_before(bars, dividend.time_ms)
        # the close before the ex-date must be known, and the bars must reach the ex-date
        if before in {0, len(bars)} or not 0 < dividend.cash < _shared_close(bars, before, dividend, splits):
            left_out += int(before != 0)
            continue
        prices[:before] *= 1 - dividend.cash / _shared_close(bars, before, dividend, splits)
    return Adjusted(_scaled(bars, prices, volumes), left_out)


def _bars_before(bars: Bars, time_ms: int) -> int:
    return int(np.searchsorted(bars.open_time_ms, time_ms, side="left"))


def _shared_close(bars: Bars, before: int, dividend: Dividend, splits: Sequence[Split]) -> float:
    """The last close before the ex-date, in the shares of the ex-date: a split may lie between the two."""
    last_ms = int(bars.open_time_ms[before - 1])
    close = float(bars.close[before - 1])
    for split in splits:
        if last_ms < split.time_ms <= dividend.time_ms:
            close /= split.ratio
    return close


def _scaled(bars: Bars, prices: FloatArray, volumes: FloatArray) -> Bars:
    return make_bars(
        bars.symbol,
        bars.timeframe,
        bars.open_time_ms,
        bars.open * prices,
        bars.high * prices,
        bars.low * prices,
        bars.close * prices,
        bars.volume * volumes,
    )
