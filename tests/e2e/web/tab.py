"""A tab of a real Chromium that reaches nothing but this machine, with a record of what it asked for and said."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from playwright.async_api import ViewportSize, expect

from tests.support.browser import CHROMIUM

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, ConsoleMessage, Error, Page, Playwright, Request, WebSocket

#: Where pictures go that people look at; no part of the repository.
SCREENSHOTS: Final = Path(__file__).parents[3] / "out" / "screenshots"
TIMEOUT_MS: Final = 20_000
DESK: Final[ViewportSize] = {"width": 1440, "height": 900}
#: Every name but that of loopback leads nowhere.
_ARGUMENTS: Final = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]


@asynccontextmanager
async def chromium(playwright: Playwright) -> AsyncIterator[Browser]:
    """A browser without a window."""
    browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
    try:
        yield browser
    finally:
        await browser.close()


@dataclass
class Tab:
    """``problems`` are exceptions and errors of the console, ``addresses`` all that was asked for, sockets included."""

    page: Page
    url: str
    problems: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._said)
        self.page.on("pageerror", self._failed)
        self.page.on("request", self._asked)
        self.page.on("websocket", self._opened)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.problems.append(f"{message.text} {message.location}")

    def _failed(self, error: Error) -> None:
        self.problems.append(str(error))

    def _asked(self, request: Request) -> None:
        self.addresses.append(request.url)

    def _opened(self, socket: WebSocket) -> None:
        self.addresses.append(socket.url)

    async def open(self, place: str = "") -> None:
        """Load the page at ``place``, such as ``IBM/1d``."""
        await self.page.goto(f"{self.url}/{f'#/{place}' if place else ''}")

    async def reset(self) -> None:
        """As it was when it was new, but for what is shown: loading the plotting library again takes longest."""
        self.problems.clear()
        await self.page.set_viewport_size(DESK)
        await self.page.emulate_media(color_scheme="light")
        if self.page.url == "about:blank":
            return
        await self.page.evaluate(
            """() => {
              localStorage.clear();
              for (const dialog of document.querySelectorAll('dialog[open]')) { dialog.close(); }
              if (!document.getElementById('replay').hidden) { document.getElementById('live-button').click(); }
              document.getElementById('tab-now').click();
              document.getElementById('fit').click();
              document.activeElement?.blur();
              const changed = 'input[name="scale"]:not(:checked), #refused:checked';
              for (const box of document.querySelectorAll(changed)) { box.click(); }
              document.querySelector('input[name="trades"][value="all"]').click();
              const filter = document.getElementById('filter');
              if (filter.value) { filter.value = ''; filter.dispatchEvent(new Event('input')); }
              location.hash = '';
            }"""
        )

    async def shows(self, instrument: str = "IBM/1d", version_other_than: str = "") -> str:
        """Wait for the chart of an instrument, one of other bars than those of a version; gives the version."""
        chart = self.page.locator(f"#chart[data-instrument='{instrument}'][data-version]")
        await expect(chart).not_to_have_attribute("data-version", version_other_than)
        return await chart.get_attribute("data-version") or ""

    async def at_bar(self, bar: int) -> None:
        """Wait until the replay shows a bar."""
        await expect(self.page.locator("#chart")).to_have_attribute("data-bar", str(bar))

    async def figure(self) -> dict[str, Any]:
        """What is drawn, by the name of the trace: texts of labelled points, the last bar of the candles."""
        found: dict[str, Any] = await self.page.evaluate(
            """() => Object.fromEntries(document.getElementById('chart').data.map((trace) => [trace.name,
              trace.type === 'candlestick' ? trace.x[trace.x.length - 1]
                : (trace.text ?? trace.x).filter((_, i) => trace.y[i] !== null)]))"""
        )
        return found

    async def range(self) -> list[float]:
        """The bars shown, positions."""
        found: list[float] = await self.page.evaluate("() => document.getElementById('chart').layout.xaxis.range")
        return found

    async def moved_from(self, before: list[float]) -> list[float]:
        """Wait, frame by frame, until other bars are shown than ``before``; gives their range."""
        found: list[float] = await self.page.evaluate(
            """(before) => new Promise((done) => { (function look() {
              const now = document.getElementById('chart').layout.xaxis.range;
              if (now[0] !== before[0] || now[1] !== before[1]) { done(now); } else { requestAnimationFrame(look); }
            })() })""",
            before,
        )
        return found

    async def texts(self, selector: str) -> list[str]:
        """Texts of the elements, as they are read."""
        return [" ".join(text.split()) for text in await self.page.locator(selector).all_inner_texts()]

    async def picture(self, name: str, *, whole: bool = False) -> None:
        """Keep what is seen for people."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=whole)

    def assert_clean(self) -> None:
        """Nothing went wrong, and nothing was asked of anybody but the gateway."""
        assert self.problems == []
        places = {urlsplit(address).netloc for address in self.addresses if not address.startswith(("data:", "blob:"))}
        assert places == {urlsplit(self.url).netloc}


@asynccontextmanager
async def open_tab(browser: Browser, url: str, **options: Any) -> AsyncIterator[Tab]:
    """A tab of its own, without what others left behind; ``options`` are those of a browser context."""
    options = {"viewport": DESK, "color_scheme": "light", **options}
    context = await browser.new_context(**options)
    context.set_default_timeout(TIMEOUT_MS)
    try:
        yield Tab(await context.new_page(), url)
    finally:
        await context.close()
