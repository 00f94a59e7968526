"""The timeline tells each thing once, at the bar at which it became known, in an order that nothing later changes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from orchestrator.embedded import embedded_orchestrator
from tests.support.samples import wave_analysis, wave_bars
from wyckoff.common.v1 import common_pb2
from wyckoff.pattern.v1 import pattern_pb2
from wyckoff.range.v1 import range_pb2
from wyckoff.replay import EntryKind, Timeline, build_timeline
from wyckoff.replay.lags import lags
from wyckoff.replay.stand import stands
from wyckoff.replay.table import HEADINGS, row
from wyckoff.schematics.structures import schematic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wyckoff.market.bars import Bars
    from wyckoff.orchestrator.v1.orchestrator_pb2 import Analysis
    from wyckoff.replay import Entry

BARS = wave_bars()


def analyses(series: Sequence[Bars]) -> list[Analysis]:
    """What the whole pipeline in this process says of each."""

    async def run() -> list[Analysis]:
        async with embedded_orchestrator() as orchestrator:
            return [await orchestrator.analyze_bars(bars) for bars in series]

    return asyncio.run(run())


@pytest.fixture(scope="module")
def timeline() -> Timeline:
    return build_timeline(_told())


def _told() -> Analysis:
    analysis = wave_analysis(BARS)
    reading = analysis.phases[1]
    side = common_pb2.SIDE_ACCUMULATION
    reading.states.add(known_at_index=131, phase=common_pb2.PHASE_A, start_index=99, confidence=78, side=side)
    reading.states.add(known_at_index=158, phase=common_pb2.PHASE_B, start_index=155, confidence=80, reason="ST")
    reading.states.add(known_at_index=162, phase=common_pb2.PHASE_B, start_index=155, confidence=75, reason="SPRING")
    reading.states.add(known_at_index=250, phase=common_pb2.PHASE_UNSPECIFIED, start_index=250, reason="too low")
    reading.failed_at_index = 250
    reading.failure_reason = "a close far below the support"
    analysis.patterns.add(
        pattern_id="p-1",
        type=common_pb2.PATTERN_TYPE_SPRING,
        range_id="range-1",
        direction=common_pb2.DIRECTION_LONG,
        bar_index=222,
        known_at_index=224,
        entry_price=80.0,
        stop_loss=75.0,
        target_price=115.0,
        r_multiple=7.0,
        confidence=84,
        withdrawn_at_index=240,
        reason="the low gave way",
        scale=common_pb2.SCALE_MINOR,
        entry_order=pattern_pb2.ENTRY_ORDER_NEXT_OPEN,
    )
    analysis.signals[0].pattern_id = "p-1"
    return analysis


def one(timeline: Timeline, kind: EntryKind, what: str) -> Entry:
    found = [entry for entry in timeline.entries if entry.kind is kind and entry.what == what]
    assert len(found) == 1, (kind, what, found)
    return found[0]


def test_nothing_is_left_out(timeline: Timeline) -> None:
    counted = {kind: sum(entry.kind is kind for entry in timeline.entries) for kind in EntryKind}
    assert counted == {
        EntryKind.RANGE: 2,
        EntryKind.REVISION: 2,
        EntryKind.EVENT: 7,
        EntryKind.EVENT_WITHDRAWN: 1,
        EntryKind.PHASE: 4,
        EntryKind.PATTERN: 1,
        EntryKind.PATTERN_WITHDRAWN: 1,
        EntryKind.SIGNAL: 1,
        EntryKind.REJECTION: 1,
    }


def test_an_entry_says_when_what_where_and_how_late(timeline: Timeline) -> None:
    climax = one(timeline, EntryKind.EVENT, "SC")
    assert (climax.bar_index, climax.known_at_index, climax.lag_bars) == (99, 103, 4)
    assert (climax.price, climax.confidence) == (float(BARS.low[99]), 80)
    assert (climax.range_id, climax.scale) == ("range-1", "intermediate")
    assert climax.reason.startswith("volume ratio 2.31 (threshold 1.8)")


def test_withdrawals_come_when_they_were_made_and_say_why(timeline: Timeline) -> None:
    said, taken_back = one(timeline, EntryKind.EVENT, "SPRING"), one(timeline, EntryKind.EVENT_WITHDRAWN, "SPRING")
    assert (said.known_at_index, taken_back.known_at_index) == (159, 162)
    assert taken_back.bar_index == said.bar_index == 156
    assert taken_back.reason == "a lower low followed"
    pattern = one(timeline, EntryKind.PATTERN_WITHDRAWN, "SPRING long")
    assert (pattern.known_at_index, pattern.lag_bars, pattern.reason) == (240, 18, "the low gave way")


def test_a_new_phase_lags_its_first_bar_and_a_new_confidence_does_not(timeline: Timeline) -> None:
    phases = [entry for entry in timeline.entries if entry.kind is EntryKind.PHASE]
    assert [(entry.what, entry.known_at_index, entry.lag_bars, entry.confidence) for entry in phases] == [
        ("accumulation A", 131, 32, 78),
        ("B", 158, 3, 80),
        ("B", 162, 0, 75),
        ("failed", 250, 0, None),
    ]
    assert phases[-1].reason == "a close far below the support"


def test_trades_and_refusals(timeline: Timeline) -> None:
    signal = one(timeline, EntryKind.SIGNAL, "SPRING long")
    assert (signal.known_at_index, signal.bar_index, signal.price, signal.confidence) == (224, 222, 80.0, 84)
    assert signal.scale == "minor"
    assert signal.reason == "stop 75.00, target 115.00, 7.00 R"
    refusal = one(timeline, EntryKind.REJECTION, "SOS")
    assert (refusal.stage, refusal.reason) == ("Volume", "breakout volume 1.62 is below 2.0")


def test_ranges_are_said_once_and_then_revised(timeline: Timeline) -> None:
    known, left = one(timeline, EntryKind.RANGE, "accumulation"), one(timeline, EntryKind.REVISION, "breakout")
    assert (known.known_at_index, known.bar_index, known.lag_bars) == (109, 99, 10)
    assert "ice 61.00, creek 79.00, jump 115.00" in known.reason
    assert (left.known_at_index, left.lag_bars) == (210, 0)


def test_at_one_bar_causes_stand_before_consequences(timeline: Timeline) -> None:
    assert [entry.kind for entry in timeline.entries if entry.known_at_index == 220] == [
        EntryKind.EVENT,
        EntryKind.REJECTION,
    ]
    assert [entry.kind for entry in timeline.entries if entry.known_at_index == 224] == [
        EntryKind.PATTERN,
        EntryKind.SIGNAL,
    ]
    known = [entry.known_at_index for entry in timeline.entries]
    assert known == sorted(known)


def test_until_is_what_had_been_said(timeline: Timeline) -> None:
    assert timeline.until(-1) == ()
    assert timeline.until(159) == tuple(entry for entry in timeline.entries if entry.known_at_index <= 159)
    assert timeline.until(len(BARS)) == timeline.entries


def test_lags_by_name(timeline: Timeline) -> None:
    found = {(lag.kind, lag.what): lag for lag in lags(timeline.entries)}
    rally = found[EntryKind.EVENT, "AR"]
    assert (rally.count, rally.median_bars, rally.longest_bars) == (2, 4, 4)
    assert not any(kind is EntryKind.REVISION for kind, _ in found)


def test_a_row_has_a_text_under_every_heading(timeline: Timeline) -> None:
    texts = row(one(timeline, EntryKind.EVENT_WITHDRAWN, "SPRING"), lambda index: f"day {index}")
    assert len(texts) == len(HEADINGS)
    assert texts[:4] == ("162", "day 162", "withdrawn", "SPRING")
    assert texts[6] == "day 156"
    assert row(one(timeline, EntryKind.REJECTION, "SOS"), str)[2] == "refused by Volume"


def test_stands_follow_the_structures_and_forget_what_failed() -> None:
    found = [(stand.known_at_index, [item.text for item in stand.open]) for stand in stands(_told())]
    assert found[0] == (0, [])
    assert found[-1] == (250, [])
    texts = dict(found)
    assert texts[131] == ["accumulation, phase A, confidence 78 of 100"]
    assert texts[162] == ["accumulation, phase B, confidence 75 of 100"]


def test_stands_tell_the_newest_open_structure_of_each_scale() -> None:
    analysis = _told()
    analysis.ranges.add(range_id="large", scale=common_pb2.SCALE_MAJOR, ice=1.0, creek=2.0, known_at_index=5)
    analysis.ranges[-1].revisions.add(known_at_index=5, status=range_pb2.RANGE_STATUS_ACTIVE)
    last = [stand for stand in stands(analysis) if stand.known_at_index == 162]
    assert [(item.scale, item.range_id) for item in last[0].open] == [("major", "large"), ("intermediate", "range-1")]


@pytest.mark.parametrize("kind", ["accumulation", "distribution"])
def test_the_timeline_of_a_prefix_is_the_prefix_of_the_timeline(kind: str) -> None:
    bars = schematic(
        "accumulation" if kind == "accumulation" else "distribution", shakeout=True, noise=0.8, seed=11
    ).bars
    lengths = range(40, len(bars), 23)
    *prefixes, full = map(build_timeline, analyses([*(bars.head(length) for length in lengths), bars]))
    for length, prefix in zip(lengths, prefixes, strict=True):
        assert prefix.entries == full.until(length - 1), f"of the first {length} bars"
    assert {EntryKind.RANGE, EntryKind.EVENT, EntryKind.PHASE, EntryKind.PATTERN} <= {e.kind for e in full.entries}
