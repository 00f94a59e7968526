"""Work that is shared: once for all who wait, kept while there is room, errors for all and kept for none."""

from __future__ import annotations

import asyncio

import pytest

from services.gateway.page.shared import Shared


class Work:
    """Work that goes on until it is let go; counts how often it was begun."""

    def __init__(self) -> None:
        self.begun = 0
        self.go = asyncio.Event()
        self.error: Exception | None = None

    async def __call__(self) -> bytes:
        self.begun += 1
        await self.go.wait()
        if self.error is not None:
            raise self.error
        return b"done"


async def test_who_asks_meanwhile_waits_and_who_asks_later_gets_what_is_kept() -> None:
    shared: Shared[str, bytes] = Shared(10)
    work = Work()
    waiting = [asyncio.create_task(shared.get("a", work)) for _ in range(5)]
    await asyncio.sleep(0)
    work.go.set()
    assert await asyncio.gather(*waiting) == [b"done"] * 5
    assert await shared.get("a", work) == b"done"
    assert work.begun == 1


async def test_one_that_goes_away_does_not_end_the_work_of_the_others() -> None:
    shared: Shared[str, bytes] = Shared(10)
    work = Work()
    first, second = (asyncio.create_task(shared.get("a", work)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    work.go.set()
    assert await second == b"done"
    assert work.begun == 1


async def test_an_error_reaches_all_and_is_not_kept() -> None:
    shared: Shared[str, bytes] = Shared(10)
    work = Work()
    work.error = ValueError("no")
    work.go.set()
    outcomes = await asyncio.gather(*(shared.get("a", work) for _ in range(3)), return_exceptions=True)
    assert [str(outcome) for outcome in outcomes] == ["no"] * 3
    work.error = None
    assert await shared.get("a", work) == b"done"


async def test_what_is_forgotten_or_too_large_is_made_again() -> None:
    shared: Shared[str, bytes] = Shared(3, len)
    work = Work()
    work.go.set()
    for begun in (1, 2):
        assert await shared.get("a", work) == b"done"
        assert work.begun == begun
    small: Shared[str, bytes] = Shared(1)
    await small.get("a", work)
    small.forget("a")
    await small.get("a", work)
    await small.get("b", work)
    await small.get("a", work)
    assert work.begun == 6
