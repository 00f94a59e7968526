"""The page as people use it: pick a symbol, see a new bar and its signal come, without loading anything again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.support.gateway_bodies import as_columns
from wyckoff.market.bars import make_bars

if TYPE_CHECKING:
    from tests.e2e.web.tab import Tab
    from tests.support.gateway import WholeGateway
    from wyckoff.market.bars import Bars

pytestmark = pytest.mark.asyncio(loop_scope="package")


def renamed(bars: Bars, symbol: str) -> Bars:
    """The same bars of another instrument, for a test that stores some."""
    columns = (bars.open_time_ms, bars.open, bars.high, bars.low, bars.close, bars.volume)
    return make_bars(symbol, bars.timeframe, *columns)


async def test_a_symbol_is_picked_and_its_chart_is_shown(tab: Tab) -> None:
    await tab.open()
    await expect(tab.page.locator("#rows a", has_text="SP500")).to_be_visible()
    # the first instrument is shown by itself
    await expect(tab.page.locator("#symbol")).to_have_text("AAPL 1d")
    await tab.page.locator("#rows a", has_text="IBM").click()
    await expect(tab.page.locator("#symbol")).to_have_text("IBM 1d")
    await expect(tab.page).to_have_url(f"{tab.url}/#/IBM/1d")
    await expect(tab.page.locator("#rows a[aria-current='page']")).to_contain_text("IBM")
    await tab.shows()
    figure = await tab.figure()
    assert figure["price"] == "2008-03-10"
    assert {"SC", "SOS", "TEST"} <= set(figure["events, accumulation"])
    assert {"BC", "UT", "SOW"} <= set(figure["events, distribution"])
    assert " SOS long" in figure["signals"]
    assert " Accumulation, intermediate" in figure["heading, accumulation"]


async def test_rows_of_the_watchlist_say_where_each_symbol_stands(tab: Tab) -> None:
    await tab.open("IBM/1d")
    row = tab.page.locator("#rows a", has_text="IBM")
    await expect(row.locator(".phase")).to_have_text("D")
    await expect(row).to_contain_text("accumulation")
    await expect(row.locator(".signal")).to_contain_text("SOS long")
    await expect(tab.page.locator("#watch-count")).to_contain_text("instruments")
    await tab.page.locator("#filter").fill("sp5")
    await expect(tab.page.locator("#rows a")).to_have_count(1)
    await tab.page.locator("#filter").fill("nothing like it")
    await expect(tab.page.locator("#rows")).to_contain_text("No symbol has “nothing like it” in it.")


async def test_a_stored_bar_and_its_signal_appear_by_themselves(tab: Tab, whole: WholeGateway, ibm: Bars) -> None:
    bars = renamed(ibm, "LIVE")
    await whole.system.marketdata.ingest_bars(bars.head(len(bars) - 1))
    await tab.open("LIVE/1d")
    before = await tab.shows("LIVE/1d")
    await expect(tab.page.locator("#connection")).to_have_attribute("data-state", "live")
    await expect(tab.page.locator("#rows a", has_text="LIVE").locator(".signal")).to_contain_text("SOS long")
    await tab.page.get_by_role("tab", name="Trades").click()
    await expect(tab.page.locator("#trades summary").first).to_contain_text("SOS long")
    await tab.page.evaluate("() => { window.stillTheSamePage = true; }")
    # a part of the chart that a user has chosen stays
    await tab.page.get_by_role("button", name="250 bars").click()
    chosen = await tab.range()

    answer = await whole.client.post("/api/v1/bars", json=as_columns(bars.tail(1)))
    assert answer.json()["inserted_count"] == 1

    await tab.shows("LIVE/1d", version_other_than=before)
    figure = await tab.figure()
    assert figure["price"] == "2008-03-11"
    assert " LPS long" in figure["signals"]
    left, right = await tab.range()
    assert right - left == pytest.approx(chosen[1] - chosen[0])
    await expect(tab.page.locator("#trades summary").first).to_contain_text("LPS long")
    await expect(tab.page.locator("#rows a", has_text="LIVE").locator(".signal")).to_have_text("LPS long, new")
    await expect(tab.page.locator("#announcements")).to_contain_text("LIVE: new bar 2008-03-11")
    await expect(tab.page.locator("#announcements")).to_contain_text("signal LPS long")
    assert await tab.page.evaluate("() => window.stillTheSamePage")
    await tab.page.locator("#trades summary").first.click()
    await tab.page.get_by_role("button", name="Show in the chart").click()
    await tab.page.locator("#trades .chain, #trades details details summary").first.click()
    await tab.picture("signal")


async def test_an_instrument_that_is_new_comes_into_the_watchlist(tab: Tab, whole: WholeGateway, ibm: Bars) -> None:
    await tab.open("IBM/1d")
    await tab.shows()
    await expect(tab.page.locator("#connection")).to_have_attribute("data-state", "live")
    answer = await whole.client.post("/api/v1/bars", json=as_columns(renamed(ibm.tail(300), "NEW")))
    assert answer.status_code == 200
    await expect(tab.page.locator("#rows a", has_text="NEW")).to_contain_text("LPS long")


async def test_the_evidence_of_an_event_is_in_the_chart_and_in_a_list(tab: Tab) -> None:
    await tab.open("IBM/1d")
    await tab.shows()
    hover = await tab.page.evaluate(
        """() => { const { data } = document.getElementById('chart');
          const trace = data.find((one) => one.name === 'events, accumulation');
          return trace.hovertext[trace.text.indexOf('SOS')]; }"""
    )
    assert "sign of strength" in hover
    assert "volume ratio 2.438 (threshold 1.5)" in hover
    await tab.page.get_by_role("tab", name="Events").click()
    item = tab.page.locator("#pane-events details", has_text="2008-02-26").filter(has_text="SOS")
    await item.locator("summary").click()
    await expect(item.locator(".evidence")).to_contain_text("volume ratio 2.438 (threshold 1.5)")
    await expect(item.locator(".met").first).to_be_visible()
    await item.get_by_role("button", name="Show in the chart").click()
    await tab.picture("events")


async def test_trades_show_the_steps_that_passed_or_refused_them(tab: Tab) -> None:
    await tab.open("IBM/1d")
    await tab.shows()
    await tab.page.get_by_role("tab", name="Trades").click()
    await tab.page.locator("#pane-trades label", has_text="refused").click()
    item = tab.page.locator("#trades > details", has_text="refused by Risk").first
    await item.locator("> summary").click()
    await expect(item.locator(".facts")).to_contain_text("at least 2 is needed")
    await item.locator("details summary").click()
    await expect(item.locator(".chain > .pass").first).to_contain_text("Volume: pass")
    await expect(item.locator(".chain > .fail")).to_contain_text("Risk: fail")
    # signals have the colour of their side
    await expect(tab.page.locator("#trades .what.long")).to_have_count(0)


async def test_only_the_scales_that_are_chosen_are_drawn(tab: Tab) -> None:
    await tab.open("IBM/1d")
    await tab.shows()
    assert any("minor" in heading for heading in (await tab.figure())["heading, accumulation"])
    await tab.page.locator("label", has_text="minor").click()
    await expect(tab.page.locator("#pane-now")).not_to_contain_text("minor")
    headings = [text for name, texts in (await tab.figure()).items() if name.startswith("heading") for text in texts]
    assert headings
    assert not any("minor" in heading for heading in headings)


async def test_the_health_of_the_pipeline_is_told(tab: Tab) -> None:
    await tab.open("IBM/1d")
    await tab.shows()
    await tab.page.get_by_role("tab", name="Pipeline").click()
    pane = tab.page.locator("#pane-pipeline")
    for service in ("volume", "range", "phase", "pattern", "risk", "marketdata", "portfolio"):
        await expect(pane.locator("td", has_text=service).first).to_be_visible()
    await expect(pane).to_contain_text("live: what happens is shown as it happens")
    await expect(pane).to_contain_text("Stages of IBM 1d")
    await expect(pane.locator("td", has_text="ms").first).to_be_visible()
