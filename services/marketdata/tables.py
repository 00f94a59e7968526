"""Tables of the bars. Times are milliseconds since the epoch, prices and volumes as they came."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
)

from wyckoff.storage.types import PlainText

metadata: Final = MetaData()

#: One row a symbol and timeframe, with what a list of them shows, so that listing reads no bars.
instruments: Final = Table(
    "instruments",
    metadata,
    Column("instrument_id", Integer, primary_key=True),
    Column("symbol", PlainText, nullable=False),
    Column("timeframe", PlainText, nullable=False),
    Column("bar_count", BigInteger, nullable=False),
    Column("first_open_time_ms", BigInteger),
    Column("last_open_time_ms", BigInteger),
    UniqueConstraint("symbol", "timeframe", name="uq_instruments_symbol_timeframe"),
)

#: Kept in the order of its key on SQLite, so that the bars of one instrument lie together and in time; PostgreSQL keeps
#: the order in which they come. It would look up the instrument once for every bar, so that it has no foreign key: who
#: writes bars has locked their instrument, and none is ever removed.
bars: Final = Table(
    "bars",
    metadata,
    Column("instrument_id", Integer, primary_key=True, autoincrement=False),
    Column("open_time_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("open", Double, nullable=False),
    Column("high", Double, nullable=False),
    Column("low", Double, nullable=False),
    Column("close", Double, nullable=False),
    Column("volume", Double, nullable=False),
    ForeignKeyConstraint(["instrument_id"], ["instruments.instrument_id"]).ddl_if(dialect="sqlite"),
    sqlite_with_rowid=False,
)
