"""Parquet files of bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    iso_ms,
    match_columns,
)

if TYPE_CHECKING:
    from pathlib import Path

    from wyckoff.market.bars import FloatArray, IntArray


def read_parquet(path: Path, data: bytes) -> BarTable:
    """The table in ``data``; raises :class:`BarFileError` naming row and column."""
    # pyarrow takes a tenth of a second to import, which readers of CSV need not spend
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        names = list(file.schema_arrow.names)
        positions = match_columns(names)
        headers = {field: names[positions[field]] for field in FIELDS}
        table = file.read(columns=list(headers.values()))
    except HeaderError as error:
        raise BarFileError(path, error.problem, error.remedy, column=error.column) from error
    except (pa.ArrowException, OSError) as error:
        raise BarFileError(path, f"this is no Parquet file: {error}", "write it again") from error
    if table.num_rows == 0:
        raise BarFileError(path, "there are columns but no bar", "at least one bar is needed")
    columns = {field: table.column(header).combine_chunks() for field, header in headers.items()}
    for field, column in columns.items():
        _check_no_null(path, headers[field], column)
    times = _times(path, headers[TIME_FIELD], columns[TIME_FIELD])
    values = {name: _numbers(path, headers[name], columns[name]) for name in COLUMNS}
    return BarTable(headers, times, values, lambda row: row + 1, "row")


def _check_no_null(path: Path, header: str, column: Any) -> None:  # noqa: ANN401  # pyarrow has no types
    if column.null_count:
        row = int(np.argmax(np.asarray(column.is_null()))) + 1
        raise BarFileError(path, "the value is empty", "every cell needs one", line=row, line_unit="row", column=header)


def _numbers(path: Path, header: str, column: Any) -> FloatArray:  # noqa: ANN401
    import pyarrow as pa

    kind = column.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        raise BarFileError(path, f"the column is of type {kind}", "a number type is needed", column=header)
    # a copy, because the buffer of the file goes away
    return np.array(column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), dtype=np.float64)


def _times(path: Path, header: str, column: Any) -> IntArray:  # noqa: ANN401
    import pyarrow as pa

    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        in_ms = column.cast(pa.timestamp("ms", tz=getattr(kind, "tz", None)), safe=False)
        return np.array(in_ms.cast(pa.int64()).to_numpy(), dtype=np.int64)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return epoch_ms(_numbers(path, header, column))
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        raise BarFileError(path, f"the column is of type {kind}", TIME_RIGHT, column=header)
    times = np.empty(len(column), dtype=np.int64)
    for row, text in enumerate(column.to_pylist()):
        try:
            times[row] = iso_ms(text.strip())
        except (ValueError, OverflowError) as error:
            problem = f"{text!r} is no time"
            raise BarFileError(path, problem, TIME_RIGHT, line=row + 1, line_unit="row", column=header) from error
    return times
