"""The store of signals and rejections: one seam, in a database or in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from orchestrator.storage.kept import REJECTIONS, SIGNALS, M
from wyckoff.risk.v1 import risk_pb2
from wyckoff.storage.faults import repeated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from orchestrator.storage.kept import Kept, Key, RejectionFilter, SignalFilter
    from wyckoff.storage.database import Database

    Signals = list[risk_pb2.TradeSignal]


class SignalStore(Protocol):
    """Keeps each signal and each rejection as it was said first."""

    async def add(
        self,
        signals: Sequence[risk_pb2.TradeSignal],
        rejections: Sequence[risk_pb2.Rejection] = (),
        *,
        correlation_id: str,
    ) -> Signals:
        """Store those that are new, all or none; the answer has each signal as it was stored first, in order."""
        ...

    async def get(self, signal_id: str) -> risk_pb2.TradeSignal | None:
        """One signal."""
        ...

    async def list(self, wanted: SignalFilter, *, limit: int, after: Key | None) -> Signals:
        """Signals newest first, beginning behind ``after`` (known time in ms, signal id)."""
        ...

    async def list_rejections(
        self, wanted: RejectionFilter, *, limit: int, after: Key | None
    ) -> Sequence[risk_pb2.Rejection]:
        """Rejections newest first, beginning behind ``after`` (known time in ms, rejection id)."""
        ...


def stamped(signal: risk_pb2.TradeSignal, correlation_id: str, now: datetime) -> risk_pb2.TradeSignal:
    """A copy that says when and by which analysis it was stored."""
    copy = risk_pb2.TradeSignal()
    copy.CopyFrom(signal)
    copy.correlation_id = correlation_id
    copy.created_at.FromDatetime(now)
    return copy


class SqlSignalStore:
    """Signals and rejections in a database."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    @repeated
    async def add(
        self,
        signals: Sequence[risk_pb2.TradeSignal],
        rejections: Sequence[risk_pb2.Rejection] = (),
        *,
        correlation_id: str,
    ) -> Signals:
        now = self._now()
        async with self._database.write() as connection:
            await SIGNALS.add(connection, [stamped(signal, correlation_id, now) for signal in signals])
            await REJECTIONS.add(connection, rejections)
            stored = await SIGNALS.by_id(connection, [signal.signal_id for signal in signals])
        return [stored[signal.signal_id] for signal in signals]

    async def get(self, signal_id: str) -> risk_pb2.TradeSignal | None:
        async with self._database.read_once() as connection:
            return (await SIGNALS.by_id(connection, [signal_id])).get(signal_id)

    async def list(self, wanted: SignalFilter, *, limit: int, after: Key | None) -> Signals:
        async with self._database.read_once() as connection:
            return await SIGNALS.page(connection, wanted, limit, after)

    async def list_rejections(
        self, wanted: RejectionFilter, *, limit: int, after: Key | None
    ) -> Sequence[risk_pb2.Rejection]:
        async with self._database.read_once() as connection:
            return await REJECTIONS.page(connection, wanted, limit, after)


class MemorySignalStore:
    """Signals and rejections for the life of a process: for analyses that leave nothing behind."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._signals: dict[str, risk_pb2.TradeSignal] = {}
        self._rejections: dict[str, risk_pb2.Rejection] = {}

    async def add(
        self,
        signals: Sequence[risk_pb2.TradeSignal],
        rejections: Sequence[risk_pb2.Rejection] = (),
        *,
        correlation_id: str,
    ) -> Signals:
        now = self._now()
        for signal in signals:
            if signal.signal_id not in self._signals:
                self._signals[signal.signal_id] = stamped(signal, correlation_id, now)
        for rejection in rejections:
            self._rejections.setdefault(rejection.rejection_id, rejection)
        return [self._signals[signal.signal_id] for signal in signals]

    async def get(self, signal_id: str) -> risk_pb2.TradeSignal | None:
        return self._signals.get(signal_id)

    async def list(self, wanted: SignalFilter, *, limit: int, after: Key | None) -> Signals:
        return _page(SIGNALS, self._signals.values(), wanted, limit, after)

    async def list_rejections(
        self, wanted: RejectionFilter, *, limit: int, after: Key | None
    ) -> Sequence[risk_pb2.Rejection]:
        return _page(REJECTIONS, self._rejections.values(), wanted, limit, after)


def _page(kept: Kept[M], items: Iterable[M], wanted: SignalFilter, limit: int, after: Key | None) -> list[M]:
    found = sorted((item for item in items if kept.fits(item, wanted)), key=kept.key, reverse=True)
    return [item for item in found if after is None or kept.key(item) < after][:limit]
