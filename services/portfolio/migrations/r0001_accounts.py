"""Accounts with classifications, campaigns and positions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from wyckoff.storage.types import PlainText

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("account_id", PlainText, primary_key=True),
        *(sa.Column(name, PlainText, nullable=False) for name in ("equity", "peak_equity", "day_pnl")),
        sa.Column("pnl_day", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "classifications",
        sa.Column("account_id", PlainText, sa.ForeignKey("accounts.account_id"), primary_key=True),
        sa.Column("symbol", PlainText, primary_key=True),
        *(sa.Column(name, PlainText, nullable=False) for name in ("sector", "asset_class", "geography")),
    )
    op.create_table(
        "campaigns",
        sa.Column("account_id", PlainText, sa.ForeignKey("accounts.account_id"), primary_key=True),
        sa.Column("campaign_id", PlainText, primary_key=True),
        sa.Column("symbol", PlainText, nullable=False),
        sa.Column("status", PlainText, nullable=False),
        sa.Column("start_time_ms", sa.BigInteger, nullable=False),
        sa.Column("invalidated_time_ms", sa.BigInteger),
    )
    op.create_index("ix_campaigns_newest", "campaigns", ["account_id", "start_time_ms", "campaign_id"])
    _create_positions()


def _create_positions() -> None:
    texts = ("symbol", "campaign_id", "pattern_type", "direction", "size", "entry_price", "stop_loss", "risk_amount")
    op.create_table(
        "positions",
        sa.Column("account_id", PlainText, primary_key=True),
        sa.Column("position_id", PlainText, primary_key=True),
        *(sa.Column(name, PlainText, nullable=False) for name in (*texts, "status")),
        sa.Column("open_time_ms", sa.BigInteger, nullable=False),
        sa.Column("close_time_ms", sa.BigInteger),
        sa.Column("exit_price", PlainText),
        sa.ForeignKeyConstraint(
            ["account_id", "campaign_id"],
            ["campaigns.account_id", "campaigns.campaign_id"],
            name="fk_positions_campaign",
        ),
    )
    op.create_index("ix_positions_campaign", "positions", ["account_id", "campaign_id"])
    op.create_index("ix_positions_status", "positions", ["account_id", "status", "open_time_ms"])


def downgrade() -> None:
    for table in ("positions", "campaigns", "classifications", "accounts"):
        op.drop_table(table)
