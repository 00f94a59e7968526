"""Events of recorded analyses that are still to be published."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from wyckoff.storage.types import plain_string

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "untold_events",
        sa.Column("symbol", plain_string(20), primary_key=True),
        sa.Column("timeframe", plain_string(8), primary_key=True),
        sa.Column("analysis_count", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("message", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("untold_events")
