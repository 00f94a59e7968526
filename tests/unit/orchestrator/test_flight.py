"""Single flight: shared while it runs, gone afterwards, ended only when nobody waits."""

from __future__ import annotations

import asyncio

import pytest

from orchestrator.flight import SingleFlight


class Work:
    """Work that ends when the test says so."""

    def __init__(self) -> None:
        self.runs = 0
        self.started = asyncio.Event()
        self.go = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def __call__(self) -> int:
        self.runs += 1
        self.started.set()
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return self.runs


async def test_many_at_once_share_one_run_and_the_next_makes_its_own() -> None:
    flight: SingleFlight[str, int] = SingleFlight()
    work = Work()
    waiting = [asyncio.create_task(flight.run("a", work)) for _ in range(100)]
    await work.started.wait()
    work.go.set()
    results = await asyncio.gather(*waiting)
    assert [value for value, _ in results] == [1] * 100
    assert sum(started for _, started in results) == 1
    assert await flight.run("a", work) == (2, True)


async def test_keys_do_not_share() -> None:
    flight: SingleFlight[str, int] = SingleFlight()
    work = Work()
    work.go.set()
    await asyncio.gather(flight.run("a", work), flight.run("b", work))
    assert work.runs == 2


async def test_the_one_who_started_may_leave() -> None:
    flight: SingleFlight[str, int] = SingleFlight()
    work = Work()
    first = asyncio.create_task(flight.run("a", work))
    await work.started.wait()
    second = asyncio.create_task(flight.run("a", work))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    work.go.set()
    assert await second == (1, False)


async def test_the_last_to_leave_ends_the_work() -> None:
    flight: SingleFlight[str, int] = SingleFlight()
    work = Work()
    only = asyncio.create_task(flight.run("a", work))
    await work.started.wait()
    only.cancel()
    with pytest.raises(asyncio.CancelledError):
        await only
    await asyncio.wait_for(work.cancelled.wait(), 5)
    work.go.set()
    assert await flight.run("a", work) == (2, True)


async def test_an_error_reaches_all_and_is_not_kept() -> None:
    flight: SingleFlight[str, int] = SingleFlight()

    async def fail() -> int:
        raise ZeroDivisionError

    results = await asyncio.gather(*(flight.run("a", fail) for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [ZeroDivisionError] * 3
    work = Work()
    work.go.set()
    assert await flight.run("a", work) == (1, True)
