"""A headless Chromium, driven over its DevTools pipe: real keys, real pixels, and a record of what went wrong."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from base64 import b64decode
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

#: The programs by the names that systems give them; None where no browser is installed.
CHROMIUM: Final = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_TIMEOUT_MS: Final = 20_000
#: Where DevTools reads and writes in the browser.
_READ_FD, _WRITE_FD = 3, 4


class Page:
    """One tab. ``problems`` are exceptions and errors on the console, ``requests`` every address asked for."""

    def __init__(self, write_fd: int, read_fd: int) -> None:
        self.problems: list[str] = []
        self.requests: list[str] = []
        self._write_fd, self._read = write_fd, os.fdopen(read_fd, "rb", buffering=0)
        self._rest = b""
        self._last_id = 0
        self._session = ""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One DevTools command; raises RuntimeError when the browser refuses it."""
        self._last_id += 1
        message = {"id": self._last_id, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write_fd, json.dumps(message).encode() + b"\0")
        answer = self._wait(lambda received: received.get("id") == message["id"])
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    def open(self, path: Path) -> None:
        """Show a file and wait until it is loaded."""
        self.send("Page.navigate", url=path.as_uri())
        self._wait(lambda received: received.get("method") == "Page.loadEventFired")

    def run(self, script: str) -> Any:
        """The value of an expression in the page, awaited when it is a promise."""
        answer = self.send(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, timeout=_TIMEOUT_MS
        )
        if "exceptionDetails" in answer:
            raise AssertionError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def until(self, condition: str) -> None:
        """Wait, frame by frame, until an expression is true in the page."""
        self.run(
            f"new Promise((done) => {{ (function look() {{ ({condition}) ? done(true) : setTimeout(look, 5); }})() }})"
        )

    def press(self, key: str, *, shift: bool = False) -> None:
        """Press and release a key."""
        text = {"text": key} if len(key) == 1 else {}
        for kind in ("keyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", type=kind, key=key, code=key, modifiers=8 if shift else 0, **text)

    def size(self, width: int, height: int, *, dark: bool = False, mobile: bool = False) -> None:
        """Set the window, and whether the system is dark."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
        self.send("Emulation.setDeviceMetricsOverride", **metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])

    def picture(self) -> bytes:
        """What is seen, as PNG."""
        return b64decode(self.send("Page.captureScreenshot", format="png")["data"])

    def close(self) -> None:
        """End the browser."""
        self._session = ""
        self.send("Browser.close")
        os.close(self._write_fd)
        self._read.close()

    def _wait(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        while True:
            received = self._receive()
            self._record(received)
            if wanted(received):
                return received

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            part = self._read.read(1 << 20)
            if not part:
                raise RuntimeError("the browser ended")
            self._rest += part
        line, _, self._rest = self._rest.partition(b"\0")
        received: dict[str, Any] = json.loads(line)
        return received

    def _record(self, received: dict[str, Any]) -> None:
        method, parameters = received.get("method"), received.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.problems.append(str(parameters["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and parameters["type"] in {"error", "warning", "assert"}:
            self.problems.append(str(parameters["args"]))
        elif method == "Log.entryAdded" and parameters["entry"]["level"] in {"error", "warning"}:
            self.problems.append(str(parameters["entry"]))


@contextmanager
def browser_page(profile: Path) -> Iterator[Page]:
    """A page in a browser of its own, with its files under ``profile``; it ends with the block."""
    assert CHROMIUM is not None
    to_read, to_write = os.pipe()
    from_read, from_write = os.pipe()

    def connect() -> None:
        # above the two places first, so that neither overwrites the other
        ends = [os.dup2(end, place + 20) for place, end in ((_READ_FD, to_read), (_WRITE_FD, from_write))]
        for place, end in zip((_READ_FD, _WRITE_FD), ends, strict=True):
            os.dup2(end, place)

    command = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"]
    command += ["--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking", "--disable-sync"]
    command += ["--disable-component-update", "--disable-default-apps", f"--user-data-dir={profile}", "about:blank"]
    with subprocess.Popen(
        command, preexec_fn=connect, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        os.close(to_read)
        os.close(from_write)
        page = Page(to_write, from_read)
        try:
            yield page
        finally:
            page.close()
            process.wait(timeout=20)
