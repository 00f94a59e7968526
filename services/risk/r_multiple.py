"""Reward over risk."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from services.risk.money import cut
from services.risk.stops import check_order, nearer_targets, terms_of
from services.risk.verdict import failed, shown

if TYPE_CHECKING:
    from services.risk.config import PatternRisk, RiskSettings
    from services.risk.stops import Terms
    from services.risk.verdict import Verdict
    from wyckoff.model.patterns import Pattern


def r_multiple(terms: Terms) -> Decimal:
    """``(target - entry) / (entry - stop)``, unrounded; the signs cancel for a short."""
    return (terms.target - terms.entry) / (terms.entry - terms.stop)


def realistic_terms(pattern: Pattern, settings: RiskSettings) -> Terms:
    """The terms to trade: the jump, or the farthest nearer target when the jump promises more than is plausible.

    A wide range has a far jump, and a stop close to its level then gives any reward; the nearer targets of the
    pattern (its conservative move, the middle) are judged by the same table. Raises ValueError naming the price
    that is none.
    """
    terms = terms_of(pattern)
    table = settings.per_pattern[pattern.type]
    if not settings.bring_target_nearer or check_order(terms) or r_multiple(terms) <= table.max_r:
        return terms
    return next(
        (nearer for nearer in nearer_targets(pattern, terms) if check_r(r_multiple(nearer), table) is None), terms
    )


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
