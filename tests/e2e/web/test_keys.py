"""The page without a mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

if TYPE_CHECKING:
    from tests.e2e.web.tab import Tab

pytestmark = pytest.mark.asyncio(loop_scope="package")

LAST = 499


async def focused(tab: Tab) -> str:
    """What the focus is on: its id, or its text."""
    found: str = await tab.page.evaluate("() => document.activeElement.id || document.activeElement.innerText.trim()")
    return found


async def test_a_whole_visit_with_keys_alone(tab: Tab) -> None:
    await tab.open("IBM/1d")
    await tab.shows()
    press = tab.page.keyboard.press
    # another symbol: filter, down to the row, enter
    await press("/")
    await tab.page.keyboard.type("aapl")
    await expect(tab.page.locator("#rows a")).to_have_count(1)
    await press("Tab")
    assert (await focused(tab)).startswith("AAPL")
    await press("Enter")
    await tab.shows("AAPL/1d")
    await press("/")
    await press("Control+a")
    await press("Delete")
    await expect(tab.page.locator("#rows a", has_text="IBM")).to_be_visible()
    await press("Escape")
    await press("j")
    await tab.shows("IBM/1d")

    # a list, and what an event was measured by
    await press("2")
    await expect(tab.page.locator("#tab-events")).to_have_attribute("aria-selected", "true")
    await tab.page.locator("#tab-events").focus()
    await press("Tab")
    assert await focused(tab) == "pane-events"
    await press("Tab")
    await press("Enter")
    await expect(tab.page.locator("#pane-events details").first.locator(".facts")).to_be_visible()

    # a replay
    await press("r")
    await expect(tab.page.locator("#chart")).to_have_attribute("data-replay", "true")
    await tab.at_bar(LAST)
    await press("ArrowLeft")
    await tab.at_bar(LAST - 1)
    await press("Shift+ArrowLeft")
    await tab.at_bar(LAST - 11)
    await press("ArrowRight")
    await tab.at_bar(LAST - 10)
    await press("Home")
    await tab.at_bar(0)
    await press("n")
    await expect(tab.page.locator("#chart")).not_to_have_attribute("data-bar", "0")
    await press("End")
    await tab.at_bar(LAST)
    await press("Escape")
    await expect(tab.page.locator("#replay")).to_be_hidden()


async def test_parts_of_the_chart_by_keys(tab: Tab) -> None:
    await tab.open("IBM/1d")
    await tab.shows()
    press = tab.page.keyboard.press
    left, right = await tab.range()
    await press("+")
    narrow = await tab.moved_from([left, right])
    assert narrow[1] - narrow[0] < right - left
    await press("ArrowLeft")
    earlier = await tab.moved_from(narrow)
    assert earlier[0] < narrow[0]
    assert earlier[1] - earlier[0] == pytest.approx(narrow[1] - narrow[0])
    await press("f")
    assert await tab.moved_from(earlier) == pytest.approx([left, right])


async def test_the_tabs_turn_with_arrows_and_keep_one_stop(tab: Tab) -> None:
    await tab.open("IBM/1d")
    await tab.shows()
    await tab.page.locator("#tab-now").focus()
    await tab.page.keyboard.press("ArrowRight")
    assert await focused(tab) == "tab-events"
    await tab.page.keyboard.press("End")
    assert await focused(tab) == "tab-pipeline"
    await expect(tab.page.locator("#pane-pipeline")).to_be_visible()
    await tab.page.keyboard.press("ArrowRight")
    assert await focused(tab) == "tab-now"
    stops = await tab.page.locator('[role="tab"][tabindex="-1"]').count()
    assert stops == 3


async def test_keys_are_listed_under_the_question_mark(tab: Tab) -> None:
    await tab.open("IBM/1d")
    await tab.shows()
    await tab.page.keyboard.press("?")
    await expect(tab.page.locator("#help")).to_be_visible()
    assert "replay: what was known when" in await tab.page.locator("#help").inner_text()
    # letters mean nothing to the page behind
    await tab.page.keyboard.press("r")
    await tab.page.keyboard.press("Escape")
    await expect(tab.page.locator("#help")).to_be_hidden()
    await expect(tab.page.locator("#replay")).to_be_hidden()


async def test_focus_goes_through_the_page_in_reading_order_and_is_seen(tab: Tab) -> None:
    await tab.open("IBM/1d")
    await tab.shows()
    await tab.page.evaluate("() => { document.activeElement.blur(); document.querySelector('.skip').focus(); }")
    places: list[tuple[float, float]] = []
    seen: list[str] = []
    for _ in range(12):
        await tab.page.keyboard.press("Tab")
        found = await tab.page.evaluate(
            """() => { const box = document.activeElement.getBoundingClientRect();
              const style = getComputedStyle(document.activeElement);
              return [box.left, box.top, style.outlineStyle, parseFloat(style.outlineWidth),
                document.activeElement.id || document.activeElement.className || document.activeElement.tagName]; }"""
        )
        places.append((found[0], found[1]))
        seen.append(found[4])
        assert found[2] != "none", found
        assert found[3] >= 1, found
    assert len(set(places)) == len(places)
    # the tools above, then the watchlist
    assert seen.index("theme-button") < seen.index("help-button") < seen.index("filter")
    assert places[seen.index("filter")][1] > places[seen.index("help-button")][1]
