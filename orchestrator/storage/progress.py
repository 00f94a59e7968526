"""How far each symbol was analysed as its bars came, so that a restart neither repeats nor misses one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from orchestrator.storage.tables import live_progress

if TYPE_CHECKING:
    from wyckoff.storage.database import Database


@dataclass(frozen=True, slots=True)
class Progress:
    """The last analysis of a symbol: its last bar, what its bars hash to, and how many analyses were recorded."""

    symbol: str
    timeframe: str
    bar_time_ms: int
    content_hash: str
    analysis_count: int


class ProgressStore(Protocol):
    """Remembers the last analysis of each symbol and timeframe."""

    async def get(self, symbol: str, timeframe: str) -> Progress | None:
        """The last analysis."""
        ...

    async def record(
        self, symbol: str, timeframe: str, bar_time_ms: int, content_hash: str, *, after: Progress | None
    ) -> bool:
        """Record an analysis that followed ``after``; False when another one was recorded meanwhile."""
        ...


class SqlProgressStore:
    """Progress in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, symbol: str, timeframe: str) -> Progress | None:
        query = select(live_progress).where(live_progress.c.symbol == symbol, live_progress.c.timeframe == timeframe)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else Progress(*row)

    async def record(
        self, symbol: str, timeframe: str, bar_time_ms: int, content_hash: str, *, after: Progress | None
    ) -> bool:
        values = {"bar_time_ms": bar_time_ms, "content_hash": content_hash}
        async with self._database.write() as connection:
            if after is None:
                insert = postgresql.insert if self._database.dialect == "postgresql" else sqlite.insert
                row = {"symbol": symbol, "timeframe": timeframe, "analysis_count": 1, **values}
                result = await connection.execute(insert(live_progress).values(row).on_conflict_do_nothing())
            else:
                result = await connection.execute(
                    update(live_progress)
                    .where(
                        live_progress.c.symbol == symbol,
                        live_progress.c.timeframe == timeframe,
                        live_progress.c.analysis_count == after.analysis_count,
                    )
                    .values(analysis_count=after.analysis_count + 1, **values)
                )
        return result.rowcount == 1
