"""Massive, formerly Polygon: aggregates by ``/v2/aggs``, splits and dividends by ``/stocks/v1``."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import numpy as np

from services.marketdata.providers.adjust import adjust
from services.marketdata.providers.answers import KEY_REFUSED, bad_answer, words_in
from services.marketdata.providers.json_shapes import items_of, object_of, text_of
from services.marketdata.providers.paging import pages
from services.marketdata.providers.polygon_actions import ZONE, actions_since
from services.marketdata.providers.rows import as_times, chunk_of
from services.marketdata.providers.sequence import Sequence, joined
from services.marketdata.providers.sessions import ALWAYS, FOREX
from services.marketdata.providers.spans import DAY_MS, is_intraday, iso, local_midnights
from wyckoff.market.provider import Adjustment, Capabilities, Chunk
from wyckoff.rpc.errors import FailedPreconditionError, InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from services.marketdata.providers.http import ProviderHttp, Time
    from services.marketdata.providers.settings import PolygonSettings
    from wyckoff.market.bars import IntArray

_SPANS: Final = {"m": "minute", "h": "hour", "d": "day", "w": "week", "M": "month"}
_TIMEFRAMES: Final = ("1m", "5m", "15m", "30m", "1h", "2h", "4h", "1d", "1w", "1M")
_COLUMNS: Final = {"open": "o", "high": "h", "low": "l", "close": "c", "volume": "v"}


class PolygonProvider:
    """Split-adjusted bars by itself; fully adjusted ones from raw bars and its actions."""

    name = "polygon"

    def __init__(self, settings: PolygonSettings, http: ProviderHttp, times: Time, *, max_pages: int) -> None:
        self._settings = settings
        self._http = http
        self._time = times
        self._max_pages = max_pages
        self.capabilities = Capabilities(
            _TIMEFRAMES,
            (Adjustment.SPLITS, Adjustment.RAW, Adjustment.ALL),
            settings.page_bars,
            needs_key=True,
            settle_s=settings.settle_s,
        )

    def calendar_of(self, symbol: str) -> str:
        return {"X:": ALWAYS, "C:": FOREX}.get(symbol[:2], "XNYS")

    async def fetch(
        self, symbol: str, timeframe: str, start_ms: int, end_ms: int, *, adjustment: Adjustment
    ) -> AsyncGenerator[Chunk]:
        if adjustment is Adjustment.ALL:
            if timeframe[-1] in "wM":
                # a week that holds an ex-date mixes prices of both sides
                text = f"{adjustment} is offered by {self.name} for bars of a day or shorter only; splits is for all"
                raise InvalidArgumentError.of("adjustment", text)
            yield await self._fully_adjusted(symbol, timeframe, start_ms, end_ms)
            return
        async with aclosing(self._pages(symbol, timeframe, start_ms, end_ms, adjustment)) as found:
            async for page in found:
                yield page

    def _pages(
        self, symbol: str, timeframe: str, start_ms: int, end_ms: int, adjustment: Adjustment
    ) -> AsyncGenerator[Chunk]:
        intraday = is_intraday(timeframe)
        first, last = (start_ms, end_ms - 1) if intraday else (_date(start_ms), _date(end_ms - 1))
        span = f"{timeframe[:-1]}/{_SPANS[timeframe[-1]]}"
        path = f"/v2/aggs/ticker/{quote(symbol, safe='')}/range/{span}/{first}/{last}"
        params = {
            "adjusted": "true" if adjustment is Adjustment.SPLITS else "false",
            "sort": "asc",
            "limit": self._settings.page_bars,
        }

        async def load(target: str) -> tuple[Chunk, str | None]:
            answer = await self._get(target, params if target == path else None)
            if answer.get("ticker", symbol) != symbol:
                raise bad_answer(self.name, f"it gives bars of {text_of(answer, 'ticker')!r} for {symbol}")
            rows = items_of(self.name, answer, "results")
            times = as_times(self.name, [row.get("t") for row in rows])
            columns = {name: [row.get(key) for row in rows] for name, key in _COLUMNS.items()}
            opened = times if intraday else _dates(times)
            page = chunk_of(self.name, symbol, timeframe, opened, columns, adjustment)
            lag_ms = int(np.max(times - opened, initial=0))
            return replace(page, lag_ms=lag_ms), text_of(answer, "next_url")

        return pages(self.name, path, load, max_pages=self._max_pages)

    async def _fully_adjusted(self, symbol: str, timeframe: str, start_ms: int, end_ms: int) -> Chunk:
        actions = await actions_since(
            self._get, symbol, timeframe, start_ms, self._time.now_ms(), max_pages=self._max_pages
        )
        sequence = Sequence(start_ms, end_ms)
        found = [page async for page in self._pages(symbol, timeframe, start_ms, end_ms, Adjustment.RAW)]
        raw = joined([sequence.take(page.bars) for page in found])
        adjusted = adjust(raw, actions.splits, actions.dividends, Adjustment.ALL)
        counts = f"{len(actions.splits)} splits and {len(actions.dividends)} dividends"
        notes = [f"adjusted for {counts} since {iso(start_ms)}"]
        if adjusted.dividends_left_out:
            notes.append(f"{adjusted.dividends_left_out} dividends after the last bar or without a price are left out")
        if actions.left_out:
            notes.append(f"{actions.left_out} dividends in another currency or of no amount are left out")
        empty, impossible = sum(page.empty_rows for page in found), sum(page.impossible_rows for page in found)
        return Chunk(adjusted.bars, Adjustment.ALL, empty, impossible, tuple(notes))

    async def _get(self, target: str, params: Mapping[str, str | int] | None) -> dict[str, Any]:
        answer = object_of(self.name, await self._http.get_json(target, params))
        if answer.get("status", "OK") not in ("OK", "DELAYED"):
            words = self._http.clean(words_in(answer) or str(answer["status"]))
            raise FailedPreconditionError(f"{self.name} refuses: {words}", reason=KEY_REFUSED)
        return answer


def _date(time_ms: int) -> str:
    return iso(time_ms - time_ms % DAY_MS)


def _dates(times: IntArray) -> IntArray:
    """Days of stocks begin at midnight of New York; times that are midnight UTC are dates already."""
    return np.where(times % DAY_MS == 0, times, local_midnights(times, ZONE))
