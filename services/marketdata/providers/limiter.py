"""How often a provider is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class RateLimit:
    """At most so many calls a minute from this process, evenly; and none while the provider asks to wait.

    One object a provider, so that a wait that one symbol is told holds for all. Clock and sleep are passed in.
    """

    def __init__(
        self,
        calls_per_minute: float,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        *,
        burst_calls: int = 5,
    ) -> None:
        self._interval_s = 60.0 / calls_per_minute
        self._burst_s = self._interval_s * (min(burst_calls, max(1, int(calls_per_minute))) - 1)
        self._clock = clock
        self._sleep = sleep
        self._next_s = float("-inf")
        self._closed_until_s = float("-inf")

    async def wait_for_turn(self) -> None:
        """Return when the next call may be made."""
        turn_s = max(self._next_s, self._clock() - self._burst_s)
        self._next_s = turn_s + self._interval_s
        while (wait_s := max(turn_s, self._closed_until_s) - self._clock()) > 0:
            await self._sleep(wait_s)

    def close_for(self, wait_s: float) -> None:
        """Let no call pass for ``wait_s`` seconds."""
        self._closed_until_s = max(self._closed_until_s, self._clock() + wait_s)
