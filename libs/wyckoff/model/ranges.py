"""Result of the range stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wyckoff.model.kinds import Scale
from wyckoff.model.quick import quickly_made

if TYPE_CHECKING:
    from wyckoff.model.kinds import RangeStatus, Side, ZoneStatus, ZoneType


@quickly_made
@dataclass(frozen=True, slots=True)
class QualityComponents:
    """Parts of the quality score: at most 30, 30, 20 and 20 points."""

    duration: int
    touches: int
    tightness: int
    volume: int

    @property
    def score(self) -> int:
        return self.duration + self.touches + self.tightness + self.volume


@quickly_made
@dataclass(frozen=True, slots=True)
class Zone:
    """Supply or demand zone. ``touch_count`` and ``status`` are as of the last bar; the rest never changes."""

    type: ZoneType
    bar_index: int
    known_at_index: int
    low: float
    high: float
    significance: int
    near_level: bool
    touch_count: int
    status: ZoneStatus


@quickly_made
@dataclass(frozen=True, slots=True)
class CauseCount:
    """Targets of a horizontal point-and-figure count: ``low`` is the nearest to the range, ``high`` the farthest.

    All are prices; upwards they ascend, downwards they descend. ``columns`` times three boxes is what was projected,
    in log price: from the far extreme of the range, from ``count_line``, and from the middle between both.
    ``box_fraction`` is the size of a box as a fraction of price.
    """

    low: float
    middle: float
    high: float
    count_line: float
    columns: int
    box_fraction: float


@quickly_made
@dataclass(frozen=True, slots=True)
class RangeRevision:
    """What was known of a range at the close of bar ``known_at_index``.

    Strengths and quality are 0-100. ``jump_up`` and ``jump_down`` are prices, None below 15 bars. ``count_up`` and
    ``count_down`` are the counts over the bars from the start of the range until then, None below three columns.
    """

    known_at_index: int
    status: RangeStatus
    duration_bars: int
    quality: QualityComponents
    ice_strength: int
    creek_strength: int
    ice_touches: int
    creek_touches: int
    jump_up: float | None
    jump_down: float | None
    jump_factor: float
    reason: str
    count_up: CauseCount | None = None
    count_down: CauseCount | None = None


@quickly_made
@dataclass(frozen=True, slots=True)
class TradingRange:
    """A trading range.

    All is as said at ``known_at_index`` but ``end_index``, ``status``, ``zones`` and the length of
    ``revisions``, which are as of the last bar. ``revisions`` is never empty: the first is from
    ``known_at_index``. Prices: ``ice`` < ``creek``. ``climax_*`` and ``reaction_*`` are None without a climax.
    """

    range_id: str
    side: Side
    start_index: int
    end_index: int
    known_at_index: int
    ice: float
    creek: float
    jump: float
    status: RangeStatus
    climax_index: int | None
    climax_price: float | None
    reaction_index: int | None
    reaction_price: float | None
    zones: tuple[Zone, ...]
    revisions: tuple[RangeRevision, ...]
    scale: Scale = Scale.INTERMEDIATE

    def as_of(self, bar_index: int) -> RangeRevision | None:
        """What was known at the close of ``bar_index``; None before ``known_at_index``."""
        known = None
        for revision in self.revisions:
            if revision.known_at_index > bar_index:
                break
            known = revision
        return known
