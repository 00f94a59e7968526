"""Exact arithmetic of money: any product of stored decimals first, then eight places."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, ROUND_UP, Context, Decimal
from typing import Final

PLACES: Final = Decimal("0.00000001")
#: Money and position values stay below this, so that every sum still fits the decimal text of the contracts.
MAX_MONEY: Final = Decimal(10) ** 15

_HUNDRED: Final = Decimal(100)
#: Wide enough for a product of two decimals of 18 digits before and 28 after the point.
_EXACT: Final = Context(prec=128)


def product(left: Decimal, right: Decimal) -> Decimal:
    """The exact product."""
    return _EXACT.multiply(left, right)


def difference(left: Decimal, right: Decimal) -> Decimal:
    """The exact difference."""
    return _EXACT.subtract(left, right)


def total(left: Decimal, right: Decimal) -> Decimal:
    """The exact sum."""
    return _EXACT.add(left, right)


def rounded(value: Decimal) -> Decimal:
    """To eight places, halves to even."""
    return value.quantize(PLACES, ROUND_HALF_EVEN, _EXACT)


def raised(value: Decimal) -> Decimal:
    """To eight places away from 0, for risks that must not be understated."""
    return value.quantize(PLACES, ROUND_UP, _EXACT)


def percent(part: Decimal, whole: Decimal) -> Decimal:
    """Part of a whole above 0 in percent, to eight places, never understated."""
    return raised(_EXACT.divide(_EXACT.multiply(part, _HUNDRED), whole))
