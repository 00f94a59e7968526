"""Bars and analyses made by hand, for tests of what people see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wyckoff.common.v1 import common_pb2 as common
from wyckoff.market.bars import Bars, make_bars
from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.pattern.v1 import pattern_pb2
from wyckoff.phase.v1 import phase_pb2
from wyckoff.range.v1 import range_pb2
from wyckoff.risk.v1 import risk_pb2

if TYPE_CHECKING:
    from collections.abc import Sequence

DAY_MS = 86_400_000
FIRST_MS = 1_199_145_600_000


def wave_bars(count: int = 300, *, symbol: str = "AAPL", timeframe: str = "1d") -> Bars:
    """A smooth market: falls, goes sideways, rises; the same every time."""
    at = np.arange(count)
    close = 100 + 8 * np.sin(at / 9) - 30 * np.clip(at / 80, 0, 1) + 40 * np.clip((at - 200) / 100, 0, 2)
    open_ = np.concatenate([close[:1], close[:-1]])
    high, low = np.maximum(open_, close) + 1, np.minimum(open_, close) - 1
    step_ms = DAY_MS if timeframe == "1d" else 3_600_000
    return make_bars(symbol, timeframe, FIRST_MS + at * step_ms, open_, high, low, close, 1000 + 300 * np.cos(at / 5))


def to_csv(bars: Bars) -> str:
    """The bars as a file for the command."""
    times = np.array(bars.open_time_ms, dtype="datetime64[ms]").astype("datetime64[s]")
    columns = zip(times, bars.open, bars.high, bars.low, bars.close, bars.volume, strict=True)
    lines = [
        f"{time},{open_:.6f},{high:.6f},{low:.6f},{close:.6f},{volume:.0f}"
        for time, open_, high, low, close, volume in columns
    ]
    return "\n".join(["timestamp,open,high,low,close,volume", *lines]) + "\n"


def add_structure(
    analysis: orchestrator_pb2.Analysis,
    bars: Bars,
    side: common.Side.ValueType,
    bounds: tuple[int, int],
    levels: tuple[float, float, float],
    marks: Sequence[tuple[common.EventType.ValueType, int, int, bool]],
    segments: Sequence[tuple[common.Phase.ValueType, int, int]],
    status: range_pb2.RangeStatus.ValueType = range_pb2.RANGE_STATUS_ACTIVE,
) -> str:
    """Append a range with its reading; returns the range's id."""
    range_id = f"range-{len(analysis.ranges)}"
    start, end = bounds
    ice, creek, jump = levels
    found = analysis.ranges.add(
        range_id=range_id,
        side=side,
        start_index=start,
        end_index=end,
        known_at_index=start + 10,
        ice=ice,
        creek=creek,
        jump=jump,
        quality_score=72,
        ice_strength=70,
        creek_strength=66,
        status=status,
    )
    found.start_time.FromMilliseconds(int(bars.open_time_ms[start]))
    found.end_time.FromMilliseconds(int(bars.open_time_ms[end]))
    quality = range_pb2.QualityComponents(duration=25, touches=24, tightness=16, volume=13)
    for known, state in ((start + 10, range_pb2.RANGE_STATUS_ACTIVE), (end, status)):
        found.revisions.add(known_at_index=known, status=state, quality_score=78, quality=quality)
    phase = segments[-1][0] if segments else common.PHASE_UNSPECIFIED
    reading = analysis.phases.add(range_id=range_id, side=side, phase=phase, confidence=82)
    for segment_phase, first, last in segments:
        reading.segments.add(phase=segment_phase, start_index=first, end_index=last, known_at_index=first + 1)
    below = side != common.SIDE_DISTRIBUTION
    for kind, bar, known, withdrawn in marks:
        event = reading.events.add(
            type=kind,
            bar_index=bar,
            known_at_index=known,
            confidence=80,
            price=float(bars.low[bar] if below else bars.high[bar]),
            status=phase_pb2.EVENT_STATUS_CONFIRMED,
        )
        event.time.FromMilliseconds(int(bars.open_time_ms[bar]))
        event.evidence.add(name="volume_ratio", value=2.31, threshold=1.8, met=True)
        event.evidence.add(name="penetration_pct", threshold=0.05)
        if withdrawn:
            event.status = phase_pb2.EVENT_STATUS_WITHDRAWN
            event.withdrawn_at_index = known + 3
            event.reason = "a lower low followed"
    return range_id


def add_signal(
    analysis: orchestrator_pb2.Analysis, bars: Bars, range_id: str, at: int, prices: tuple[float, float, float]
) -> None:
    """Append a long spring signal known at bar ``at``."""
    entry, stop, target = (f"{price:.2f}" for price in prices)
    risk = prices[0] - prices[1]
    signal = analysis.signals.add(
        signal_id=f"signal-{at}",
        symbol=bars.symbol,
        timeframe=bars.timeframe,
        range_id=range_id,
        bar_index=at - 2,
        known_at_index=at,
        pattern_type=common.PATTERN_TYPE_SPRING,
        direction=common.DIRECTION_LONG,
        entry_price=entry,
        stop_loss=stop,
        target_levels=risk_pb2.TargetLevels(primary_target=target),
        position_size="115",
        position_size_unit=risk_pb2.SIZE_UNIT_SHARES,
        risk_amount="482.10",
        risk_pct="0.48",
        confidence_score=84,
        r_multiple=f"{(prices[2] - prices[0]) / risk:.2f}",
        entry_order=pattern_pb2.ENTRY_ORDER_NEXT_OPEN,
    )
    signal.timestamp.FromMilliseconds(int(bars.open_time_ms[at]))
    signal.pattern_data.add(name="volume_ratio", value=0.52, threshold=0.7, met=True)


def add_rejection(analysis: orchestrator_pb2.Analysis, bars: Bars, range_id: str, at: int) -> None:
    """Append a refused sign of strength."""
    item = analysis.rejections.add(
        pattern_type=common.PATTERN_TYPE_SOS,
        symbol=bars.symbol,
        timeframe=bars.timeframe,
        range_id=range_id,
        bar_index=at,
        known_at_index=at,
        stage="Volume",
        reason="breakout volume 1.62 is below 2.0",
        threshold=2.0,
        actual=1.62,
    )
    item.timestamp.FromMilliseconds(int(bars.open_time_ms[at]))


def wave_analysis(bars: Bars) -> orchestrator_pb2.Analysis:
    """An analysis of :func:`wave_bars` (300 bars or more): a finished distribution and an open accumulation."""
    analysis = orchestrator_pb2.Analysis(
        symbol=bars.symbol, timeframe=bars.timeframe, bar_count=len(bars), complete=True, correlation_id="c-1"
    )
    analysis.as_of.FromMilliseconds(int(bars.open_time_ms[-1]))
    add_structure(
        analysis,
        bars,
        common.SIDE_DISTRIBUTION,
        (14, 70),
        (84.0, 108.0, 60.0),
        [(common.EVENT_TYPE_BC, 14, 17, False), (common.EVENT_TYPE_AR, 40, 44, False)],
        [(common.PHASE_A, 14, 40), (common.PHASE_B, 41, 70)],
        range_pb2.RANGE_STATUS_COMPLETED,
    )
    range_id = add_structure(
        analysis,
        bars,
        common.SIDE_ACCUMULATION,
        (99, 210),
        (61.0, 79.0, 115.0),
        [
            (common.EVENT_TYPE_SC, 99, 103, False),
            (common.EVENT_TYPE_AR, 127, 131, False),
            (common.EVENT_TYPE_ST, 155, 158, False),
            (common.EVENT_TYPE_SPRING, 156, 159, True),
            (common.EVENT_TYPE_SOS, 220, 220, False),
        ],
        [(common.PHASE_A, 99, 154), (common.PHASE_B, 155, 219), (common.PHASE_D, 220, len(bars) - 1)],
        range_pb2.RANGE_STATUS_BREAKOUT,
    )
    add_signal(analysis, bars, range_id, 224, (80.0, 75.0, 115.0))
    add_rejection(analysis, bars, range_id, 220)
    for number, stage in enumerate(("data", "volume", "range", "phase", "pattern", "risk", "validation", "signal")):
        analysis.stages.add(stage=stage, success=True, execution_time_ms=0.5 + number)
    warning = analysis.stages[0].warnings.add(
        code="VOLUME_MISSING", message="volume is 0 and taken as unknown", bar_count=2, first_index=5
    )
    warning.first_time.FromMilliseconds(int(bars.open_time_ms[5]))
    return analysis
