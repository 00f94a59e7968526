"""The three analysing stages in a row, as the replay tests run them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from services.phase.config import PhaseSettings
from services.phase.detect import detect_phases
from services.range.config import RangeSettings
from services.range.detect import detect_ranges
from services.volume.analysis import analyze_volume
from services.volume.config import VolumeSettings

if TYPE_CHECKING:
    from wyckoff.market.bars import Bars
    from wyckoff.model.phases import PhaseReading
    from wyckoff.model.ranges import TradingRange
    from wyckoff.model.volume import VolumeAnalysis

_VOLUME: Final = VolumeSettings()
_RANGE: Final = RangeSettings()
_PHASE: Final = PhaseSettings()


class Reading(NamedTuple):
    """What the stages say of some bars."""

    volume: VolumeAnalysis
    ranges: tuple[TradingRange, ...]
    phases: tuple[PhaseReading, ...]


def read(bars: Bars) -> Reading:
    """Volume, ranges and phases of ``bars``; a detector that failed fails the test."""
    volume = analyze_volume(bars, np.asarray(bars.volume > 0), _VOLUME)
    ranges = detect_ranges(bars, volume, _RANGE)
    phases = detect_phases(bars, volume, ranges.ranges, _PHASE)
    assert ranges.failed == ()
    assert phases.failed == ()
    return Reading(volume, ranges.ranges, phases.phases)
