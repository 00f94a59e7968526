"""Settings: addresses that are safe, keys that stay where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr, ValidationError

from services.marketdata.providers import PROVIDER_NAMES, open_fetcher
from services.marketdata.providers.answers import Redactor, retry_after_s, words_of
from services.marketdata.providers.http import Endpoint
from services.marketdata.providers.sessions import load_sessions
from services.marketdata.providers.settings import AlpacaSettings, BinanceSettings, PolygonSettings
from services.marketdata.providers.yahoo_calendars import SUFFIXES
from tests.support.calendars import with_calendars
from tests.support.fake_time import FakeTime
from tests.support.vendors import ms
from wyckoff.rpc.errors import FailedPreconditionError, InvalidArgumentError

if TYPE_CHECKING:
    from pathlib import Path

KEY = "sesame-0123456789"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://example.com/base/",
        "http://127.0.0.1:8080",
        "http://localhost",
        "http://[::1]:80",
    ],
)
def test_addresses(url: str) -> None:
    assert BinanceSettings(base_url=url).base_url == url.rstrip("/")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://example.com", "not encrypted"),
        ("http://127.0.0.1.example.com", "not encrypted"),
        ("ftp://example.com", "no web address"),
        ("file:///etc/passwd", "no web address"),
        ("example.com", "no web address"),
        ("https://", "no web address"),
        ("https://user:word@example.com", "name, password"),
        ("https://example.com?key=1", "query"),
        ("", "no web address"),
    ],
)
def test_addresses_that_are_refused(url: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words) as caught:
        BinanceSettings(base_url=url)
    assert "user:word" not in str(caught.value)


def test_keys_do_not_show() -> None:
    polygon = PolygonSettings(api_key=SecretStr(KEY))
    alpaca = AlpacaSettings(key_id=SecretStr(KEY), secret_key=SecretStr(KEY))
    endpoint = Endpoint("polygon", "https://example.com", 5, {"Authorization": KEY}, (KEY,))
    for thing in (polygon, alpaca, endpoint):
        assert KEY not in repr(thing) + str(thing)
    assert KEY not in polygon.model_dump_json()


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("polygon", "PROVIDER_POLYGON_API_KEY"),
        ("massive", "PROVIDER_POLYGON_API_KEY"),
        ("alpaca", "PROVIDER_ALPACA_KEY_ID"),
    ],
)
async def test_a_missing_key_names_its_variable(name: str, variable: str) -> None:
    with pytest.raises(FailedPreconditionError, match=variable) as caught:
        async with open_fetcher(name):
            pass
    assert caught.value.reason == "PROVIDER_KEY_MISSING"


@pytest.mark.parametrize("name", ["binance", "yahoo", "yfinance"])
async def test_providers_without_keys(name: str) -> None:
    async with open_fetcher(name, times=FakeTime("2024-06-03").times) as fetcher:
        assert fetcher.provider.name in PROVIDER_NAMES
        assert not fetcher.provider.capabilities.needs_key


async def test_a_provider_that_there_is_not(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgumentError, match="files, polygon, alpaca, yahoo, binance are"):
        async with open_fetcher("bloomberg"):
            pass
    with pytest.raises(InvalidArgumentError, match="source: is missing"):
        async with open_fetcher("files"):
            pass
    with pytest.raises(InvalidArgumentError, match="for files only"):
        async with open_fetcher("binance", source=tmp_path):
            pass


def test_secrets_are_taken_out_in_every_form() -> None:
    clean = Redactor(["a/b+c", "a/b", ""]).clean
    assert clean("key a/b+c and a%2Fb%2Bc and a/b") == "key *** and *** and ***"
    assert clean("line\nline\x00\x1b[2J end") == "line line [2J end"


@with_calendars
@pytest.mark.parametrize("calendar", sorted(set(SUFFIXES.values())))
def test_every_calendar_that_a_symbol_may_name_can_be_loaded(calendar: str) -> None:
    sessions = load_sessions(calendar, ms("2024-01-01"), ms("2024-12-31"))
    assert 230 < len(sessions.dates_ms) < 262


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"status":"ERROR","request_id":"1","error":"Unknown API Key"}', "Unknown API Key"),
        (b'{"code":-1121,"msg":"Invalid symbol."}', "Invalid symbol."),
        (b'{"chart":{"result":null,"error":{"code":"Not Found","description":"No data found"}}}', "No data found"),
        (b'{"message":"forbidden."}', "forbidden."),
        (b'{"error":null,"detail":"x"}', "x"),
        (b"Too Many Requests\r\n", "Too Many Requests\r\n"),
        (b'{"code":5}', '{"code":5}'),
        (b"[]", "[]"),
        (b"\xff\xfe", "\ufffd\ufffd"),
    ],
)
def test_what_vendors_say(body: bytes, words: str) -> None:
    assert words_of(body) == words


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30", 30.0),
        (" 1.5 ", 1.5),
        ("Mon, 03 Jun 2024 00:01:00 GMT", 60.0),
        ("Mon, 03 Jun 2024 00:01:00 -0000", 60.0),
        ("Sun, 02 Jun 2024 00:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("inf", None),
        ("99999999999999999999", None),
    ],
)
def test_retry_after(text: str, seconds: float | None) -> None:
    now = FakeTime("2024-06-03").times.now()
    assert retry_after_s({"retry-after": text}, now) == seconds
