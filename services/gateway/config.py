"""Settings of the gateway."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from limits import parse
from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from services.gateway.live.settings import LiveSettings

_MIB: Final = 1024 * 1024


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _rate(value: str) -> str:
    parse(value)
    return value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Rate = Annotated[str, AfterValidator(_rate)]


class GatewaySettings(BaseSettings):
    """What the gateway calls, whom it answers and how much it takes, read from ``GATEWAY_*``."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", frozen=True)

    orchestrator_target: str = "127.0.0.1:50050"
    """gRPC target of the orchestrator."""

    marketdata_target: str = "127.0.0.1:50051"
    """gRPC target of the market data service."""

    data_dir: Path = Path("data")
    """Folder of ``keys.json``."""

    allowed_hosts: Names = ()
    """Names in the Host header that are answered, without port, comma-separated. When empty: those of loopback
    while there are no keys, and any name otherwise."""

    allowed_origins: Names = ()
    """Other web origins whose pages may call, such as https://charts.example.org, comma-separated; none by default."""

    rate_limit: Rate = "1200/minute"
    """Requests of one key, or of one address without a valid key."""

    costly_rate_limit: Rate = "240/minute"
    """Of these, requests that analyse or store."""

    max_body_bytes: int = Field(default=16 * _MIB, ge=1_024, le=128 * _MIB)
    """Largest body of a request; 100,000 bars as JSON need 5 to 10 MiB."""

    body_timeout_s: float = Field(default=30.0, gt=0)
    """Time for a client to send a body, seconds."""

    call_timeout_s: float = Field(default=5.0, gt=0)
    """Time of a call to a service behind, seconds."""

    ingest_timeout_s: float = Field(default=30.0, gt=0)
    """Time to store the bars of one request, seconds."""

    analysis_timeout_s: float = Field(default=30.0, gt=0)
    """Time of an analysis, which the orchestrator divides among its stages, seconds."""

    idempotency_ttl_s: float = Field(default=86_400.0, gt=0)
    """How long the answer to an Idempotency-Key is given again, seconds."""

    idempotency_max_keys: int = Field(default=10_000, ge=1)
    """Most of these answers that are kept, in memory."""

    max_connections: int = Field(default=4_096, ge=1)
    """Connections at once, WebSockets included; more are answered 503."""

    live: LiveSettings = Field(default_factory=LiveSettings)
    """Live events over WebSockets, read from ``GATEWAY_LIVE_*``."""

    shutdown_grace_s: int = Field(default=5, ge=1)
    """How long requests may take to end when the process ends, seconds."""

    @property
    def keys_file(self) -> Path:
        """Where the API keys are."""
        return self.data_dir / "keys.json"
