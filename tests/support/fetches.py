"""Fetching in tests: a store in memory, connections to local vendors, whole fetches."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from services.marketdata.providers.fetching import BarFetcher
from services.marketdata.providers.http import Endpoint, ProviderHttp
from services.marketdata.providers.sequence import joined
from services.marketdata.providers.settings import HttpSettings
from tests.support.vendors import ms
from wyckoff.market.bars import COLUMNS, Bars, make_bars
from wyckoff.market.provider import Adjustment, FetchReport, FetchRequest, Saved

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from services.marketdata.providers.http import Time
    from tests.support.vendors import Row
    from wyckoff.market.provider import BarProvider

#: No waiting between attempts except where a vendor asks for it.
QUICK = HttpSettings(retry_wait_s=0, max_attempts=3, limited_wait_s=7, timeout_s=5)


class MemoryStore:
    """Bars by symbol and timeframe; replaced when they differ."""

    def __init__(self) -> None:
        self.bars: dict[tuple[str, str], Bars] = {}
        self.finished: list[tuple[str, str, Adjustment]] = []

    async def newest(self, symbol: str, timeframe: str, count: int) -> Bars | None:
        stored = self.bars.get((symbol, timeframe))
        return None if stored is None else stored.tail(count)

    async def save(self, bars: Bars) -> Saved:
        key = (bars.symbol, bars.timeframe)
        rows = dict(zip(*_items(self.bars[key]), strict=True)) if key in self.bars else {}
        fresh = dict(zip(*_items(bars), strict=True))
        unchanged = sum(rows.get(time) == values for time, values in fresh.items())
        inserted = sum(time not in rows for time in fresh)
        merged = sorted({**rows, **fresh}.items())
        columns = list(zip(*(values for _, values in merged), strict=True))
        self.bars[key] = make_bars(*key, [time for time, _ in merged], *columns)
        return Saved(inserted, len(fresh) - inserted - unchanged, unchanged)

    async def finish(self, symbol: str, timeframe: str, adjustment: Adjustment) -> None:
        self.finished.append((symbol, timeframe, adjustment))


def _items(bars: Bars) -> tuple[list[int], list[tuple[float, ...]]]:
    rows = list(zip(*(getattr(bars, name).tolist() for name in COLUMNS), strict=True))
    return bars.open_time_ms.tolist(), rows


@asynccontextmanager
async def connected(
    url: str, times: Time, settings: HttpSettings = QUICK, **endpoint: Any
) -> AsyncIterator[ProviderHttp]:
    """The HTTP machinery against ``url``, fast enough for tests."""
    endpoint = {"provider": "vendor", "calls_per_minute": 1e6, **endpoint}
    async with ProviderHttp(Endpoint(base_url=url, **endpoint), settings, times) as http:
        yield http


async def all_bars(
    provider: BarProvider, symbol: str, timeframe: str, first: str, last: str, adjustment: Adjustment
) -> Bars:
    """Every bar that the provider gives, pages put together as they come."""
    found = [page.bars async for page in provider.fetch(symbol, timeframe, ms(first), ms(last), adjustment=adjustment)]
    return joined(found)


async def fetched(
    provider: BarProvider, times: Time, store: MemoryStore | None = None, **request: Any
) -> tuple[FetchReport, MemoryStore]:
    """A whole fetch; ``first`` and ``last`` are ISO times."""
    chosen = store or MemoryStore()
    first, last = request.pop("first", None), request.pop("last")
    defaults: dict[str, Any] = {"symbol": "AAPL", "timeframe": "1d", "calendar": "none"}
    asked = FetchRequest(start_ms=None if first is None else ms(first), end_ms=ms(last), **{**defaults, **request})
    report = FetchReport(provider.name, asked.symbol, asked.timeframe)
    await BarFetcher(provider, times).fetch(asked, chosen, report, lambda _: None)
    return report, chosen


def assert_rows(bars: Bars, rows: list[Row]) -> None:
    """The same prices and volumes in the same order, whatever the times."""
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(bars, name), [getattr(row, name) for row in rows])
