"""What a service finds out about itself is told once each time that it changes, whatever the check does."""

from __future__ import annotations

import asyncio

from wyckoff.rpc.errors import UnavailableError
from wyckoff.rpc.readiness import Readiness


class Check:
    """Does one thing after the other: passes, fails, breaks, or hangs."""

    def __init__(self, *outcomes: str) -> None:
        self._outcomes = iter(outcomes)
        self.ended = asyncio.Event()

    async def __call__(self) -> None:
        outcome = next(self._outcomes, "end")
        if outcome == "end":
            self.ended.set()
            await asyncio.Event().wait()
        if outcome == "fail":
            raise UnavailableError("is away")
        if outcome == "break":
            raise ZeroDivisionError
        if outcome == "hang":
            await asyncio.Event().wait()


async def told(check: Check, timeout_s: float = 1000.0) -> list[bool]:
    seen: list[bool] = []

    async def tell(ready: bool) -> None:
        seen.append(ready)

    following = asyncio.create_task(Readiness(check, 0.0, timeout_s).follow("service", tell))
    await check.ended.wait()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    return seen


async def test_only_changes_are_told() -> None:
    assert await told(Check("pass", "pass")) == []
    assert await told(Check("pass", "fail", "fail", "pass", "pass", "fail")) == [False, True, False]


async def test_a_check_that_breaks_is_no_sign_of_health_and_goes_on() -> None:
    assert await told(Check("break", "break", "pass")) == [False, True]


async def test_a_check_that_hangs_counts_as_failed() -> None:
    assert await told(Check("hang", "pass"), timeout_s=0.01) == [False, True]
