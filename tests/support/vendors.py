"""Vendors with given bars, answering in the shapes that the real ones answer in."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import numpy as np

from tests.support.http_vendor import Asked, Reply, json_reply

if TYPE_CHECKING:
    from collections.abc import Sequence

NEW_YORK: Final = ZoneInfo("America/New_York")
DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Row:
    """One bar: the time as the vendor gives it, milliseconds, and prices as plain numbers."""

    time_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float


def ms(text: str) -> int:
    """Milliseconds of an ISO time in UTC."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def new_york_ms(day: date, hour: int = 0, minute: int = 0) -> int:
    moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=NEW_YORK)
    return round(moment.timestamp() * 1000)


def weekdays(first: str, count: int, without: Sequence[str] = ()) -> list[date]:
    """Monday to Friday from ``first`` on, without some dates."""
    day = date.fromisoformat(first)
    found: list[date] = []
    while len(found) < count:
        if day.weekday() < 5 and day.isoformat() not in without:
            found.append(day)
        day += timedelta(days=1)
    return found


def rows_at(times_ms: Sequence[int], seed: int = 1) -> list[Row]:
    """Ordinary bars in cents at these times."""
    generator = np.random.default_rng(seed)
    close = 10_000
    rows = []
    for time_ms in times_ms:
        opened = close + int(generator.integers(-50, 51))
        close = max(1_000, opened + int(generator.integers(-200, 201)))
        high = max(opened, close) + int(generator.integers(0, 100))
        low = min(opened, close) - int(generator.integers(0, 100))
        volume = int(generator.integers(1_000, 1_000_000))
        rows.append(Row(time_ms, opened / 100, high / 100, low / 100, close / 100, volume))
    return rows


@dataclass(slots=True)
class PolygonVendor:
    """Massive: aggregates with next_url, splits and dividends."""

    rows: list[Row]
    ticker: str = "AAPL"
    page: int = 3
    overlap: int = 0
    """Rows of a page that the next one repeats."""

    raw: list[Row] | None = None
    """What ``adjusted=false`` gives."""

    splits: list[dict[str, Any]] = field(default_factory=list)
    dividends: list[dict[str, Any]] = field(default_factory=list)
    key: str = "sesame-0123456789"
    url: str = ""

    def __call__(self, asked: Asked) -> Reply:
        if asked.headers.get("authorization") != f"Bearer {self.key}":
            body = {
                "status": "ERROR",
                "request_id": "1f2",
                "error": f"Unknown API Key {asked.headers.get('authorization')}",
            }
            return json_reply(body, 401)
        if asked.path.startswith("/stocks/v1/"):
            kind = asked.path.rsplit("/", 1)[1]
            return json_reply({"status": "OK", "request_id": "3a", "results": getattr(self, kind)})
        return self._aggregates(asked)

    def _aggregates(self, asked: Asked) -> Reply:
        ticker = unquote(asked.raw_path.split("/")[4])
        rows = self.rows if asked.query["adjusted"] == "true" or self.raw is None else self.raw
        rows = rows if ticker == self.ticker else []
        start = int(asked.query.get("cursor", "0"))
        answer: dict[str, Any] = {
            "ticker": ticker,
            "queryCount": len(rows),
            "resultsCount": len(rows[start : start + self.page]),
            "adjusted": asked.query["adjusted"] == "true",
            "status": "DELAYED",
            "request_id": "6a7e466379af0a71039d60cc78e72282",
        }
        if rows:
            answer["results"] = [
                {
                    "v": r.volume,
                    "vw": r.close,
                    "o": r.open,
                    "c": r.close,
                    "h": r.high,
                    "l": r.low,
                    "t": r.time_ms,
                    "n": 9,
                }
                for r in rows[start : start + self.page]
            ]
        if start + self.page < len(rows):
            following = start + self.page - self.overlap
            answer["next_url"] = f"{self.url}{asked.raw_path}?cursor={following}&adjusted={asked.query['adjusted']}"
        return json_reply(answer)


@dataclass(slots=True)
class AlpacaVendor:
    """Alpaca: bars by page token; null where there are none."""

    rows: list[Row]
    symbol: str = "AAPL"
    page: int = 3
    key_id: str = "PK-identity"
    secret: str = "very-secret-words"

    def __call__(self, asked: Asked) -> Reply:
        if (asked.headers.get("apca-api-key-id"), asked.headers.get("apca-api-secret-key")) != (
            self.key_id,
            self.secret,
        ):
            return json_reply({"message": "forbidden."}, 403)
        symbol = asked.path.split("/")[3]
        if not symbol.isalpha():
            return json_reply({"code": 40010001, "message": f"invalid symbol: {symbol}"}, 400)
        first, last = (_moment_ms(asked.query[name]) for name in ("start", "end"))
        rows = [row for row in self.rows if first <= row.time_ms <= last and symbol == self.symbol]
        start = int(asked.query.get("page_token", "0"))
        bars = [
            {
                "t": _rfc3339(r.time_ms),
                "o": r.open,
                "h": r.high,
                "l": r.low,
                "c": r.close,
                "v": r.volume,
                "n": 5,
                "vw": 1.0,
            }
            for r in rows[start : start + self.page]
        ]
        token = str(start + self.page) if start + self.page < len(rows) else None
        return json_reply({"bars": bars or None, "symbol": symbol, "next_page_token": token})


def _rfc3339(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, tz=UTC).isoformat().replace("+00:00", "Z")


def _moment_ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


@dataclass(slots=True)
class BinanceVendor:
    """Binance: klines as lists with prices as text, by start time; ``cap`` is what it gives at most."""

    rows: list[Row]
    step_ms: int
    symbol: str = "BTCUSDT"
    cap: int = 1000

    def __call__(self, asked: Asked) -> Reply:
        query = asked.query
        if query["symbol"] != self.symbol:
            return json_reply({"code": -1121, "msg": "Invalid symbol."}, 400)
        first, last = int(query["startTime"]), int(query["endTime"])
        rows = [row for row in self.rows if first <= row.time_ms <= last][: min(int(query["limit"]), self.cap)]
        body = [
            [
                r.time_ms,
                *(f"{value:.8f}" for value in (r.open, r.high, r.low, r.close, r.volume)),
                r.time_ms + self.step_ms - 1,
                "1.0",
                308,
                "0.5",
                "0.5",
                "0",
            ]
            for r in rows
        ]
        return json_reply(body, x_mbx_used_weight_1m="2")


@dataclass(slots=True)
class ChartVendor:
    """The v8 chart interface; a row without numbers is None in every column."""

    rows: list[Row | int]
    """An int is the time of a row of nulls."""

    symbol: str = "AAPL"
    zone: str = "America/New_York"
    adjusted: list[float | None] | None = None
    events: dict[str, Any] | None = None

    def __call__(self, asked: Asked) -> Reply:
        symbol = asked.path.rsplit("/", 1)[1]
        if symbol != self.symbol:
            error = {"code": "Not Found", "description": "No data found, symbol may be delisted"}
            return json_reply({"chart": {"result": None, "error": error}}, 404)
        first, last = int(asked.query["period1"]) * 1000, int(asked.query["period2"]) * 1000
        kept = [at for at, row in enumerate(self.rows) if first <= _time_of(row) < last]
        return Reply(json.dumps({"chart": {"result": [self._result(kept)], "error": None}}).encode())

    def _result(self, kept: list[int]) -> dict[str, Any]:
        rows = [self.rows[at] for at in kept]
        quote = {
            name: [None if isinstance(row, int) else getattr(row, name) for row in rows]
            for name in ("open", "high", "low", "close", "volume")
        }
        indicators: dict[str, Any] = {"quote": [quote]}
        if self.adjusted is not None:
            indicators["adjclose"] = [{"adjclose": [self.adjusted[at] for at in kept]}]
        result: dict[str, Any] = {
            "meta": {"currency": "USD", "symbol": self.symbol, "exchangeTimezoneName": self.zone, "gmtoffset": -18000},
            "indicators": indicators,
        }
        if rows:
            result["timestamp"] = [_time_of(row) // 1000 for row in rows]
        else:
            result["indicators"] = {"quote": [{}], "adjclose": [{}]}
        if self.events is not None:
            result["events"] = self.events
        return result


def _time_of(row: Row | int) -> int:
    return row if isinstance(row, int) else row.time_ms
