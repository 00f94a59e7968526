"""Verification finds every way of rewriting history, and nothing where nothing was rewritten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.samples import wave_analysis, wave_bars
from wyckoff.orchestrator.v1.orchestrator_pb2 import Analysis
from wyckoff.phase.v1 import phase_pb2
from wyckoff.replay import EntryKind, Verification, build_timeline, prefix_lengths, verify
from wyckoff.rpc.errors import InternalError

if TYPE_CHECKING:
    from wyckoff.market.bars import Bars

BARS = wave_bars()


class Analyser:
    """Says of a prefix what was known by then of the hand-made analysis; subclasses rewrite."""

    async def __call__(self, bars: Bars) -> Analysis:
        whole, last = wave_analysis(BARS), len(bars) - 1
        told = Analysis(symbol=whole.symbol, timeframe=whole.timeframe, bar_count=len(bars), complete=True)
        for item in whole.ranges:
            if item.known_at_index <= last:
                kept = told.ranges.add()
                kept.CopyFrom(item)
                del kept.revisions[:]
                kept.revisions.extend(r for r in item.revisions if r.known_at_index <= last)
        for reading in whole.phases:
            kept_reading = told.phases.add(range_id=reading.range_id, side=reading.side)
            kept_reading.events.extend(self.event(e, last) for e in reading.events if e.known_at_index <= last)
        told.signals.extend(item for item in whole.signals if item.known_at_index <= last)
        told.rejections.extend(item for item in whole.rejections if item.known_at_index <= last)
        return told

    def event(self, event: phase_pb2.StructureEvent, last: int) -> phase_pb2.StructureEvent:
        if event.withdrawn_at_index <= last:
            return event
        standing = phase_pb2.StructureEvent()
        standing.CopyFrom(event)
        standing.ClearField("withdrawn_at_index")
        standing.status = phase_pb2.EVENT_STATUS_CONFIRMED
        return standing


class Repainter(Analyser):
    """Gives the climax a better price once the rally is known."""

    def event(self, event: phase_pb2.StructureEvent, last: int) -> phase_pb2.StructureEvent:
        told = super().event(event, last)
        if event.bar_index == 99 and last >= 131:
            told.price -= 1.0
        return told


class Forgetter(Analyser):
    """Once said a spring that it later does not remember."""

    async def __call__(self, bars: Bars) -> Analysis:
        told = await super().__call__(bars)
        if 150 <= len(bars) < 170:
            told.phases[1].events.add(type=6, bar_index=148, known_at_index=149, price=60.0, confidence=99)
        return told


class Backdater(Analyser):
    """Says at bar 200 that it knew of a breakout at bar 120."""

    async def __call__(self, bars: Bars) -> Analysis:
        told = await super().__call__(bars)
        if len(bars) > 200:
            told.phases[1].events.add(type=8, bar_index=118, known_at_index=120, price=70.0, confidence=90)
        return told


async def check(analyser: Analyser, count: int | None = 29) -> Verification:
    timeline = build_timeline(await analyser(BARS))
    return await verify(timeline, BARS, prefix_lengths(len(BARS), count), analyser)


async def test_an_honest_analyser_passes_at_every_bar() -> None:
    found = await check(Analyser(), count=None)
    assert found == Verification(len(BARS) - 1, ())


async def test_a_changed_price_is_found_once_with_both_values() -> None:
    found = await check(Repainter())
    assert [rewrite.change for rewrite in found.rewrites] == ["changed"]
    rewrite = found.rewrites[0]
    assert rewrite.then is not None
    assert rewrite.claimed is not None
    assert rewrite.then.price == pytest.approx(float(BARS.low[99]))
    assert rewrite.claimed.price == pytest.approx(float(BARS.low[99]) - 1.0)
    assert rewrite.bar_index == 109


async def test_what_vanished_is_found() -> None:
    found = await check(Forgetter())
    assert [(rewrite.change, rewrite.claimed) for rewrite in found.rewrites] == [("vanished", None)]
    assert found.rewrites[0].then is not None
    assert found.rewrites[0].then.bar_index == 148


async def test_what_was_put_in_later_is_found() -> None:
    found = await check(Backdater())
    assert [(rewrite.change, rewrite.then) for rewrite in found.rewrites] == [("backdated", None)]
    assert found.rewrites[0].claimed is not None
    assert found.rewrites[0].claimed.kind is EntryKind.EVENT
    assert found.rewrites[0].bar_index == 129


async def test_few_prefixes_may_miss_what_every_prefix_shows() -> None:
    assert (await check(Forgetter(), count=2)).rewrites == ()
    assert len((await check(Forgetter(), count=None)).rewrites) == 1


async def test_an_incomplete_analysis_is_no_proof() -> None:
    class Failing(Analyser):
        async def __call__(self, bars: Bars) -> Analysis:
            told = await super().__call__(bars)
            if len(bars) < len(BARS):
                told.complete = False
                told.stages.add(stage="phase", success=False)
            return told

    with pytest.raises(InternalError, match="first 150 bars is incomplete: no result of phase"):
        await check(Failing(), count=1)


async def test_progress_is_told_after_each_prefix() -> None:
    told: list[int] = []
    await verify(build_timeline(await Analyser()(BARS)), BARS, (50, 100), Analyser(), told.append)
    assert told == [50, 100]


@pytest.mark.parametrize(
    ("bars", "count", "lengths"),
    [(10, 1, (5,)), (10, 4, (2, 4, 6, 8)), (5, None, (1, 2, 3, 4)), (5, 9, (1, 2, 3, 4)), (1, None, ()), (2, 1, (1,))],
)
def test_prefixes_are_evenly_spaced_and_shorter_than_all_bars(
    bars: int, count: int | None, lengths: tuple[int, ...]
) -> None:
    assert prefix_lengths(bars, count) == lengths
