"""Settings of the web page."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class PageSettings(BaseSettings):
    """Read from variables with the prefix ``GATEWAY_PAGE_``."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_PAGE_", frozen=True)

    bars: int = Field(default=500, ge=50, le=5_000)
    """Newest bars that are analysed and drawn when the page does not say; as many as the orchestrator analyses by
    itself, so that the page says what its events said."""

    max_analyses_at_once: int = Field(default=4, ge=1, le=100)
    """Analyses that the page asks for at the same time, all browsers together."""

    kept_analyses: int = Field(default=512, ge=1)
    """Most analyses that are kept; the least recently used goes first."""

    kept_documents_bytes: int = Field(default=64 * 1024 * 1024, ge=1_048_576)
    """Room for charts that are kept; the least recently used goes first."""

    instruments_age_s: float = Field(default=2.0, ge=0, le=600)
    """How long the list of instruments is taken as it was read, seconds."""
