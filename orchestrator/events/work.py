"""Work to be done for a symbol: given to one worker at a time, asked for again until it succeeds."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from orchestrator.events.ending import end_within
from wyckoff.rpc.errors import FailedPreconditionError
from wyckoff.telemetry.spans import live_lag

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    WorkHandler = Callable[["WorkItem"], Awaitable[None]]
    Key = tuple[str, str]

_log = structlog.get_logger("wyckoff.events")

#: For work that is being done when a queue is closed, seconds.
CLOSE_GRACE_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class WorkItem:
    """A symbol and timeframe to look at. ``catch_up``: bars may have come that nobody told of."""

    symbol: str
    timeframe: str
    catch_up: bool = False

    @property
    def key(self) -> tuple[str, str]:
        return self.symbol, self.timeframe


@dataclass(frozen=True, slots=True)
class RetryTerms:
    """How often work that fails is tried, and the pauses in between: doubled each time up to a limit."""

    max_attempts: int = 20
    first_pause_s: float = 0.2
    max_pause_s: float = 30.0

    def pause_s(self, attempt: int) -> float | None:
        """The pause after failed attempt ``attempt``, counted from 1; None when it was the last one."""
        if attempt >= self.max_attempts:
            return None
        return float(min(self.first_pause_s * 2 ** (attempt - 1), self.max_pause_s))


class WorkQueue(Protocol):
    """Work is not lost once ``put`` has returned; how long that holds depends on where the queue is."""

    async def put(self, item: WorkItem, *, item_id: str = "") -> None:
        """Ask for the work. Of several replicas that put the same ``item_id``, one is heard. Raises WyckoffError."""
        ...

    def start(self, handler: WorkHandler) -> None:
        """Call ``handler`` for the work, never twice at once for one symbol and timeframe; again when it raises."""
        ...

    @property
    def depth(self) -> int:
        """Work that waits or is being done here."""
        ...

    async def close(self) -> None:
        """Take no more work; what is being done may be finished within a grace, and counts as not done otherwise."""
        ...


def report_failure(item: WorkItem, attempt: int, pause_s: float | None, error: Exception) -> None:
    """One log line for work that failed."""
    fields = {"symbol": item.symbol, "timeframe": item.timeframe, "attempt": attempt, "error": str(error)}
    if pause_s is None:
        _log.error("live_work_given_up", **fields)
    else:
        _log.warning("live_work_failed", **fields, retry_in_s=round(pause_s, 3))


class InMemoryWorkQueue:
    """Work in this process. What is asked for again before it has begun is done once.

    Bounded by the number of symbols; at most ``max_concurrent`` are worked on at the same time.
    """

    def __init__(self, max_concurrent: int, retry: RetryTerms, *, close_grace_s: float = CLOSE_GRACE_S) -> None:
        self._close_grace_s = close_grace_s
        self._max_concurrent = max_concurrent
        self._retry = retry
        self._waiting: dict[Key, None] = {}
        self._running: dict[Key, asyncio.Task[None]] = {}
        self._paused: dict[Key, asyncio.TimerHandle] = {}
        self._attempts: dict[Key, int] = {}
        #: When the work was first asked for that is not done yet, by the clock of the loop.
        self._asked_s: dict[Key, float] = {}
        # stays until it has succeeded
        self._to_catch_up: set[Key] = set()
        self._handler: WorkHandler | None = None
        self._closed = False
        self._idle = asyncio.Event()
        self._idle.set()

    async def put(self, item: WorkItem, *, item_id: str = "") -> None:
        if self._closed:
            raise FailedPreconditionError("the work queue is closed")
        if item.catch_up:
            self._to_catch_up.add(item.key)
        # news is a reason to try at once what waits for its next attempt
        paused = self._paused.pop(item.key, None)
        if paused is not None:
            paused.cancel()
        self._asked_s.setdefault(item.key, asyncio.get_running_loop().time())
        self._add(item.key)

    def start(self, handler: WorkHandler) -> None:
        self._handler = handler
        self._begin()

    @property
    def depth(self) -> int:
        return len(self._waiting) + len(self._running) + len(self._paused)

    async def settled(self) -> None:
        """Return once nothing waits, runs, or is to be tried again."""
        await self._idle.wait()

    async def close(self) -> None:
        self._closed = True
        self._waiting.clear()
        for handle in self._paused.values():
            handle.cancel()
        self._paused.clear()
        await end_within(list(self._running.values()), self._close_grace_s)

    def _add(self, key: Key) -> None:
        self._waiting[key] = None
        self._idle.clear()
        self._begin()

    def _begin(self) -> None:
        if self._handler is None or self._closed:
            return
        while len(self._running) < self._max_concurrent:
            key = next((key for key in self._waiting if key not in self._running), None)
            if key is None:
                return
            del self._waiting[key]
            self._running[key] = asyncio.create_task(self._work(self._handler, key))

    async def _work(self, handler: WorkHandler, key: Key) -> None:
        item = WorkItem(*key, catch_up=key in self._to_catch_up)
        # what is asked for from now on is other work
        asked_s = self._asked_s.pop(key)
        try:
            await handler(item)
        except Exception as error:  # noqa: BLE001 - work of one symbol must not take that of the others down
            self._asked_s[key] = asked_s
            self._failed(item, error)
        else:
            live_lag(asyncio.get_running_loop().time() - asked_s)
            self._attempts.pop(key, None)
            self._to_catch_up.discard(key)
        finally:
            self._running.pop(key, None)
            self._begin()
            if not self.depth:
                self._idle.set()

    def _failed(self, item: WorkItem, error: Exception) -> None:
        attempt = self._attempts.pop(item.key, 0) + 1
        pause_s = self._retry.pause_s(attempt)
        report_failure(item, attempt, pause_s, error)
        if item.key in self._waiting or self._closed:
            return
        if pause_s is None:
            del self._asked_s[item.key]
        else:
            self._attempts[item.key] = attempt
            self._paused[item.key] = asyncio.get_running_loop().call_later(pause_s, self._again, item.key)

    def _again(self, key: Key) -> None:
        self._paused.pop(key, None)
        self._add(key)
