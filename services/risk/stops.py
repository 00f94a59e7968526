"""Terms of a trade in exact numbers, and the check of its stop."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from services.risk.money import exact_price
from services.risk.verdict import failed, percent
from wyckoff.model.kinds import Direction

if TYPE_CHECKING:
    from decimal import Decimal

    from services.risk.config import RiskSettings
    from services.risk.verdict import Verdict
    from wyckoff.model.patterns import Pattern


@dataclass(frozen=True, slots=True)
class Terms:
    """Prices of a trade."""

    direction: Direction
    entry: Decimal
    stop: Decimal
    target: Decimal

    @property
    def distance(self) -> Decimal:
        """Loss of one unit if the stop is hit."""
        return abs(self.entry - self.stop)

    @property
    def stop_fraction(self) -> Decimal:
        return self.distance / self.entry


def terms_of(pattern: Pattern) -> Terms:
    """Exact terms; raises ValueError naming the price that is none."""
    prices = {}
    for name in ("entry_price", "stop_loss", "target_price"):
        try:
            prices[name] = exact_price(getattr(pattern, name))
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
    return Terms(pattern.direction, prices["entry_price"], prices["stop_loss"], prices["target_price"])


def nearer_targets(pattern: Pattern, terms: Terms) -> list[Terms]:
    """The same trade with each of the pattern's other targets that lies beyond the entry, farthest first."""
    prices = (exact_price(price) for price in pattern.secondary_targets)
    if terms.direction is Direction.LONG:
        targets = sorted((price for price in prices if terms.entry < price < terms.target), reverse=True)
    else:
        targets = sorted(price for price in prices if terms.target < price < terms.entry)
    return [replace(terms, target=target) for target in targets]


def check_order(terms: Terms) -> Verdict | None:
    """A long needs stop < entry < target, a short the reverse."""
    low, high = (terms.stop, terms.target) if terms.direction is Direction.LONG else (terms.target, terms.stop)
    if low < terms.entry < high:
        return None
    order = "stop < entry < target" if terms.direction is Direction.LONG else "target < entry < stop"
    return failed(
        f"stop {terms.stop}, entry {terms.entry} and target {terms.target} are not in order; "
        f"a {terms.direction.lower()} needs {order}"
    )


def check_stop(terms: Terms, settings: RiskSettings) -> Verdict | None:
    """The stop must be neither inside the noise nor too far to pay for."""
    fraction = terms.stop_fraction
    if fraction > settings.max_stop_fraction:
        limit = settings.max_stop_fraction
        return failed(
            f"the structural stop is {percent(fraction)} from the entry; at most {percent(limit)} is allowed",
            limit,
            fraction,
        )
    # A stop widened to the limit in binary may miss it in the last of eight places.
    if fraction.quantize(settings.min_stop_fraction / 100) < settings.min_stop_fraction:
        limit = settings.min_stop_fraction
        return failed(
            f"the stop is {percent(fraction)} from the entry; at least {percent(limit)} is needed", limit, fraction
        )
    return None
