"""How an alert leaves, and what may come of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from services.alerts.message import Alert


@dataclass(frozen=True, slots=True)
class Delivered:
    """The target has it."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Try again, after ``retry_after_s`` when the target said so. ``reason`` holds nothing secret, here and below."""

    reason: str
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The target will never take this alert."""

    reason: str


@dataclass(frozen=True, slots=True)
class Gone:
    """The target will never take any."""

    reason: str


Sent = Delivered | Failed | Refused | Gone


class Channel(Protocol):
    """Sends to one target. A failure is an outcome, not an exception."""

    async def send(self, alert: Alert, now_ms: int) -> Sent:
        """Send once."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
