"""One stream of the orchestrator for all clients of the gateway."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import structlog

from services.gateway.live.follow import OrchestratorFollower
from services.gateway.live.older import OlderEvents
from services.gateway.live.stream import EventStream
from services.gateway.live.subscription import GOING_AWAY, Ending
from wyckoff.rpc.errors import ResourceExhaustedError
from wyckoff.telemetry.readings import QueueReading, observe_queues

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from services.gateway.live.settings import LiveSettings
    from services.gateway.live.subscription import Subscription, Wish
    from wyckoff.client.following import Watch

_log = structlog.get_logger("wyckoff.gateway.live")


@dataclass(frozen=True, slots=True)
class HubMetrics:
    """Clients now, and counts since the start."""

    clients: int
    following: bool
    events: int
    gaps: int
    refused_clients: int
    dropped_clients: int
    dropped_messages: int
    waiting_messages: int
    retained_messages: int
    retained_bytes: int


class EventHub:
    """Follows the orchestrator while it is open (an async context manager), and tells clients what it tells.

    ``watch`` opens the stream of events behind an event id. A client takes a seat, joins, and leaves.
    """

    def __init__(self, watch: Watch, settings: LiveSettings) -> None:
        self.settings = settings
        self._older = OlderEvents(watch, settings)
        self._stream = EventStream(settings, self._fetch_older)
        self._follower = OrchestratorFollower(watch, self._stream, settings)
        self._tasks: list[asyncio.Task[None]] = []
        self._stop_observing: Callable[[], None] | None = None
        self._seats = 0
        self._refused = 0

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._follower.run()), asyncio.create_task(self._beat())]
        self._stop_observing = observe_queues(self._read_queues)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Let every client go and follow no more; may be called again."""
        if self._stop_observing is not None:
            self._stop_observing()
            self._stop_observing = None
        self._stream.end_all(Ending(GOING_AWAY, "the gateway is stopping; connect again"))
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._older.close()

    @property
    def is_following(self) -> bool:
        """Whether the orchestrator is being followed right now."""
        return self._stream.is_following

    @property
    def newest_event_id(self) -> str:
        """The last event told; empty while none is known."""
        return self._stream.newest_event_id

    @property
    def metrics(self) -> HubMetrics:
        """How the hub is."""
        counts = self._stream.counts
        return HubMetrics(
            clients=self._seats,
            following=self._stream.is_following,
            events=counts.events,
            gaps=counts.gaps,
            refused_clients=self._refused,
            dropped_clients=counts.dropped_clients,
            dropped_messages=counts.dropped_messages,
            waiting_messages=self._stream.waiting,
            retained_messages=len(self._stream.retained),
            retained_bytes=self._stream.retained.size_bytes,
        )

    @contextmanager
    def seat(self) -> Iterator[None]:
        """A place for one client; raises ResourceExhaustedError when all are taken."""
        if self._seats >= self.settings.max_sockets:
            self._refused += 1
            _log.warning("live_client_refused", clients=self._seats)
            raise ResourceExhaustedError(
                f"all {self.settings.max_sockets} places for live clients are taken; try again later",
                reason="TOO_MANY_CLIENTS",
            )
        self._seats += 1
        try:
            yield
        finally:
            self._seats -= 1

    @contextmanager
    def joined(self, wish: Wish) -> Iterator[Subscription]:
        """What comes from now on, or from behind the event that the client names."""
        subscription = self._stream.join(wish)
        try:
            yield subscription
        finally:
            subscription.end(Ending(GOING_AWAY, "gone"))
            self._stream.leave(subscription)

    def _fetch_older(self, subscription: Subscription) -> None:
        self._older.fetch_for(subscription, self._stream)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self.settings.heartbeat_interval_s)
            self._stream.beat()

    def _read_queues(self) -> dict[str, QueueReading]:
        # in the thread of the metrics endpoint: only numbers are read
        return {"gateway_clients": QueueReading(self._stream.waiting, self._stream.counts.dropped_messages)}
