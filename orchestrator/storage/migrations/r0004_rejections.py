"""Rejections."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from wyckoff.storage.types import plain_string

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "rejections",
        sa.Column("rejection_id", plain_string(36), primary_key=True),
        sa.Column("symbol", plain_string(20), nullable=False),
        sa.Column("timeframe", plain_string(8), nullable=False),
        sa.Column("pattern_type", sa.BigInteger, nullable=False),
        sa.Column("stage", plain_string(20), nullable=False),
        sa.Column("near_miss", sa.Boolean, nullable=False),
        sa.Column("known_time_ms", sa.BigInteger, nullable=False),
        sa.Column("message", sa.LargeBinary, nullable=False),
    )
    op.create_index("rejections_by_time", "rejections", ["known_time_ms", "rejection_id"])
    op.create_index("rejections_by_symbol", "rejections", ["symbol", "timeframe", "known_time_ms", "rejection_id"])


def downgrade() -> None:
    op.drop_table("rejections")
