"""Rejections."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "rejections",
        sa.Column("rejection_id", sa.String(36), primary_key=True),
        sa.Column("symbol", sa.String(20), nullable=False),
        sa.Column("timeframe", sa.String(8), nullable=False),
        sa.Column("pattern_type", sa.BigInteger, nullable=False),
        sa.Column("stage", sa.String(20), nullable=False),
        sa.Column("near_miss", sa.Boolean, nullable=False),
        sa.Column("known_time_ms", sa.BigInteger, nullable=False),
        sa.Column("message", sa.LargeBinary, nullable=False),
    )
    op.create_index("rejections_by_time", "rejections", ["known_time_ms", "rejection_id"])
    op.create_index("rejections_by_symbol", "rejections", ["symbol", "timeframe", "known_time_ms", "rejection_id"])


def downgrade() -> None:
    op.drop_table("rejections")
