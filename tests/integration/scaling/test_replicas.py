"""Replicas of a stage as real processes under load: they come, go and die, and no call fails."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING, Final

from tests.integration.scaling.shares import LIMIT_S, WINDOW_CALLS, all_share, served_in_window
from tests.support.tls import TlsFolder
from tools.replicas import HOSTS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.scaling.conftest import Loaded
    from wyckoff.rpc.tls.settings import TlsSettings

#: Long beside the way of a NOT_SERVING to its client, even on a busy machine.
DRAIN_S: Final = "1"
#: So that a client asks DNS again soon.
YOUNG: Final = {"WYCKOFF_MAX_CONNECTION_AGE_S": "1"}
#: Health streams and the reading of channelz count as calls, too.
OTHER_CALLS: Final = 10


async def test_a_rolling_restart_loses_no_call_even_without_retries(loaded: Loaded, tmp_path: Path) -> None:
    tls, files = _mutual_tls(tmp_path)
    async with loaded(2, {"WYCKOFF_DRAIN_S": DRAIN_S, **YOUNG, **files}, retries=0, tls=tls) as (replicas, load):
        before = {host: replicas.pid(host) for host in replicas.hosts}
        for host in HOSTS[:2]:
            await replicas.restart(host)
            await all_share(replicas, load)
        assert {replicas.pid(host) for host in replicas.hosts}.isdisjoint(before.values())
        assert load.failures == []


async def test_a_replica_that_is_added_takes_its_share(loaded: Loaded) -> None:
    async with loaded(2, {}, retries=0) as (replicas, load):
        await replicas.add(HOSTS[2])
        added_s = asyncio.get_running_loop().time()
        await all_share(replicas, load)
        print(f"the share was taken after {asyncio.get_running_loop().time() - added_s:.1f} s")
        assert load.failures == []


async def test_without_an_age_a_channel_never_hears_of_a_new_replica(loaded: Loaded) -> None:
    # what the age of connections is for; were this to pass without it, the setting could go
    async with loaded(1, {"WYCKOFF_MAX_CONNECTION_AGE_S": "0"}, retries=0) as (replicas, load):
        await replicas.add(HOSTS[1])
        before = await replicas.served(HOSTS[1])
        await load.more(1000)
        assert await replicas.served(HOSTS[1]) - before <= OTHER_CALLS
        assert load.failures == []


async def test_a_replica_that_says_not_serving_gets_no_calls_while_it_still_could(loaded: Loaded) -> None:
    async with loaded(2, {"WYCKOFF_DRAIN_S": "30"}, retries=0) as (replicas, load):
        leaving, staying = HOSTS[:2]
        # still in DNS, and still answering for half a minute
        os.kill(replicas.pid(leaving), signal.SIGTERM)
        async with asyncio.timeout(LIMIT_S):
            while (await served_in_window(replicas, load))[leaving] > OTHER_CALLS:
                pass
        window = await served_in_window(replicas, load)
        assert window[leaving] <= OTHER_CALLS
        assert window[staying] >= WINDOW_CALLS
        assert load.failures == []
        os.kill(replicas.pid(leaving), signal.SIGKILL)


async def test_a_replica_that_ends_without_a_pause_costs_no_pure_call(loaded: Loaded) -> None:
    async with loaded(2, {"WYCKOFF_DRAIN_S": "0", **YOUNG}, retries=2) as (replicas, load):
        for host, number in zip(HOSTS, (signal.SIGKILL, signal.SIGTERM), strict=False):
            os.kill(replicas.pid(host), number)
            await load.more(WINDOW_CALLS)
            await replicas.restart(host)
            await all_share(replicas, load)
        assert load.failures == []


def _mutual_tls(folder: Path) -> tuple[TlsSettings, dict[str, str]]:
    """What the caller needs, and the environment of the replicas; their certificate has their name in DNS."""
    certificates = TlsFolder(folder)
    certificates.issue("pattern", names=("pattern.test", *HOSTS))
    own = certificates.settings("pattern")
    files = {
        "WYCKOFF_TLS_CERT_FILE": str(own.tls_cert_file),
        "WYCKOFF_TLS_KEY_FILE": str(own.tls_key_file),
        "WYCKOFF_TLS_CA_FILE": str(own.tls_ca_file),
    }
    return certificates.settings("orchestrator"), files
