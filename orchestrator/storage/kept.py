"""Messages that are kept as they were said first and listed newest first: one way for every kind of them."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from sqlalchemy import select, tuple_

from orchestrator.storage.tables import rejections as rejections_table
from orchestrator.storage.tables import signals as signals_table
from wyckoff.risk.v1 import risk_pb2
from wyckoff.storage.dialects import insert_into

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Select, Table
    from sqlalchemy.ext.asyncio import AsyncConnection

M = TypeVar("M", risk_pb2.TradeSignal, risk_pb2.Rejection)

#: Known time in ms, and id: the order of a list.
Key = tuple[int, str]

#: Fields of a filter that a row has to equal, unless they are empty.
_EXACT: Final = ("symbol", "timeframe", "stage", "near_miss")


@dataclass(frozen=True, slots=True)
class SignalFilter:
    """Which signals: empty fields mean all. ``start_ms`` is the earliest known time."""

    symbol: str = ""
    timeframe: str = ""
    pattern_types: tuple[int, ...] = ()
    start_ms: int | None = None


@dataclass(frozen=True, slots=True)
class RejectionFilter(SignalFilter):
    """Which rejections: also by the stage of the chain, and only near misses."""

    stage: str = ""
    near_miss: bool = False


class Kept(Generic[M]):
    """One kind of message with its table, whose columns are fields of the message, ``known_time_ms`` and ``message``.

    ``id_column`` is the field that tells two messages apart.
    """

    def __init__(self, message: type[M], table: Table, id_column: str) -> None:
        self._message: type[M] = message
        self._table = table
        self._id = table.c[id_column]
        self._id_of = attrgetter(id_column)
        own = {"known_time_ms", "message"}
        self._fields = [column.name for column in table.columns if column.name not in own]

    def key(self, item: M) -> Key:
        """Where the item is in a list."""
        return item.timestamp.ToMilliseconds(), self._id_of(item)

    def row(self, item: M) -> dict[str, Any]:
        """The item as the table has it."""
        row = {name: getattr(item, name) for name in self._fields}
        return row | {
            "known_time_ms": item.timestamp.ToMilliseconds(),
            "message": item.SerializeToString(deterministic=True),
        }

    def fits(self, item: M, wanted: SignalFilter) -> bool:
        """Whether the filter lets the item through."""
        row = self.row(item)
        return (
            all(row[name] == value for name, value in _exact(wanted).items())
            and (not wanted.pattern_types or row["pattern_type"] in wanted.pattern_types)
            and (wanted.start_ms is None or row["known_time_ms"] >= wanted.start_ms)
        )

    async def add(self, connection: AsyncConnection, items: Sequence[M]) -> None:
        """Store those whose id is new."""
        if not items:
            return
        # always in one order: two that store the same would otherwise wait for each other
        rows = [self.row(item) for item in sorted(items, key=self._id_of)]
        await connection.execute(insert_into(connection, self._table).on_conflict_do_nothing(), rows)

    async def by_id(self, connection: AsyncConnection, ids: Sequence[str]) -> dict[str, M]:
        """The stored ones of these ids."""
        found = await self._read(connection, select(self._table.c.message).where(self._id.in_(ids)))
        return {self._id_of(item): item for item in found}

    async def page(self, connection: AsyncConnection, wanted: SignalFilter, limit: int, after: Key | None) -> list[M]:
        """Newest first, beginning behind ``after``."""
        table = self._table.c
        query = select(table.message).where(*(table[name] == value for name, value in _exact(wanted).items()))
        if wanted.pattern_types:
            query = query.where(table.pattern_type.in_(wanted.pattern_types))
        if wanted.start_ms is not None:
            query = query.where(table.known_time_ms >= wanted.start_ms)
        if after is not None:
            query = query.where(tuple_(table.known_time_ms, self._id) < tuple_(*after))
        return await self._read(connection, query.order_by(table.known_time_ms.desc(), self._id.desc()).limit(limit))

    async def _read(self, connection: AsyncConnection, query: Select[Any]) -> list[M]:
        return [self._message.FromString(blob) for blob in (await connection.scalars(query)).all()]


def _exact(wanted: SignalFilter) -> dict[str, Any]:
    return {name: value for name in _EXACT if (value := getattr(wanted, name, None))}


SIGNALS: Final = Kept(risk_pb2.TradeSignal, signals_table, "signal_id")
REJECTIONS: Final = Kept(risk_pb2.Rejection, rejections_table, "rejection_id")
