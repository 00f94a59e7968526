"""Results of the pure stages, kept for a while: the same bars are not computed twice."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Final, TypeVar, cast

from cachetools import TTLCache
from google.protobuf.message import Message

from orchestrator.flight import SingleFlight

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from wyckoff.common.v1 import common_pb2

Result = TypeVar("Result", bound=Message)

_VERSION: Final = version("wyckoff")


@dataclass(frozen=True, slots=True)
class CacheKey:
    """What a result depends on: the content of the bars, the stage, and the version of this project."""

    symbol: str
    timeframe: str
    stage: str
    bars_digest: bytes
    version: str = _VERSION


def bars_digest(bars: common_pb2.Bars) -> bytes:
    """Digest of all that the bars say: a revised bar gives another one."""
    return hashlib.blake2b(bars.SerializeToString(deterministic=True), digest_size=16).digest()


class StageCache:
    """Least recently used results within a time to live. ``clock`` is monotonic, in seconds.

    Results are shared, not copied: who gets one must not change it.
    """

    def __init__(self, max_size: int, ttl_s: float, clock: Callable[[], float]) -> None:
        self._entries: TTLCache[CacheKey, Message] = TTLCache(max_size, ttl_s, timer=clock)
        self._flights: SingleFlight[CacheKey, Message] = SingleFlight()
        self.hits = 0
        self.misses = 0

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def hit_rate(self) -> float | None:
        """Hits over look-ups; None before the first."""
        total = self.hits + self.misses
        return self.hits / total if total else None

    async def get(self, key: CacheKey, compute: Callable[[], Awaitable[Result]]) -> tuple[Result, bool]:
        """The result and whether it was there already. Who comes while it is computed waits for it.

        An answer with failed detectors is given but not kept. An error reaches all who wait, and is not kept.
        """
        found = self._entries.get(key)
        if found is not None:
            self.hits += 1
            # the stage is part of the key, and a stage has one kind of result
            return cast("Result", found), True

        async def keep() -> Result:
            self.misses += 1
            result = await compute()
            if not getattr(result, "failed_detectors", None):
                self._entries[key] = result
            return result

        result, started = await self._flights.run(key, keep)
        if not started:
            self.hits += 1
        return cast("Result", result), not started

    def invalidate(self, symbol: str, timeframe: str) -> int:
        """Forget what is known of an instrument that has a new bar; returns how many results that were."""
        stale = [key for key in self._entries if (key.symbol, key.timeframe) == (symbol, timeframe)]
        for key in stale:
            self._entries.pop(key, None)
        return len(stale)
