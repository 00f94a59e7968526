"""Small hand-made structures: one range, and bars whose places in it are given."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from services.phase.config import PhaseSettings
from services.phase.detect import detect_phases
from services.volume.analysis import analyze_volume
from services.volume.config import VolumeSettings
from wyckoff.market.bars import make_bars
from wyckoff.model.kinds import RangeStatus, Side
from wyckoff.model.ranges import QualityComponents, RangeRevision, TradingRange

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.phase.detect import PhaseResult
    from wyckoff.market.bars import Bars

CLIMAX: Final = 120
REACTION: Final = 128
KNOWN: Final = 131
ICE: Final = 100.0
CREEK: Final = 112.0
_HEIGHT: Final = math.log(CREEK / ICE)

#: Closes as places in the range (0 ice, 1 creek), one a bar from the climax to two bars after the range is known.
STOPPING: Final = (0.0, 0.2, 0.35, 0.5, 0.65, 0.75, 0.85, 0.92, 1.0, 0.85, 0.7, 0.55)
#: Down to a secondary test and up again.
SECONDARY: Final = (0.4, 0.25, 0.1, 0.05, 0.2, 0.35, 0.5)
#: Twenty bars of phase B around the middle.
CAUSE: Final = tuple(0.5 + 0.12 * math.sin(k) for k in range(20))


def bars_of(places: Sequence[float], volumes: dict[int, float] | None = None, *, mirrored: bool = False) -> Bars:
    """A decline of 1 % a bar to the climax, then closes at ``places``; bars reach 0.03 of the height further.

    ``volumes`` are multiples of the usual volume by bar index; the climax has 4. A volume of 0 is unknown.
    """
    decline = [math.log(ICE) + 0.01 * (CLIMAX - k) for k in range(CLIMAX)]
    close = np.array([*decline, *(math.log(ICE) + place * _HEIGHT for place in places)])
    open_ = np.concatenate((close[:1], close[:-1]))
    reach = 0.03 * _HEIGHT
    high, low = np.maximum(open_, close) + reach, np.minimum(open_, close) - reach
    volume = np.array([1000.0 + 20.0 * (k % 5) for k in range(len(close))])
    for index, factor in {CLIMAX: 4.0, **(volumes or {})}.items():
        if index < len(volume):
            volume[index] *= factor
    if mirrored:
        open_, high, low, close = (2.0 * math.log(ICE) - column for column in (open_, low, high, close))
    times = np.arange(len(close)) * 86_400_000
    return make_bars("HAND", "1d", times, np.exp(open_), np.exp(high), np.exp(low), np.exp(close), volume)


def range_of(bars: Bars, *, mirrored: bool = False) -> TradingRange:
    """The range that the range stage would have anchored on the climax."""
    ice, creek = (ICE * ICE / CREEK, ICE) if mirrored else (ICE, CREEK)
    revision = RangeRevision(
        known_at_index=KNOWN,
        status=RangeStatus.FORMING,
        duration_bars=KNOWN - CLIMAX + 1,
        quality=QualityComponents(0, 5, 0, 0),
        ice_strength=0,
        creek_strength=0,
        ice_touches=0,
        creek_touches=0,
        jump_up=None,
        jump_down=None,
        jump_factor=0.0,
        reason="known",
    )
    return TradingRange(
        range_id="range-1",
        side=Side.DISTRIBUTION if mirrored else Side.ACCUMULATION,
        start_index=CLIMAX,
        end_index=len(bars) - 1,
        known_at_index=KNOWN,
        ice=ice,
        creek=creek,
        jump=creek,
        status=RangeStatus.FORMING,
        climax_index=CLIMAX,
        climax_price=float((bars.high if mirrored else bars.low)[CLIMAX]),
        reaction_index=REACTION,
        reaction_price=float((bars.low if mirrored else bars.high)[REACTION]),
        zones=(),
        revisions=(revision,),
    )


def read(
    places: Sequence[float],
    volumes: dict[int, float] | None = None,
    *,
    mirrored: bool = False,
    settings: PhaseSettings | None = None,
) -> PhaseResult:
    """What the phase stage says of the structure."""
    bars = bars_of(places, volumes, mirrored=mirrored)
    volume = analyze_volume(bars, np.asarray(bars.volume > 0), VolumeSettings())
    return detect_phases(bars, volume, (range_of(bars, mirrored=mirrored),), settings or PhaseSettings())
