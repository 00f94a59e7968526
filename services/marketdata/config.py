"""Settings of the market data service."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from wyckoff.storage.engine import sqlite_url
from wyckoff.storage.settings import DatabaseSettings


class MarketDataSettings(DatabaseSettings):
    """Where bars are kept and how much is taken at once, read from ``MARKETDATA_*``."""

    model_config = SettingsConfigDict(env_prefix="MARKETDATA_", frozen=True)

    data_dir: Path = Path("data")
    """Folder of the SQLite database ``marketdata.db``; created if needed."""

    health_interval_s: float = Field(default=5.0, gt=0)
    """How often it is looked whether the database can be read, which the service's health follows, seconds."""

    max_bars_per_request: int = Field(default=100_000, ge=1, le=100_000)
    """Most bars in one batch and in one answer."""

    default_bars: int = Field(default=500, ge=1)
    """Bars in an answer when the request does not say."""

    default_page_size: int = Field(default=100, ge=1)
    """Instruments a page when the request does not say."""

    max_page_size: int = Field(default=1_000, ge=1)
    """Most instruments a page."""

    watch_max_changes: int = Field(default=256, ge=1)
    """Changes that wait for a slow watcher before it loses the oldest."""

    watch_max_bars: int = Field(default=200_000, ge=1)
    """Bars in the changes that wait for a slow watcher before it loses the oldest."""

    @property
    def resolved_database_url(self) -> str:
        """The database in use."""
        return self.database_url or sqlite_url(self.data_dir / "marketdata.db")
