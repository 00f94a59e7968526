"""Tables of the alerts service. Times are milliseconds since the epoch."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table

from wyckoff.storage.types import PlainText

metadata: Final = MetaData()

#: How far the events were read; one row.
cursor: Final = Table(
    "alert_cursor",
    metadata,
    Column("name", PlainText, primary_key=True),
    Column("event_id", PlainText, nullable=False),
    Column("event_time_ms", BigInteger, nullable=False),
)

#: Events that were read, so that none is told twice.
seen: Final = Table(
    "alert_seen",
    metadata,
    Column("event_id", PlainText, primary_key=True),
    Column("seen_ms", BigInteger, nullable=False),
    Index("ix_alert_seen_time", "seen_ms"),
)

#: The last state of each thing, and which was told; a held change with its event and when to decide.
states: Final = Table(
    "alert_states",
    metadata,
    Column("key", PlainText, primary_key=True),
    Column("value", PlainText, nullable=False),
    Column("told_value", PlainText, nullable=False),
    Column("told_ms", BigInteger, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
    Column("changes_count", Integer, nullable=False),
    Column("held_until_ms", BigInteger),
    Column("held_event", LargeBinary),
    Index("ix_alert_states_held", "held_until_ms"),
    Index("ix_alert_states_changed", "changed_ms"),
)

#: Alerts that wait to be sent, in the order in which they are.
outbox: Final = Table(
    "alert_outbox",
    metadata,
    Column("position", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("alert_id", PlainText, nullable=False, unique=True),
    Column("target", PlainText, nullable=False),
    Column("kind", PlainText, nullable=False),
    Column("title", PlainText, nullable=False),
    Column("text", PlainText, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Index("ix_alert_outbox_target", "target", "position"),
)
