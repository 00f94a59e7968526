"""Exact arithmetic of prices, money and sizes."""

from __future__ import annotations

import math
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_UP, Context, Decimal
from typing import Final

PLACES: Final = Decimal("0.00000001")
CENT: Final = Decimal("0.01")
MAX_PRICE: Final = 1e15
#: 28 digits carry 20 before the point with 8 after it.
CONTEXT: Final = Context(prec=28, rounding=ROUND_HALF_EVEN)


def exact_price(value: float) -> Decimal:
    """A price to eight places; raises ValueError for one that is not finite or not above 0."""
    if not math.isfinite(value) or value < float(PLACES) or value > MAX_PRICE:
        raise ValueError(f"{value} is no price; a finite number from {PLACES:f} to {MAX_PRICE:g} is")
    return Decimal(repr(value)).quantize(PLACES, ROUND_HALF_EVEN)


def cut(value: Decimal, places: Decimal = PLACES) -> Decimal:
    """Cut to places, never rounded up."""
    return value.quantize(places, ROUND_DOWN)


def raised(value: Decimal, places: Decimal = PLACES) -> Decimal:
    """Rounded away from 0: for costs and risks that must not be understated."""
    return value.quantize(places, ROUND_UP)


def whole_steps(amount: Decimal, per_unit: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of ``step`` units that ``amount`` pays for; exact, hence never too large."""
    return (amount // (per_unit * step)) * step
