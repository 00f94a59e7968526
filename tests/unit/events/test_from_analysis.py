"""The events of an analysis: everything it says, once, however many bars are analysed together."""

from __future__ import annotations

import math
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from orchestrator.bootstrap import build_servicer, utc_now
from orchestrator.context import AnalysisContext, PipelineState
from orchestrator.embedded import stage_transports
from orchestrator.events.bus import InMemoryEventBus
from orchestrator.events.from_analysis import events_of
from orchestrator.events.model import DetectorFailed, EffortHarmony, EventKind, SignalGenerated, VolumeAnalyzed
from orchestrator.events.settings import EventSettings
from orchestrator.master import Terms
from orchestrator.settings import OrchestratorSettings
from orchestrator.storage.signals import MemorySignalStore
from tests.support.events import CORRELATION_ID, NOW
from tests.support.fakes import FakeClock, FakeTransport
from wyckoff.common.v1 import common_pb2
from wyckoff.model.kinds import EffortResult
from wyckoff.model.portfolio import default_portfolio
from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.portfolio.v1 import portfolio_pb2
from wyckoff.rpc import catalogue
from wyckoff.rpc.deadline import Deadline
from wyckoff.schematics import schematic
from wyckoff.volume.v1 import volume_pb2
from wyckoff.wire.bars import bars_to_proto
from wyckoff.wire.portfolio import portfolio_to_proto

if TYPE_CHECKING:
    from orchestrator.events.model import Event
    from orchestrator.master import MasterOrchestrator
    from wyckoff.market.bars import Bars

DAY_MS = 86_400_000


def master_over(bus: InMemoryEventBus) -> MasterOrchestrator:
    account = portfolio_pb2.GetPortfolioResponse(portfolio=portfolio_to_proto(default_portfolio()))
    transports = {**stage_transports(), catalogue.PORTFOLIO: FakeTransport({"GetPortfolio": account})}
    return build_servicer(transports, MemorySignalStore(utc_now), OrchestratorSettings(), bus=bus).master


async def told(bars: Bars, *, times: int = 1) -> tuple[list[Event], orchestrator_pb2.Analysis]:
    """Events that the bus told of so many analyses of the same bars, and the last analysis."""
    bus = InMemoryEventBus(EventSettings(bus_url=""))
    master = master_over(bus)
    with bus.follow(frozenset(), frozenset()) as follower:
        for _ in range(times):
            analysis = await master.analyze_stored(bars_to_proto(bars), Terms(budget_s=60.0))
        return [(await follower.next()).event for _ in range(bus.metrics.published)], analysis


async def test_everything_that_an_analysis_says_is_told_once() -> None:
    bars = schematic("accumulation", shakeout=True, noise=1.0, seed=23).bars
    events, analysis = await told(bars, times=3)
    assert len({event.event_id for event in events}) == len(events)
    assert {event.correlation_id for event in events} != {""}
    counts = Counter(event.kind for event in events)
    assert counts[EventKind.VOLUME_ANALYZED] == 1
    assert counts[EventKind.RANGE_DETECTED] == len(analysis.ranges) > 0
    assert counts[EventKind.PATTERN_DETECTED] == len(analysis.patterns)
    assert counts[EventKind.SIGNAL_REJECTED] == len(analysis.rejections)
    times = {bar_time for event in events if (bar_time := getattr(event, "known_time_ms", None)) is not None}
    known = [item.known_at_index for item in analysis.ranges] + [item.known_at_index for item in analysis.patterns]
    known += [state.known_at_index for reading in analysis.phases for state in reading.states]
    assert times <= {int(bars.open_time_ms[at]) for at in known}
    assert {int(bars.open_time_ms[item.known_at_index]) for item in analysis.patterns} <= times
    signals = [event.signal_id for event in events if isinstance(event, SignalGenerated)]
    assert signals == [signal.signal_id for signal in analysis.signals] != []


async def test_how_many_bars_come_together_does_not_matter() -> None:
    bars = schematic("distribution", shakeout=True, noise=1.0, seed=23).bars
    whole = {event.event_id for event in (await told(bars))[0] if event.kind is not EventKind.VOLUME_ANALYZED}
    parts: set[str] = set()
    for count in range(120, len(bars) + 1, 23):
        parts |= {event.event_id for event in (await told(bars.head(count)))[0]}
        volume = [event for event in (await told(bars.head(count)))[0] if isinstance(event, VolumeAnalyzed)]
        parts -= {event.event_id for event in volume}
    last = {event.event_id for event in (await told(bars.head(count)))[0] if not isinstance(event, VolumeAnalyzed)}
    assert parts == last <= whole


async def test_an_analysis_that_is_not_stored_is_not_told() -> None:
    bus = InMemoryEventBus(EventSettings(bus_url=""))
    bars = schematic("accumulation", shakeout=True, noise=1.0, seed=23).bars
    analysis = await master_over(bus).analyze_bars(bars_to_proto(bars), Terms(budget_s=60.0))
    assert analysis.ranges
    assert bus.metrics.published == 0


def state_of(effort: EffortResult, closes: tuple[float, float], ratio: float = 1.5) -> PipelineState:
    """Two bars; the second is the last."""
    bars = common_pb2.Bars(symbol="ACME", timeframe="1d", open_time_ms=[0, DAY_MS], close=closes)
    for column in (bars.open, bars.high, bars.low, bars.volume):
        column.extend(closes)
    number = volume_pb2.EffortResult.Value(f"EFFORT_RESULT_{effort}")
    volume = volume_pb2.VolumeAnalysis(
        volume_ratio=[math.nan, ratio],
        spread_ratio=[math.nan, ratio],
        close_position=[0.5, 0.25],
        effort_result=[volume_pb2.EFFORT_RESULT_NORMAL, number],
    )
    return PipelineState(bars=bars, volume=volume)


def context() -> AnalysisContext:
    return AnalysisContext("ACME", "1d", 500, CORRELATION_ID, "", Deadline.after(5.0, FakeClock()), persist=True)


@pytest.mark.parametrize(
    ("effort", "closes", "harmony"),
    [
        (EffortResult.NORMAL, (10.0, 9.0), EffortHarmony.HARMONY),
        (EffortResult.CLIMACTIC, (10.0, 9.0), EffortHarmony.HARMONY),
        (EffortResult.NO_DEMAND, (10.0, 11.0), EffortHarmony.DIVERGENCE_BEARISH),
        (EffortResult.NO_SUPPLY, (10.0, 9.0), EffortHarmony.DIVERGENCE_BULLISH),
        (EffortResult.ABSORPTION, (10.0, 9.0), EffortHarmony.DIVERGENCE_BULLISH),
        (EffortResult.ABSORPTION, (10.0, 11.0), EffortHarmony.DIVERGENCE_BEARISH),
    ],
)
def test_effort_without_result_favours_the_other_side(
    effort: EffortResult, closes: tuple[float, float], harmony: EffortHarmony
) -> None:
    [event] = events_of(context(), state_of(effort, closes), orchestrator_pb2.Analysis(), NOW)
    assert isinstance(event, VolumeAnalyzed)
    assert (event.effort_result, event.effort_harmony) == (effort, harmony)
    assert (event.volume_ratio, event.spread_ratio, event.close_position) == (1.5, 1.5, 0.25)
    assert (event.symbol, event.timeframe, event.correlation_id) == ("ACME", "1d", CORRELATION_ID)


def test_an_unknown_ratio_is_none() -> None:
    state = state_of(EffortResult.NORMAL, (10.0, 9.0), ratio=math.nan)
    [event] = events_of(context(), state, orchestrator_pb2.Analysis(), NOW)
    assert isinstance(event, VolumeAnalyzed)
    assert event.volume_ratio is None


def test_a_failed_detector_is_told_once_a_bar() -> None:
    def failure_at(as_of_ms: int) -> Event:
        analysis = orchestrator_pb2.Analysis()
        analysis.as_of.FromMilliseconds(as_of_ms)
        analysis.failed_detectors.add(detector="pattern.spring", error="ValueError: no")
        [event] = events_of(context(), PipelineState(), analysis, NOW + timedelta(milliseconds=as_of_ms))
        return event

    first = failure_at(0)
    assert isinstance(first, DetectorFailed)
    assert (first.detector, first.error) == ("pattern.spring", "ValueError: no")
    assert first.event_id == failure_at(0).event_id != failure_at(DAY_MS).event_id
