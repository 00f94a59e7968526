"""How often a vendor is called."""

from __future__ import annotations

import asyncio

import pytest

from services.marketdata.providers.limiter import RateLimit
from tests.support.fake_time import FakeTime


async def turns(limit: RateLimit, time: FakeTime, count: int) -> list[float]:
    found = []
    for _ in range(count):
        await limit.wait_for_turn()
        found.append(time.elapsed_s)
    return found


@pytest.mark.parametrize("per_minute", [5, 60, 600])
async def test_no_more_than_its_calls_a_minute_in_the_long_run(per_minute: int) -> None:
    time = FakeTime("2024-06-03")
    limit = RateLimit(per_minute, time.times.clock, time.times.sleep)
    found = await turns(limit, time, per_minute * 3)
    for start in found:
        assert sum(start <= turn < start + 60 for turn in found) <= per_minute + 5
    assert found[-1] >= 60 * (per_minute * 3 - 5) / per_minute - 1e-6


async def test_the_first_few_go_at_once() -> None:
    time = FakeTime("2024-06-03")
    assert await turns(RateLimit(60, time.times.clock, time.times.sleep), time, 6) == [0, 0, 0, 0, 0, 1]


async def test_one_a_minute() -> None:
    time = FakeTime("2024-06-03")
    assert await turns(RateLimit(1, time.times.clock, time.times.sleep), time, 3) == [0, 60, 120]


async def test_closed_means_nobody_and_the_longest_wait_counts() -> None:
    time = FakeTime("2024-06-03")
    limit = RateLimit(600, time.times.clock, time.times.sleep)
    limit.close_for(30)
    limit.close_for(10)
    assert (await turns(limit, time, 1))[0] == pytest.approx(30)


async def test_a_caller_that_waits_already_waits_for_a_later_close_too() -> None:
    time = FakeTime("2024-06-03")
    asleep, awake = asyncio.Event(), asyncio.Event()

    async def sleep(seconds: float) -> None:
        if not asleep.is_set():
            asleep.set()
            await awake.wait()
        time.elapsed_s += seconds

    limit = RateLimit(1, time.times.clock, sleep)
    await limit.wait_for_turn()
    waiting = asyncio.create_task(limit.wait_for_turn())
    await asleep.wait()
    limit.close_for(500)
    awake.set()
    await waiting
    assert time.elapsed_s >= 500
