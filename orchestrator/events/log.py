"""The newest events, kept in order, and readers that go along at their own pace."""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wyckoff.rpc.errors import NotFoundError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.events.model import Event, EventKind

#: The nil UUID, an id that no event has: whoever reads behind it gets all that is kept.
BEFORE_ALL: Final = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Told:
    """An event, and how many that the reader wanted were lost before it."""

    event: Event
    dropped_count: int


class Follower:
    """A position in the log. Who falls behind the oldest kept event loses what he has not read, and learns how much."""

    def __init__(self, log: EventLog, kinds: frozenset[EventKind], symbols: frozenset[str], position: int) -> None:
        self._log = log
        self._kinds = kinds
        self._symbols = symbols
        self._position = position
        self._dropped = 0
        self._arrived = asyncio.Event()

    async def next(self) -> Told:
        """The oldest unread event that is wanted and kept. For one reader.

        Raises UnavailableError when the log is closed and nothing is left.
        """
        while True:
            while (event := self._log.at(self._position)) is not None:
                self._position += 1
                if self.wants(event):
                    dropped, self._dropped = self._dropped, 0
                    return Told(event, dropped)
            if self._log.is_closed:
                raise UnavailableError("the orchestrator is stopping; watch again", reason="STOPPING")
            self._arrived.clear()
            await self._arrived.wait()

    def wants(self, event: Event) -> bool:
        """Whether kind and symbol are chosen. An event without a symbol concerns everybody."""
        return (not self._kinds or event.kind in self._kinds) and (
            not self._symbols or not event.symbol or event.symbol in self._symbols
        )

    def lose(self, event: Event, position: int) -> None:
        """The event at ``position`` is no longer kept."""
        if self._position <= position:
            self._position = position + 1
            self._dropped += self.wants(event)

    def wake(self) -> None:
        self._arrived.set()

    @property
    def lost(self) -> int:
        """Events lost since the last one that was read."""
        return self._dropped


class EventLog:
    """At most ``retained`` events. Positions count from 0 and never go back.

    ``log_id`` is another one when what was told before is gone: an id that is told again then is at another place.
    """

    def __init__(self, retained: int, log_id: str = "") -> None:
        self._retained = retained
        self._log_id = log_id or str(uuid.uuid4())
        self._events: deque[Event] = deque()
        self._first = 0
        self._followers: set[Follower] = set()
        self.dropped = 0
        self.is_closed = False

    def append(self, event: Event) -> None:
        if len(self._events) == self._retained:
            self._evict()
        self._events.append(event)
        for follower in self._followers:
            follower.wake()

    def at(self, position: int) -> Event | None:
        """The event at a kept position; None behind the newest."""
        index = position - self._first
        return self._events[index] if index < len(self._events) else None

    @contextmanager
    def follow(self, kinds: frozenset[EventKind], symbols: frozenset[str], after_event_id: str) -> Iterator[Follower]:
        """A reader from now on, or from behind ``after_event_id``; raises NotFoundError when that is not kept.

        Its metadata has ``log_id``, and ``newest_event_id`` when anything is kept. Behind :data:`BEFORE_ALL` is all
        that is kept.
        """
        follower = Follower(self, kinds, symbols, self._position_after(after_event_id))
        self._followers.add(follower)
        try:
            yield follower
        finally:
            self._followers.discard(follower)

    def close(self) -> None:
        """Readers end once they have read what is kept."""
        self.is_closed = True
        for follower in self._followers:
            follower.wake()

    def _position_after(self, event_id: str) -> int:
        end = self._first + len(self._events)
        if not event_id:
            return end
        if event_id == BEFORE_ALL:
            return self._first
        for back, event in enumerate(reversed(self._events)):
            if event.event_id == event_id:
                return end - back
        raise NotFoundError(
            f"event {event_id!r} is not kept; the newest {self._retained} are. Watch without after_event_id, and read "
            "what is stored with ListSignals",
            reason="EVENT_NOT_KEPT",
            metadata={"event_id": event_id, "log_id": self._log_id}
            | ({"newest_event_id": self._events[-1].event_id} if self._events else {}),
        )

    def _evict(self) -> None:
        event = self._events.popleft()
        for follower in self._followers:
            before = follower.lost
            follower.lose(event, self._first)
            self.dropped += follower.lost - before
        self._first += 1
