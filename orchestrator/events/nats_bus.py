"""Events on JetStream. Every replica keeps the newest of them at hand, from whichever replica they come."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final, Self

import nats.errors
import structlog
from google.protobuf.message import DecodeError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from pydantic import ValidationError

from orchestrator.events.bus import BusMetrics, InMemoryEventBus
from orchestrator.events.codec import event_from_proto, event_to_proto
from orchestrator.events.ending import cancel
from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.rpc.errors import InvalidArgumentError, UnavailableError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from nats.aio.msg import Msg
    from nats.js.client import JetStreamContext

    from orchestrator.events.bus import Handler, Subscription
    from orchestrator.events.log import Follower
    from orchestrator.events.model import Event, EventKind
    from orchestrator.events.nats_names import NatsNames
    from orchestrator.events.settings import EventSettings

_log = structlog.get_logger("wyckoff.events")

MESSAGE_ID: Final = "Nats-Msg-Id"
_ACK_TIMEOUT_S: Final = 5.0
_FLUSH_TIMEOUT_S: Final = 20.0
_FETCH_TIMEOUT_S: Final = 5.0
_FETCH_BATCH: Final = 256
_RETRY_S: Final = 0.5
#: A reader that is away for so long is forgotten by the server and begins anew where it was, seconds.
_INACTIVE_S: Final = 300.0


class NatsEventBus:
    """Published events wait in an outbox until the server has them; what the server has is told here in its order.

    Publishing waits for nothing, so that an analysis does not depend on the server; :meth:`flush` does.
    """

    def __init__(self, stream: JetStreamContext, names: NatsNames, settings: EventSettings, log_id: str) -> None:
        self._stream = stream
        self._names = names
        self._settings = settings
        self._local = InMemoryEventBus(settings, log_id)
        self._outbox: deque[Event] = deque()
        self._outbox_ids: set[str] = set()
        self._news = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._lost = 0
        self._duplicates = 0
        # stream sequence of the last event told here
        self._position = 0
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    async def open(cls, stream: JetStreamContext, names: NatsNames, settings: EventSettings) -> Self:
        """A bus that has read what is to be kept at hand."""
        info = await stream.stream_info(names.events_stream)
        state = info.state
        # the same for every replica, and over restarts, for as long as the stream is
        bus = cls(stream, names, settings, f"{names.events_stream}/{info.created}")
        bus._position = max(0, state.last_seq - settings.retained_events, state.first_seq - 1)
        await bus._read_until(state.last_seq)
        bus._tasks = [asyncio.create_task(bus._send_all()), asyncio.create_task(bus._read_all())]
        return bus

    async def publish(self, event: Event) -> None:
        self.post(event)

    def post(self, event: Event) -> None:
        if event.event_id in self._outbox_ids or self._local.knows(event.event_id):
            self._duplicates += 1
            return
        if len(self._outbox) >= self._settings.outbox_size:
            lost = self._outbox.popleft()
            self._outbox_ids.discard(lost.event_id)
            self._lost += 1
            _log.error("event_lost", event_id=lost.event_id, kind=lost.kind, lost=self._lost)
        self._outbox.append(event)
        self._outbox_ids.add(event.event_id)
        self._empty.clear()
        self._news.set()

    def knows(self, event_id: str) -> bool:
        # only what came back from the server is told here
        return self._local.knows(event_id)

    async def flush(self) -> None:
        try:
            async with asyncio.timeout(_FLUSH_TIMEOUT_S):
                await self._empty.wait()
        except TimeoutError as error:
            raise UnavailableError(
                f"NATS has not taken {len(self._outbox_ids)} events", reason="EVENT_BUS_UNAVAILABLE"
            ) from error

    def subscribe(self, kinds: frozenset[EventKind], handler: Handler) -> Subscription:
        return self._local.subscribe(kinds, handler)

    async def unsubscribe(self, subscription: Subscription) -> None:
        await self._local.unsubscribe(subscription)

    def follow(
        self, kinds: frozenset[EventKind], symbols: frozenset[str], after_event_id: str = ""
    ) -> AbstractContextManager[Follower]:
        return self._local.follow(kinds, symbols, after_event_id)

    def let_followers_go(self) -> None:
        self._local.let_followers_go()

    @property
    def metrics(self) -> BusMetrics:
        return self._local.metrics.plus(
            BusMetrics(duplicates=self._duplicates, dropped=self._lost, queue_depth=len(self._outbox_ids))
        )

    async def close(self) -> None:
        try:
            await self.flush()
        except UnavailableError as error:
            _log.error("events_not_flushed", error=error.message)
        await cancel(self._tasks)
        await self._local.close()

    async def _send_all(self) -> None:
        while True:
            if not self._outbox:
                self._empty.set()
                self._news.clear()
                await self._news.wait()
            event = self._outbox.popleft()
            await self._send(event)
            self._outbox_ids.discard(event.event_id)

    async def _send(self, event: Event) -> None:
        """Until the server has it; it takes an id once, however often it is sent."""
        payload = event_to_proto(event).SerializeToString()
        while True:
            try:
                await self._stream.publish(
                    self._names.events(event.kind),
                    payload,
                    timeout=_ACK_TIMEOUT_S,
                    stream=self._names.events_stream,
                    headers={MESSAGE_ID: event.event_id},
                )
            except (nats.errors.Error, TimeoutError, OSError) as error:
                _log.warning("event_not_sent", waiting=len(self._outbox_ids), error=f"{type(error).__name__}: {error}")
                await asyncio.sleep(_RETRY_S)
            else:
                return

    async def _read_all(self) -> None:
        while True:
            try:
                await self._read_until(None)
            except (nats.errors.Error, TimeoutError, OSError) as error:
                _log.warning("events_not_read", error=f"{type(error).__name__}: {error}")
                await asyncio.sleep(_RETRY_S)

    async def _read_until(self, last: int | None) -> None:
        """Tell the events behind the position, up to the one of sequence ``last``, or for ever."""
        if last is not None and self._position >= last:
            return
        config = ConsumerConfig(
            ack_policy=AckPolicy.NONE,
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=self._position + 1,
            inactive_threshold=_INACTIVE_S,
        )
        reader = await self._stream.pull_subscribe(
            self._names.all_events, stream=self._names.events_stream, config=config
        )
        try:
            pending = (await reader.consumer_info()).num_pending or 0
            while last is None or self._position < last:
                # a batch of what is there comes at once; of what is not there, the first
                try:
                    messages = await reader.fetch(max(1, min(pending, _FETCH_BATCH)), timeout=_FETCH_TIMEOUT_S)
                except TimeoutError:
                    # also when the server has forgotten this reader
                    pending = (await reader.consumer_info()).num_pending or 0
                    if last is not None and not pending:
                        return
                    continue
                for message in messages:
                    self._tell(message)
                pending = messages[-1].metadata.num_pending
        finally:
            await reader.unsubscribe()

    def _tell(self, message: Msg) -> None:
        self._position = message.metadata.sequence.stream
        try:
            event = event_from_proto(orchestrator_pb2.Event.FromString(message.data))
        except (DecodeError, InvalidArgumentError, ValidationError, ValueError) as error:
            _log.error("event_unreadable", sequence=self._position, error=str(error))
            return
        self._local.post(event)
