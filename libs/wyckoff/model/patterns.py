"""Result of the pattern stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wyckoff.model.kinds import Scale
from wyckoff.model.quick import quickly_made

if TYPE_CHECKING:
    from wyckoff.model.evidence import Evidence
    from wyckoff.model.kinds import Direction, EntryOrder, MarketRegime, PatternType, Phase


@quickly_made
@dataclass(frozen=True, slots=True)
class Pattern:
    """A trade set-up, complete at the close of bar ``known_at_index``. Prices in quote currency, ``confidence`` 0-100.

    ``confidence`` is the sum of points that trades are gated by, ``probability_pct`` the share of such set-ups that
    are right, 1-99, and 0 when that was not said.

    Only ``withdrawn_at_index`` and ``reason`` may differ at a later bar.
    """

    pattern_id: str
    type: PatternType
    range_id: str
    direction: Direction
    bar_index: int
    known_at_index: int
    entry_price: float
    stop_loss: float
    target_price: float
    r_multiple: float
    confidence: int
    evidence: tuple[Evidence, ...]
    phase: Phase
    phase_confidence: int
    entry_order: EntryOrder
    regime: MarketRegime
    tested: bool
    test_volume_ratio: float | None
    secondary_targets: tuple[float, ...]
    withdrawn_at_index: int | None = None
    reason: str = ""
    scale: Scale = Scale.INTERMEDIATE
    probability_pct: int = 0
