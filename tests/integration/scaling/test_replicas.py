"""Replicas of a stage as real processes under load: they come, go and die, and no call fails."""

from __future__ import annotations

import asyncio
import os
import signal
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from tools.replicas import HOSTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.integration.scaling.conftest import Loaded
    from tools.replicas import Replicas
    from tools.stage_load import Load

#: Long beside the way of a NOT_SERVING to its client, even on a busy machine.
DRAIN_S: Final = "1"
#: So that a client asks DNS again soon.
YOUNG: Final = {"WYCKOFF_MAX_CONNECTION_AGE_S": "1"}
WINDOW_CALLS: Final = 90
LIMIT_S: Final = 60
#: Health streams and the reading of channelz count as calls, too.
OTHER_CALLS: Final = 10


async def test_a_rolling_restart_loses_no_call_even_without_retries(loaded: Loaded) -> None:
    async with loaded(2, retries=0, WYCKOFF_DRAIN_S=DRAIN_S, **YOUNG) as (replicas, load):
        before = {host: replicas.pid(host) for host in replicas.hosts}
        for host in HOSTS[:2]:
            await replicas.restart(host)
            await _all_share(replicas, load)
        assert {replicas.pid(host) for host in replicas.hosts}.isdisjoint(before.values())
        assert load.failures == []


async def test_a_replaced_replica_may_come_back_elsewhere(loaded: Loaded) -> None:
    # as a cluster does it: first one more, then one less, and no address is used again
    async with loaded(1, retries=0, WYCKOFF_DRAIN_S=DRAIN_S, **YOUNG) as (replicas, load):
        for old, new in pairwise(HOSTS[:3]):
            await replicas.add(new)
            await _all_share(replicas, load)
            await replicas.remove(old)
        await load.more(WINDOW_CALLS)
        assert replicas.hosts == (HOSTS[2],)
        assert load.failures == []


async def test_a_replica_that_is_added_takes_its_share(loaded: Loaded) -> None:
    async with loaded(2, retries=0) as (replicas, load):
        await replicas.add(HOSTS[2])
        added_s = asyncio.get_running_loop().time()
        await _all_share(replicas, load)
        print(f"the share was taken after {asyncio.get_running_loop().time() - added_s:.1f} s")
        assert load.failures == []


async def test_without_an_age_a_channel_never_hears_of_a_new_replica(loaded: Loaded) -> None:
    # what the age of connections is for; were this to pass without it, the setting could go
    async with loaded(1, retries=0, WYCKOFF_MAX_CONNECTION_AGE_S="0") as (replicas, load):
        await replicas.add(HOSTS[1])
        before = await replicas.served(HOSTS[1])
        await load.more(1500)
        assert await replicas.served(HOSTS[1]) - before <= OTHER_CALLS
        assert load.failures == []


async def test_a_replica_that_says_not_serving_gets_no_calls_while_it_still_could(loaded: Loaded) -> None:
    async with loaded(2, retries=0, WYCKOFF_DRAIN_S="30") as (replicas, load):
        leaving, staying = HOSTS[:2]
        # still in DNS, and still answering for half a minute
        os.kill(replicas.pid(leaving), signal.SIGTERM)
        async with asyncio.timeout(LIMIT_S):
            while (await _served_in_window(replicas, load))[leaving] > OTHER_CALLS:
                pass
        window = await _served_in_window(replicas, load)
        assert window[leaving] <= OTHER_CALLS
        assert window[staying] >= WINDOW_CALLS
        assert load.failures == []
        os.kill(replicas.pid(leaving), signal.SIGKILL)


async def test_a_replica_that_ends_without_a_pause_costs_no_pure_call(loaded: Loaded) -> None:
    async with loaded(2, retries=2, WYCKOFF_DRAIN_S="0", **YOUNG) as (replicas, load):
        for host, number in zip(HOSTS, (signal.SIGKILL, signal.SIGTERM), strict=False):
            os.kill(replicas.pid(host), number)
            await load.more(WINDOW_CALLS)
            await replicas.restart(host)
            await _all_share(replicas, load)
        assert load.failures == []


async def _all_share(replicas: Replicas, load: Load) -> None:
    """Return once each replica in DNS serves its fair part, nearly."""
    fair = WINDOW_CALLS / len(replicas.hosts)
    async with asyncio.timeout(LIMIT_S):
        while min((await _served_in_window(replicas, load)).values()) < 0.9 * fair:
            pass


async def _served_in_window(replicas: Replicas, load: Load) -> Mapping[str, int]:
    """How many calls each replica in DNS has begun to serve while the load had its next window of answers."""
    before = {host: await replicas.served(host) for host in replicas.hosts}
    await load.more(WINDOW_CALLS)
    return {host: await replicas.served(host) - before[host] for host in replicas.hosts}
