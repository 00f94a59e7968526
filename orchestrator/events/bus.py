"""The bus: publish and subscribe within this process, with a bounded past to resume from."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import astuple, dataclass, replace
from typing import TYPE_CHECKING, Protocol

import structlog

from orchestrator.events.log import EventLog

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractContextManager

    from orchestrator.events.log import Follower
    from orchestrator.events.model import Event, EventKind
    from orchestrator.events.settings import EventSettings

    Handler = Callable[[Event], Awaitable[None]]

_log = structlog.get_logger("wyckoff.events")


@dataclass(frozen=True, slots=True)
class BusMetrics:
    """Counts since the start, and what waits now."""

    published: int = 0
    duplicates: int = 0
    delivered: int = 0
    dropped: int = 0
    handler_failures: int = 0
    queue_depth: int = 0

    def plus(self, other: BusMetrics) -> BusMetrics:
        """Both together."""
        return BusMetrics(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))


class EventBus(Protocol):
    """Tells events to whom it may concern. Publishing waits for no handler and fails for none."""

    async def publish(self, event: Event) -> None:
        """Tell an event, unless its id was told before."""
        ...

    def post(self, event: Event) -> None:
        """The same for callers that are no coroutine."""
        ...

    def knows(self, event_id: str) -> bool:
        """Whether an event of this id was told, as durably as this bus makes it, and is remembered."""
        ...

    async def flush(self) -> None:
        """Return once all that was published before is as durable as this bus makes it; raises WyckoffError."""
        ...

    def subscribe(self, kinds: frozenset[EventKind], handler: Handler) -> Subscription:
        """Call ``handler`` for every event of ``kinds`` (all when empty) from now on, one after the other."""
        ...

    async def unsubscribe(self, subscription: Subscription) -> None:
        """No more calls; a call that is running is cancelled."""
        ...

    def follow(
        self, kinds: frozenset[EventKind], symbols: frozenset[str], after_event_id: str = ""
    ) -> AbstractContextManager[Follower]:
        """A reader of the events from now on, or from behind a kept one. Raises NotFoundError when it is not kept."""
        ...

    def let_followers_go(self) -> None:
        """End every reader, so that a server which stops need not wait for them."""
        ...

    @property
    def metrics(self) -> BusMetrics:
        """How the bus is."""
        ...

    async def close(self) -> None:
        """End all subscriptions and readers."""
        ...


class Subscription:
    """A bounded queue and the task that empties it into a handler. When it is full, the oldest event is lost."""

    def __init__(self, kinds: frozenset[EventKind], handler: Handler, queue_size: int) -> None:
        self._kinds = kinds
        self._handler = handler
        self._queue: asyncio.Queue[Event] = asyncio.Queue(queue_size)
        self.delivered = 0
        self.dropped = 0
        self.handler_failures = 0
        self._worker = asyncio.create_task(self._deliver())

    @property
    def queue_depth(self) -> int:
        return self._queue.qsize()

    @property
    def metrics(self) -> BusMetrics:
        """Its counts."""
        return BusMetrics(delivered=self.delivered, dropped=self.dropped, handler_failures=self.handler_failures)

    def offer(self, event: Event) -> None:
        """Put the event in the queue if it is wanted."""
        if self._kinds and event.kind not in self._kinds:
            return
        if self._queue.full():
            lost = self._queue.get_nowait()
            self._queue.task_done()
            self.dropped += 1
            _log.warning("event_dropped", event_id=lost.event_id, kind=lost.kind, dropped=self.dropped)
        self._queue.put_nowait(event)

    async def settled(self) -> None:
        """Return once every event offered so far has been handled."""
        await self._queue.join()

    async def close(self) -> None:
        self._worker.cancel()
        await asyncio.gather(self._worker, return_exceptions=True)

    async def _deliver(self) -> None:
        while True:
            event = await self._queue.get()
            try:
                await self._handler(event)
            except Exception as error:  # noqa: BLE001 - one handler must not take the others or the publisher down
                self.handler_failures += 1
                _log.error("event_handler_failed", event_id=event.event_id, kind=event.kind, exc_info=error)
            else:
                self.delivered += 1
            finally:
                self._queue.task_done()


class InMemoryEventBus:
    """All in this process: nothing outlives it."""

    def __init__(self, settings: EventSettings, log_id: str = "") -> None:
        self._settings = settings
        self._events = EventLog(settings.retained_events, log_id)
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._subscriptions: set[Subscription] = set()
        self._ended = BusMetrics()
        self._published = 0
        self._duplicates = 0

    async def publish(self, event: Event) -> None:
        self.post(event)

    def post(self, event: Event) -> None:
        if self._remember(event.event_id):
            self._tell(event)

    def knows(self, event_id: str) -> bool:
        return event_id in self._seen

    async def flush(self) -> None:
        """Memory is as durable as it gets here."""

    def _remember(self, event_id: str) -> bool:
        """Whether the id is new; the oldest are forgotten."""
        if event_id in self._seen:
            self._seen.move_to_end(event_id)
            self._duplicates += 1
            return False
        self._seen[event_id] = None
        if len(self._seen) > self._settings.remembered_ids:
            self._seen.popitem(last=False)
        return True

    def _tell(self, event: Event) -> None:
        """Keep the event, and give it to all who want it."""
        self._published += 1
        self._events.append(event)
        for subscription in self._subscriptions:
            subscription.offer(event)
        _log.debug("event_published", event_id=event.event_id, kind=event.kind, symbol=event.symbol)

    def subscribe(self, kinds: frozenset[EventKind], handler: Handler) -> Subscription:
        subscription = Subscription(kinds, handler, self._settings.queue_size)
        self._subscriptions.add(subscription)
        _log.debug("event_subscribed", kinds=sorted(kinds), subscribers=len(self._subscriptions))
        return subscription

    async def unsubscribe(self, subscription: Subscription) -> None:
        if subscription not in self._subscriptions:
            return
        self._subscriptions.discard(subscription)
        await subscription.close()
        self._ended = self._ended.plus(subscription.metrics)
        _log.debug("event_unsubscribed", subscribers=len(self._subscriptions))

    def follow(
        self, kinds: frozenset[EventKind], symbols: frozenset[str], after_event_id: str = ""
    ) -> AbstractContextManager[Follower]:
        _log.debug("event_followed", kinds=sorted(kinds), symbols=len(symbols), after_event_id=after_event_id)
        return self._events.follow(kinds, symbols, after_event_id)

    def let_followers_go(self) -> None:
        self._events.close()

    @property
    def metrics(self) -> BusMetrics:
        total = self._ended.plus(
            BusMetrics(published=self._published, duplicates=self._duplicates, dropped=self._events.dropped)
        )
        for subscription in self._subscriptions:
            total = total.plus(replace(subscription.metrics, queue_depth=subscription.queue_depth))
        return total

    async def close(self) -> None:
        self._events.close()
        for subscription in list(self._subscriptions):
            await self.unsubscribe(subscription)
