"""The data gate: impossible bars are refused, suspicious ones pass with a finding.

Where volume is suspicious it is *unknown*, never *low*: a missing volume must not look like a quiet test.
What is said of a bar depends on that bar and the ones before it only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import numpy as np

from wyckoff.market.bars import COLUMNS, PRICE_COLUMNS
from wyckoff.market.gate_findings import find_suspicious, known_volume
from wyckoff.market.timeframes import is_timeframe
from wyckoff.rpc.errors import FieldViolation, InvalidArgumentError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wyckoff.market.bars import Bars
    from wyckoff.model.evidence import Finding

MAX_BARS: Final = 100_000
MAX_SYMBOL_CHARS: Final = 20
MAX_PRICE: Final = 1e15
MIN_PRICE: Final = 1e-12
MAX_VOLUME: Final = 1e18
#: 1800-01-01 to 9999-12-31, the span in which a bar time is a date and not a mistake of units.
MIN_TIME_MS: Final = -5_364_662_400_000
MAX_TIME_MS: Final = 253_402_300_799_999

_SYMBOL = re.compile(r"[!-~]{1,20}")


@dataclass(frozen=True, slots=True)
class BarViolation:
    """One impossible value: ``field`` is a column, ``index`` its bar (None for the whole column)."""

    field: str
    index: int | None
    description: str


class BarsError(InvalidArgumentError):
    """Bars that break the gate. ``bar_violations`` give column and bar, at most one a rule and column."""

    default_reason = "INVALID_BARS"

    def __init__(self, bar_violations: list[BarViolation]) -> None:
        super().__init__([FieldViolation(_path(item), item.description) for item in bar_violations])
        self.bar_violations = tuple(bar_violations)


def _path(violation: BarViolation) -> str:
    index = "" if violation.index is None else f"[{violation.index}]"
    return f"bars.{violation.field}{index}"


@dataclass(frozen=True, slots=True, eq=False)
class GateReport:
    """What the gate saw: findings, and ``volume_known``, shape ``(bars,)``."""

    findings: tuple[Finding, ...]
    volume_known: NDArray[np.bool_]


def inspect_bars(bars: Bars) -> GateReport:
    """Findings on bars that passed :func:`check_bars`."""
    known = known_volume(bars)
    return GateReport(find_suspicious(bars, known), known)


def check_bars(bars: Bars, *, max_bars: int = MAX_BARS) -> None:
    """Raise :class:`BarsError` naming column and bar when ``bars`` cannot be a price series."""
    violations = _check_identity(bars.symbol, bars.timeframe) or _check_shape(bars, max_bars)
    if not violations:
        violations = [*_check_times(bars), *_check_values(bars)]
    if violations:
        raise BarsError(violations)


def check_identity(symbol: str, timeframe: str) -> None:
    """Raise InvalidArgumentError when there can be no instrument of that name."""
    violations = _check_identity(symbol, timeframe)
    if violations:
        raise InvalidArgumentError([FieldViolation(item.field, item.description) for item in violations])


def _check_identity(symbol: str, timeframe: str) -> list[BarViolation]:
    found = []
    if not _SYMBOL.fullmatch(symbol):
        text = f"{symbol!r} is no symbol; 1 to {MAX_SYMBOL_CHARS} printable characters without spaces are"
        found.append(BarViolation("symbol", None, text))
    if not is_timeframe(timeframe):
        text = f"{timeframe!r} is no bar length; a number and one of m, h, d, w, M is, such as 1d or 15m"
        found.append(BarViolation("timeframe", None, text))
    return found


def _check_shape(bars: Bars, max_bars: int) -> list[BarViolation]:
    count = len(bars)
    if count == 0:
        return [BarViolation("open_time_ms", None, "there are no bars; at least 1 is needed")]
    if count > max_bars:
        return [BarViolation("open_time_ms", None, f"there are {count} bars; at most {max_bars} are taken at once")]
    return [
        BarViolation(name, None, f"has {len(getattr(bars, name))} values; open_time_ms has {count}, all must be equal")
        for name in COLUMNS
        if len(getattr(bars, name)) != count
    ]


def _check_times(bars: Bars) -> list[BarViolation]:
    times = bars.open_time_ms
    outside = (times < MIN_TIME_MS) | (times > MAX_TIME_MS)
    if outside.any():
        index = int(outside.argmax())
        text = f"{times[index]} is not within 1800 to 9999; milliseconds since 1970 are expected"
        return [BarViolation("open_time_ms", index, text)]
    steps = np.diff(times)
    wrong = steps <= 0
    if not wrong.any():
        return []
    index = int(wrong.argmax()) + 1
    here, before = _iso(times[index]), _iso(times[index - 1])
    what = f"{here} appears twice" if steps[index - 1] == 0 else f"{here} comes after {before}"
    return [BarViolation("open_time_ms", index, f"{what}; times must ascend, each once{_more(wrong)}")]


def _check_values(bars: Bars) -> list[BarViolation]:
    found: list[BarViolation] = []
    for name in COLUMNS:
        values = getattr(bars, name)
        low, high = (0.0, MAX_VOLUME) if name == "volume" else (MIN_PRICE, MAX_PRICE)
        # written so that NaN is wrong too
        wrong = ~((values >= low) & (values <= high))
        if wrong.any():
            index = int(wrong.argmax())
            right = "0 or more" if name == "volume" else "above 0"
            text = f"is {values[index]:g}; a finite number {right} and at most {high:g} is needed{_more(wrong)}"
            found.append(BarViolation(name, index, text))
    if any(item.field in PRICE_COLUMNS for item in found):
        return found
    crossed = bars.high < bars.low
    if crossed.any():
        index = int(crossed.argmax())
        text = (
            f"is {bars.high[index]:g}, below the low {bars.low[index]:g}; it must be at least the low{_more(crossed)}"
        )
        found.append(BarViolation("high", index, text))
    return found


def _more(wrong: NDArray[np.bool_]) -> str:
    others = int(wrong.sum()) - 1
    return f" (and {others} more like it)" if others else ""


def _iso(time_ms: np.int64) -> str:
    return datetime.fromtimestamp(int(time_ms) / 1000, tz=UTC).isoformat().replace("+00:00", "Z")
