"""Tables of the bars. Times are milliseconds since the epoch, prices and volumes as they came."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Double, ForeignKey, Integer, MetaData, Table, Text, UniqueConstraint

metadata: Final = MetaData()

#: One row a symbol and timeframe, with what a list of them shows, so that listing reads no bars.
instruments: Final = Table(
    "instruments",
    metadata,
    Column("instrument_id", Integer, primary_key=True),
    Column("symbol", Text, nullable=False),
    Column("timeframe", Text, nullable=False),
    Column("bar_count", BigInteger, nullable=False),
    Column("first_open_time_ms", BigInteger),
    Column("last_open_time_ms", BigInteger),
    UniqueConstraint("symbol", "timeframe", name="uq_instruments_symbol_timeframe"),
)

#: Kept in the order of its key, so that the bars of one instrument lie together and in time.
bars: Final = Table(
    "bars",
    metadata,
    Column("instrument_id", Integer, ForeignKey("instruments.instrument_id"), primary_key=True, autoincrement=False),
    Column("open_time_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("open", Double, nullable=False),
    Column("high", Double, nullable=False),
    Column("low", Double, nullable=False),
    Column("close", Double, nullable=False),
    Column("volume", Double, nullable=False),
    sqlite_with_rowid=False,
)
