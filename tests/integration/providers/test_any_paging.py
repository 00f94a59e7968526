"""However a vendor cuts its bars into pages, the bars are the same."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from services.marketdata.providers.alpaca import AlpacaProvider
from services.marketdata.providers.binance import BinanceProvider
from services.marketdata.providers.polygon import PolygonProvider
from services.marketdata.providers.settings import AlpacaSettings, BinanceSettings, PolygonSettings
from tests.support.fake_time import FakeTime
from tests.support.fetches import assert_rows, connected, fetched
from tests.support.http_vendor import vendor
from tests.support.vendors import AlpacaVendor, BinanceVendor, PolygonVendor, ms, rows_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.marketdata.providers.http import ProviderHttp, Time
    from tests.support.http_vendor import Asked, Reply
    from tests.support.vendors import Row
    from wyckoff.market.provider import BarProvider

HOUR_MS: Final = 3_600_000
FIRST: Final = "2024-05-01"


async def check(
    answer: Callable[[Asked], Reply],
    build: Callable[[ProviderHttp, Time], BarProvider],
    headers: dict[str, str],
    symbol: str,
    count: int,
) -> None:
    times = FakeTime("2024-06-03").times
    async with vendor(answer) as server, connected(server.url, times, headers=headers) as http:
        if isinstance(answer, PolygonVendor):
            answer.url = server.url
        _, store = await fetched(
            build(http, times), times, symbol=symbol, timeframe="1h", first=FIRST, last="2024-05-20"
        )
    assert_rows(store.bars[symbol, "1h"], hours(count))


def hours(count: int) -> list[Row]:
    return rows_at([ms(FIRST) + hour * HOUR_MS for hour in range(count)])


@settings(max_examples=15, deadline=None)
@given(count=st.integers(1, 60), page=st.integers(1, 70), overlap=st.integers(0, 3))
def test_polygon(count: int, page: int, overlap: int) -> None:
    answer = PolygonVendor(hours(count), page=page, overlap=min(overlap, page - 1))
    headers = {"Authorization": f"Bearer {answer.key}"}
    asyncio.run(
        check(
            answer,
            lambda http, times: PolygonProvider(PolygonSettings(), http, times, max_pages=100),
            headers,
            "AAPL",
            count,
        )
    )


@settings(max_examples=15, deadline=None)
@given(count=st.integers(1, 60), page=st.integers(1, 70))
def test_alpaca(count: int, page: int) -> None:
    answer = AlpacaVendor(hours(count), page=page)
    headers = {"APCA-API-KEY-ID": answer.key_id, "APCA-API-SECRET-KEY": answer.secret}
    asyncio.run(
        check(
            answer,
            lambda http, times: AlpacaProvider(AlpacaSettings(), http, times, max_pages=100),
            headers,
            "AAPL",
            count,
        )
    )


@settings(max_examples=15, deadline=None)
@given(count=st.integers(1, 60), asked_for=st.integers(1, 70), cap=st.integers(1, 70))
def test_binance(count: int, asked_for: int, cap: int) -> None:
    answer = BinanceVendor(hours(count), HOUR_MS, cap=cap)
    chosen = BinanceSettings(page_bars=asked_for)
    asyncio.run(
        check(
            answer,
            lambda http, times: BinanceProvider(chosen, http, times, max_pages=100),
            {},
            "BTCUSDT",
            count,
        )
    )
