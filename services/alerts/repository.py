"""Cursor, states and outbox in the database, within a transaction of the caller."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, func, select

from services.alerts.message import Alert
from services.alerts.tables import cursor, outbox, seen, states
from wyckoff.storage.dialects import insert_into

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Table
    from sqlalchemy.ext.asyncio import AsyncConnection

_CURSOR: Final = "events"
_ALERT_COLUMNS: Final = tuple(outbox.c[field.name] for field in fields(Alert))


@dataclass(frozen=True, slots=True)
class State:
    """What is known of a thing. ``held_event`` is the serialized event of a change that is held until a time."""

    key: str
    value: str
    told_value: str
    told_ms: int
    changed_ms: int
    changes_count: int = 0
    held_until_ms: int | None = None
    held_event: bytes | None = None


class AlertRepository:
    """Nothing is committed here."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def last_event_id(self) -> str:
        """The event that was read last; empty before the first."""
        query = select(cursor.c.event_id).where(cursor.c.name == _CURSOR)
        return (await self._connection.execute(query)).scalar_one_or_none() or ""

    async def move_cursor(self, event_id: str, event_time_ms: int) -> None:
        """This event is read."""
        row = {"name": _CURSOR, "event_id": event_id, "event_time_ms": event_time_ms}
        await self._upsert(cursor, row)

    async def note_seen(self, event_id: str, now_ms: int) -> bool:
        """Whether the event is read for the first time."""
        statement = (
            insert_into(self._connection, seen).values(event_id=event_id, seen_ms=now_ms).on_conflict_do_nothing()
        )
        return bool((await self._connection.execute(statement)).rowcount)

    async def state(self, key: str) -> State | None:
        """What is known of a thing."""
        row = (await self._connection.execute(select(states).where(states.c.key == key))).mappings().one_or_none()
        return None if row is None else State(**row)

    async def save_state(self, state: State) -> None:
        """Add or replace it."""
        await self._upsert(states, asdict(state))

    async def held(self, until_ms: int) -> list[State]:
        """States with a change that was held until now."""
        query = select(states).where(states.c.held_until_ms <= until_ms).order_by(states.c.held_until_ms, states.c.key)
        return [State(**row) for row in (await self._connection.execute(query)).mappings()]

    async def next_held_ms(self) -> int | None:
        """When the next held change is to be decided."""
        found: int | None = (await self._connection.execute(select(func.min(states.c.held_until_ms)))).scalar_one()
        return found

    async def enqueue(self, alerts: Sequence[Alert]) -> None:
        """Let alerts wait to be sent, in this order; one that waits already is not put twice."""
        statement = insert_into(self._connection, outbox).on_conflict_do_nothing(index_elements=["alert_id"])
        await self._connection.execute(statement, [asdict(alert) for alert in alerts])

    async def trim(self, target: str, max_waiting: int) -> int:
        """Give up the oldest alerts of a target beyond so many; returns how many these were."""
        surplus = await self.waiting_count(target) - max_waiting
        if surplus <= 0:
            return 0
        oldest = select(outbox.c.position).where(outbox.c.target == target).order_by(outbox.c.position)
        await self._connection.execute(delete(outbox).where(outbox.c.position.in_(oldest.limit(surplus))))
        return surplus

    async def next_alert(self, target: str) -> Alert | None:
        """The alert that waits longest for a target."""
        query = select(*_ALERT_COLUMNS).where(outbox.c.target == target).order_by(outbox.c.position).limit(1)
        row = (await self._connection.execute(query)).mappings().one_or_none()
        return None if row is None else Alert(**row)

    async def waiting_count(self, target: str) -> int:
        """Alerts that wait for a target."""
        query = select(func.count()).select_from(outbox).where(outbox.c.target == target)
        return int((await self._connection.execute(query)).scalar_one())

    async def forget_alert(self, alert_id: str) -> None:
        """It was sent, or is not to be sent any more."""
        await self._connection.execute(delete(outbox).where(outbox.c.alert_id == alert_id))

    async def forget_target(self, target: str) -> int:
        """None of its alerts is to be sent; returns how many waited."""
        return (await self._connection.execute(delete(outbox).where(outbox.c.target == target))).rowcount

    async def forget_before(self, time_ms: int) -> None:
        """Events and states of long ago."""
        await self._connection.execute(delete(seen).where(seen.c.seen_ms < time_ms))
        await self._connection.execute(
            delete(states).where(states.c.changed_ms < time_ms, states.c.held_until_ms.is_(None))
        )

    async def _upsert(self, table: Table, row: dict[str, Any]) -> None:
        keys = [column.name for column in table.primary_key]
        others = {name: value for name, value in row.items() if name not in keys}
        statement = (
            insert_into(self._connection, table).values(row).on_conflict_do_update(index_elements=keys, set_=others)
        )
        await self._connection.execute(statement)
