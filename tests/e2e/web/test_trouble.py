"""What the page says when something is missing, refused or hostile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from services.gateway.app import create_app
from services.gateway.serving import HttpServer
from tests.e2e.web.tab import open_tab
from tests.support.gateway import gateway_settings, running_gateway, serving_gateway
from tests.support.gateway_bodies import as_columns
from wyckoff.access.keys import KeyFile, Scope

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import Browser

    from tests.e2e.web.tab import Tab
    from tests.support.gateway import WholeGateway
    from wyckoff.market.bars import Bars

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_an_unknown_symbol_is_said_so_with_what_to_do(tab: Tab) -> None:
    await tab.open("NOBODY/1d")
    await expect(tab.page.locator("#empty")).to_contain_text("Nothing to show of NOBODY 1d")
    await expect(tab.page.locator("#empty code")).to_contain_text("wyckoff ingest NOBODY.csv")
    # the browser itself notes an answer of 404; nothing else went wrong
    assert all("404" in problem for problem in tab.problems)
    tab.problems.clear()
    await tab.open("IBM/1d")
    await tab.shows()
    await expect(tab.page.locator("#empty")).to_be_hidden()


async def test_names_from_the_server_are_never_markup(tab: Tab, whole: WholeGateway, ibm: Bars) -> None:
    symbol = "<b/onclick=x()>&"
    answer = await whole.client.post("/api/v1/bars", json=as_columns(ibm.tail(120), symbol))
    assert answer.status_code == 200, answer.text
    await tab.open()
    await tab.page.locator("#rows a", has_text=symbol).click()
    await expect(tab.page.locator("#symbol")).to_have_text(f"{symbol} 1d")
    await expect(tab.page.locator("#chart")).to_have_attribute("data-instrument", f"{symbol}/1d")
    assert await tab.page.locator("#top b, #rows b, #panel b").count() == 0


async def test_an_empty_system_says_how_bars_come_in_and_shows_the_first_by_itself(
    browser: Browser, tmp_path: Path, ibm: Bars
) -> None:
    async with running_gateway(tmp_path) as whole, open_tab(browser, whole.gateway.url) as tab:
        await tab.open()
        await expect(tab.page.locator("#empty")).to_contain_text("No bars are stored yet")
        await expect(tab.page.locator("#empty code")).to_contain_text("wyckoff ingest FILE.csv")
        await expect(tab.page.locator("#connection")).to_have_attribute("data-state", "live")
        await tab.picture("empty")
        await whole.client.post("/api/v1/bars", json=as_columns(ibm.tail(200)))
        await tab.shows("IBM/1d")
        await expect(tab.page.locator("#empty")).to_be_hidden()
        tab.assert_clean()


async def test_a_gateway_with_nothing_behind_it_and_one_that_is_gone_are_said_so(
    browser: Browser, tmp_path: Path
) -> None:
    settings = gateway_settings(tmp_path, call_timeout_s=0.5, shutdown_grace_s=1)
    async with serving_gateway(settings) as gateway, open_tab(browser, gateway.url) as tab:
        connection = tab.page.locator("#connection")
        await tab.open("IBM/1d")
        notices = tab.page.locator("#notices")
        await expect(notices).to_contain_text("A service behind the gateway does not answer")
        await expect(notices.get_by_role("button", name="Try again")).to_be_visible()
        await expect(connection).to_have_attribute("data-state", "stale")
        await gateway.server.stop()
        await expect(connection).to_have_attribute("data-state", "reconnecting")
        async with HttpServer(create_app(gateway.parts), settings) as again:
            await again.start(gateway.server.address)
            await expect(connection).to_have_attribute("data-state", "stale")


async def test_a_key_is_asked_for_and_used_for_requests_and_events(browser: Browser, tmp_path: Path, ibm: Bars) -> None:
    async with running_gateway(tmp_path) as whole:
        await whole.system.marketdata.ingest_bars(ibm.tail(200))
        _, key = KeyFile(whole.gateway.parts.settings.keys_file).add("page", frozenset({Scope.READ}))
        async with open_tab(browser, whole.gateway.url) as tab:
            await tab.open("IBM/1d")
            await expect(tab.page.locator("#key-dialog")).to_be_visible()
            await expect(tab.page.locator("#key-text")).to_contain_text("an API key is needed")
            await tab.page.locator("#key").fill(key)
            await tab.page.keyboard.press("Enter")
            await tab.shows("IBM/1d")
            await expect(tab.page.locator("#connection")).to_have_attribute("data-state", "live")
            assert await tab.page.evaluate("() => sessionStorage.length + localStorage.length") == 1
            assert not any(key in address for address in tab.addresses)
