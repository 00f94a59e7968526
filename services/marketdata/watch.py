"""New bars, told to those who watch. Who is slow loses the oldest changes and learns how many; nobody waits for him."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wyckoff.rpc.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wyckoff.market.bars import Bars


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """Bars of one instrument that are new or differ, and how many changes before it were lost."""

    bars: Bars
    dropped_count: int


class Watcher:
    """A bounded queue of changes of chosen instruments: at most so many changes, and so many bars in all."""

    def __init__(self, symbols: frozenset[str], timeframe: str, *, max_changes: int, max_bars: int) -> None:
        self._symbols = symbols
        self._timeframe = timeframe
        self._max_changes = max_changes
        self._max_bars = max_bars
        self._waiting: deque[Bars] = deque()
        self._waiting_bars = 0
        self._dropped = 0
        self._arrived = asyncio.Event()
        self._closed = False

    def wants(self, bars: Bars) -> bool:
        """Whether these bars are of a chosen instrument."""
        return (not self._symbols or bars.symbol in self._symbols) and self._timeframe in ("", bars.timeframe)

    def offer(self, bars: Bars) -> None:
        """Put a change in the queue; the oldest make room. A change is kept whole, whatever its size."""
        self._waiting.append(bars)
        self._waiting_bars += len(bars)
        while len(self._waiting) > 1 and self._is_over_full():
            self._waiting_bars -= len(self._waiting.popleft())
            self._dropped += 1
        self._arrived.set()

    async def next(self) -> Change:
        """The oldest change that is left, as soon as there is one. For one reader.

        Raises UnavailableError when the feed is closed and nothing is left.
        """
        await self._arrived.wait()
        if not self._waiting:
            raise UnavailableError("the market data service is stopping; watch again", reason="STOPPING")
        bars = self._waiting.popleft()
        self._waiting_bars -= len(bars)
        dropped, self._dropped = self._dropped, 0
        if not self._waiting and not self._closed:
            self._arrived.clear()
        return Change(bars, dropped)

    def close(self) -> None:
        """No more changes will come."""
        self._closed = True
        self._arrived.set()

    def _is_over_full(self) -> bool:
        return len(self._waiting) > self._max_changes or self._waiting_bars > self._max_bars


class BarFeed:
    """Tells each change to every watcher that wants it."""

    def __init__(self, *, max_changes: int, max_bars: int) -> None:
        self._max_changes = max_changes
        self._max_bars = max_bars
        self._watchers: set[Watcher] = set()
        self._closed = False

    @property
    def watcher_count(self) -> int:
        return len(self._watchers)

    @contextmanager
    def watch(self, symbols: frozenset[str] = frozenset(), timeframe: str = "") -> Iterator[Watcher]:
        """A watcher of these symbols and this timeframe; empty means all."""
        watcher = Watcher(symbols, timeframe, max_changes=self._max_changes, max_bars=self._max_bars)
        self._watchers.add(watcher)
        if self._closed:
            watcher.close()
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)

    def close(self) -> None:
        """Let every watcher go, so that a server which stops need not wait for them."""
        self._closed = True
        for watcher in self._watchers:
            watcher.close()

    def publish(self, bars: Bars) -> None:
        """Tell the watchers; takes no time that depends on them."""
        if not len(bars):
            return
        for watcher in self._watchers:
            if watcher.wants(bars):
                watcher.offer(bars)
