"""Settings of the providers. Keys come from the environment only and are never printed."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # pydantic reads the annotations
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from wyckoff.access.loopback import is_loopback_host


def _base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("has a name, password, query or fragment; https://HOST with nothing of these is needed")
    if not parts.hostname or parts.scheme not in {"https", "http"}:
        raise ValueError("is no web address; https://HOST is needed")
    if parts.scheme == "http" and not is_loopback_host(parts.hostname):
        raise ValueError("is not encrypted; https://HOST is needed, http is for loopback only")
    return value.rstrip("/")


BaseUrl = Annotated[str, AfterValidator(_base_url)]

#: Most requests a minute when a provider's terms leave the choice to its customers.
_CALLS: Final = 200


class HttpSettings(BaseSettings):
    """How all HTTP providers are called, read from ``PROVIDER_HTTP_*``."""

    model_config = SettingsConfigDict(env_prefix="PROVIDER_HTTP_", frozen=True, hide_input_in_errors=True)

    timeout_s: float = Field(default=30.0, gt=0)
    """For the connection, and for each part of an answer."""

    answer_timeout_s: float = Field(default=300.0, gt=0)
    """For one answer as a whole, however steadily it comes."""

    max_attempts: int = Field(default=5, ge=1, le=20)
    """How often one request is sent before its failure is reported."""

    retry_wait_s: float = Field(default=0.5, ge=0)
    """Before the second attempt; doubles with each one, plus as much chance."""

    retry_wait_max_s: float = Field(default=20.0, ge=0)
    """Most time between two attempts that the provider did not ask for."""

    limited_wait_s: float = Field(default=20.0, ge=0)
    """After an answer of too many requests that does not say how long to wait."""

    max_retry_after_s: float = Field(default=180.0, ge=0)
    """A provider that asks to wait longer than this is not waited for."""

    max_response_bytes: int = Field(default=64 * 1024 * 1024, ge=1024)
    """Most bytes in one answer, unpacked."""

    max_pages: int = Field(default=20_000, ge=1)
    """Most pages of one symbol."""


class PolygonSettings(BaseSettings):
    """Massive, formerly Polygon; read from ``PROVIDER_POLYGON_*``."""

    model_config = SettingsConfigDict(env_prefix="PROVIDER_POLYGON_", frozen=True, hide_input_in_errors=True)

    base_url: BaseUrl = "https://api.massive.com"
    """Where it answers; https://api.polygon.io is its former address."""

    api_key: SecretStr = SecretStr("")
    """Sent as a bearer token in a header."""

    calls_per_minute: float = Field(default=5, gt=0)
    """Requests a minute; 5 is what a free plan allows."""

    page_bars: int = Field(default=50_000, ge=1, le=50_000)
    """Base bars behind one page, which is what the interface counts."""

    settle_s: int = Field(default=900, ge=0)
    """How long after its end a bar is taken as final."""


class AlpacaSettings(BaseSettings):
    """Alpaca market data, read from ``PROVIDER_ALPACA_*``."""

    model_config = SettingsConfigDict(env_prefix="PROVIDER_ALPACA_", frozen=True, hide_input_in_errors=True)

    base_url: BaseUrl = "https://data.alpaca.markets"
    """Where it answers."""

    key_id: SecretStr = SecretStr("")
    """Sent in the header APCA-API-KEY-ID."""

    secret_key: SecretStr = SecretStr("")
    """Sent in the header APCA-API-SECRET-KEY."""

    feed: Literal["sip", "iex", "otc", "boats"] = "sip"
    """sip is the volume of all exchanges; iex is one exchange with a few percent of it."""

    calls_per_minute: float = Field(default=_CALLS, gt=0)
    """Requests a minute."""

    page_bars: int = Field(default=10_000, ge=1, le=10_000)
    """Bars a page."""

    settle_s: int = Field(default=960, ge=0)
    """How long after its end a bar is taken as final; free plans do not answer for the last 15 minutes."""


class YahooSettings(BaseSettings):
    """The v8 chart interface that yfinance reads, too; read from ``PROVIDER_YAHOO_*``."""

    model_config = SettingsConfigDict(env_prefix="PROVIDER_YAHOO_", frozen=True, hide_input_in_errors=True)

    base_url: BaseUrl = "https://query2.finance.yahoo.com"
    """Where it answers."""

    user_agent: str = Field(default="Mozilla/5.0 (compatible; wyckoff)", min_length=1, max_length=200)
    """It refuses the names of HTTP libraries."""

    calls_per_minute: float = Field(default=60, gt=0)
    """Requests a minute."""

    settle_s: int = Field(default=1200, ge=0)
    """How long after its end a bar is taken as final; quotes of many exchanges come 15 to 20 minutes late."""


class BinanceSettings(BaseSettings):
    """Binance spot klines, read from ``PROVIDER_BINANCE_*``."""

    model_config = SettingsConfigDict(env_prefix="PROVIDER_BINANCE_", frozen=True, hide_input_in_errors=True)

    base_url: BaseUrl = "https://data-api.binance.vision"
    """Where public market data is answered; https://api.binance.com is the exchange itself."""

    calls_per_minute: float = Field(default=600, gt=0)
    """Requests a minute; each weighs 2 of the 6,000 that one address has."""

    page_bars: int = Field(default=1_000, ge=1, le=1_000)
    """Bars a page."""

    settle_s: int = Field(default=1, ge=0)
    """How long after its end a bar is taken as final."""


class FilesSettings(BaseSettings):
    """Files as a provider, read from ``PROVIDER_FILES_*``."""

    model_config = SettingsConfigDict(env_prefix="PROVIDER_FILES_", frozen=True)

    source: Path | None = None
    """A CSV or Parquet file, or a folder of files named SYMBOL.csv or SYMBOL.parquet."""
