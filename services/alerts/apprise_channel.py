"""Alerts by e-mail and whatever else Apprise knows, from a thread."""

from __future__ import annotations

import asyncio
import warnings
from typing import TYPE_CHECKING, Final

from services.alerts.channels import Delivered, Failed
from wyckoff.rpc.errors import InvalidArgumentError

with warnings.catch_warnings():
    # its plugins use modules that Python is about to drop; they bring their own then
    warnings.simplefilter("ignore", DeprecationWarning)
    import apprise

    apprise.Apprise().add("json://localhost")

if TYPE_CHECKING:
    from services.alerts.channels import Sent
    from services.alerts.message import Alert


#: Apprise leaves so long between two messages of one channel, seconds.
_SPACING_S: Final = 6.0


class AppriseChannel:
    """One Apprise URL. It tells no refusals: what fails is tried again until it is given up."""

    def __init__(self, name: str, url: str, timeout_s: float) -> None:
        asset = apprise.AppriseAsset(app_id="wyckoff", app_desc="wyckoff alerts", secure_logging=True)
        self._apprise = apprise.Apprise(asset=asset)
        self._timeout_s = timeout_s + _SPACING_S
        if not self._apprise.add(url):
            raise InvalidArgumentError.of(f"alerts.targets.{name}.apprise", "is no URL that Apprise knows")

    async def send(self, alert: Alert, now_ms: int) -> Sent:
        result = await asyncio.to_thread(self._notify, alert)
        if result:
            return Delivered()
        # what went wrong in detail may show the URL and is not kept
        return Failed(f"Apprise says {result.status.name}")

    def _notify(self, alert: Alert) -> apprise.AppriseResult:
        return self._apprise.notify(body=alert.text, title=alert.title, timeout=self._timeout_s)

    async def close(self) -> None:
        """Each message has a connection of its own."""
