"""Money, sizes and order prices on the wire: plain decimal text, read strictly."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from wyckoff.rpc.errors import InvalidArgumentError

#: No exponent, no sign but minus, no special values; so that what people read is what is meant.
_DECIMAL_TEXT: Final = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,28})?", re.ASCII)


def decimal_to_text(value: Decimal) -> str:
    """The shortest plain text of a decimal, without exponent."""
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def decimal_from_text(text: str, field: str) -> Decimal:
    """The decimal; raises InvalidArgumentError naming ``field`` for anything but plain decimal text."""
    if not _DECIMAL_TEXT.fullmatch(text):
        shown = text if len(text) <= 40 else text[:40] + "..."
        raise InvalidArgumentError.of(
            field,
            f"{shown!r} is no decimal text; 18 digits before and 28 after the point at most, such as -12.50",
        )
    return Decimal(text)


def positive_from_text(text: str, field: str) -> Decimal:
    """As :func:`decimal_from_text`, and above 0."""
    value = decimal_from_text(text, field)
    if value <= 0:
        raise InvalidArgumentError.of(field, f"{text} is not above 0")
    return value


def decimal_or(text: str, field: str, default: Decimal) -> Decimal:
    """As :func:`decimal_from_text`, ``default`` for an empty text."""
    return decimal_from_text(text, field) if text else default
