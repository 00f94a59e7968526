"""A longer bar length beside the analysed one: as each bar knew it, the same over every way to ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.embedded import embedded_orchestrator
from tests.support.system import running_system
from tools.sample_bars import sample_bars
from wyckoff.common.v1 import common_pb2
from wyckoff.market.resample import resample
from wyckoff.orchestrator.v1 import orchestrator_pb2 as messages
from wyckoff.rpc.errors import InvalidArgumentError

if TYPE_CHECKING:
    from pathlib import Path

BARS = sample_bars("IBM").head(2300)
POINTS_TO = {
    common_pb2.SIDE_ACCUMULATION: common_pb2.DIRECTION_LONG,
    common_pb2.SIDE_DISTRIBUTION: common_pb2.DIRECTION_SHORT,
}


async def test_the_context_is_the_analysis_of_the_closed_weeks() -> None:
    async with embedded_orchestrator(timeout_s=60) as client:
        analysis = await client.analyze_bars(BARS, context_timeframe="1w")
        weeks = resample(BARS, "1w")
        weekly = await client.analyze_bars(weeks.bars)
        without = await client.analyze_bars(BARS)
    context = analysis.context
    assert analysis.complete
    assert context.bar_count == len(weeks.bars) > 400
    assert context.as_of.ToMilliseconds() == weeks.bars.open_time_ms[-1]
    assert list(context.ranges) == list(weekly.ranges) != []
    assert list(context.phases) == list(weekly.phases)
    assert [stage.stage for stage in analysis.stages][5] == "context"
    # it informs, and changes nothing else
    assert not without.HasField("context")
    for name in ("ranges", "phases", "patterns", "signals", "rejections"):
        assert list(getattr(analysis, name)) == list(getattr(without, name)), name


async def test_every_prefix_knows_the_context_that_the_whole_says_it_knew() -> None:
    async with embedded_orchestrator(timeout_s=60) as client:
        whole = (await client.analyze_bars(BARS, context_timeframe="1w")).context
        assert len(whole.states) > 10
        # the bars around each change are where a leak would show
        cuts = {state.known_at_index + step for state in whole.states for step in (0, 1)}
        for count in sorted(cuts - {0}):
            part = (await client.analyze_bars(BARS.head(count), context_timeframe="1w")).context
            known = [state for state in whole.states if state.known_at_index < count]
            assert list(part.states) == known, count
            ids = {item.pattern_id for item in part.patterns}
            assert list(part.patterns) == [item for item in whole.patterns if item.pattern_id in ids], count


async def test_states_tell_only_of_weeks_complete_by_then() -> None:
    weeks = resample(BARS, "1w")
    async with embedded_orchestrator(timeout_s=60) as client:
        states = (await client.analyze_bars(BARS, context_timeframe="1w")).context.states
    for state in states:
        assert weeks.known_at_index[state.context_bar_index] == state.known_at_index


async def test_a_set_up_stands_to_the_largest_structure_with_a_side() -> None:
    async with embedded_orchestrator(timeout_s=60) as client:
        analysis = await client.analyze_bars(BARS, context_timeframe="1w")
    states = analysis.context.states
    assert [item.pattern_id for item in analysis.context.patterns] == [item.pattern_id for item in analysis.patterns]
    seen = set()
    for pattern, stands in zip(analysis.patterns, analysis.context.patterns, strict=True):
        known = [state for state in states if state.known_at_index <= pattern.known_at_index]
        sided = [item for item in known[-1].open if item.side in POINTS_TO] if known else []
        expected = messages.ALIGNMENT_NEUTRAL
        if sided:
            same = POINTS_TO[sided[0].side] == pattern.direction
            expected = messages.ALIGNMENT_WITH if same else messages.ALIGNMENT_AGAINST
        assert stands.alignment == expected
        assert stands.range_id == (sided[0].range_id if sided else "")
        seen.add(stands.alignment)
    assert len(seen) > 1


async def test_stored_bars_reach_back_further_than_the_analysis(tmp_path: Path) -> None:
    async with running_system(tmp_path) as system:
        await system.marketdata.ingest_bars(BARS)
        short = await system.client.analyze_symbol("IBM", "1d", lookback_bars=300, context_timeframe="1w")
        streamed = [
            answer.analysis.context
            async for answer in system.client.analyze_symbols(["IBM"], "1d", lookback_bars=300, context_timeframe="1w")
        ]
        inline = await system.client.analyze_bars(BARS.tail(2100), context_timeframe="1w")
    assert streamed == [short.context]
    assert short.bar_count == 300
    # 300 weeks of at most 7 bars are asked for; the week that they begin within is left out
    assert short.context.bar_count == inline.context.bar_count > 400
    assert list(short.context.ranges) == list(inline.context.ranges)
    shift = 2100 - 300
    assert short.context.states[0].known_at_index == 0
    later = [(state.known_at_index, state.context_bar_index) for state in short.context.states[1:]]
    full = [(state.known_at_index - shift, state.context_bar_index) for state in inline.context.states]
    assert later == [item for item in full if item[0] > 0]


async def test_too_few_bars_for_one_week_are_no_failure() -> None:
    async with embedded_orchestrator() as client:
        analysis = await client.analyze_bars(BARS.head(4), context_timeframe="1w")
    assert analysis.complete
    assert (analysis.context.bar_count, len(analysis.context.states)) == (0, 0)
    assert not analysis.context.HasField("as_of")


@pytest.mark.parametrize(
    ("longer", "told"),
    [
        ("1h", "a bar length above the 1d"),
        ("1d", "a bar length above the 1d"),
        ("weekly", "is no bar length"),
        ("99999w", "is no bar length"),
    ],
)
async def test_a_length_that_is_not_longer_is_refused(longer: str, told: str) -> None:
    async with embedded_orchestrator() as client:
        with pytest.raises(InvalidArgumentError, match=told) as caught:
            await client.analyze_bars(BARS.head(60), context_timeframe=longer)
    assert caught.value.violations[0].field == "context_timeframe"
