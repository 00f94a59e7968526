"""Settings of live mode, from the environment."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from orchestrator.events.work import RetryTerms


class LiveSettings(BaseSettings):
    """Read from ``ORCHESTRATOR_LIVE`` and variables with the prefix ``ORCHESTRATOR_LIVE_``."""

    model_config = SettingsConfigDict(env_prefix="ORCHESTRATOR_", frozen=True)

    live: bool = True
    """Whether stored bars are analysed as they come."""

    live_deadline_s: float = Field(default=30.0, gt=0)
    """Time for one analysis in the background, seconds."""

    live_bar_events: int = Field(default=500, ge=1)
    """Of bars that are stored at once, so many of the newest are told as events."""

    live_max_attempts: int = Field(default=20, ge=1)
    """How often an analysis that fails is tried before its next bar."""

    live_first_pause_s: float = Field(default=0.2, ge=0)
    """Pause after the first failure, seconds; doubled after each further one."""

    live_max_pause_s: float = Field(default=30.0, ge=0)
    """Longest pause between two attempts, and between two connections to the market data service, seconds."""

    @property
    def retry(self) -> RetryTerms:
        """How work that fails is tried again."""
        return RetryTerms(self.live_max_attempts, self.live_first_pause_s, self.live_max_pause_s)
