"""How far each symbol was analysed as its bars came."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from wyckoff.storage.types import plain_string

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "live_progress",
        sa.Column("symbol", plain_string(20), primary_key=True),
        sa.Column("timeframe", plain_string(8), primary_key=True),
        sa.Column("bar_time_ms", sa.BigInteger, nullable=False),
        sa.Column("content_hash", plain_string(64), nullable=False),
        sa.Column("analysis_count", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("live_progress")
