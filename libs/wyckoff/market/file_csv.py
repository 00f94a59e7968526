"""CSV files of bars. The whole file is converted at once; only a file that fails is gone through line by line."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Final

import numpy as np

from wyckoff.market.bars import COLUMNS
from wyckoff.market.file_columns import (
    FIELDS,
    TIME_FIELD,
    TIME_RIGHT,
    BarFileError,
    BarTable,
    HeaderError,
    epoch_ms,
    is_epoch,
    iso_ms,
    match_columns,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from wyckoff.market.bars import FloatArray, IntArray

_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_ONE_KIND: Final = "one kind in the whole column is needed"
_EMPTY_REMEDY: Final = "a header and at least one bar are needed"


def read_csv(path: Path, data: bytes) -> BarTable:
    """The table in ``data``; raises :class:`BarFileError` naming line and column."""
    text = _decoded(path, data)
    header, rows = _split(path, text)
    try:
        positions = match_columns(header)
    except HeaderError as error:
        line = next(iter(_lines(path, text)))[0]
        raise BarFileError(path, error.problem, error.remedy, line=line, column=error.column) from error
    if not rows:
        raise BarFileError(path, "there is a header but no bar", _EMPTY_REMEDY, line=1)
    headers = {field: header[position].strip() for field, position in positions.items()}

    def line_of(row: int) -> int:
        return [line for line, _ in _lines(path, text)][row + 1]

    try:
        # float() reads 1_000, which no table means; a row of another width makes zip raise
        if "_" in text or len(rows[0]) != len(header):
            raise ValueError("to be read line by line")
        times, values = _convert(rows, positions)
    except (ValueError, OverflowError):
        _find_fault(path, text, positions)
        times, values = _convert(rows, positions)
    return BarTable(headers, times, values, line_of, "line")


def _decoded(path: Path, data: bytes) -> str:
    if not data.strip():
        raise BarFileError(path, "the file is empty", _EMPTY_REMEDY)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BarFileError(path, "this is no UTF-8 text", "save the file as CSV in UTF-8", line=line) from error


def _split(path: Path, text: str) -> tuple[list[str], list[list[str]]]:
    """Header and rows; lines that hold nothing are left out."""
    try:
        records = [cells for cells in _reader(text) if any(cells) and any(map(str.strip, cells))]
    except csv.Error:
        records = [cells for _, cells in _lines(path, text)]
    if not records:
        raise BarFileError(path, "the file is empty", _EMPTY_REMEDY)
    return records[0], records[1:]


def _reader(text: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=None), strict=True)


def _lines(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """First line and cells of every record that holds something."""
    reader = csv.reader(io.StringIO(text, newline=None), strict=True)
    while True:
        first = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise BarFileError(path, f"this is no CSV: {error}", "check the quotes", line=first) from error
        if any(map(str.strip, cells)):
            yield first, cells


def _convert(rows: Sequence[Sequence[str]], positions: dict[str, int]) -> tuple[IntArray, dict[str, FloatArray]]:
    columns = list(zip(*rows, strict=True))
    times = [cell.strip() for cell in columns[positions[TIME_FIELD]]]
    values = {name: np.array([float(cell) for cell in columns[positions[name]]]) for name in COLUMNS}
    if is_epoch(times[0]):
        return epoch_ms(np.array([float(cell) for cell in times])), values
    return np.array([iso_ms(cell) for cell in times], dtype=np.int64), values


def _find_fault(path: Path, text: str, positions: dict[str, int]) -> None:
    """Raise for the first cell that cannot be read, with its line and column."""
    lines = _lines(path, text)
    _, header = next(lines)
    in_epoch: bool | None = None
    for line, cells in lines:
        if len(cells) != len(header):
            problem = f"there are {len(cells)} values; the header has {len(header)}"
            raise BarFileError(
                path, problem, _width_remedy(len(cells), len(header)), line=line, column=_at(header, cells)
            )
        for field in FIELDS:
            cell = cells[positions[field]].strip()
            if field == TIME_FIELD:
                in_epoch = is_epoch(cell) if in_epoch is None else in_epoch
                fault = _time_fault(cell, in_epoch=in_epoch)
            else:
                fault = _number_fault(cell, field)
            if fault:
                raise BarFileError(path, *fault, line=line, column=header[positions[field]].strip())


def _width_remedy(count: int, expected: int) -> str:
    if count > expected:
        return "one value a column is right; a number with a comma in it must be in quotes or without the comma"
    return "one value a column is right"


def _at(header: Sequence[str], cells: Sequence[str]) -> str:
    """The first column without a value, or the last where there are too many."""
    return header[min(len(cells), len(header) - 1)].strip()


def _time_fault(cell: str, *, in_epoch: bool) -> tuple[str, str] | None:
    if not cell:
        return "the time is empty", TIME_RIGHT
    if in_epoch:
        wrong = _NUMBER.fullmatch(cell) is None
        return (f"{cell!r} is no epoch number as the times before", _ONE_KIND) if wrong else None
    if is_epoch(cell):
        return f"{cell!r} is an epoch number, the times before are dates", _ONE_KIND
    try:
        iso_ms(cell)
    except (ValueError, OverflowError):
        return f"{cell!r} is no time", TIME_RIGHT
    return None


def _number_fault(cell: str, field: str) -> tuple[str, str] | None:
    right = "a number of 0 or more is needed, 0 where it is unknown" if field == "volume" else "a price is needed"
    if not cell:
        return "the value is empty", right
    if _NUMBER.fullmatch(cell) is None:
        if "," in cell:
            return f"{cell!r} has a comma in it", "write 1234.5, without separators and with a decimal point"
        return f"{cell!r} is no number", right
    return None
