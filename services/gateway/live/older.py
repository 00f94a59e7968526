"""Events that the gateway no longer keeps, while the orchestrator does."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

import structlog

from services.gateway.live.messages import GapReason, event_message, gap
from wyckoff.rpc.errors import WyckoffError

if TYPE_CHECKING:
    from services.gateway.live.messages import Message
    from services.gateway.live.settings import LiveSettings
    from services.gateway.live.stream import EventStream
    from services.gateway.live.subscription import Subscription
    from wyckoff.client.following import Watch
    from wyckoff.orchestrator.v1 import orchestrator_pb2

_log = structlog.get_logger("wyckoff.gateway.live")

#: Clients that are read for at the same time.
_AT_ONCE: Final = 4


class OlderEvents:
    """Reads from the event that a client names up to the first that the gateway keeps itself."""

    def __init__(self, watch: Watch, settings: LiveSettings) -> None:
        self._watch = watch
        self._settings = settings
        self._turns = asyncio.Semaphore(_AT_ONCE)
        # clients that come back together share what is read for each
        self._shared: WeakValueDictionary[str, Message] = WeakValueDictionary()
        self._tasks: set[asyncio.Task[None]] = set()

    def fetch_for(self, subscription: Subscription, stream: EventStream) -> None:
        """Place the client, with all that came since its event or with a gap; returns at once."""
        task = asyncio.create_task(self._fetch(subscription, stream))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Read no more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _fetch(self, subscription: Subscription, stream: EventStream) -> None:
        async with self._turns:
            if subscription.ending is not None:
                return
            try:
                async with asyncio.timeout(self._settings.connect_timeout_s):
                    if await self._read(subscription, stream):
                        return
            except (WyckoffError, TimeoutError) as error:
                _log.info("live_resume_failed", after_event_id=subscription.wish.after, error=str(error))
            stream.place_anyway(subscription)

    async def _read(self, subscription: Subscription, stream: EventStream) -> bool:
        """Whether the client could be placed. One step places it, so that nothing comes in between."""
        older: list[Message] = []
        async with aclosing(self._watch(subscription.wish.after)) as responses:
            async for response in responses:
                if response.dropped_count:
                    older.append(gap(GapReason.SOURCE_DROPPED, "too slow", lost_count=response.dropped_count))
                if response.event.event_id in stream.retained:
                    stream.place_behind(subscription, older, response.event.event_id)
                    return True
                if len(older) >= self._settings.max_older_messages:
                    return False
                message = self._message(response.event)
                if message is not None:
                    older.append(message)
        return False

    def _message(self, event: orchestrator_pb2.Event) -> Message | None:
        message = self._shared.get(event.event_id) or event_message(event)
        if message is not None:
            self._shared[event.event_id] = message
        return message
