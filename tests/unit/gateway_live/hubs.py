"""A hub over a source that a test fills, and clients of it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from services.gateway.live.hub import EventHub
from services.gateway.live.settings import LiveSettings
from services.gateway.live.subscription import Subscription, Wish
from tests.support.events import bar_event

if TYPE_CHECKING:
    from contextlib import AsyncExitStack

    from orchestrator.events.model import Event
    from tests.support.event_source import EventSource

SETTINGS = LiveSettings(first_pause_s=0.01, max_pause_s=0.02, heartbeat_interval_s=0.02, connect_timeout_s=5)


def events(first: int, last: int) -> list[Event]:
    return [bar_event(number) for number in range(first, last + 1)]


def ids(first: int, last: int) -> list[str]:
    return [event.event_id for event in events(first, last)]


async def read_any(client: Subscription) -> dict[str, Any]:
    async with asyncio.timeout(30):
        content: dict[str, Any] = json.loads((await client.next()).text)
    return content


async def read(client: Subscription) -> dict[str, Any]:
    """The next message that is neither hello nor heartbeat."""
    while (message := await read_any(client))["type"] in {"hello", "heartbeat"}:
        pass
    return message


async def read_ids(client: Subscription, count: int) -> list[str]:
    return [(await read(client))["id"] for _ in range(count)]


class Hub:
    """A hub over a source, and clients of it that stay until the end."""

    def __init__(self, hub: EventHub, stack: AsyncExitStack) -> None:
        self.hub = hub
        self._stack = stack

    async def comes(self) -> Subscription:
        """A client that gets what is new from now on."""
        client = self.join()
        while (await read_any(client))["type"] != "hello":
            pass
        return client

    def join(self, after: str = "", **wish: Any) -> Subscription:
        return self._stack.enter_context(self.hub.joined(Wish(after=after, **wish)))

    async def has(self, event_id: str) -> None:
        """Return once the hub has told this event."""
        with self.hub.joined(Wish()) as client:
            while self.hub.newest_event_id != event_id:
                await read_any(client)


async def open_hub(opened: AsyncExitStack, source: EventSource, **values: Any) -> Hub:
    settings = SETTINGS.model_copy(update=values)
    return Hub(await opened.enter_async_context(EventHub(source.watch, settings)), opened)
