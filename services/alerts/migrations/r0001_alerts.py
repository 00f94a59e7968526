"""Cursor, events that were read, states, and alerts that wait."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from wyckoff.storage.types import PlainText

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "alert_cursor",
        sa.Column("name", PlainText, primary_key=True),
        sa.Column("event_id", PlainText, nullable=False),
        sa.Column("event_time_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "alert_seen",
        sa.Column("event_id", PlainText, primary_key=True),
        sa.Column("seen_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_alert_seen_time", "alert_seen", ["seen_ms"])
    op.create_table(
        "alert_states",
        sa.Column("key", PlainText, primary_key=True),
        sa.Column("value", PlainText, nullable=False),
        sa.Column("told_value", PlainText, nullable=False),
        sa.Column("told_ms", sa.BigInteger, nullable=False),
        sa.Column("changed_ms", sa.BigInteger, nullable=False),
        sa.Column("changes_count", sa.Integer, nullable=False),
        sa.Column("held_until_ms", sa.BigInteger),
        sa.Column("held_event", sa.LargeBinary),
    )
    op.create_index("ix_alert_states_held", "alert_states", ["held_until_ms"])
    op.create_index("ix_alert_states_changed", "alert_states", ["changed_ms"])
    op.create_table(
        "alert_outbox",
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("alert_id", PlainText, nullable=False, unique=True),
        sa.Column("target", PlainText, nullable=False),
        sa.Column("kind", PlainText, nullable=False),
        sa.Column("title", PlainText, nullable=False),
        sa.Column("text", PlainText, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_alert_outbox_target", "alert_outbox", ["target", "position"])


def downgrade() -> None:
    for name in ("alert_outbox", "alert_states", "alert_seen", "alert_cursor"):
        op.drop_table(name)
