"""The page can be read: on a phone, in the dark, by people who see little, and without motion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.e2e.web.tab import open_tab

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from tests.e2e.web.tab import Tab
    from tests.support.gateway import WholeGateway

pytestmark = pytest.mark.asyncio(loop_scope="package")

#: Texts with too little contrast to what is behind them, by the rule of WCAG 2.2 for ordinary text.
_FAINT_TEXTS = """() => {
  const channels = (text) => text.match(/[\\d.]+/g).map(Number);
  function over([red, green, blue, alpha = 1], under) {
    return [red, green, blue].map((value, i) => value * alpha + under[i] * (1 - alpha));
  }
  function linear(value) {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }
  const light = (colour) => { const [r, g, b] = colour.map(linear); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  function ground(element) {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      layers.unshift(channels(getComputedStyle(at).backgroundColor));
    }
    return layers.reduce((under, top) => over(top, under), [255, 255, 255]);
  }
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const element = node.parentElement, box = element.getBoundingClientRect();
    const aside = element.closest('svg, script, .unseen, .skip, :disabled');
    if (!node.textContent.trim() || !box.width || aside) { continue; }
    const behind = ground(element), front = over(channels(getComputedStyle(element).color), behind);
    const [low, high] = [light(front), light(behind)].sort((left, right) => left - right);
    if ((high + 0.05) / (low + 0.05) < 4.5) { found.push([node.textContent.trim(), (high + 0.05) / (low + 0.05)]); }
  }
  return found;
}"""

#: Controls that have no name, and names that stand twice among the ids.
_UNNAMED = """() => {
  const kinds = 'button, input, select, a[href], summary, [role="tab"], [role="tabpanel"]';
  const controls = [...document.querySelectorAll(kinds)];
  const name = (element) => element.getAttribute('aria-label') || element.textContent.trim() || element.title
    || [...(element.labels ?? [])].map((label) => label.textContent.trim()).join('')
    || document.getElementById(element.getAttribute('aria-labelledby'))?.textContent;
  const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
  return [...controls.filter((element) => !name(element)).map((element) => element.outerHTML),
    ...ids.filter((id, i) => ids.indexOf(id) !== i)];
}"""


async def overflow(tab: Tab) -> int:
    """By how much the page is wider than the window."""
    found: int = await tab.page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_texts_stand_out_and_controls_have_names(tab: Tab, scheme: Any) -> None:
    await tab.page.emulate_media(color_scheme=scheme)
    await tab.open("IBM/1d")
    await tab.shows()
    await expect(tab.page.locator("#rows a", has_text="IBM").locator(".phase")).to_be_visible()
    for pane in ("Now", "Events", "Trades", "Pipeline"):
        await tab.page.get_by_role("tab", name=pane).click()
        if pane in {"Events", "Trades"}:
            details = tab.page.locator(f"#pane-{pane.lower()} .finding")
            for item in (await details.all())[:2]:
                await item.locator("> summary").click()
        if pane == "Pipeline":
            await expect(tab.page.locator("#pane-pipeline table").first).to_be_visible()
        assert await tab.page.evaluate(_FAINT_TEXTS) == [], pane
        assert await tab.page.evaluate(_UNNAMED) == [], pane


async def test_the_theme_is_that_of_the_system_until_one_is_chosen(tab: Tab) -> None:
    await tab.open("IBM/1d")
    await tab.shows()
    ground = "() => document.getElementById('chart').layout.paper_bgcolor"
    assert await tab.page.evaluate(ground) == "#ffffff"
    root = tab.page.locator("html")
    await tab.page.emulate_media(color_scheme="dark")
    await expect(root).to_have_attribute("data-theme", "dark")
    button = tab.page.locator("#theme-button")
    await expect(button).to_have_attribute("aria-label", "Theme: as the system")
    await expect(tab.page.locator("#chart .main-svg").first).to_have_css("background-color", "rgb(18, 23, 27)")
    assert await tab.page.evaluate(ground) == "#12171b"
    await tab.picture("dark")
    await button.click()
    await expect(root).to_have_attribute("data-theme", "light")
    await tab.page.keyboard.press("t")
    await expect(root).to_have_attribute("data-theme", "dark")
    await tab.page.keyboard.press("t")
    await expect(button).to_have_attribute("aria-label", "Theme: as the system")


async def test_a_phone_shows_all_of_it_without_scrolling_sideways(browser: Browser, whole: WholeGateway) -> None:
    phone = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
    async with open_tab(browser, whole.gateway.url, **phone) as tab:
        await tab.open("IBM/1d")
        await tab.shows()
        assert await overflow(tab) <= 0
        await expect(tab.page.locator("#watchlist")).to_be_hidden()
        await tab.picture("phone", whole=True)
        for pane in ("Events", "Trades", "Pipeline"):
            await tab.page.get_by_role("tab", name=pane).tap()
            assert await overflow(tab) <= 0
        await tab.page.get_by_role("button", name="Replay").tap()
        await tab.page.get_by_role("button", name="Last said").tap()
        await expect(tab.page.locator("#chart")).not_to_have_attribute("data-bar", "499")
        assert await overflow(tab) <= 0
        # large enough for a finger
        box = await tab.page.locator("#play").bounding_box()
        assert box is not None
        assert box["height"] >= 40
        await tab.page.get_by_role("button", name="Watchlist").tap()
        await tab.page.locator("#rows a", has_text="SP500").tap()
        await tab.shows("SP500/1d")
        await expect(tab.page.locator("#watchlist")).to_be_hidden()
        assert await overflow(tab) <= 0
        tab.assert_clean()


async def test_no_width_makes_the_page_scroll_sideways(tab: Tab) -> None:
    await tab.open("IBM/1d")
    await tab.shows()
    for width in (360, 720, 1079, 1280, 1920):
        await tab.page.set_viewport_size({"width": width, "height": 800})
        await expect(tab.page.locator("#chart .main-svg").first).to_be_visible()
        assert await overflow(tab) <= 0, width


async def test_names_of_levels_and_labels_of_events_do_not_lie_on_each_other(tab: Tab) -> None:
    await tab.open("IBM/1d")
    await tab.shows()
    boxes = await tab.page.evaluate(
        """() => [...document.querySelectorAll('#chart .annotation-text-g text, #chart .scatterlayer .textpoint text')]
          .map((text) => [text.textContent, text.getBoundingClientRect()])
          .filter(([text, box]) => box.width > 0 && /^(creek|ice|jump|low|middle|high|[A-Z]{2,6}$)/.test(text))
          .map(([text, box]) => [text, box.left, box.top + 3, box.right, box.bottom - 3])"""
    )
    assert len(boxes) > 10
    together = [
        (left[0], right[0])
        for at, left in enumerate(boxes)
        for right in boxes[at + 1 :]
        if left[1] < right[3] and right[1] < left[3] and left[2] < right[4] and right[2] < left[4]
    ]
    assert together == []


async def test_nothing_moves_for_those_who_want_no_motion(tab: Tab) -> None:
    await tab.page.emulate_media(reduced_motion="reduce")
    await tab.open("IBM/1d")
    await tab.shows()
    moving = await tab.page.evaluate(
        """() => [...document.querySelectorAll('body *')].filter((element) => { const style = getComputedStyle(element);
          return (style.transitionDuration !== '0s' || style.animationName !== 'none') && !element.closest('#chart'); })
          .map((element) => element.outerHTML.slice(0, 80))"""
    )
    await tab.page.emulate_media(reduced_motion="no-preference")
    assert moving == []
