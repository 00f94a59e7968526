"""What several stages measure of the same bars: once where they share a process and the bars, else once a stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from wyckoff.market.activity import measure_activity
from wyckoff.market.context import MarketContext
from wyckoff.market.mirror import log_bars

if TYPE_CHECKING:
    from wyckoff.market.activity import Activity
    from wyckoff.market.bars import Bars
    from wyckoff.market.mirror import LogBars
    from wyckoff.model.volume import VolumeAnalysis


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Log prices, activity and context of bars whose volume is known as ``volume`` says; nothing in it changes."""

    volume: VolumeAnalysis
    log: LogBars
    activity: Activity
    context: MarketContext


#: Kept for as long as the bars are. Two threads with the same bars may both measure; what they find is equal.
_KEPT: Final[WeakKeyDictionary[Bars, Measured]] = WeakKeyDictionary()


def measured(bars: Bars, volume: VolumeAnalysis) -> Measured:
    """The measurement of ``bars``; that of before when it was of the same objects. ``volume`` is of these bars."""
    known = _KEPT.get(bars)
    if known is None or known.volume is not volume:
        log = log_bars(bars, mirrored=False)
        activity = measure_activity(log, bars.volume, volume.known_bars)
        known = _KEPT[bars] = Measured(volume, log, activity, MarketContext(activity))
    return known
