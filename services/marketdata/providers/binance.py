"""Binance spot: klines by start time."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Final

import numpy as np

from services.marketdata.providers.answers import bad_answer
from services.marketdata.providers.paging import pages
from services.marketdata.providers.rows import as_times, chunk_of
from services.marketdata.providers.sessions import ALWAYS
from services.marketdata.providers.spans import period_ends
from wyckoff.market.provider import Adjustment, Capabilities, Chunk

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from services.marketdata.providers.http import ProviderHttp, Time
    from services.marketdata.providers.settings import BinanceSettings

_TIMEFRAMES: Final = ("1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M")
#: Places in a row; the others are close time, quote volume, trades and taker volumes.
_TIME: Final = 0
_COLUMNS: Final = {"open": 1, "high": 2, "low": 3, "close": 4, "volume": 5}


class BinanceProvider:
    """Coins neither split nor pay: raw prices are all there is."""

    name = "binance"

    def __init__(self, settings: BinanceSettings, http: ProviderHttp, times: Time, *, max_pages: int) -> None:
        self._settings = settings
        self._http = http
        self._time = times
        self._max_pages = max_pages
        self.capabilities = Capabilities(
            _TIMEFRAMES, (Adjustment.RAW,), settings.page_bars, needs_key=False, settle_s=settings.settle_s
        )

    def calendar_of(self, symbol: str) -> str:
        return ALWAYS

    async def fetch(
        self, symbol: str, timeframe: str, start_ms: int, end_ms: int, *, adjustment: Adjustment
    ) -> AsyncGenerator[Chunk]:
        last_ms = min(end_ms - 1, self._time.now_ms())

        async def load(from_ms: int) -> tuple[Chunk, int | None]:
            params: dict[str, str | int] = {
                "symbol": symbol,
                "interval": timeframe,
                "startTime": from_ms,
                "endTime": last_ms,
                "limit": self._settings.page_bars,
            }
            rows = await self._http.get_json("/api/v3/klines", params)
            page = self._chunk(symbol, timeframe, rows, adjustment)
            if not rows:
                return page, None
            newest_ms = int(as_times(self.name, [row[_TIME] for row in rows]).max())
            if newest_ms < from_ms:
                raise bad_answer(self.name, f"it gives bars before {from_ms}, which was asked for")
            # a short page is no proof of the end: the server may give less than was asked for
            next_ms = int(period_ends(np.array([newest_ms]), timeframe)[0])
            return page, next_ms if next_ms <= last_ms else None

        # times before 1970 are refused
        first_ms = max(start_ms, 0)
        if first_ms > last_ms:
            return
        async with aclosing(pages(self.name, first_ms, load, max_pages=self._max_pages)) as found:
            async for page in found:
                yield page

    def _chunk(self, symbol: str, timeframe: str, rows: object, adjustment: Adjustment) -> Chunk:
        if not isinstance(rows, list) or not all(isinstance(row, list) and len(row) > 5 for row in rows):
            raise bad_answer(self.name, "a list of rows with time, four prices and volume is expected")
        columns = {name: [row[place] for row in rows] for name, place in _COLUMNS.items()}
        return chunk_of(self.name, symbol, timeframe, [row[_TIME] for row in rows], columns, adjustment)
