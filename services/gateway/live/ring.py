"""The newest messages, to resume from."""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.gateway.live.messages import Message


class RecentMessages:
    """At most so many messages and bytes, oldest first; the newest is kept whatever its size."""

    def __init__(self, max_messages: int, max_bytes: int) -> None:
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._messages: deque[Message] = deque()
        self._bytes = 0
        # positions count from 0 and never go back
        self._first = 0
        self._positions: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._messages)

    def __contains__(self, event_id: str) -> bool:
        return event_id in self._positions

    @property
    def size_bytes(self) -> int:
        return self._bytes

    def append(self, message: Message) -> None:
        """Keep it; the oldest make room."""
        if message.event_id:
            self._positions[message.event_id] = self._first + len(self._messages)
        self._messages.append(message)
        self._bytes += message.size_bytes
        while len(self._messages) > 1 and (len(self._messages) > self._max_messages or self._bytes > self._max_bytes):
            self._forget_oldest()

    def of(self, event_id: str) -> Message:
        """The message of an event that is kept."""
        return self._messages[self._positions[event_id] - self._first]

    def behind(self, event_id: str) -> list[Message] | None:
        """What came after an event; None when it is not kept."""
        position = self._positions.get(event_id)
        return None if position is None else list(islice(self._messages, position + 1 - self._first, None))

    def all(self) -> list[Message]:
        """Everything that is kept."""
        return list(self._messages)

    def _forget_oldest(self) -> None:
        oldest = self._messages.popleft()
        self._bytes -= oldest.size_bytes
        self._positions.pop(oldest.event_id, None)
        self._first += 1
