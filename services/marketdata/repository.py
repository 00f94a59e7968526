"""Bars in the database: stored once, replaced when they differ, read by range."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from sqlalchemy import Integer, bindparam, select, tuple_, update

from services.marketdata.tables import bars as bars_table
from services.marketdata.tables import instruments
from services.marketdata.writing import write_bars
from wyckoff.market.bars import COLUMNS, Bars, make_bars
from wyckoff.storage.dialects import insert_into, is_one_of
from wyckoff.storage.faults import repeated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from sqlalchemy import BindParameter, Select
    from sqlalchemy.ext.asyncio import AsyncConnection

    from wyckoff.storage.database import Database

#: Bars compared by one statement; the event loop is free between two of them.
CHUNK_BARS: Final = 5_000

_READ_COLUMNS: Final = tuple(bars_table.c[name] for name in ("open_time_ms", *COLUMNS))


@dataclass(frozen=True, slots=True, eq=False)
class Upsert:
    """What storing did: counts of bars, and ``changed``, the inserted and updated ones (possibly none)."""

    inserted: int
    updated: int
    unchanged: int
    changed: Bars


@dataclass(frozen=True, slots=True)
class InstrumentSummary:
    """One symbol and timeframe, how many bars it has, and the open times of the first and last."""

    symbol: str
    timeframe: str
    bar_count: int
    first_open_time_ms: int
    last_open_time_ms: int


@dataclass(frozen=True, slots=True)
class _Instrument:
    instrument_id: int
    first_open_time_ms: int | None
    last_open_time_ms: int | None

    def may_have(self, bars: Bars) -> bool:
        """Whether any of the bars may be stored already."""
        if self.first_open_time_ms is None or self.last_open_time_ms is None:
            return False
        return bool(bars.open_time_ms[0] <= self.last_open_time_ms and bars.open_time_ms[-1] >= self.first_open_time_ms)


class BarRepository:
    """Bars of all instruments in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @repeated
    async def upsert(self, bars: Bars) -> Upsert:
        """Store checked bars in one transaction: all or none. The same bars again change nothing."""
        known = np.zeros(len(bars), dtype=np.bool_)
        changed = np.ones(len(bars), dtype=np.bool_)
        async with self._database.write() as connection:
            instrument = await _locked_instrument(connection, bars)
            if instrument.may_have(bars):
                for part in _parts(len(bars)):
                    known[part], changed[part] = await _compare(connection, instrument.instrument_id, bars, part)
            await write_bars(connection, instrument.instrument_id, bars, new=~known, revised=known & changed)
            inserted = len(bars) - int(known.sum())
            if inserted:
                await _update_summary(connection, instrument, bars, inserted)
        updated = int(changed.sum()) - inserted
        return Upsert(inserted, updated, len(bars) - inserted - updated, _selected(bars, changed))

    async def read(
        self, symbol: str, timeframe: str, *, limit: int, start_ms: int | None = None, end_ms: int | None = None
    ) -> Bars | None:
        """The newest ``limit`` bars in [start_ms, end_ms), oldest first; None when the instrument has none at all."""
        query = range_query(with_start=start_ms is not None, with_end=end_ms is not None)
        values = {"symbol": symbol, "timeframe": timeframe, "limit": limit, "start_ms": start_ms, "end_ms": end_ms}
        async with self._database.read_once() as connection:
            rows = (await connection.execute(query, values)).all()
        if not rows and not await self._is_known(symbol, timeframe):
            return None
        return make_bars(symbol, timeframe, *_columns(rows[::-1]))

    async def instruments(self, limit: int, after: tuple[str, str] | None = None) -> list[InstrumentSummary]:
        """Up to ``limit`` instruments by symbol and timeframe, beginning behind ``after``."""
        query = select(
            instruments.c.symbol,
            instruments.c.timeframe,
            instruments.c.bar_count,
            instruments.c.first_open_time_ms,
            instruments.c.last_open_time_ms,
        )
        if after is not None:
            query = query.where(tuple_(instruments.c.symbol, instruments.c.timeframe) > tuple_(*after))
        query = query.order_by(instruments.c.symbol, instruments.c.timeframe).limit(limit)
        async with self._database.read_once() as connection:
            return [InstrumentSummary(*row) for row in (await connection.execute(query)).all()]

    async def timeframes(self, symbol: str) -> list[str]:
        """The timeframes in which ``symbol`` has bars."""
        query = select(instruments.c.timeframe).where(instruments.c.symbol == symbol).order_by(instruments.c.timeframe)
        async with self._database.read_once() as connection:
            return list((await connection.scalars(query)).all())

    async def _is_known(self, symbol: str, timeframe: str) -> bool:
        async with self._database.read_once() as connection:
            return await connection.scalar(_id_of(symbol, timeframe)) is not None


@cache
def range_query(*, with_start: bool, with_end: bool) -> Select[Any]:
    """The newest ``limit`` bars of ``symbol`` and ``timeframe`` in [start_ms, end_ms), newest first.

    Reads along the key, whatever else is stored. Made once, because making it takes longer than the database does.
    """
    instrument_id = _id_of(bindparam("symbol"), bindparam("timeframe")).scalar_subquery()
    query = select(*_READ_COLUMNS).where(bars_table.c.instrument_id == instrument_id)
    if with_start:
        query = query.where(bars_table.c.open_time_ms >= bindparam("start_ms"))
    if with_end:
        query = query.where(bars_table.c.open_time_ms < bindparam("end_ms"))
    return query.order_by(bars_table.c.open_time_ms.desc()).limit(bindparam("limit", type_=Integer))


async def _locked_instrument(connection: AsyncConnection, bars: Bars) -> _Instrument:
    """The instrument, created if needed, and locked for other writers until the transaction ends."""
    query = (
        select(instruments.c.instrument_id, instruments.c.first_open_time_ms, instruments.c.last_open_time_ms)
        .where(instruments.c.symbol == bars.symbol, instruments.c.timeframe == bars.timeframe)
        .with_for_update()
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        new = {"symbol": bars.symbol, "timeframe": bars.timeframe, "bar_count": 0}
        await connection.execute(insert_into(connection, instruments).values(new).on_conflict_do_nothing())
        row = (await connection.execute(query)).one()
    return _Instrument(*row)


def _id_of(symbol: str | BindParameter[str], timeframe: str | BindParameter[str]) -> Select[tuple[int]]:
    return select(instruments.c.instrument_id).where(
        instruments.c.symbol == symbol, instruments.c.timeframe == timeframe
    )


def _parts(count: int) -> Iterator[slice]:
    for start in range(0, count, CHUNK_BARS):
        yield slice(start, min(start + CHUNK_BARS, count))


async def _compare(
    connection: AsyncConnection, instrument_id: int, bars: Bars, part: slice
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which bars of the part are stored already, and which must be written; both of the part's length."""
    times = bars.open_time_ms[part]
    query = select(*_READ_COLUMNS).where(
        bars_table.c.instrument_id == instrument_id, is_one_of(connection, bars_table.c.open_time_ms, times.tolist())
    )
    rows = (await connection.execute(query.order_by(bars_table.c.open_time_ms))).all()
    stored_times, *stored = _columns(rows)
    known = np.isin(times, stored_times, assume_unique=True)
    same = np.ones(len(stored_times), dtype=np.bool_)
    for name, values in zip(COLUMNS, stored, strict=True):
        same &= getattr(bars, name)[part][known] == values
    differs = ~known
    differs[known] = ~same
    return known, differs


async def _update_summary(connection: AsyncConnection, instrument: _Instrument, bars: Bars, inserted: int) -> None:
    first, last = int(bars.open_time_ms[0]), int(bars.open_time_ms[-1])
    if instrument.first_open_time_ms is not None and instrument.last_open_time_ms is not None:
        first = min(first, instrument.first_open_time_ms)
        last = max(last, instrument.last_open_time_ms)
    await connection.execute(
        update(instruments)
        .where(instruments.c.instrument_id == instrument.instrument_id)
        .values(
            bar_count=instruments.c.bar_count + inserted,
            first_open_time_ms=first,
            last_open_time_ms=last,
        )
    )


def _columns(rows: Sequence[Any]) -> list[NDArray[Any]]:
    """Columns of rows in the order time, open, high, low, close, volume."""
    columns = list(zip(*rows, strict=True)) or [()] * (len(COLUMNS) + 1)
    return [np.array(values, np.int64 if not index else np.float64) for index, values in enumerate(columns)]


def _selected(bars: Bars, mask: NDArray[np.bool_]) -> Bars:
    columns = (getattr(bars, name)[mask] for name in ("open_time_ms", *COLUMNS))
    return make_bars(bars.symbol, bars.timeframe, *columns)
