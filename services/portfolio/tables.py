"""Tables of the accounts. Money, sizes and prices are exact decimals, times milliseconds since the epoch."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, ForeignKeyConstraint, Index, MetaData, Table

from wyckoff.storage.types import DecimalText, PlainText

metadata: Final = MetaData()

accounts: Final = Table(
    "accounts",
    metadata,
    Column("account_id", PlainText, primary_key=True),
    Column("equity", DecimalText, nullable=False),
    Column("peak_equity", DecimalText, nullable=False),
    Column("day_pnl", DecimalText, nullable=False),
    Column("pnl_day", BigInteger, nullable=False),
)

classifications: Final = Table(
    "classifications",
    metadata,
    Column("account_id", PlainText, ForeignKey("accounts.account_id"), primary_key=True),
    Column("symbol", PlainText, primary_key=True),
    Column("sector", PlainText, nullable=False),
    Column("asset_class", PlainText, nullable=False),
    Column("geography", PlainText, nullable=False),
)

campaigns: Final = Table(
    "campaigns",
    metadata,
    Column("account_id", PlainText, ForeignKey("accounts.account_id"), primary_key=True),
    Column("campaign_id", PlainText, primary_key=True),
    Column("symbol", PlainText, nullable=False),
    Column("status", PlainText, nullable=False),
    Column("start_time_ms", BigInteger, nullable=False),
    Column("invalidated_time_ms", BigInteger),
    Index("ix_campaigns_newest", "account_id", "start_time_ms", "campaign_id"),
)

positions: Final = Table(
    "positions",
    metadata,
    Column("account_id", PlainText, primary_key=True),
    Column("position_id", PlainText, primary_key=True),
    Column("symbol", PlainText, nullable=False),
    Column("campaign_id", PlainText, nullable=False),
    Column("pattern_type", PlainText, nullable=False),
    Column("direction", PlainText, nullable=False),
    Column("size", DecimalText, nullable=False),
    Column("entry_price", DecimalText, nullable=False),
    Column("stop_loss", DecimalText, nullable=False),
    Column("risk_amount", DecimalText, nullable=False),
    Column("status", PlainText, nullable=False),
    Column("open_time_ms", BigInteger, nullable=False),
    Column("close_time_ms", BigInteger),
    Column("exit_price", DecimalText),
    ForeignKeyConstraint(
        ["account_id", "campaign_id"],
        ["campaigns.account_id", "campaigns.campaign_id"],
        name="fk_positions_campaign",
    ),
    Index("ix_positions_campaign", "account_id", "campaign_id"),
    Index("ix_positions_status", "account_id", "status", "open_time_ms"),
)
