"""Settings that every service with a database has."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings

from wyckoff.storage.engine import DEFAULT_TERMS, ConnectionTerms


class DatabaseSettings(BaseSettings):
    """Which database, and how it is connected to; the service gives the prefix of the variables."""

    database_url: str = Field(default="", repr=False)
    """URL of a PostgreSQL or SQLite database, such as postgresql://USER:PASSWORD@HOST:5432/NAME; takes the place of
    ``data_dir``."""

    busy_timeout_ms: int = Field(default=DEFAULT_TERMS.busy_timeout_ms, ge=0)
    """How long to wait for what another process or transaction has locked."""

    pool_size: int = Field(default=DEFAULT_TERMS.pool_size, ge=1, le=1000)
    """Connections to the database; more work than that waits."""

    statement_timeout_ms: int = Field(default=DEFAULT_TERMS.statement_timeout_ms, ge=0)
    """How long one statement may take on PostgreSQL; 0 means no bound."""

    connect_timeout_s: float = Field(default=DEFAULT_TERMS.connect_timeout_s, gt=0)
    """How long making a connection to PostgreSQL may take, seconds."""

    @property
    def connection_terms(self) -> ConnectionTerms:
        """How to connect."""
        return ConnectionTerms(self.busy_timeout_ms, self.pool_size, self.statement_timeout_ms, self.connect_timeout_s)
