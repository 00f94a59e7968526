"""An orchestrator's events without an orchestrator: its own event log, watched in this process."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from orchestrator.events.log import EventLog
from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.rpc.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from orchestrator.events.model import Event

from orchestrator.events.codec import event_to_proto


class EventSource:
    """Events that a test tells. ``opened`` are the ids that streams were asked to begin behind."""

    def __init__(self, retained: int = 1_000) -> None:
        self._retained = retained
        self.log_id = str(uuid.uuid4())
        self._log = EventLog(retained, self.log_id)
        self.is_down = False
        self.opened: list[str] = []

    def tell(self, *events: Event) -> None:
        for event in events:
            self._log.append(event)

    def stop(self) -> None:
        """The process is gone."""
        self.is_down = True
        self._log.close()

    def start(self, *, forget: bool) -> None:
        """The process is back; ``forget`` when its events were kept in memory."""
        if forget:
            self.log_id = str(uuid.uuid4())
        kept = EventLog(self._retained, self.log_id)
        position = 0
        while not forget and (event := self._log.at(position)) is not None:
            kept.append(event)
            position += 1
        self._log = kept
        self.is_down = False

    async def watch(self, after_event_id: str) -> AsyncGenerator[orchestrator_pb2.WatchEventsResponse]:
        if self.is_down:
            raise UnavailableError("the source is down")
        self.opened.append(after_event_id)
        with self._log.follow(frozenset(), frozenset(), after_event_id) as follower:
            while True:
                told = await follower.next()
                yield orchestrator_pb2.WatchEventsResponse(
                    event=event_to_proto(told.event), dropped_count=told.dropped_count
                )
