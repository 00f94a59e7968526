"""Instruments and their bars."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from wyckoff.storage.types import PlainText

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "instruments",
        sa.Column("instrument_id", sa.Integer, primary_key=True),
        sa.Column("symbol", PlainText, nullable=False),
        sa.Column("timeframe", PlainText, nullable=False),
        sa.Column("bar_count", sa.BigInteger, nullable=False),
        sa.Column("first_open_time_ms", sa.BigInteger),
        sa.Column("last_open_time_ms", sa.BigInteger),
        sa.UniqueConstraint("symbol", "timeframe", name="uq_instruments_symbol_timeframe"),
    )
    op.create_table(
        "bars",
        sa.Column("instrument_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("open_time_ms", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("open", sa.Double, nullable=False),
        sa.Column("high", sa.Double, nullable=False),
        sa.Column("low", sa.Double, nullable=False),
        sa.Column("close", sa.Double, nullable=False),
        sa.Column("volume", sa.Double, nullable=False),
        sa.ForeignKeyConstraint(["instrument_id"], ["instruments.instrument_id"]).ddl_if(dialect="sqlite"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("bars")
    op.drop_table("instruments")
