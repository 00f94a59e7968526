"""Reward over risk."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from services.risk.money import cut
from services.risk.verdict import failed, shown

if TYPE_CHECKING:
    from services.risk.config import PatternRisk
    from services.risk.stops import Terms
    from services.risk.verdict import Verdict


def r_multiple(terms: Terms) -> Decimal:
    """``(target - entry) / (entry - stop)``, unrounded; the signs cancel for a short."""
    return (terms.target - terms.entry) / (terms.entry - terms.stop)


def displayed(value: Decimal) -> Decimal:
    """Two decimals, cut: a displayed reward is never better than the real one."""
    return cut(value, Decimal("0.01"))


def check_r(value: Decimal, table: PatternRisk) -> Verdict | None:
    """Enough, and not too good to be true; compared unrounded."""
    if value < table.min_r:
        return failed(
            f"reward over risk is {shown(value)}; at least {shown(table.min_r)} is needed", table.min_r, value
        )
    if value > table.max_r:
        return failed(
            f"reward over risk of {shown(value)} is implausible; at most {shown(table.max_r)} is accepted",
            table.max_r,
            value,
        )
    return None
