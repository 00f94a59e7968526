"""One system and one browser for all tests of the page; tests share a tab."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright, expect

from tests.e2e.web.tab import TIMEOUT_MS, Tab, chromium, open_tab
from tests.support.browser import CHROMIUM
from tests.support.gateway import WholeGateway, running_gateway
from tools.sample_bars import sample_bars

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser

    from wyckoff.market.bars import Bars

#: At the close of 2008-03-11 a last point of support justifies a trade: the bars before it are there at first.
SIGNAL_DAY_MS = 1_205_193_600_000
FEW_BARS = 400


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a browser where there is none."""
    if CHROMIUM is None:
        for item in items:
            if "e2e/web" in item.path.as_posix():
                item.add_marker(pytest.mark.skip(reason="no Chromium is installed"))


@pytest.fixture(scope="package")
def ibm() -> Bars:
    """Bars of IBM up to the day of the signal."""
    bars = sample_bars("IBM")
    return bars.head(int(bars.open_time_ms.searchsorted(SIGNAL_DAY_MS)) + 1)


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def whole(tmp_path_factory: pytest.TempPathFactory, ibm: Bars) -> AsyncIterator[WholeGateway]:
    """The whole system behind a gateway, with bars of three instruments, all of them analysed."""
    async with running_gateway(tmp_path_factory.mktemp("web")) as whole:
        await whole.system.marketdata.ingest_bars(ibm.head(len(ibm) - 1))
        for symbol in ("AAPL", "SP500"):
            await whole.system.marketdata.ingest_bars(sample_bars(symbol).tail(FEW_BARS))
        await whole.live.settled()
        yield whole


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def browser() -> AsyncIterator[Browser]:
    expect.set_options(timeout=TIMEOUT_MS)
    async with async_playwright() as playwright, chromium(playwright) as browser:
        yield browser


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def shared_tab(browser: Browser, whole: WholeGateway) -> AsyncIterator[Tab]:
    async with open_tab(browser, whole.gateway.url) as tab:
        yield tab


@pytest_asyncio.fixture(loop_scope="package")
async def tab(shared_tab: Tab) -> AsyncIterator[Tab]:
    """A tab with nothing chosen; at the end nothing went wrong in it, and it asked nobody but the gateway."""
    await shared_tab.reset()
    yield shared_tab
    shared_tab.assert_clean()
