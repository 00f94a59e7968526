"""Suspicious but possible bars: what to say of them, and which volumes to take as unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from wyckoff.market.timeframes import timeframe_ms
from wyckoff.model.evidence import Finding

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wyckoff.market.bars import Bars

BASELINE_BARS: Final = 20
#: A bar of ordinary range on less than this share of the usual volume lost part of its volume on the way.
MISSING_VOLUME_SHARE: Final = 0.2
#: Opening gaps beyond these are worth a look: a tenth, and a quarter when near a plain split ratio.
GAP_LOG: Final = float(np.log(1.10))
SPLIT_LOG: Final = float(np.log(1.25))
SPLIT_TOLERANCE_LOG: Final = 0.06
SPLIT_RATIOS: Final = (1.5, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 20.0)
_SPLIT_SIZES: Final = np.log(SPLIT_RATIOS)
#: Calendar time between two bars that no ordinary holiday explains: this many bars and at least this many days.
TIME_GAP_BARS: Final = 5
TIME_GAP_MIN_MS: Final = 7 * 86_400_000


def known_volume(bars: Bars) -> NDArray[np.bool_]:
    """Where volume can be believed, shape ``(bars,)``: above 0, and not far too small for the range of its bar."""
    known: NDArray[np.bool_] = bars.volume > 0
    if len(bars) <= BASELINE_BARS:
        return known
    spread = bars.high - bars.low
    usual_volume, usual_spread = _means_before(np.array((bars.volume, spread)))
    # from here on every bar has its twenty before it
    volume, spread, starved = bars.volume[BASELINE_BARS:], spread[BASELINE_BARS:], np.zeros(len(bars), dtype=np.bool_)
    starved[BASELINE_BARS:] = (
        (volume < MISSING_VOLUME_SHARE * usual_volume) & (spread >= usual_spread) & (usual_spread > 0)
    )
    return known & ~starved


def _means_before(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of the 20 values before each from the 21st on, by row; one window does not depend on another."""
    rows, count = values.shape
    row_bytes, step_bytes = values.strides
    shape, strides = (rows, count - BASELINE_BARS, BASELINE_BARS), (row_bytes, step_bytes, step_bytes)
    windows: NDArray[np.float64] = np.ndarray(shape, np.float64, values, strides=strides)
    means: NDArray[np.float64] = np.add.reduce(windows, axis=-1) / BASELINE_BARS
    return means


def find_suspicious(bars: Bars, volume_known: NDArray[np.bool_]) -> tuple[Finding, ...]:
    """Findings on checked bars, one a kind."""
    zero = bars.volume == 0
    split, gap = _opening_gaps(bars)
    outside_close = (bars.close > bars.high) | (bars.close < bars.low)
    outside_open = (bars.open > bars.high) | (bars.open < bars.low)
    checks = (
        ("VOLUME_MISSING", zero, "volume is 0 and taken as unknown"),
        ("VOLUME_INCOMPLETE", ~volume_known & ~zero, "volume is far too small for the range; taken as unknown"),
        ("SPLIT_LIKE_JUMP", split, "opening jump near a split ratio; are the bars adjusted?"),
        ("PRICE_GAP", gap, "opening gap of more than 10 %"),
        ("TIME_GAP", _time_gaps(bars), "more time between two bars than holidays explain"),
        ("CLOSE_OUTSIDE_BAR", outside_close, "close above the high or below the low"),
        ("OPEN_OUTSIDE_BAR", outside_open, "open above the high or below the low"),
    )
    return tuple(
        [Finding(code, text, int(mask.sum()), int(mask.argmax())) for code, mask, text in checks if mask.any()]
    )


def _opening_gaps(bars: Bars) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Bars that open near a split ratio from the close before, and others that open far from it."""
    size = np.zeros(len(bars))
    size[1:] = np.abs(np.log(bars.open[1:] / bars.close[:-1]))
    gap, split = size > GAP_LOG, np.zeros(len(bars), dtype=np.bool_)
    if gap.any():
        far = np.flatnonzero(gap)
        sizes = size[far]
        near = (np.abs(sizes[:, None] - _SPLIT_SIZES) < SPLIT_TOLERANCE_LOG).any(axis=1)
        split[far] = near & (sizes > SPLIT_LOG)
    return split, gap & ~split


def _time_gaps(bars: Bars) -> NDArray[np.bool_]:
    late = np.zeros(len(bars), dtype=np.bool_)
    allowed_ms = max(TIME_GAP_MIN_MS, TIME_GAP_BARS * timeframe_ms(bars.timeframe))
    late[1:] = bars.open_time_ms[1:] - bars.open_time_ms[:-1] > allowed_ms
    return late
