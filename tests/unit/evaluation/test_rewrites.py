"""Rewriting is counted, and what may change at the last bar is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.samples import wave_bars
from wyckoff.common.v1 import common_pb2
from wyckoff.evaluation import check_rewrites, prefix_lengths
from wyckoff.orchestrator.v1.orchestrator_pb2 import Analysis
from wyckoff.pattern.v1.pattern_pb2 import Pattern
from wyckoff.phase.v1.phase_pb2 import PhaseReading, PhaseState, StructureEvent
from wyckoff.range.v1.range_pb2 import RANGE_STATUS_ACTIVE, RANGE_STATUS_COMPLETED, RangeRevision, TradingRange, Zone

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from wyckoff.market.bars import Bars

BARS = wave_bars(100)
RANGE, PATTERN = "r", "p"


def honest(bars: Bars) -> Analysis:
    """A range from bar 20, an event and a pattern at 40, both taken back at 70; fields of the last bar move."""
    last = len(bars) - 1
    analysis = Analysis(symbol=bars.symbol, bar_count=len(bars), complete=True)
    if last >= 20:
        revisions = [RangeRevision(known_at_index=20, quality_score=50), RangeRevision(known_at_index=60)]
        zones = [Zone(bar_index=15, known_at_index=25, low=1.0, high=2.0, touch_count=last // 10)]
        analysis.ranges.append(
            TradingRange(
                range_id=RANGE,
                start_index=10,
                end_index=last,
                known_at_index=20,
                ice=90.0,
                creek=110.0,
                status=RANGE_STATUS_COMPLETED if last > 80 else RANGE_STATUS_ACTIVE,
                revisions=[item for item in revisions if item.known_at_index <= last],
                zones=[zone for zone in zones if zone.known_at_index <= last],
            )
        )
        analysis.phases.append(PhaseReading(range_id=RANGE, confidence=last, states=[PhaseState(known_at_index=20)]))
    if last >= 40:
        analysis.phases[0].events.append(
            StructureEvent(type=common_pb2.EVENT_TYPE_SPRING, bar_index=38, known_at_index=40, confidence=80)
        )
        analysis.patterns.append(Pattern(pattern_id=PATTERN, bar_index=38, known_at_index=40, confidence=80))
    if last >= 70:
        for item in (analysis.phases[0].events[0], analysis.patterns[0]):
            item.withdrawn_at_index = 70
            item.reason = "it fell back"
    return analysis


async def rewrites(analyze: Callable[[Bars], Analysis], *lengths: int) -> list[tuple[str, str, int]]:
    """Kind, change and bar of every rewrite of an analyser that is asked in process."""

    async def asked(bars: Bars) -> Analysis:
        return analyze(bars)

    awaited: Callable[[Bars], Awaitable[Analysis]] = asked
    found = await check_rewrites(BARS, analyze(BARS), lengths, awaited)
    assert found.prefixes == len(lengths)
    return [(item.kind, item.change, item.last_index) for item in found.rewrites]


async def test_an_honest_analyser_rewrites_nothing() -> None:
    assert await rewrites(honest, *range(1, 100)) == []


async def test_items_are_counted() -> None:
    async def asked(bars: Bars) -> Analysis:
        return honest(bars)

    # a range with a revision, a zone and a state; then event and pattern, too
    assert (await check_rewrites(BARS, honest(BARS), [31], asked)).items == 4
    assert (await check_rewrites(BARS, honest(BARS), [31, 51], asked)).items == 10


async def test_a_confidence_that_grows_with_hindsight_is_a_rewrite() -> None:
    def boasting(bars: Bars) -> Analysis:
        analysis = honest(bars)
        for pattern in analysis.patterns:
            pattern.confidence = min(100, len(bars))
        return analysis

    assert await rewrites(boasting, 41, 51, 61) == [("pattern", "changed", 40)]


async def test_an_event_that_goes_without_a_word_is_a_rewrite() -> None:
    def forgetful(bars: Bars) -> Analysis:
        analysis = honest(bars)
        if len(bars) > 60:
            del analysis.phases[0].events[:]
        return analysis

    assert await rewrites(forgetful, 30, 50, 70) == [("event", "vanished", 49)]


async def test_an_event_that_was_not_said_when_it_claims_is_a_rewrite() -> None:
    def repainting(bars: Bars) -> Analysis:
        analysis = honest(bars)
        if len(bars) < 60:
            del analysis.patterns[:]
        return analysis

    assert await rewrites(repainting, 50, 55, 80) == [("pattern", "backdated", 49)]


@pytest.mark.parametrize(("field", "value"), [("ice", 91.0), ("creek", 111.0), ("start_index", 9)])
async def test_a_range_that_moves_is_a_rewrite(field: str, value: float) -> None:
    def moving(bars: Bars) -> Analysis:
        analysis = honest(bars)
        if len(bars) > 90:
            setattr(analysis.ranges[0], field, value)
        return analysis

    assert await rewrites(moving, 30) == [("range", "changed", 29)]


async def test_a_withdrawal_that_is_dated_back_is_a_rewrite() -> None:
    def backdating(bars: Bars) -> Analysis:
        analysis = honest(bars)
        if len(bars) > 90:
            analysis.patterns[0].withdrawn_at_index = 55
        return analysis

    assert await rewrites(backdating, 60) == [("pattern withdrawal", "backdated", 59)]


def test_prefixes_are_spaced_evenly() -> None:
    assert prefix_lengths(100, 4) == (20, 40, 60, 80)
    assert prefix_lengths(100, 0) == ()
    assert prefix_lengths(3, 50) == (1, 2)
