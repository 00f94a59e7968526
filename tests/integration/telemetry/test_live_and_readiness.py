"""How late live mode is, and which services cannot answer, as the Prometheus endpoint tells it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from orchestrator.events.factory import open_messaging
from orchestrator.events.settings import EventSettings
from orchestrator.events.work import InMemoryWorkQueue, RetryTerms, WorkItem
from tests.support.nats_server import PROGRAM, nats_server
from tests.support.prometheus import scrape
from wyckoff.rpc.errors import UnavailableError
from wyckoff.rpc.readiness import Readiness
from wyckoff.telemetry.settings import TelemetrySettings
from wyckoff.telemetry.setup import setup_telemetry

if TYPE_CHECKING:
    from pathlib import Path

SERVICE = "wyckoff.marketdata.v1.MarketDataService"


async def test_the_lag_is_from_the_first_asking_to_the_success() -> None:
    telemetry = setup_telemetry("test", TelemetrySettings(metrics_port=0), logs=False)
    loop = asyncio.get_running_loop()
    failures = [UnavailableError("not now")]
    begun_s: list[float] = []

    async def work(_item: WorkItem) -> None:
        begun_s.append(loop.time())
        if failures:
            raise failures.pop()

    try:
        queue = InMemoryWorkQueue(1, RetryTerms(max_attempts=3, first_pause_s=0.2, max_pause_s=0.2))
        queue.start(work)
        await queue.put(WorkItem("A", "1d"))
        await queue.settled()
        page = await scrape(telemetry.metrics_port)
        assert page.value("wyckoff_live_lag_seconds_count") == 1
        # the failed attempt and the pause after it count
        assert page.value("wyckoff_live_lag_seconds_sum") >= begun_s[1] - begun_s[0]
    finally:
        telemetry.shutdown()


async def test_work_that_is_given_up_is_no_lag_and_not_counted_to_what_comes_later() -> None:
    telemetry = setup_telemetry("test", TelemetrySettings(metrics_port=0), logs=False)
    failures = [UnavailableError("not now")]

    async def work(_item: WorkItem) -> None:
        if failures:
            raise failures.pop()

    try:
        queue = InMemoryWorkQueue(1, RetryTerms(max_attempts=1))
        queue.start(work)
        await queue.put(WorkItem("A", "1d"))
        await queue.settled()
        assert not (await scrape(telemetry.metrics_port)).has("wyckoff_live_lag_seconds_count")
        await queue.put(WorkItem("A", "1d"))
        await queue.settled()
        assert (await scrape(telemetry.metrics_port)).value("wyckoff_live_lag_seconds_count") == 1
    finally:
        telemetry.shutdown()


@pytest.mark.skipif(PROGRAM is None, reason="nats-server is not installed")
async def test_the_lag_of_work_on_nats_is_from_its_arrival_there(tmp_path: Path) -> None:
    telemetry = setup_telemetry("test", TelemetrySettings(metrics_port=0), logs=False)
    loop = asyncio.get_running_loop()
    failures = [UnavailableError("not now")]
    begun_s: list[float] = []

    async def work(item: WorkItem) -> None:
        begun_s.append(loop.time())
        if failures:
            raise failures.pop()
        if item.symbol == "last":
            done.set()

    done = asyncio.Event()
    try:
        with nats_server(tmp_path / "nats") as url:
            settings = EventSettings(bus_url=url, work_partitions=1)
            retry = RetryTerms(max_attempts=3, first_pause_s=0.2, max_pause_s=0.2)
            async with open_messaging(settings, max_concurrent=1, retry=retry) as messaging:
                messaging.work.start(work)
                await messaging.work.put(WorkItem("first", "1d"))
                # one after the other: the first is told of before the last is begun
                await messaging.work.put(WorkItem("last", "1d"))
                await done.wait()
                page = await scrape(telemetry.metrics_port)
                assert page.value("wyckoff_live_lag_seconds_sum") >= 0.9 * (begun_s[1] - begun_s[0])
    finally:
        telemetry.shutdown()


async def test_a_service_whose_check_fails_is_not_ready() -> None:
    telemetry = setup_telemetry("test", TelemetrySettings(metrics_port=0), logs=False)
    lost, told = asyncio.Event(), asyncio.Event()

    async def check() -> None:
        await lost.wait()
        raise UnavailableError("the database is away")

    async def tell(_ready: bool) -> None:
        told.set()

    following = asyncio.create_task(Readiness(check, 0.0, 1000.0).follow(SERVICE, tell))
    try:
        await asyncio.sleep(0)
        assert (await scrape(telemetry.metrics_port)).value("wyckoff_service_ready", service=SERVICE) == 1
        lost.set()
        await told.wait()
        assert (await scrape(telemetry.metrics_port)).value("wyckoff_service_ready", service=SERVICE) == 0
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        assert not (await scrape(telemetry.metrics_port)).has("wyckoff_service_ready")
    finally:
        following.cancel()
        telemetry.shutdown()
