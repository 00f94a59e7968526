"""What one client wants, and what waits for it."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from services.gateway.live.messages import EVENT_TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from services.gateway.live.messages import Message

#: Close codes: https://www.iana.org/assignments/websocket/websocket.xhtml
GOING_AWAY: Final = 1001
UNSUPPORTED_DATA: Final = 1003
POLICY_VIOLATION: Final = 1008
TRY_AGAIN_LATER: Final = 1013


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client asks for: types and symbols, all when empty, and the event to resume behind, none when empty.

    ``log`` is the log that the event was in, as the hello said; empty when the client did not keep it.
    """

    types: frozenset[str] = frozenset()
    symbols: frozenset[str] = frozenset()
    after: str = ""
    log: str = ""

    def covers(self, message: Message) -> bool:
        """Whether it is to be told. What is no event concerns everybody, and so does an event without a symbol."""
        if message.type not in EVENT_TYPES:
            return True
        return (not self.types or message.type in self.types) and (
            not self.symbols or not message.symbol or message.symbol in self.symbols
        )


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a client has to go: close code and reason."""

    code: int
    reason: str


class Subscription:
    """Messages on their way to one client. Who offers one never waits: a client that falls too far behind is out.

    What is told again to a client that resumes does not count; only new messages can be too many.
    """

    def __init__(self, wish: Wish, *, max_messages: int, max_bytes: int) -> None:
        self.wish = wish
        #: Why it ended; None while it goes on.
        self.ending: Ending | None = None
        #: Called at the end, so that whoever writes to the client stops.
        self.on_end: Callable[[], object] | None = None
        #: Whether new events are for this client already, or wait for what is behind the event that it resumes from.
        self.is_placed = False
        #: Messages that it wanted, counted when it was dropped.
        self.lost = 0
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._past: deque[Message] = deque()
        self._new: deque[Message] = deque()
        self._new_bytes = 0
        self._arrived = asyncio.Event()

    @property
    def waiting(self) -> int:
        return len(self._past) + len(self._new)

    def place(self, past: Iterable[Message]) -> None:
        """Tell ``past``, as far as it is wanted, before everything that is offered from now on."""
        if self.ending is not None:
            return
        self._past.extend(message for message in past if self.wish.covers(message))
        self.is_placed = True
        self._arrived.set()

    def offer(self, message: Message) -> None:
        """Let it wait for the client, if it is wanted."""
        if self.ending is not None or not self.wish.covers(message):
            return
        self._new.append(message)
        self._new_bytes += message.size_bytes
        if len(self._new) > self._max_messages or (len(self._new) > 1 and self._new_bytes > self._max_bytes):
            self.lost = self.waiting
            reason = f"too slow: {len(self._new)} messages waited; connect again with after=<id of the last one>"
            self.end(Ending(TRY_AGAIN_LATER, reason))
        else:
            self._arrived.set()

    async def next(self) -> Message:
        """The oldest message that waits. For one reader, who is stopped by :attr:`on_end`."""
        while not self.waiting:
            self._arrived.clear()
            await self._arrived.wait()
        if self._past:
            return self._past.popleft()
        message = self._new.popleft()
        self._new_bytes -= message.size_bytes
        return message

    def end(self, ending: Ending) -> None:
        """Let go of what waits, and of the client."""
        if self.ending is not None:
            return
        self.ending = ending
        self._past.clear()
        self._new.clear()
        self._new_bytes = 0
        if self.on_end is not None:
            self.on_end()
