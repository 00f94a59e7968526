"""`wyckoff fetch` as a user starts it, against a local vendor and the real market data service."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import signal
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from orchestrator.cli.main import app
from services.marketdata.__main__ import open_mounts
from services.marketdata.config import MarketDataSettings
from tests.e2e.command import COMMAND, TIMEOUT_S
from tests.support.fetches import assert_rows
from tests.support.http_vendor import Asked, Reply, vendor
from tests.support.serving import serving
from tests.support.vendors import (
    AlpacaVendor,
    BinanceVendor,
    ChartVendor,
    PolygonVendor,
    Row,
    ms,
    new_york_ms,
    rows_at,
    weekdays,
)
from wyckoff.market.files import read_bars
from wyckoff.marketdata.v1 import marketdata_pb2
from wyckoff.rpc import catalogue
from wyckoff.rpc.channel import GrpcTransport
from wyckoff.rpc.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

HOUR_MS = 3_600_000
DAYS = weekdays("2024-05-01", 22, ("2024-05-27",))
ROWS = rows_at([new_york_ms(day) for day in DAYS])
COINS = rows_at([ms("2024-05-01") + hour * HOUR_MS for hour in range(50)])
KEY = "sesame-0123456789"


def environment(url: str, key: str = KEY) -> dict[str, str]:
    return {
        **os.environ,
        "PROVIDER_POLYGON_BASE_URL": url,
        "PROVIDER_POLYGON_API_KEY": key,
        "PROVIDER_POLYGON_CALLS_PER_MINUTE": "100000",
        "PROVIDER_POLYGON_PAGE_BARS": "10",
        "PROVIDER_BINANCE_BASE_URL": url,
        "PROVIDER_BINANCE_CALLS_PER_MINUTE": "100000",
        "PROVIDER_BINANCE_PAGE_BARS": "10",
        "PROVIDER_ALPACA_BASE_URL": url,
        "PROVIDER_ALPACA_KEY_ID": "PK-identity",
        "PROVIDER_ALPACA_SECRET_KEY": "very-secret-words",
        "PROVIDER_YAHOO_BASE_URL": url,
        "PROVIDER_HTTP_RETRY_WAIT_S": "0",
    }


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def run(url: str, *arguments: object, key: str = KEY) -> tuple[int, str, str]:
    """Exit code, output and messages of the command."""
    process = await asyncio.create_subprocess_exec(
        COMMAND,
        "fetch",
        *map(str, arguments),
        env=environment(url, key),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), TIMEOUT_S)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


@asynccontextmanager
async def polygon(rows: list[Row], page: int = 10) -> AsyncIterator[PolygonVendor]:
    answer = PolygonVendor(rows, page=page)
    async with vendor(answer) as server:
        answer.url = server.url
        yield answer


@asynccontextmanager
async def marketdata(folder: Path) -> AsyncIterator[str]:
    async with open_mounts(MarketDataSettings(data_dir=folder)) as mounts, serving(mounts) as server:
        yield server.address


async def stored_times(address: str, symbol: str, timeframe: str) -> list[int]:
    transport = GrpcTransport.connect(address)
    request = marketdata_pb2.GetBarsRequest(symbol=symbol, timeframe=timeframe, limit=10_000)
    answer = await transport.unary(catalogue.GET_BARS, request, timeout_s=10)
    await transport.close()
    return list(answer.bars.open_time_ms)


async def test_into_the_service_then_updated_then_split(tmp_path: Path) -> None:
    span = ("--from", "2024-05-01", "--to", "2024-06-01")
    async with marketdata(tmp_path) as address, polygon(ROWS[:15]) as answer:
        target = ("--target", address)
        first = ("--from", "2024-05-01", "--to", "2024-05-21", "--calendar", "none")
        code, out, err = await run(answer.url, "polygon", "AAPL", *first, *target)
        assert (code, err) == (0, "")
        assert re.search(
            r"AAPL +2024-05-01 +2024-05-21 +15 +15 +0 +0 +splits +no calendar: gaps were not looked for", out
        )
        assert len(await stored_times(address, "AAPL", "1d")) == 15

        answer.rows = [row for row in ROWS if row is not ROWS[17]]
        code, out, err = await run(answer.url, "polygon", "AAPL", "--update", "--to", "2024-06-01", *target, "--json")
        assert (code, err) == (0, "")
        report = json.loads(out)
        assert (report["bar_count"], report["overlap_count"], report["error"]) == (6, 5, None)
        assert report["gaps"]["missing_sessions"] == ["2024-05-24"]

        answer.rows = [Row(r.time_ms, r.open / 2, r.high / 2, r.low / 2, r.close / 2, r.volume * 2) for r in ROWS]
        code, out, err = await run(answer.url, "polygon", "AAPL", "--update", "--calendar", "none", *target)
        assert (code, out) == (1, "")
        assert "times 0.5 now" in err
        assert "--replace" in err
        code, out, err = await run(answer.url, "polygon", "AAPL", *span, "--replace", "--calendar", "none", *target)
        assert (code, err) == (0, "")
        assert len(await stored_times(address, "AAPL", "1d")) == 22


async def test_one_bad_symbol_does_not_stop_the_others(tmp_path: Path) -> None:
    async with vendor(BinanceVendor(COINS, HOUR_MS)) as server:
        code, out, err = await run(
            server.url, "binance", "NOPE", "BTCUSDT", "--from", "2024-05-01", "--timeframe", "1h", "--out", tmp_path
        )
    assert code == 2
    assert "wyckoff: NOPE: binance answered 400: Invalid symbol." in err
    assert "BTCUSDT" in out
    assert len(read_bars(tmp_path / "BTCUSDT.csv", "1h")) == 50
    assert names(tmp_path) == ["BTCUSDT.csv"]


async def test_the_other_vendors_by_their_settings(tmp_path: Path) -> None:
    opens = [new_york_ms(day, 9, 30) for day in DAYS]
    answers: dict[str, Callable[[Asked], Reply]] = {
        "alpaca": AlpacaVendor(ROWS, page=10),
        "yfinance": ChartVendor(
            [Row(time, r.open, r.high, r.low, r.close, r.volume) for time, r in zip(opens, ROWS, strict=True)]
        ),
    }
    for name, answer in answers.items():
        async with vendor(answer) as server:
            span = ("--from", "2024-05-01", "--to", "2024-05-31", "--calendar", "none")
            code, _, err = await run(server.url, name, "AAPL", *span, "--out", tmp_path / f"{name}.csv")
        assert (code, err) == (0, "")
        assert "Mozilla" in server.asked[0].headers["user-agent"] or name == "alpaca"
    alpaca, yahoo = (read_bars(tmp_path / f"{name}.csv", "1d") for name in answers)
    assert_rows(alpaca, ROWS)
    assert_rows(yahoo, ROWS)
    assert alpaca.open_time_ms.tolist() == yahoo.open_time_ms.tolist()


async def test_a_wrong_key_does_not_show(tmp_path: Path) -> None:
    async with polygon(ROWS) as answer:
        arguments = ("polygon", "AAPL", "--from", "2024-05-01", "--out", tmp_path / "AAPL.csv")
        code, out, err = await run(answer.url, *arguments, key="guessed-98765")
    assert (code, out) == (1, "")
    assert "Unknown API Key Bearer ***; check PROVIDER_POLYGON_API_KEY" in err
    assert "guessed" not in err
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("binance", "BTCUSDT", "--from", "yesterday"), "from: 'yesterday' is no date"),
        (("binance", "BTCUSDT"), "from: is missing"),
        (("binance", "BTCUSDT", "--from", "2024-05-01", "--timeframe", "7m"), "timeframe: 7m is not offered"),
        (("binance", "BTCUSDT", "--from", "2024-05-01", "--adjustment", "all"), "adjustment: all is not offered"),
        (("binance", "A", "B", "--from", "2024-05-01", "--out", "x.csv"), "one file for 2 symbols"),
        (("binance", "../A", "--from", "2024-05-01", "--out", "folder"), "'../A' is no file name"),
        (("bloomberg", "A", "--from", "2024-05-01"), "provider: 'bloomberg' is none"),
        (("files", "A", "--source", "/nowhere/at/all.csv", "--out", "x.csv"), "there is no such file"),
    ],
)
def test_bad_input(arguments: tuple[str, ...], words: str) -> None:
    result = CliRunner().invoke(app, ["fetch", *arguments], env=environment("http://127.0.0.1:1"))
    said = result.exception.message if isinstance(result.exception, InvalidArgumentError) else result.stderr
    assert words in said
    assert result.stdout == ""
    assert isinstance(result.exception, InvalidArgumentError) or result.exit_code == 2


class Held:
    """Answers the first pages at once, and the others when it is let."""

    def __init__(self, answer: BinanceVendor, pages: int) -> None:
        self.let = asyncio.Event()
        self.stuck = asyncio.Event()
        self._answer, self._pages = answer, pages

    def __call__(self, asked: Asked) -> Reply:
        reply = self._answer(asked)
        if self._pages:
            self._pages -= 1
            return reply
        self.stuck.set()
        return Reply(reply.body, reply.status, reply.headers, held=self.let)


async def test_ctrl_c_keeps_what_is_stored_and_says_it(tmp_path: Path) -> None:
    held = Held(BinanceVendor(COINS, HOUR_MS), pages=2)
    async with marketdata(tmp_path) as address, vendor(held) as server:
        span = ("--from", "2024-05-01", "--timeframe", "1h", "--target", address)
        process = await asyncio.create_subprocess_exec(
            COMMAND,
            *("fetch", "binance", "BTCUSDT", *span),
            env=environment(server.url),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        await asyncio.wait_for(held.stuck.wait(), TIMEOUT_S)
        process.send_signal(signal.SIGINT)
        out, err = await asyncio.wait_for(process.communicate(), TIMEOUT_S)
        assert process.returncode == 130
        assert out == b""
        assert b"20 bars from 2024-05-01 to 2024-05-01T19:00Z are stored; --update goes on from there" in err
        assert b"Traceback" not in err
        assert len(await stored_times(address, "BTCUSDT", "1h")) == 20

        held.let.set()
        code, _, _ = await run(server.url, "binance", "BTCUSDT", *span, "--update")
        assert code == 0
        assert len(await stored_times(address, "BTCUSDT", "1h")) == 50


async def test_progress_shows_on_a_terminal(tmp_path: Path) -> None:
    held = Held(BinanceVendor(COINS, HOUR_MS), pages=2)
    async with vendor(held) as server:
        ours, theirs = pty.openpty()
        process = await asyncio.create_subprocess_exec(
            COMMAND,
            *("fetch", "binance", "BTCUSDT", "--from", "2024-05-01", "--timeframe", "1h"),
            *("--out", tmp_path / "BTCUSDT.csv"),
            env={**environment(server.url), "TERM": "xterm", "COLUMNS": "120"},
            stdout=asyncio.subprocess.PIPE,
            stderr=theirs,
        )
        os.close(theirs)
        shown = ""
        while "20 bars to 2024-05-01" not in shown:
            shown += (await asyncio.wait_for(asyncio.to_thread(os.read, ours, 65_536), TIMEOUT_S)).decode()
        held.let.set()
        await asyncio.wait_for(process.communicate(), TIMEOUT_S)
        os.close(ours)
    assert process.returncode == 0
    assert "BTCUSDT" in shown
    assert "symbols" in shown
