"""How far each symbol was analysed as its bars came, so that a restart neither repeats nor misses one.

What an analysis found is kept in the transaction that records it, and published after that: whenever a process ends,
what was announced is recorded, and what is recorded is announced, if need be by the next one.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import select, update

from orchestrator.storage.outbox import forget_told, keep_events, read_untold
from orchestrator.storage.tables import live_progress
from wyckoff.storage.dialects import insert_into
from wyckoff.storage.faults import repeated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from orchestrator.events.model import Event
    from orchestrator.storage.outbox import Untold
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
    """Remembers the last analysis of each symbol and timeframe, and what of it is still to be told."""

    async def get(self, symbol: str, timeframe: str) -> Progress | None:
        """The last analysis."""
        ...

    async def record(self, now: Progress, *, after: Progress | None, events: Sequence[Event]) -> bool:
        """Record an analysis that followed ``after``, with what it found, both or neither.

        False, and nothing is kept, when another one was recorded meanwhile.
        """
        ...

    async def untold(self, symbol: str, timeframe: str) -> Untold | None:
        """What recorded analyses found and :meth:`told` was not called for."""
        ...

    async def told(self, told: Untold) -> None:
        """The events have been published."""
        ...


class SqlProgressStore:
    """Progress in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, symbol: str, timeframe: str) -> Progress | None:
        query = select(live_progress).where(live_progress.c.symbol == symbol, live_progress.c.timeframe == timeframe)
        async with self._database.read_once() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else Progress(*row)

    @repeated
    async def record(self, now: Progress, *, after: Progress | None, events: Sequence[Event]) -> bool:
        async with self._database.write() as connection:
            recorded = await self._advance(connection, now, after)
            if recorded:
                await keep_events(connection, now.symbol, now.timeframe, now.analysis_count, events)
        return recorded

    async def untold(self, symbol: str, timeframe: str) -> Untold | None:
        async with self._database.read_once() as connection:
            return await read_untold(connection, symbol, timeframe)

    @repeated
    async def told(self, told: Untold) -> None:
        async with self._database.write() as connection:
            await forget_told(connection, told)

    async def _advance(self, connection: AsyncConnection, now: Progress, after: Progress | None) -> bool:
        if after is None:
            new = insert_into(connection, live_progress).values(asdict(now)).on_conflict_do_nothing()
            result = await connection.execute(new)
        else:
            result = await connection.execute(
                update(live_progress)
                .where(
                    live_progress.c.symbol == now.symbol,
                    live_progress.c.timeframe == now.timeframe,
                    live_progress.c.analysis_count == after.analysis_count,
                )
                .values(asdict(now))
            )
        return result.rowcount == 1
