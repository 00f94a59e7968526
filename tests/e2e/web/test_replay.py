"""The replay slider: at a bar the page shows what was known then, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.support.gateway_bodies import as_columns
from wyckoff.chart.labels import event_name
from wyckoff.phase.v1 import phase_pb2

if TYPE_CHECKING:
    from tests.e2e.web.tab import Tab
    from tests.support.gateway import WholeGateway
    from wyckoff.market.bars import Bars
    from wyckoff.orchestrator.v1.orchestrator_pb2 import Analysis

pytestmark = pytest.mark.asyncio(loop_scope="package")

#: What the page draws: the newest so many bars.
SHOWN = 500
LAST = SHOWN - 1


async def replayed(tab: Tab) -> None:
    await tab.open("IBM/1d")
    await tab.shows()
    await tab.page.get_by_role("button", name="Replay").click()
    await expect(tab.page.locator("#chart")).to_have_attribute("data-replay", "true")


async def go(tab: Tab, bar: int) -> None:
    await tab.page.locator("#bar").fill(str(bar))
    await tab.at_bar(bar)


def said_of_events(analysis: Analysis) -> list[tuple[str, bool]]:
    """Names of events and whether they were taken back, sorted."""
    events = [event for reading in analysis.phases for event in reading.events]
    return sorted((event_name(event.type), event.status == phase_pb2.EVENT_STATUS_WITHDRAWN) for event in events)


async def listed_events(tab: Tab) -> list[tuple[str, bool]]:
    items: list[dict[str, Any]] = await tab.page.evaluate(
        """() => [...document.querySelectorAll('#pane-events .finding')].map((item) =>
          ({ name: item.querySelector('.what').firstChild.textContent, gone: item.classList.contains('gone') }))"""
    )
    return sorted((item["name"], item["gone"]) for item in items)


@pytest.mark.parametrize("bar", [LAST, 420, 300, 120])
async def test_a_bar_shows_what_an_analysis_of_the_bars_until_then_says(
    tab: Tab, whole: WholeGateway, ibm: Bars, bar: int
) -> None:
    # the newest bar of the signal is not stored for this instrument
    stored = ibm.head(len(ibm) - 1).tail(SHOWN)
    then = await whole.live.client.analyze_bars(stored.head(bar + 1))
    await replayed(tab)
    await tab.page.get_by_role("tab", name="Events").click()
    # what is out of sight is not drawn
    await tab.page.get_by_role("button", name="All", exact=True).click()
    await go(tab, bar)
    assert await listed_events(tab) == said_of_events(then)
    figure = await tab.figure()
    signals = [text.strip() for text in figure.get("signals", [])]
    assert len(signals) == len(then.signals)
    headings = [text for name, texts in figure.items() if name.startswith("heading") for text in texts]
    assert len(headings) == len(then.ranges)
    await tab.page.get_by_role("tab", name="Now").click()
    time = str(
        await tab.page.evaluate("(bar) => document.getElementById('chart').layout.xaxis.categoryarray[bar]", bar)
    )
    await expect(tab.page.locator("#date")).to_contain_text(f"{time}, bar {bar + 1} of {SHOWN}")
    await expect(tab.page.locator("#pane-now h2").first).to_have_text(f"Open structures, {time}")


async def test_steps_play_and_the_way_back_to_now(tab: Tab) -> None:
    await replayed(tab)
    await go(tab, 480)
    await tab.page.get_by_role("button", name="One bar back").click()
    await tab.at_bar(479)
    await tab.page.get_by_role("button", name="One bar on").click()
    await tab.at_bar(480)
    # the day of the sign of strength
    await tab.page.get_by_role("button", name="Next said").click()
    await tab.page.get_by_role("button", name="Last said").click()
    news = tab.page.locator("#pane-now h2", has_text="Said at this bar").locator("+ *")
    await expect(news).not_to_have_text("nothing new")
    await tab.picture("replay")
    await tab.page.locator("#speed").select_option("60")
    await tab.page.get_by_role("button", name="Play", exact=True).click()
    await tab.at_bar(LAST)
    await expect(tab.page.locator("#play")).to_have_text("Play")
    await tab.page.get_by_role("button", name="To now").click()
    await expect(tab.page.locator("#replay")).to_be_hidden()
    await expect(tab.page.locator("#chart")).to_have_attribute("data-replay", "false")


async def test_a_bar_that_comes_meanwhile_does_not_change_what_is_replayed(
    tab: Tab, whole: WholeGateway, ibm: Bars
) -> None:
    await whole.client.post("/api/v1/bars", json=as_columns(ibm.head(len(ibm) - 1), "BACK"))
    await tab.open("BACK/1d")
    before = await tab.shows("BACK/1d")
    await expect(tab.page.locator("#connection")).to_have_attribute("data-state", "live")
    await tab.page.get_by_role("button", name="Replay").click()
    await go(tab, 450)
    await whole.client.post("/api/v1/bars", json=as_columns(ibm.tail(1), "BACK"))
    await expect(tab.page.locator("#live-button")).to_have_text("To now (new bar)")
    assert await tab.page.locator("#chart").get_attribute("data-version") == before
    await tab.at_bar(450)
    await tab.page.locator("#live-button").click()
    await tab.shows("BACK/1d", version_other_than=before)
    assert (await tab.figure())["price"] == "2008-03-11"


async def test_a_finding_leads_to_the_bar_at_which_it_was_known(tab: Tab) -> None:
    await tab.open("IBM/1d")
    await tab.shows()
    await tab.page.get_by_role("tab", name="Events").click()
    item = tab.page.locator("#pane-events > details", has_text="selling climax").first
    await item.locator("summary").click()
    await item.get_by_role("button", name="Replay from here").click()
    await expect(tab.page.locator("#replay")).to_be_visible()
    known = await item.locator(".when").inner_text()
    await expect(tab.page.locator("#date")).to_contain_text(known)
    # it is the newest that is known there, and marked as such
    fresh = tab.page.locator("#pane-events > details.fresh", has_text="selling climax")
    await expect(fresh.locator(".when").first).to_have_text(known)
    await expect(tab.page.locator("#pane-events > details").first.locator(".when")).to_have_text(known)
