"""Writing bars: row by row on SQLite, as one binary COPY on PostgreSQL."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from services.marketdata.tables import bars as bars_table
from wyckoff.market.bars import COLUMNS, Bars
from wyckoff.storage.dialects import POSTGRESQL, driver_connection, insert_into

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sqlalchemy.ext.asyncio import AsyncConnection

#: Bars a statement; the event loop is free between two of them.
CHUNK_BARS: Final = 5_000

BAR_COLUMNS: Final = ("instrument_id", "open_time_ms", *COLUMNS)
_TYPES: Final = (">i4", ">i8", *(">f8" for _ in COLUMNS))
#: What comes before and after the rows of a binary COPY.
COPY_START: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_END: Final = b"\xff\xff"
_FIELDS: Final = tuple(zip(BAR_COLUMNS, _TYPES, strict=True))
#: A row of the binary COPY format: the number of fields, and before each field its length in bytes.
_ROW: Final = np.dtype(
    [("field_count", ">i2"), *(part for name, kind in _FIELDS for part in ((f"{name}_bytes", ">i4"), (name, kind)))]
)


async def write_bars(
    connection: AsyncConnection,
    instrument_id: int,
    bars: Bars,
    *,
    new: NDArray[np.bool_],
    revised: NDArray[np.bool_],
) -> None:
    """Store ``new`` bars and replace ``revised`` ones, in the transaction of ``connection``, which has the instrument
    locked: nobody else can store the new ones meanwhile.
    """
    if connection.dialect.name != POSTGRESQL:
        await _upsert(connection, instrument_id, bars, np.flatnonzero(new | revised))
        return
    if new.any():
        await _copy(connection, instrument_id, bars, new)
    await _upsert(connection, instrument_id, bars, np.flatnonzero(revised))


def copy_rows(instrument_id: int, bars: Bars, mask: NDArray[np.bool_]) -> bytes:
    """The masked bars as rows of PostgreSQL's binary COPY, of :data:`BAR_COLUMNS`."""
    rows = np.empty(int(mask.sum()), dtype=_ROW)
    rows["field_count"] = len(BAR_COLUMNS)
    for name, kind in _FIELDS:
        rows[f"{name}_bytes"] = np.dtype(kind).itemsize
        rows[name] = instrument_id if name == "instrument_id" else getattr(bars, name)[mask]
    return rows.tobytes()


async def _copy(connection: AsyncConnection, instrument_id: int, bars: Bars, mask: NDArray[np.bool_]) -> None:
    driver = await driver_connection(connection)
    source = io.BytesIO(COPY_START + copy_rows(instrument_id, bars, mask) + COPY_END)
    await driver.copy_to_table(bars_table.name, source=source, columns=BAR_COLUMNS, format="binary")


async def _upsert(connection: AsyncConnection, instrument_id: int, bars: Bars, indices: NDArray[np.intp]) -> None:
    statement = insert_into(connection, bars_table)
    statement = statement.on_conflict_do_update(
        index_elements=["instrument_id", "open_time_ms"],
        set_={name: statement.excluded[name] for name in COLUMNS},
    )
    for start in range(0, len(indices), CHUNK_BARS):
        await connection.execute(statement, _rows(instrument_id, bars, indices[start : start + CHUNK_BARS]))


def _rows(instrument_id: int, bars: Bars, indices: NDArray[np.intp]) -> list[dict[str, Any]]:
    names = ("open_time_ms", *COLUMNS)
    columns = (getattr(bars, name)[indices].tolist() for name in names)
    return [
        {"instrument_id": instrument_id, **dict(zip(names, row, strict=True))} for row in zip(*columns, strict=True)
    ]
