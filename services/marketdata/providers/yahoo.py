"""The v8 chart interface: quotes that are adjusted for splits, and beside them closes adjusted for dividends, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import numpy as np

from services.marketdata.providers.answers import SYMBOL_UNKNOWN, bad_answer, words_in
from services.marketdata.providers.json_shapes import items_of, object_of, text_of
from services.marketdata.providers.rows import as_numbers, as_times, chunk_of
from services.marketdata.providers.sessions import ALWAYS, FOREX
from services.marketdata.providers.spans import DAY_MS, is_intraday, local_midnights, month_starts, week_starts
from services.marketdata.providers.yahoo_calendars import SUFFIXES
from wyckoff.market.bars import COLUMNS, PRICE_COLUMNS
from wyckoff.market.provider import Adjustment, Capabilities, Chunk
from wyckoff.rpc.errors import InvalidArgumentError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from services.marketdata.providers.http import ProviderHttp, Time
    from services.marketdata.providers.settings import YahooSettings
    from wyckoff.market.bars import IntArray

_INTERVALS: Final = {
    "1m": "1m",
    "2m": "2m",
    "5m": "5m",
    "15m": "15m",
    "30m": "30m",
    "1h": "1h",
    "90m": "90m",
    "1d": "1d",
    "1w": "1wk",
    "1M": "1mo",
}
#: Days that one answer covers; older intraday bars than about twice of it are not kept at all.
_WINDOW_DAYS: Final = {"1m": 7, "2m": 59, "5m": 59, "15m": 59, "30m": 59, "90m": 59, "1h": 729}
_ALL_DAYS: Final = 40_000
#: Days of the east begin on the evening before in UTC, those of the west end on the morning after.
_MARGIN_MS: Final = DAY_MS


class YahooProvider:
    """Adjusted for splits by itself; fully adjusted ones by its adjusted closes."""

    name = "yahoo"

    def __init__(self, settings: YahooSettings, http: ProviderHttp, times: Time) -> None:
        self._http = http
        self._time = times
        self.capabilities = Capabilities(
            tuple(_INTERVALS),
            (Adjustment.SPLITS, Adjustment.ALL),
            _ALL_DAYS,
            needs_key=False,
            settle_s=settings.settle_s,
        )

    def calendar_of(self, symbol: str) -> str:
        if symbol.endswith("=X"):
            return FOREX
        if symbol.endswith(("-USD", "-EUR", "-GBP")):
            return ALWAYS
        if "^" in symbol or "=" in symbol:
            return ""
        name, dot, suffix = symbol.rpartition(".")
        return SUFFIXES.get(suffix, "") if dot and name else "XNYS"

    async def fetch(
        self, symbol: str, timeframe: str, start_ms: int, end_ms: int, *, adjustment: Adjustment
    ) -> AsyncGenerator[Chunk]:
        if adjustment is Adjustment.ALL and is_intraday(timeframe):
            text = f"{adjustment} is offered by {self.name} for bars of a day or longer only; splits is for all"
            raise InvalidArgumentError.of("adjustment", text)
        last_ms = min(end_ms, self._time.now_ms())
        for first_ms, next_ms in self._windows(timeframe, start_ms, last_ms):
            yield await self._window(symbol, timeframe, first_ms, next_ms, adjustment)

    def _windows(self, timeframe: str, start_ms: int, end_ms: int) -> Iterator[tuple[int, int]]:
        margin = 0 if is_intraday(timeframe) else _MARGIN_MS
        length = _WINDOW_DAYS.get(timeframe, _ALL_DAYS) * DAY_MS
        for first in range(start_ms, end_ms, length):
            yield first - margin, min(first + length, end_ms) + margin

    async def _window(self, symbol: str, timeframe: str, first_ms: int, next_ms: int, adjustment: Adjustment) -> Chunk:
        params: dict[str, str | int] = {
            "period1": first_ms // 1000,
            "period2": -(-next_ms // 1000),
            "interval": _INTERVALS[timeframe],
            "includePrePost": "false",
            "events": "div,splits",
        }
        answer = await self._http.get_json(f"/v8/finance/chart/{quote(symbol, safe='')}", params)
        result = self._result(symbol, object_of(self.name, answer))
        meta = object_of(self.name, result.get("meta"))
        if (text_of(meta, "symbol") or symbol).upper() != symbol.upper():
            raise bad_answer(self.name, f"it gives bars of {text_of(meta, 'symbol')!r} for {symbol}")
        times = as_times(self.name, result.get("timestamp") or []) * 1000
        quotes = items_of(self.name, object_of(self.name, result.get("indicators")), "quote")
        columns = {name: (quotes[0].get(name) if quotes else None) or [None] * len(times) for name in COLUMNS}
        if adjustment is Adjustment.ALL:
            columns = self._fully_adjusted(columns, result, len(times))
        notes = _event_notes(result)
        if not is_intraday(timeframe):
            times = self._dates(times, text_of(meta, "exchangeTimezoneName") or "UTC", timeframe)
            times, columns, dropped = _without_live_row(times, columns, timeframe)
            notes += dropped
        return chunk_of(self.name, symbol, timeframe, times, columns, adjustment, notes=notes)

    def _result(self, symbol: str, answer: dict[str, Any]) -> dict[str, Any]:
        chart = object_of(self.name, answer.get("chart"))
        results = items_of(self.name, chart, "result")
        if results:
            return results[0]
        words = self._http.clean(words_in(chart.get("error"))) or "no result"
        raise NotFoundError(
            f"{self.name} has no bars of {symbol}: {words}", reason=SYMBOL_UNKNOWN, metadata={"provider": self.name}
        )

    def _fully_adjusted(self, columns: dict[str, Any], result: dict[str, Any], count: int) -> dict[str, Any]:
        """All prices in the proportion of adjusted to plain close; rows without one become empty."""
        lists = items_of(self.name, object_of(self.name, result.get("indicators")), "adjclose")
        adjusted = as_numbers(self.name, "adjclose", (lists[0].get("adjclose") if lists else None) or [None] * count)
        close = as_numbers(self.name, "close", columns["close"])
        if len(adjusted) != len(close):
            raise bad_answer(self.name, f"it has {len(close)} closes and {len(adjusted)} adjusted ones")
        with np.errstate(divide="ignore", invalid="ignore"):
            factors = np.where(close > 0, adjusted / close, np.nan)
        prices = {name: as_numbers(self.name, name, columns[name]) for name in PRICE_COLUMNS}
        if any(len(values) != len(factors) for values in prices.values()):
            raise bad_answer(self.name, "its columns have different lengths")
        return {**columns, **{name: values * factors for name, values in prices.items()}}

    def _dates(self, times: IntArray, zone: str, timeframe: str) -> IntArray:
        try:
            dates = local_midnights(times, zone)
        except (KeyError, ValueError, OSError) as error:
            raise bad_answer(self.name, f"{zone[:40]!r} is no time zone") from error
        if timeframe == "1w":
            return week_starts(dates)
        return month_starts(dates) if timeframe == "1M" else dates


def _event_notes(result: dict[str, Any]) -> tuple[str, ...]:
    events = result.get("events")
    if not isinstance(events, dict):
        return ()
    counts = {kind: len(rows) for kind, rows in events.items() if isinstance(rows, dict) and rows}
    found = [f"{counts[kind]} {kind}" for kind in ("splits", "dividends") if kind in counts]
    return (f"{' and '.join(found)} in the time fetched",) if found else ()


def _without_live_row(
    times: IntArray, columns: dict[str, Any], timeframe: str
) -> tuple[IntArray, dict[str, Any], tuple[str, ...]]:
    """Without a last week or month that is in two rows: the period so far, and today's trading by itself."""
    if timeframe == "1d" or len(times) < 2 or times[-1] != times[-2]:
        return times, columns, ()
    kept = times < times[-1]
    lists = {
        name: [value for value, keep in zip(values, kept, strict=True) if keep] for name, values in columns.items()
    }
    return times[kept], lists, ("the last period comes in parts and is left out until it comes whole",)
