"""What CSV and Parquet files have in common: the error, the table, the columns, the times."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import numpy as np

from wyckoff.market.bars import COLUMNS
from wyckoff.rpc.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from wyckoff.market.bars import FloatArray, IntArray

TIME_FIELD: Final = "timestamp"
FIELDS: Final = (TIME_FIELD, *COLUMNS)
#: Headers of the time column, the preferred one first.
TIME_HEADERS: Final = (TIME_FIELD, "datetime", "date", "time")
TIME_RIGHT: Final = "an ISO date or time such as 2024-10-15 or 2024-10-15T14:30:00Z, or epoch seconds, is needed"

#: Epoch numbers below are seconds (until the year 5138), from here on milliseconds (since 1973).
SECONDS_LIMIT: Final = 100_000_000_000
_NO_TIME: Final = 2.0**60
_EPOCH = re.compile(r"-?\d{9,}(\.\d+)?|-?\d{1,7}(\.\d+)?")


class BarFileError(InvalidArgumentError):
    """A file that cannot be read as bars. ``line`` counts from 1, the header included (in Parquet: the row).

    ``problem`` is what was wrong, ``remedy`` what would be right; ``column`` is the header as written.
    """

    default_reason = "INVALID_BAR_FILE"

    def __init__(
        self,
        path: Path,
        problem: str,
        remedy: str = "",
        *,
        line: int | None = None,
        line_unit: str = "line",
        column: str | None = None,
    ) -> None:
        place = [str(path)]
        if line is not None:
            place.append(f"{line_unit} {line}")
        if column is not None:
            place.append(f"column {column}")
        where, what = ", ".join(place), f"{problem}; {remedy}" if remedy else problem
        super().__init__([], message=f"{where}: {what}")
        self.path, self.line, self.column = path, line, column
        self.problem, self.remedy = problem, remedy


@dataclass(frozen=True, slots=True, eq=False)
class BarTable:
    """Columns as read: ``headers`` and ``values`` by field; ``line_of(row)`` is where row (from 0) stands."""

    headers: Mapping[str, str]
    open_time_ms: IntArray
    values: Mapping[str, FloatArray]
    line_of: Callable[[int], int]
    line_unit: str


class HeaderError(Exception):
    """Columns that do not make bars."""

    def __init__(self, problem: str, remedy: str, column: str | None = None) -> None:
        super().__init__(problem)
        self.problem, self.remedy, self.column = problem, remedy, column


def match_columns(header: Sequence[str]) -> dict[str, int]:
    """Position of each field in ``header``, whatever its order and case. Raises :class:`HeaderError`."""
    names = [name.strip().lower() for name in header]
    found: dict[str, int] = {}
    for field in FIELDS:
        name = _time_header(names) if field == TIME_FIELD else field
        if name not in names:
            raise HeaderError(f"the column {field} is missing; there are {_listed(header)}", _right_header(), field)
        if names.count(name) > 1:
            raise HeaderError(f"the column {name} is there {names.count(name)} times", "once is right", name)
        found[field] = names.index(name)
    return found


def _time_header(names: Sequence[str]) -> str:
    present = [name for name in TIME_HEADERS if name in names]
    if present == ["date", "time"]:
        remedy = "join them into one column timestamp, such as 2024-10-15T14:30:00Z"
        raise HeaderError("the time is in two columns, date and time", remedy, "time")
    return present[0] if present else TIME_FIELD


def _listed(header: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in header[:8])
    return f"{shown}, ..." if len(header) > 8 else shown


def _right_header() -> str:
    return f"the header must name {', '.join(FIELDS)} in any order, separated by commas"


def is_epoch(text: str) -> bool:
    """Whether a time is an epoch number; eight digits are a date such as 20241015."""
    return _EPOCH.fullmatch(text) is not None


def iso_ms(text: str) -> int:
    """Milliseconds since the epoch of an ISO date or time, UTC unless it carries an offset. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def epoch_ms(numbers: FloatArray) -> IntArray:
    """Milliseconds from a column of epoch seconds or milliseconds; the column is taken as one unit.

    What is no number, or is infinite, becomes a time that the data gate refuses.
    """
    bounded = np.clip(np.nan_to_num(numbers, nan=-_NO_TIME), -_NO_TIME, _NO_TIME)
    in_seconds = len(bounded) == 0 or float(np.abs(bounded).max()) < SECONDS_LIMIT
    return np.rint(bounded * 1000 if in_seconds else bounded).astype(np.int64)
