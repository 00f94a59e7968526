"""Settings of the orchestrator, from the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from wyckoff.storage.engine import sqlite_url
from wyckoff.storage.settings import DatabaseSettings


class OrchestratorSettings(DatabaseSettings):
    """Read from variables with the prefix ``ORCHESTRATOR_``."""

    model_config = SettingsConfigDict(env_prefix="ORCHESTRATOR_", frozen=True)

    default_lookback_bars: int = Field(default=500, ge=50, le=100_000)
    """Bars to analyse when the request does not say."""

    context_lookback_bars: int = Field(default=300, ge=50, le=10_000)
    """Bars of the longer length to read when a request asks for a context, as far as shorter ones are stored."""

    max_concurrent_symbols: int = Field(default=10, ge=1, le=50)
    """Symbols of one request that are analysed at the same time."""

    max_symbols_per_request: int = Field(default=100_000, ge=1)
    """Symbols that one request may name."""

    default_deadline_s: float = Field(default=5.0, gt=0, le=600)
    """Time for one symbol when the caller sets no deadline, seconds."""

    health_timeout_s: float = Field(default=1.0, gt=0, le=30)
    """Time for one health call to a service, seconds."""

    detector_mode: Literal["production", "test", "mock"] = "production"
    """Which parts are used: the real ones, all in this process and memory, or only what is passed in."""

    enable_parallel_processing: bool = True
    """Whether symbols of one request are analysed at the same time."""

    enable_caching: bool = True
    """Whether results of the pure stages are kept for a while."""

    cache_ttl_seconds: float = Field(default=300.0, gt=0)
    """How long a result is kept."""

    cache_max_size: int = Field(default=1000, ge=1)
    """How many results are kept; the least recently used goes first."""

    stage_weights: dict[str, float] = Field(
        default_factory=lambda: {
            "data": 2.0,
            "range": 2.0,
            "context": 4.0,
            "risk": 2.0,
            "validation": 0.1,
            "signal": 1.0,
        }
    )
    """How the time of an analysis is divided among its stages; 1 for a stage that is not named."""

    max_detector_retries: int = Field(default=3, ge=0, le=4)
    """How often a pure call to a stage is repeated when the stage is unavailable, inside the deadline."""

    circuit_breaker_threshold: int = Field(default=5, ge=1, le=1000)
    """Failures of one service in a row after which it is left alone."""

    circuit_breaker_cool_down_s: float = Field(default=5.0, gt=0, le=600)
    """Time until a service that is left alone gets a single call as a probe, seconds."""

    data_dir: Path = Path("data")
    """Folder of the SQLite database ``orchestrator.db``; created if needed."""

    @property
    def resolved_database_url(self) -> str:
        """The database in use."""
        return self.database_url or sqlite_url(self.data_dir / "orchestrator.db")

    marketdata_target: str = "127.0.0.1:50051"
    volume_target: str = "127.0.0.1:50052"
    range_target: str = "127.0.0.1:50053"
    phase_target: str = "127.0.0.1:50054"
    pattern_target: str = "127.0.0.1:50055"
    risk_target: str = "127.0.0.1:50056"
    portfolio_target: str = "127.0.0.1:50057"
    """Where each service is: HOST:PORT, or any gRPC target name."""
