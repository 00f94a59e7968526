"""A jump that promises too much gives way to a nearer target; without one the trade is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from services.risk.config import RiskSettings
from tests.unit.risk.cases import assess, pattern_of, rejection, signal
from wyckoff.model.kinds import PatternType


@pytest.mark.parametrize(
    ("kind", "entry", "stop", "target", "nearer"),
    [
        (PatternType.LPS, 111.0, 107.0, 150.0, (120.0, 131.0, 137.0)),
        (PatternType.LPSY, 99.0, 103.0, 60.0, (90.0, 79.0, 73.0)),
    ],
)
def test_the_farthest_plausible_target_is_taken(
    kind: PatternType, entry: float, stop: float, target: float, nearer: tuple[float, ...]
) -> None:
    # 39 / 4 is above 8; 26 / 4 is not
    pattern = pattern_of(kind, entry_price=entry, stop_loss=stop, target_price=target, secondary_targets=nearer)
    found = signal(assess(kind, pattern=pattern))
    assert found.target_levels.primary_target == Decimal(str(nearer[2]))
    assert found.target_levels.secondary_targets == tuple(Decimal(str(price)) for price in nearer[:2])
    assert found.r_multiple == Decimal("6.5")
    assert any("a nearer target is taken" in remark for remark in found.validation_chain.warnings)


@pytest.mark.parametrize("nearer", [(), (112.0,)])
def test_without_a_plausible_target_the_trade_is_refused(nearer: tuple[float, ...]) -> None:
    pattern = pattern_of(
        PatternType.LPS, entry_price=111.0, stop_loss=107.0, target_price=150.0, secondary_targets=nearer
    )
    found = rejection(assess(PatternType.LPS, pattern=pattern))
    assert (found.stage, found.threshold, found.actual) == ("Risk", 8.0, 9.75)


def test_the_jump_may_be_kept_by_setting() -> None:
    pattern = pattern_of(
        PatternType.LPS, entry_price=111.0, stop_loss=107.0, target_price=150.0, secondary_targets=(131.0,)
    )
    kept = RiskSettings(bring_target_nearer=False)
    assert rejection(assess(PatternType.LPS, pattern=pattern, settings=kept)).stage == "Risk"
