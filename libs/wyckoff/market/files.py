"""Bars from CSV and Parquet files, with errors that name file, line and column."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from wyckoff.market.bars import COLUMNS, Bars, make_bars
from wyckoff.market.file_columns import TIME_FIELD, BarFileError
from wyckoff.market.file_csv import read_csv
from wyckoff.market.file_parquet import read_parquet
from wyckoff.market.gate import MAX_BARS, MAX_SYMBOL_CHARS, BarsError, check_bars

if TYPE_CHECKING:
    from os import PathLike

    from wyckoff.market.file_columns import BarTable
    from wyckoff.market.gate import BarViolation

__all__ = ["BarFileError", "read_bars"]

MAX_FILE_BYTES: Final = 512 * 1024 * 1024
_PARQUET_MAGIC: Final = b"PAR1"


def read_bars(
    path: str | PathLike[str], timeframe: str = "1d", *, symbol: str | None = None, max_bars: int = MAX_BARS
) -> Bars:
    """Checked bars from a CSV or Parquet file; ``symbol`` is the file's stem unless given.

    Columns ``timestamp`` (or ``date``, ``time``, ``datetime``), ``open``, ``high``, ``low``, ``close`` and
    ``volume`` in any order and case; others are ignored. Times are ISO dates or times (UTC unless they carry
    an offset) or epoch seconds or milliseconds. Raises :class:`BarFileError`.
    """
    file = Path(path)
    _check_name(file, symbol)
    data = _read_bytes(file)
    if data.startswith(_PARQUET_MAGIC) or file.suffix.lower() in {".parquet", ".pq"}:
        table = read_parquet(file, data)
    else:
        table = read_csv(file, data)
    bars = make_bars(
        symbol or file.stem, timeframe, table.open_time_ms, *(np.asarray(table.values[name]) for name in COLUMNS)
    )
    try:
        check_bars(bars, max_bars=max_bars)
    except BarsError as error:
        raise _located(file, table, error.bar_violations[0]) from error
    return bars


def _check_name(file: Path, symbol: str | None) -> None:
    if symbol is None and not 1 <= len(file.stem) <= MAX_SYMBOL_CHARS:
        raise BarFileError(
            file,
            f"the symbol is the file name without its ending, and {file.stem!r} has {len(file.stem)} characters",
            f"1 to {MAX_SYMBOL_CHARS} are allowed: rename the file",
        )
    if symbol is None and not (file.stem.isascii() and file.stem.isprintable() and " " not in file.stem):
        raise BarFileError(
            file,
            f"the symbol is the file name without its ending, and {file.stem!r} is no symbol",
            "only printable ASCII characters without spaces are allowed: rename the file",
        )


def _read_bytes(file: Path) -> bytes:
    try:
        size = file.stat().st_size
        if size > MAX_FILE_BYTES:
            raise BarFileError(file, f"the file has {size} bytes", f"at most {MAX_FILE_BYTES} are read: split the file")
        return file.read_bytes()
    except FileNotFoundError as error:
        raise BarFileError(file, "there is no such file", "check the path") from error
    except IsADirectoryError as error:
        raise BarFileError(file, "this is a folder", "name the files in it") from error
    except OSError as error:
        raise BarFileError(file, f"the file cannot be read: {error.strerror}", "check its permissions") from error


def _located(file: Path, table: BarTable, violation: BarViolation) -> BarFileError:
    field = TIME_FIELD if violation.field == "open_time_ms" else violation.field
    if field not in table.headers:
        return BarFileError(file, f"{field}: {violation.description}")
    if violation.index is None:
        return BarFileError(file, violation.description)
    return BarFileError(
        file,
        violation.description,
        line=table.line_of(violation.index),
        line_unit=table.line_unit,
        column=table.headers[field],
    )
