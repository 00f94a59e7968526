"""The signal store: one seam, in a database or in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from orchestrator.storage.tables import signals as signals_table
from wyckoff.risk.v1 import risk_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from wyckoff.storage.database import Database


@dataclass(frozen=True, slots=True)
class SignalFilter:
    """Which signals: empty fields mean all. ``start_ms`` is the earliest known time."""

    symbol: str = ""
    timeframe: str = ""
    pattern_types: tuple[int, ...] = ()
    start_ms: int | None = None


class SignalStore(Protocol):
    """Keeps each signal as it was said first."""

    async def add(self, signals: Sequence[risk_pb2.TradeSignal], *, correlation_id: str) -> list[risk_pb2.TradeSignal]:
        """Store those that are new; the answer has each as it was stored first, in the same order."""
        ...

    async def get(self, signal_id: str) -> risk_pb2.TradeSignal | None:
        """One signal."""
        ...

    async def list(
        self, wanted: SignalFilter, *, limit: int, after: tuple[int, str] | None
    ) -> list[risk_pb2.TradeSignal]:
        """Newest first, beginning behind ``after`` (known time in ms, signal id)."""
        ...


def stamped(signal: risk_pb2.TradeSignal, correlation_id: str, now: datetime) -> risk_pb2.TradeSignal:
    """A copy that says when and by which analysis it was stored."""
    copy = risk_pb2.TradeSignal()
    copy.CopyFrom(signal)
    copy.correlation_id = correlation_id
    copy.created_at.FromDatetime(now)
    return copy


class SqlSignalStore:
    """Signals in a database."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def add(self, signals: Sequence[risk_pb2.TradeSignal], *, correlation_id: str) -> list[risk_pb2.TradeSignal]:
        now = self._now()
        rows = [_row(stamped(signal, correlation_id, now)) for signal in signals]
        async with self._database.write() as connection:
            insert = postgresql.insert if self._database.dialect == "postgresql" else sqlite.insert
            await connection.execute(insert(signals_table).on_conflict_do_nothing(), rows)
            stored = await _by_id(connection, [signal.signal_id for signal in signals])
        return [stored[signal.signal_id] for signal in signals]

    async def get(self, signal_id: str) -> risk_pb2.TradeSignal | None:
        async with self._database.read() as connection:
            return (await _by_id(connection, [signal_id])).get(signal_id)

    async def list(
        self, wanted: SignalFilter, *, limit: int, after: tuple[int, str] | None
    ) -> list[risk_pb2.TradeSignal]:
        table = signals_table.c
        query = select(table.message)
        if wanted.symbol:
            query = query.where(table.symbol == wanted.symbol)
        if wanted.timeframe:
            query = query.where(table.timeframe == wanted.timeframe)
        if wanted.pattern_types:
            query = query.where(table.pattern_type.in_(wanted.pattern_types))
        if wanted.start_ms is not None:
            query = query.where(table.known_time_ms >= wanted.start_ms)
        if after is not None:
            query = query.where(tuple_(table.known_time_ms, table.signal_id) < tuple_(*after))
        query = query.order_by(table.known_time_ms.desc(), table.signal_id.desc()).limit(limit)
        async with self._database.read() as connection:
            return [risk_pb2.TradeSignal.FromString(blob) for blob in (await connection.scalars(query)).all()]


def _row(signal: risk_pb2.TradeSignal) -> dict[str, object]:
    return {
        "signal_id": signal.signal_id,
        "symbol": signal.symbol,
        "timeframe": signal.timeframe,
        "pattern_type": signal.pattern_type,
        "known_time_ms": signal.timestamp.ToMilliseconds(),
        "message": signal.SerializeToString(deterministic=True),
    }


async def _by_id(connection: AsyncConnection, signal_ids: list[str]) -> dict[str, risk_pb2.TradeSignal]:
    query = select(signals_table.c.message).where(signals_table.c.signal_id.in_(signal_ids))
    found = [risk_pb2.TradeSignal.FromString(blob) for blob in (await connection.scalars(query)).all()]
    return {signal.signal_id: signal for signal in found}


class MemorySignalStore:
    """Signals for the life of a process: for analyses that leave nothing behind."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._signals: dict[str, risk_pb2.TradeSignal] = {}

    async def add(self, signals: Sequence[risk_pb2.TradeSignal], *, correlation_id: str) -> list[risk_pb2.TradeSignal]:
        now = self._now()
        for signal in signals:
            if signal.signal_id not in self._signals:
                self._signals[signal.signal_id] = stamped(signal, correlation_id, now)
        return [self._signals[signal.signal_id] for signal in signals]

    async def get(self, signal_id: str) -> risk_pb2.TradeSignal | None:
        return self._signals.get(signal_id)

    async def list(
        self, wanted: SignalFilter, *, limit: int, after: tuple[int, str] | None
    ) -> list[risk_pb2.TradeSignal]:
        found = sorted((item for item in self._signals.values() if _fits(item, wanted)), key=sort_key, reverse=True)
        return [item for item in found if after is None or sort_key(item) < after][:limit]


def sort_key(signal: risk_pb2.TradeSignal) -> tuple[int, str]:
    """Known time in ms, and signal id."""
    return signal.timestamp.ToMilliseconds(), signal.signal_id


def _fits(signal: risk_pb2.TradeSignal, wanted: SignalFilter) -> bool:
    return (
        wanted.symbol in ("", signal.symbol)
        and wanted.timeframe in ("", signal.timeframe)
        and (not wanted.pattern_types or signal.pattern_type in wanted.pattern_types)
        and (wanted.start_ms is None or signal.timestamp.ToMilliseconds() >= wanted.start_ms)
    )
