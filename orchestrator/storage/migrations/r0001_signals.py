"""Signals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "signals",
        sa.Column("signal_id", sa.String(36), primary_key=True),
        sa.Column("symbol", sa.String(20), nullable=False),
        sa.Column("timeframe", sa.String(8), nullable=False),
        sa.Column("pattern_type", sa.BigInteger, nullable=False),
        sa.Column("known_time_ms", sa.BigInteger, nullable=False),
        sa.Column("message", sa.LargeBinary, nullable=False),
    )
    op.create_index("signals_by_time", "signals", ["known_time_ms", "signal_id"])
    op.create_index("signals_by_symbol", "signals", ["symbol", "timeframe", "known_time_ms", "signal_id"])


def downgrade() -> None:
    op.drop_table("signals")
