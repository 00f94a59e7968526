"""Settings of the portfolio service."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from wyckoff.model.portfolio import DEFAULT_EQUITY
from wyckoff.storage.engine import sqlite_url
from wyckoff.storage.settings import DatabaseSettings


class PortfolioSettings(DatabaseSettings):
    """Where accounts are kept and what the first one begins with, read from ``PORTFOLIO_*``."""

    model_config = SettingsConfigDict(env_prefix="PORTFOLIO_", frozen=True)

    data_dir: Path = Path("data")
    """Folder of the SQLite database ``portfolio.db``; created if needed."""

    health_interval_s: float = Field(default=5.0, gt=0)
    """How often it is looked whether the database can be read, which the service's health follows, seconds."""

    default_equity: Decimal = Field(default=DEFAULT_EQUITY, gt=0, lt=Decimal(10) ** 15, allow_inf_nan=False)
    """Equity with which the account ``default`` is created, money."""

    invalidated_campaign_days: int = Field(default=90, ge=5)
    """How long an invalidated campaign stays in the portfolio, where it forbids entering again."""

    default_page_size: int = Field(default=100, ge=1)
    """Campaigns a page when the request does not say."""

    max_page_size: int = Field(default=1_000, ge=1)
    """Most campaigns a page."""

    @property
    def resolved_database_url(self) -> str:
        """The database in use."""
        return self.database_url or sqlite_url(self.data_dir / "portfolio.db")
