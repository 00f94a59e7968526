"""The analysis stages one after another on bars, as plain calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from services.pattern.config import PatternSettings
from services.pattern.detect import detect_patterns
from services.phase.config import PhaseSettings
from services.phase.detect import detect_phases
from services.range.config import RangeSettings
from services.range.detect import detect_ranges
from services.risk.assess import assess_patterns
from services.risk.config import RiskSettings
from services.volume.analysis import analyze_volume
from services.volume.config import VolumeSettings
from wyckoff.market.gate import inspect_bars
from wyckoff.model.kinds import EventType
from wyckoff.model.portfolio import default_portfolio

if TYPE_CHECKING:
    from wyckoff.market.bars import Bars
    from wyckoff.model.evidence import FailedDetector
    from wyckoff.model.patterns import Pattern
    from wyckoff.model.phases import PhaseReading, StructureEvent
    from wyckoff.model.ranges import TradingRange
    from wyckoff.model.signals import Rejection, TradeSignal
    from wyckoff.model.volume import VolumeAnalysis


@dataclass(frozen=True, slots=True)
class StageResults:
    """What volume, range, phase and pattern stage said of ``bars``."""

    bars: Bars
    volume: VolumeAnalysis
    ranges: tuple[TradingRange, ...]
    phases: tuple[PhaseReading, ...]
    patterns: tuple[Pattern, ...]
    failed: tuple[FailedDetector, ...]

    @property
    def events(self) -> tuple[StructureEvent, ...]:
        """The events of all readings, withdrawn ones too."""
        return tuple(event for reading in self.phases for event in reading.events)

    @property
    def detections(self) -> set[tuple[EventType, int]]:
        """Type and bar of every event and pattern."""
        patterns = {(EventType(pattern.type.value), pattern.bar_index) for pattern in self.patterns}
        return patterns | {(event.type, event.bar_index) for event in self.events}


#: Read from the environment once: it takes longer than all stages together.
VOLUME: Final = VolumeSettings()
RANGE: Final = RangeSettings()
PHASE: Final = PhaseSettings()
PATTERN: Final = PatternSettings()
RISK: Final = RiskSettings()


def run_stages(bars: Bars) -> StageResults:
    """All stages with default settings, on bars that pass the gate."""
    volume = analyze_volume(bars, inspect_bars(bars).volume_known, VOLUME)
    ranges = detect_ranges(bars, volume, RANGE)
    phases = detect_phases(bars, volume, ranges.ranges, PHASE)
    patterns = detect_patterns(bars, volume, ranges.ranges, phases.phases, PATTERN)
    return StageResults(
        bars=bars,
        volume=volume,
        ranges=tuple(ranges.ranges),
        phases=tuple(phases.phases),
        patterns=patterns.patterns,
        failed=(*ranges.failed, *phases.failed, *patterns.failed),
    )


def assess(found: StageResults) -> tuple[TradeSignal | Rejection, ...]:
    """The verdict on every pattern for an account without positions, in the order of the patterns."""
    bars = found.bars
    result = assess_patterns(
        bars.symbol,
        bars.timeframe,
        bars.open_time_ms.tolist(),
        found.patterns,
        found.ranges,
        found.phases,
        found.volume,
        default_portfolio(),
        RISK,
    )
    assert result.failed == ()
    order = {pattern.pattern_id: number for number, pattern in enumerate(found.patterns)}
    verdicts: list[TradeSignal | Rejection] = [*result.signals, *result.rejections]
    return tuple(sorted(verdicts, key=lambda item: order[item.pattern_id]))
