"""How many requests a caller may make."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from limits import parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from wyckoff.rpc.errors import ResourceExhaustedError

if TYPE_CHECKING:
    from limits import RateLimitItem

_ANY: Final = "any"
_COSTLY: Final = "costly"


class RateLimits:
    """Counts by caller, over a window that slides."""

    def __init__(self, rate: str, costly_rate: str) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._rate = parse(rate)
        self._costly_rate = parse(costly_rate)

    async def count(self, caller: str) -> None:
        """One request; raises ResourceExhaustedError when it is one too many."""
        await self._hit(self._rate, _ANY, caller)

    async def count_costly(self, caller: str) -> None:
        """One request that analyses or stores; raises ResourceExhaustedError when it is one too many."""
        await self._hit(self._costly_rate, _COSTLY, caller)

    async def _hit(self, item: RateLimitItem, kind: str, caller: str) -> None:
        if await self._limiter.hit(item, kind, caller):
            return
        window = await self._limiter.get_window_stats(item, kind, caller)
        wait_s = max(1.0, window.reset_time - time.time())
        what = "requests that analyse or store" if kind == _COSTLY else "requests"
        raise ResourceExhaustedError(
            f"more than {item.amount} {what} in {_span(item)}; wait {wait_s:.0f} s",
            reason="RATE_LIMITED",
            metadata={"retry_after_s": f"{wait_s:.3f}"},
        )


def _span(item: RateLimitItem) -> str:
    name = item.GRANULARITY.name
    return f"a {name}" if item.multiples == 1 else f"{item.multiples} {name}s"
