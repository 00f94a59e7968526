"""The page of a replay in a real browser."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.browser import CHROMIUM, Page, browser_page
from tests.support.samples import wave_analysis, wave_bars
from wyckoff.replay import build_timeline
from wyckoff.replay.page import write_replay

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")

BARS = wave_bars()
#: What the chart draws of a trace: the texts, or the number of points that have a height.
_SHOWN = """
Object.fromEntries(document.getElementById('chart').data.map((trace) => [trace.name, trace.type === 'candlestick'
  ? trace.x[trace.x.length - 1] : (trace.text ?? trace.x).filter((_, i) => trace.y[i] !== null)]))
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    analysis = wave_analysis(BARS)
    return write_replay(tmp_path_factory.mktemp("page") / "AAPL.html", BARS, analysis, build_timeline(analysis))


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser_page(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def page(browser: Page, path: Path) -> Page:
    browser.size(1200, 800)
    browser.open(path)
    drawn(browser, len(BARS) - 1)
    return browser


def drawn(page: Page, bar: int) -> None:
    page.until(f"document.getElementById('chart').dataset.bar === '{bar}'")


def move_to(page: Page, bar: int) -> None:
    page.run(f"document.getElementById('bar').value = {bar}")
    page.run("document.getElementById('bar').dispatchEvent(new Event('input'))")
    drawn(page, bar)


def shown(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(page.run(f"JSON.stringify({_SHOWN})"))
    return found


def entries(page: Page, selector: str = "li:not([hidden])") -> list[str]:
    items = f"[...document.querySelectorAll('#entries {selector}')]"
    script = f"JSON.stringify({items}.map((item) => item.querySelector('.what').textContent))"
    found: list[str] = json.loads(page.run(script))
    return found


def test_the_slider_shows_what_was_known_at_its_bar(page: Page) -> None:
    assert shown(page)["events withdrawn"] == ["<s>SPRING</s>"]
    move_to(page, 160)
    then = shown(page)
    assert then["price"] == "2008-06-09"
    assert then["events, accumulation"] == ["SC", "AR", "ST", "SPRING"]
    assert then["events withdrawn"] == []
    assert then["signals"] == []
    # an open range reaches to the bar that is shown
    box = page.run(
        "JSON.stringify(document.getElementById('chart').data.find((t) => t.name === 'accumulation').x.slice(0, 3))"
    )
    assert json.loads(box) == ["2008-04-09", "2008-06-09", "2008-06-09"]
    move_to(page, 105)
    assert shown(page)["accumulation"] == []
    assert shown(page)["events, accumulation"] == ["SC"]
    assert entries(page)[-1] == "SC"


def test_keys_step_and_withdrawals_are_struck(page: Page) -> None:
    move_to(page, 161)
    assert "SPRING" in entries(page)
    assert entries(page, "li.struck") == []
    page.press("ArrowRight")
    drawn(page, 162)
    assert entries(page, "li.struck:not([hidden])") == ["SPRING"]
    assert shown(page)["events withdrawn"] == ["<s>SPRING</s>"]
    page.press("ArrowLeft", shift=True)
    drawn(page, 152)
    page.press("n")
    drawn(page, 158)
    page.press("p")
    drawn(page, 131)
    page.press("Home")
    drawn(page, 0)
    assert entries(page) == []


def test_playing_goes_on_by_itself_until_it_is_paused(page: Page) -> None:
    move_to(page, 100)
    page.run("document.getElementById('play').click()")
    page.until("Number(document.getElementById('chart').dataset.bar) >= 103")
    page.run("document.getElementById('play').click()")
    assert page.run("document.getElementById('play').textContent") == "Play"


def test_the_stand_is_that_of_the_bar_and_kinds_can_be_hidden(page: Page) -> None:
    assert "intermediate scale, ice 61.00, creek 79.00" in page.run("document.getElementById('stand').textContent")
    move_to(page, 5)
    assert page.run("document.getElementById('stand').textContent") == "no open trading range"
    page.press("End")
    drawn(page, len(BARS) - 1)
    before = page.run("[...document.querySelectorAll('#entries li')].filter((item) => item.offsetParent).length")
    page.run("document.querySelector('#kinds input').click()")
    after = page.run("[...document.querySelectorAll('#entries li')].filter((item) => item.offsetParent).length")
    assert before - after == 2


@pytest.mark.parametrize("dark", [False, True])
def test_it_fits_a_phone_in_light_and_dark(page: Page, dark: bool) -> None:
    page.size(390, 844, dark=dark, mobile=True)
    assert page.run("document.documentElement.scrollWidth") == 390
    slider = page.run("JSON.stringify(document.getElementById('bar').getBoundingClientRect())")
    assert json.loads(slider)["bottom"] <= 844
    ground = page.run("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(20, 20, 20)" if dark else "rgb(255, 255, 255)")


def test_nothing_is_asked_of_anybody_and_nothing_goes_wrong(page: Page, path: Path) -> None:
    for bar in (3, 150, 280):
        move_to(page, bar)
    page.run("document.getElementById('later').click()")
    page.until("document.getElementById('chart').data.find((t) => t.name === 'later closes').x.length === 20")
    assert page.problems == []
    assert set(page.requests) == {path.as_uri()}
