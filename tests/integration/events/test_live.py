"""Live mode over real servers: bars in, events and stored signals out, once, over restarts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from orchestrator.bootstrap import utc_now
from orchestrator.events.from_analysis import bars_ingested
from orchestrator.live.settings import LiveSettings
from orchestrator.live.worker import hash_of
from tests.support.live import LiveOrchestrator, live_orchestrator, read_event, read_until
from tests.support.relay import Relay
from tests.support.system import running_system
from wyckoff.market.bars import Bars, make_bars
from wyckoff.orchestrator.v1 import orchestrator_pb2 as pb
from wyckoff.rpc import catalogue
from wyckoff.rpc.errors import UnavailableError
from wyckoff.schematics import schematic
from wyckoff.wire.bars import bars_to_proto

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from tests.support.live import Watch
    from wyckoff.rpc.methods import Method, Request, Response
    from wyckoff.rpc.transport import Metadata, Transport

pytestmark = pytest.mark.usefixtures("each_database")

#: Known bars of the signals in :func:`signal_bars`.
SIGNALS_KNOWN = 3


def signal_bars() -> Bars:
    """A series that justifies trades."""
    return schematic(kind="accumulation", shakeout=True, noise=1.0, seed=23).bars


async def stored_ids(orchestrator: LiveOrchestrator) -> set[str]:
    return {signal.signal_id for signal in (await orchestrator.client.list_signals(page_size=1000)).signals}


async def analysis_count(orchestrator: LiveOrchestrator, bars: Bars) -> int:
    progress = await orchestrator.progress.get(bars.symbol, bars.timeframe)
    return 0 if progress is None else progress.analysis_count


async def last_bar_told(call: Watch) -> list[int]:
    """Bar times up to the next VolumeAnalyzed."""
    events = await read_until(call, pb.EVENT_KIND_VOLUME_ANALYZED)
    return [
        event.bar_ingested.bar_timestamp.ToMilliseconds()
        for event in events
        if event.kind == pb.EVENT_KIND_BAR_INGESTED
    ]


async def test_a_stored_bar_is_announced_analysed_and_its_signals_are_kept(tmp_path: Path) -> None:
    bars = signal_bars()
    async with running_system(tmp_path) as system, live_orchestrator(system, tmp_path) as orchestrator:
        events = await orchestrator.watch(symbols=[bars.symbol])
        await system.marketdata.ingest_bars(bars.head(len(bars) - 1))
        seen = await read_until(events, pb.EVENT_KIND_VOLUME_ANALYZED)
        while sum(event.kind == pb.EVENT_KIND_SIGNAL_GENERATED for event in seen) < SIGNALS_KNOWN:
            seen.append((await read_event(events)).event)
        await system.marketdata.ingest_bars(bars.tail(1))
        told = await last_bar_told(events)
        events.cancel()
        await orchestrator.settled()
        assert told == [int(bars.open_time_ms[-1])]
        kinds = {event.kind for event in seen}
        assert {pb.EVENT_KIND_RANGE_DETECTED, pb.EVENT_KIND_PHASE_DETECTED, pb.EVENT_KIND_PATTERN_DETECTED} <= kinds
        assert len({event.event_id for event in seen}) == len(seen)

        direct = await system.client.analyze_symbol(bars.symbol, bars.timeframe)
        announced = {event.signal_generated.signal.signal_id for event in seen} - {""}
        assert await stored_ids(orchestrator) == {signal.signal_id for signal in direct.signals} == announced
        progress = await orchestrator.progress.get(bars.symbol, bars.timeframe)
        assert progress is not None
        assert (progress.bar_time_ms, progress.content_hash) == (
            int(bars.open_time_ms[-1]),
            hash_of(bars_to_proto(bars)),
        )
        assert progress.analysis_count == 2


async def test_a_restart_catches_up_with_new_and_revised_bars_and_repeats_nothing(tmp_path: Path) -> None:
    bars, other = signal_bars(), renamed(signal_bars(), "OTHER")
    async with running_system(tmp_path) as system:
        await system.marketdata.ingest_bars(bars.head(200))
        async with live_orchestrator(system, tmp_path) as orchestrator:
            await orchestrator.settled()
            assert await analysis_count(orchestrator, bars) == 1
            assert len(await stored_ids(orchestrator)) == 0
        # new bars while nobody watches
        await system.marketdata.ingest_bars(bars)
        async with live_orchestrator(system, tmp_path) as orchestrator:
            await orchestrator.settled()
            assert await analysis_count(orchestrator, bars) == 2
            assert len(await stored_ids(orchestrator)) == SIGNALS_KNOWN
        # another symbol while nobody watches
        await system.marketdata.ingest_bars(other)
        async with live_orchestrator(system, tmp_path) as orchestrator:
            await orchestrator.settled()
            assert await analysis_count(orchestrator, bars) == 2
            assert await analysis_count(orchestrator, other) == 1
        # an old bar is revised while nobody watches
        await system.marketdata.ingest_bars(revised(bars, 40))
        async with live_orchestrator(system, tmp_path) as orchestrator:
            await orchestrator.settled()
            assert await analysis_count(orchestrator, bars) == 3
            assert await analysis_count(orchestrator, other) == 1


async def test_missed_bars_are_told_when_they_are_found(tmp_path: Path) -> None:
    bars = signal_bars()
    async with running_system(tmp_path) as system:
        await system.marketdata.ingest_bars(bars.head(200))
        async with live_orchestrator(system, tmp_path) as orchestrator:
            await orchestrator.settled()
        await system.marketdata.ingest_bars(bars.head(205))
        # the volume waits, so that a watcher is there before anything else is told
        gate = GatedTransport(system.transports[catalogue.VOLUME])
        gated = replace(system, transports={**system.transports, catalogue.VOLUME: gate})
        async with live_orchestrator(gated, tmp_path) as orchestrator:
            await gate.reached.wait()
            first_missed = bars_ingested(bars_to_proto(bars.head(201)), utc_now(), newest=1)[0]
            events = await orchestrator.watch(after_event_id=first_missed.event_id)
            gate.opened.set()
            times = await last_bar_told(events)
            events.cancel()
            assert times == bars.open_time_ms[201:205].tolist()


async def test_a_burst_is_analysed_once_in_its_newest_state(tmp_path: Path) -> None:
    bars = signal_bars()
    start, burst = 60, 50
    async with running_system(tmp_path) as system:
        gate = GatedTransport(system.transports[catalogue.VOLUME])
        gated = replace(system, transports={**system.transports, catalogue.VOLUME: gate})
        async with live_orchestrator(gated, tmp_path) as orchestrator:
            events = await orchestrator.watch(kinds=[pb.EVENT_KIND_BAR_INGESTED])
            await orchestrator.settled()
            for count in range(start, start + burst):
                await system.marketdata.ingest_bars(bars.head(count))
            last_ms = 0
            while last_ms < bars.open_time_ms[start + burst - 2]:
                last_ms = (await read_event(events)).event.bar_ingested.bar_timestamp.ToMilliseconds()
            await gate.reached.wait()
            gate.opened.set()
            events.cancel()
            await orchestrator.settled()
            progress = await orchestrator.progress.get(bars.symbol, bars.timeframe)
            assert progress is not None
            assert progress.bar_time_ms == bars.open_time_ms[start + burst - 2]
            # what the first bar began, and all others together
            assert progress.analysis_count == gate.calls == 2


async def test_an_incomplete_analysis_is_made_again_until_it_is_complete(tmp_path: Path) -> None:
    bars = signal_bars()
    async with running_system(tmp_path) as system:
        gate = GatedTransport(system.transports[catalogue.PATTERN], failures=3)
        gate.opened.set()
        gated = replace(system, transports={**system.transports, catalogue.PATTERN: gate})
        await system.marketdata.ingest_bars(bars)
        soon = LiveSettings(live_first_pause_s=0.0)
        async with live_orchestrator(gated, tmp_path, live=soon) as orchestrator:
            await orchestrator.settled()
            assert gate.calls == 4
            assert await analysis_count(orchestrator, bars) == 1
            assert len(await stored_ids(orchestrator)) == SIGNALS_KNOWN


async def test_the_feed_comes_back_after_the_service_was_away(tmp_path: Path) -> None:
    bars = signal_bars()
    soon = LiveSettings(live_first_pause_s=0.01, live_max_pause_s=0.02)
    async with running_system(tmp_path) as system:
        relay = Relay(system.marketdata_address)
        async with relay.listening() as address:
            away = replace(system, marketdata_address=address)
            async with live_orchestrator(away, tmp_path, live=soon) as orchestrator:
                await orchestrator.settled()
                events = await orchestrator.watch(kinds=[pb.EVENT_KIND_VOLUME_ANALYZED])
                relay.cut()
                await system.marketdata.ingest_bars(bars)
                assert (await read_event(events)).event.symbol == bars.symbol
                events.cancel()
                await orchestrator.settled()
                assert len(await stored_ids(orchestrator)) == SIGNALS_KNOWN


def renamed(bars: Bars, symbol: str) -> Bars:
    return make_bars(symbol, bars.timeframe, bars.open_time_ms, bars.open, bars.high, bars.low, bars.close, bars.volume)


def revised(bars: Bars, at: int) -> Bars:
    volume = np.array(bars.volume)
    volume[at] *= 1.01
    return make_bars(bars.symbol, bars.timeframe, bars.open_time_ms, bars.open, bars.high, bars.low, bars.close, volume)


@dataclass
class GatedTransport:
    """Passes calls on once it is opened, after it has failed ``failures`` of them."""

    behind: Transport
    failures: int = 0
    calls: int = 0
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    async def unary(
        self, method: Method[Request, Response], request: Request, *, timeout_s: float, metadata: Metadata = ()
    ) -> Response:
        self.calls += 1
        self.reached.set()
        await self.opened.wait()
        if self.calls <= self.failures:
            raise UnavailableError("is away")
        return await self.behind.unary(method, request, timeout_s=timeout_s, metadata=metadata)

    def server_stream(
        self, method: Method[Request, Response], request: Request, *, timeout_s: float | None, metadata: Metadata = ()
    ) -> AsyncGenerator[Response]:
        return self.behind.server_stream(method, request, timeout_s=timeout_s, metadata=metadata)

    async def close(self) -> None:
        """The transport behind belongs to somebody else."""
