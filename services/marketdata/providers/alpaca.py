"""Alpaca market data v2: stock bars by page token."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import numpy as np

from services.marketdata.providers.answers import bad_answer
from services.marketdata.providers.json_shapes import items_of, object_of, text_of
from services.marketdata.providers.paging import pages
from services.marketdata.providers.rows import chunk_of
from services.marketdata.providers.spans import is_intraday, local_midnights
from wyckoff.market.provider import Adjustment, Capabilities, Chunk

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from services.marketdata.providers.http import ProviderHttp, Time
    from services.marketdata.providers.settings import AlpacaSettings
    from wyckoff.market.bars import IntArray

_ZONE: Final = "America/New_York"
_TIMEFRAMES: Final = {
    "1m": "1Min",
    "5m": "5Min",
    "15m": "15Min",
    "30m": "30Min",
    "1h": "1Hour",
    "2h": "2Hour",
    "4h": "4Hour",
    "1d": "1Day",
    "1w": "1Week",
    "1M": "1Month",
}
_ADJUSTMENTS: Final = {Adjustment.SPLITS: "split", Adjustment.RAW: "raw", Adjustment.ALL: "all"}
_COLUMNS: Final = {"open": "o", "high": "h", "low": "l", "close": "c", "volume": "v"}
_FIRST: Final = ""


class AlpacaProvider:
    """Adjusts by itself."""

    name = "alpaca"

    def __init__(self, settings: AlpacaSettings, http: ProviderHttp, times: Time, *, max_pages: int) -> None:
        self._settings = settings
        self._http = http
        self._time = times
        self._max_pages = max_pages
        self.capabilities = Capabilities(
            tuple(_TIMEFRAMES), tuple(_ADJUSTMENTS), settings.page_bars, needs_key=True, settle_s=settings.settle_s
        )

    def calendar_of(self, symbol: str) -> str:
        return "XNYS"

    async def fetch(
        self, symbol: str, timeframe: str, start_ms: int, end_ms: int, *, adjustment: Adjustment
    ) -> AsyncGenerator[Chunk]:
        # plans without real-time data refuse whole requests that reach into the last minutes
        last_ms = min(end_ms - 1, self._time.now_ms() - self._settings.settle_s * 1000)
        if last_ms < start_ms:
            return
        path = f"/v2/stocks/{quote(symbol, safe='')}/bars"
        params: dict[str, str | int] = {
            "timeframe": _TIMEFRAMES[timeframe],
            "start": _rfc3339(start_ms),
            "end": _rfc3339(last_ms),
            "limit": self._settings.page_bars,
            "adjustment": _ADJUSTMENTS[adjustment],
            "feed": self._settings.feed,
            "sort": "asc",
        }

        async def load(token: str) -> tuple[Chunk, str | None]:
            more: dict[str, str | int] = {"page_token": token} if token != _FIRST else {}
            answer = object_of(self.name, await self._http.get_json(path, {**params, **more}))
            if answer.get("symbol", symbol) != symbol:
                raise bad_answer(self.name, f"it gives bars of {text_of(answer, 'symbol')!r} for {symbol}")
            rows = items_of(self.name, answer, "bars")
            times = self._times([row.get("t") for row in rows])
            columns = {name: [row.get(key) for row in rows] for name, key in _COLUMNS.items()}
            opened = times if is_intraday(timeframe) else local_midnights(times, _ZONE)
            page = chunk_of(self.name, symbol, timeframe, opened, columns, adjustment)
            return page, text_of(answer, "next_page_token")

        async with aclosing(pages(self.name, _FIRST, load, max_pages=self._max_pages)) as found:
            async for page in found:
                yield page

    def _times(self, texts: list[Any]) -> IntArray:
        if not all(isinstance(text, str) and text.endswith("Z") for text in texts):
            raise bad_answer(self.name, "its times are no UTC times")
        try:
            times = np.array([text[:-1] for text in texts], dtype="datetime64[ms]")
        except ValueError as error:
            raise bad_answer(self.name, "its times are no UTC times") from error
        return times.astype(np.int64)


def _rfc3339(time_ms: int) -> str:
    return f"{np.datetime64(time_ms, 'ms')}Z"
