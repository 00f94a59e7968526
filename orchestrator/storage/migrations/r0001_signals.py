"""Signals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from wyckoff.storage.types import plain_string

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "signals",
        sa.Column("signal_id", plain_string(36), primary_key=True),
        sa.Column("symbol", plain_string(20), nullable=False),
        sa.Column("timeframe", plain_string(8), nullable=False),
        sa.Column("pattern_type", sa.BigInteger, nullable=False),
        sa.Column("known_time_ms", sa.BigInteger, nullable=False),
        sa.Column("message", sa.LargeBinary, nullable=False),
    )
    op.create_index("signals_by_time", "signals", ["known_time_ms", "signal_id"])
    op.create_index("signals_by_symbol", "signals", ["symbol", "timeframe", "known_time_ms", "signal_id"])


def downgrade() -> None:
    op.drop_table("signals")
