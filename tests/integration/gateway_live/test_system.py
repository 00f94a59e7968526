"""From stored bars to a client's messages: real services, a real orchestrator in live mode, a real gateway."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from orchestrator.bootstrap import tell_breaker_change
from orchestrator.events.log import BEFORE_ALL
from orchestrator.events.settings import EventSettings
from services.gateway.live.settings import LiveSettings
from tests.support.fakes import FakeTransport
from tests.support.gateway import running_gateway
from tests.support.live import LiveOrchestrator, live_orchestrator, read_event
from tests.support.live_socket import LiveClient, live_client, live_gateway
from tests.support.nats_server import PROGRAM, nats_server
from tests.support.system import running_system
from wyckoff.client import WyckoffClient
from wyckoff.rpc import catalogue
from wyckoff.rpc.breaker import BreakerSettings, BreakerState, CircuitBreaker
from wyckoff.rpc.errors import UnavailableError
from wyckoff.rpc.guarded import GuardedTransport
from wyckoff.schematics import schematic

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from wyckoff.market.bars import Bars
    from wyckoff.orchestrator.v1 import orchestrator_pb2

LIVE = LiveSettings(first_pause_s=0.01, max_pause_s=0.1)
#: Known bars of the signals in :func:`signal_bars`.
SIGNALS_KNOWN = 3


def signal_bars() -> Bars:
    """A series that justifies trades."""
    return schematic(kind="accumulation", shakeout=True, noise=1.0, seed=23).bars


class Orchestrators:
    """The way to whichever orchestrator runs."""

    def __init__(self) -> None:
        self.address = ""

    async def watch(self, after_event_id: str) -> AsyncGenerator[orchestrator_pb2.WatchEventsResponse]:
        if not self.address:
            raise UnavailableError("no orchestrator runs")
        async with (
            WyckoffClient.connect(self.address) as client,
            aclosing(client.watch_events(after_event_id=after_event_id)) as responses,
        ):
            async for response in responses:
                yield response


async def read_signals(client: LiveClient, count: int = SIGNALS_KNOWN) -> list[dict[str, Any]]:
    """Messages up to so many signals."""
    messages: list[dict[str, Any]] = []
    while sum(message["type"] == "signal_generated" for message in messages) < count:
        messages.append(await client.read_event())
    return messages


async def told_by(orchestrator: LiveOrchestrator, count: int) -> list[str]:
    """Ids of the oldest events that an orchestrator keeps."""
    call = await orchestrator.watch(after_event_id=BEFORE_ALL)
    ids = [(await read_event(call)).event.event_id for _ in range(count)]
    call.cancel()
    return ids


async def test_stored_bars_become_messages(tmp_path: Path) -> None:
    bars = signal_bars()
    async with (
        running_gateway(tmp_path, live=LIVE) as whole,
        live_client(whole.gateway.server.address) as client,
        live_client(whole.gateway.server.address, types="signal_generated", symbols=bars.symbol) as trader,
        live_client(whole.gateway.server.address, symbols="OTHER") as other,
    ):
        for one in (client, trader, other):
            assert (await one.read_event())["following"]
        await whole.system.marketdata.ingest_bars(bars)
        messages = await read_signals(client)
        assert {message["type"] for message in messages} >= {
            "bar_ingested",
            "volume_analyzed",
            "range_detected",
            "phase_detected",
            "pattern_detected",
            "signal_generated",
        }
        assert {(message["symbol"], message["timeframe"]) for message in messages} == {(bars.symbol, bars.timeframe)}
        assert [message["id"] for message in messages] == await told_by(whole.live, len(messages))

        stored = {signal.signal_id: signal for signal in (await whole.live.client.list_signals()).signals}
        for _ in range(SIGNALS_KNOWN):
            told = (await trader.read_event())["data"]["signal"]
            assert told["entry_price"] == stored[told["signal_id"]].entry_price
        # the first that the third client gets concerns everybody
        bus = whole.live.messaging.bus
        tell_breaker_change(bus, "replica", catalogue.VOLUME, BreakerState.CLOSED, BreakerState.OPEN)
        assert (await other.read_event())["type"] == "breaker_changed"


async def test_a_breaker_that_opens_is_told(tmp_path: Path) -> None:
    bars = signal_bars()
    ways = Orchestrators()
    async with AsyncExitStack() as stack:
        system = await stack.enter_async_context(running_system(tmp_path))
        opened: list[LiveOrchestrator] = []

        def told(before: BreakerState, now: BreakerState) -> None:
            tell_breaker_change(opened[0].messaging.bus, "replica", catalogue.VOLUME, before, now)

        breaker = CircuitBreaker(BreakerSettings(failure_threshold=1, cool_down_s=600), time.monotonic, told)
        failing = FakeTransport({"AnalyzeVolume": UnavailableError("volume is away")})
        transports = {**system.transports, catalogue.VOLUME: GuardedTransport(failing, breaker)}
        broken = await stack.enter_async_context(live_orchestrator(replace(system, transports=transports), tmp_path))
        opened.append(broken)
        ways.address = broken.server.address
        address, _ = await stack.enter_async_context(live_gateway(ways.watch, tmp_path, LIVE))
        client = await stack.enter_async_context(live_client(address, types="breaker_changed"))
        assert (await client.read_event())["type"] == "hello"
        await system.marketdata.ingest_bars(bars)
        message = await client.read_event()
    assert message["data"] == {
        "component": "volume",
        "from_state": "BREAKER_STATE_CLOSED",
        "to_state": "BREAKER_STATE_OPEN",
    }


async def test_a_client_resumes_across_a_restart_of_the_gateway(tmp_path: Path) -> None:
    bars = signal_bars()
    ways = Orchestrators()
    async with running_system(tmp_path) as system, live_orchestrator(system, tmp_path) as orchestrator:
        ways.address = orchestrator.server.address
        async with live_gateway(ways.watch, tmp_path, LIVE) as (address, _), live_client(address) as client:
            assert (await client.read_event())["type"] == "hello"
            await system.marketdata.ingest_bars(bars.head(250))
            first = [await client.read_event() for _ in range(5)]
        # nobody follows
        await system.marketdata.ingest_bars(bars)
        await orchestrator.settled()
        async with live_gateway(ways.watch, tmp_path, LIVE) as (address, hub):
            async with live_client(address, after=first[-1]["id"]) as client:
                hello, *rest = await read_signals(client)
            assert (hello["type"], hello["last_event_id"]) == ("hello", first[-1]["id"])
            assert hub.metrics.gaps == 0
        ids = [message["id"] for message in first + rest]
        assert ids == await told_by(orchestrator, len(ids))


async def test_a_restart_of_an_orchestrator_that_keeps_events_in_memory_is_a_gap(tmp_path: Path) -> None:
    bars = signal_bars()
    ways = Orchestrators()
    async with (
        running_system(tmp_path) as system,
        live_gateway(ways.watch, tmp_path, LIVE) as (address, _),
        live_client(address) as client,
    ):
        async with live_orchestrator(system, tmp_path) as orchestrator:
            ways.address = orchestrator.server.address
            assert (await client.read_event())["type"] == "hello"
            await system.marketdata.ingest_bars(bars.head(250))
            await orchestrator.settled()
            ways.address = ""
        await system.marketdata.ingest_bars(bars)
        async with live_orchestrator(system, tmp_path) as orchestrator:
            await orchestrator.settled()
            ways.address = orchestrator.server.address
            while (message := await client.read_event())["type"] != "gap":
                assert message["id"]
            assert message["reason"] == "source_restarted"
            assert await client.ids(5) == await told_by(orchestrator, 5)


@pytest.mark.skipif(PROGRAM is None, reason="nats-server is not installed")
async def test_a_restart_of_an_orchestrator_on_nats_loses_nothing(tmp_path: Path) -> None:
    bars = signal_bars()
    ways = Orchestrators()
    with nats_server(tmp_path / "nats") as url:
        events = EventSettings(bus_url=url, work_partitions=4)
        async with (
            running_system(tmp_path) as system,
            live_gateway(ways.watch, tmp_path, LIVE) as (address, hub),
            live_client(address) as client,
        ):
            async with live_orchestrator(system, tmp_path, events) as orchestrator:
                ways.address = orchestrator.server.address
                assert (await client.read_event())["type"] == "hello"
                await system.marketdata.ingest_bars(bars.head(250))
                messages = [await client.read_event()]
                ways.address = ""
            await system.marketdata.ingest_bars(bars)
            async with live_orchestrator(system, tmp_path, events) as orchestrator:
                ways.address = orchestrator.server.address
                messages += await read_signals(client)
                assert hub.metrics.gaps == 0
                ids = [message["id"] for message in messages]
                assert ids == await told_by(orchestrator, len(ids))
