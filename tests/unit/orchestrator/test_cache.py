"""The stage cache: bounded in number and time, counted, invalidated by symbol."""

from __future__ import annotations

import asyncio

from orchestrator.cache import CacheKey, StageCache, bars_digest
from tests.support.fakes import FakeClock
from wyckoff.common.v1 import common_pb2
from wyckoff.volume.v1 import volume_pb2


def _key(symbol: str = "ACME", stage: str = "volume", digest: bytes = b"1") -> CacheKey:
    return CacheKey(symbol, "1d", stage, digest)


class Compute:
    """Counts how often it had to."""

    def __init__(self) -> None:
        self.runs = 0

    async def __call__(self) -> volume_pb2.AnalyzeVolumeResponse:
        self.runs += 1
        await asyncio.sleep(0)
        return volume_pb2.AnalyzeVolumeResponse()


async def test_hits_and_misses_are_counted() -> None:
    cache, compute = StageCache(10, 300, FakeClock()), Compute()
    assert cache.hit_rate is None
    _, first = await cache.get(_key(), compute)
    _, second = await cache.get(_key(), compute)
    _, other = await cache.get(_key(stage="range"), compute)
    assert (first, second, other) == (False, True, False)
    assert (cache.hits, cache.misses, compute.runs) == (1, 2, 2)
    assert cache.hit_rate == 1 / 3


async def test_results_grow_old() -> None:
    clock, compute = FakeClock(), Compute()
    cache = StageCache(10, 300, clock)
    await cache.get(_key(), compute)
    clock.now_s += 299
    await cache.get(_key(), compute)
    assert compute.runs == 1
    clock.now_s += 2
    await cache.get(_key(), compute)
    assert compute.runs == 2


async def test_the_least_recently_used_goes_first() -> None:
    cache, compute = StageCache(2, 300, FakeClock()), Compute()
    await cache.get(_key("A"), compute)
    await cache.get(_key("B"), compute)
    await cache.get(_key("A"), compute)
    await cache.get(_key("C"), compute)
    assert len(cache) == 2
    assert (await cache.get(_key("A"), compute))[1]
    assert not (await cache.get(_key("B"), compute))[1]


async def test_a_hundred_at_once_compute_once() -> None:
    cache, compute = StageCache(10, 300, FakeClock()), Compute()
    answers = await asyncio.gather(*(cache.get(_key(), compute) for _ in range(100)))
    assert compute.runs == 1
    assert sum(cached for _, cached in answers) == 99
    assert (cache.hits, cache.misses) == (99, 1)


async def test_a_new_bar_makes_its_symbol_forgotten() -> None:
    cache, compute = StageCache(10, 300, FakeClock()), Compute()
    for key in (_key("A"), _key("A", "range"), _key("B")):
        await cache.get(key, compute)
    assert cache.invalidate("A", "1d") == 2
    assert cache.invalidate("A", "1d") == 0
    assert (await cache.get(_key("B"), compute))[1]


def test_the_digest_sees_every_value() -> None:
    bars = common_pb2.Bars(symbol="A", timeframe="1d", open_time_ms=[1], open=[1.0], close=[2.0])
    digest = bars_digest(bars)
    bars.close[0] = 2.0000000000000004
    assert bars_digest(bars) != digest
