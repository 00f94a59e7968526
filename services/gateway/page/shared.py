"""Work that is done once for all who ask for the same, and kept while there is room."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, TypeVar

from cachetools import LRUCache

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable

Key = TypeVar("Key", bound="Hashable")
Value = TypeVar("Value")


def _one(_: object) -> int:
    return 1


class Shared(Generic[Key, Value]):
    """Results by key. ``room`` is the most of ``size_of`` that is kept, results counted where it is not given.

    Who asks while the work is under way waits for it. It belongs to nobody who waits: one that goes away does not end
    it. An error reaches all who wait, and is not kept.
    """

    def __init__(self, room: int, size_of: Callable[[Value], int] = _one) -> None:
        self._kept: LRUCache[Key, Value] = LRUCache(room, getsizeof=size_of)
        self._under_way: dict[Key, asyncio.Task[Value]] = {}

    async def get(self, key: Key, make: Callable[[], Awaitable[Value]]) -> Value:
        """What is kept, or what ``make`` gives."""
        found = self._kept.get(key)
        if found is not None:
            return found
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.ensure_future(self._make(key, make))
            self._under_way[key] = task
            task.add_done_callback(lambda done: self._ended(key, done))
        return await asyncio.shield(task)

    def forget(self, key: Key) -> None:
        """Do the work again the next time."""
        self._kept.pop(key, None)

    async def _make(self, key: Key, make: Callable[[], Awaitable[Value]]) -> Value:
        value = await make()
        if self._kept.getsizeof(value) <= self._kept.maxsize:
            self._kept[key] = value
        return value

    def _ended(self, key: Key, done: asyncio.Task[Value]) -> None:
        self._under_way.pop(key, None)
        if not done.cancelled():
            # seen here, also when everybody who waited has gone away
            done.exception()
