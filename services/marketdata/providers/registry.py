"""Providers by name, with their settings."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings

from services.marketdata.providers.alpaca import AlpacaProvider
from services.marketdata.providers.answers import KEY_MISSING
from services.marketdata.providers.binance import BinanceProvider
from services.marketdata.providers.fetching import BarFetcher
from services.marketdata.providers.files import FilesProvider
from services.marketdata.providers.http import Endpoint, ProviderHttp, Time
from services.marketdata.providers.polygon import PolygonProvider
from services.marketdata.providers.settings import (
    AlpacaSettings,
    BinanceSettings,
    FilesSettings,
    HttpSettings,
    PolygonSettings,
    YahooSettings,
)
from services.marketdata.providers.yahoo import YahooProvider
from wyckoff.rpc.errors import FailedPreconditionError, FieldViolation, InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from pydantic import SecretStr

    from wyckoff.market.provider import BarProvider

Settings = TypeVar("Settings", bound=BaseSettings)

PROVIDER_NAMES: Final = ("files", "polygon", "alpaca", "yahoo", "binance")
_OTHER_NAMES: Final = {"massive": "polygon", "yfinance": "yahoo", "csv": "files", "parquet": "files"}


@asynccontextmanager
async def open_fetcher(
    name: str, *, source: Path | None = None, times: Time | None = None
) -> AsyncIterator[BarFetcher]:
    """A fetcher from the provider of that name; ``source`` is the file or folder of ``files``."""
    chosen = _OTHER_NAMES.get(name, name)
    seam = times or Time()
    if chosen == "files":
        yield BarFetcher(_files(source), seam)
        return
    if chosen not in PROVIDER_NAMES:
        raise InvalidArgumentError.of("provider", f"{name!r} is none; {', '.join(PROVIDER_NAMES)} are")
    if source is not None:
        raise InvalidArgumentError.of("source", f"is for files only; {name} needs none")
    http_settings = _read(HttpSettings)
    async with _connected(chosen, http_settings, seam) as provider:
        yield BarFetcher(provider, seam)


@asynccontextmanager
async def _connected(name: str, http_settings: HttpSettings, times: Time) -> AsyncIterator[BarProvider]:
    max_pages = http_settings.max_pages
    if name == "polygon":
        polygon = _read(PolygonSettings)
        async with ProviderHttp(_polygon_endpoint(polygon), http_settings, times) as http:
            yield PolygonProvider(polygon, http, times, max_pages=max_pages)
    elif name == "alpaca":
        alpaca = _read(AlpacaSettings)
        async with ProviderHttp(_alpaca_endpoint(alpaca), http_settings, times) as http:
            yield AlpacaProvider(alpaca, http, times, max_pages=max_pages)
    elif name == "yahoo":
        yahoo = _read(YahooSettings)
        endpoint = Endpoint(name, yahoo.base_url, yahoo.calls_per_minute, {"User-Agent": yahoo.user_agent})
        async with ProviderHttp(endpoint, http_settings, times) as http:
            yield YahooProvider(yahoo, http, times)
    else:
        binance = _read(BinanceSettings)
        endpoint = Endpoint(name, binance.base_url, binance.calls_per_minute)
        async with ProviderHttp(endpoint, http_settings, times) as http:
            yield BinanceProvider(binance, http, times, max_pages=max_pages)


def _files(source: Path | None) -> FilesProvider:
    chosen = source or _read(FilesSettings).source
    if chosen is None:
        raise InvalidArgumentError.of("source", "is missing; name the file or folder, or set PROVIDER_FILES_SOURCE")
    return FilesProvider(chosen)


def _polygon_endpoint(settings: PolygonSettings) -> Endpoint:
    key = _key("PROVIDER_POLYGON_API_KEY", settings.api_key)
    return Endpoint(
        "polygon",
        settings.base_url,
        settings.calls_per_minute,
        {"Authorization": f"Bearer {key}"},
        (key,),
        "PROVIDER_POLYGON_API_KEY",
    )


def _alpaca_endpoint(settings: AlpacaSettings) -> Endpoint:
    key_id = _key("PROVIDER_ALPACA_KEY_ID", settings.key_id)
    secret = _key("PROVIDER_ALPACA_SECRET_KEY", settings.secret_key)
    return Endpoint(
        "alpaca",
        settings.base_url,
        settings.calls_per_minute,
        {"APCA-API-KEY-ID": key_id, "APCA-API-SECRET-KEY": secret},
        (key_id, secret),
        "PROVIDER_ALPACA_KEY_ID and PROVIDER_ALPACA_SECRET_KEY",
    )


def _key(variable: str, value: SecretStr) -> str:
    """The key, which must be what a header can carry."""
    key = value.get_secret_value().strip()
    if not key:
        raise FailedPreconditionError(
            f"the key is missing; set {variable} in the environment", reason=KEY_MISSING, metadata={"setting": variable}
        )
    if not (key.isascii() and key.isprintable()):
        raise InvalidArgumentError.of(variable, "has characters that no key has; printable ASCII is needed")
    return key


def _read(kind: type[Settings]) -> Settings:
    """Settings from the environment; raises InvalidArgumentError naming the variable, without its value."""
    try:
        return kind()
    except ValidationError as error:
        prefix = kind.model_config.get("env_prefix", "")
        violations = [
            FieldViolation(f"{prefix}{item['loc'][0]}".upper(), item["msg"].removeprefix("Value error, "))
            for item in error.errors(include_input=False, include_url=False)
        ]
        raise InvalidArgumentError(violations) from None
