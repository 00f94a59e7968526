"""What a position may be, what it risks and what it brought."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from services.portfolio.money import MAX_MONEY, difference, product, raised, rounded
from wyckoff.model.kinds import Direction, PatternType
from wyckoff.model.portfolio import Position, PositionStatus
from wyckoff.rpc.errors import FieldViolation, InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

_SHORT_PATTERNS: Final = frozenset({PatternType.UTAD, PatternType.SOW, PatternType.LPSY})
_SYMBOL: Final = re.compile(r"[!-~]{1,20}")
_CAMPAIGN: Final = re.compile(r"[!-~]{1,64}")
#: What makes an order the same order when its id comes again.
_ORDER_FIELDS: Final = ("symbol", "campaign_id", "pattern_type", "direction", "size", "entry_price", "stop_loss")


def position_id_of(text: str, field: str) -> str:
    """A position id in its usual form; raises InvalidArgumentError naming ``field`` when it is no UUID."""
    if not _is_uuid(text):
        raise InvalidArgumentError.of(field, _no_uuid(text))
    return str(uuid.UUID(text))


def opened(position: Position, now_ms: int) -> Position:
    """The position as it is stored: id in its usual form, open, with its risk and opening time.

    Raises InvalidArgumentError naming every field that cannot be.
    """
    violations = list(_violations(position))
    if violations:
        raise InvalidArgumentError(violations)
    return replace(
        position,
        position_id=str(uuid.UUID(position.position_id)),
        risk_amount=risk_amount(position),
        status=PositionStatus.OPEN,
        open_time_ms=now_ms if position.open_time_ms is None else position.open_time_ms,
    )


def closed(position: Position, exit_price: Decimal, close_time_ms: int) -> Position:
    """The position after its close; raises InvalidArgumentError for a close before the opening."""
    if position.open_time_ms is not None and close_time_ms < position.open_time_ms:
        raise InvalidArgumentError.of("close_time", "is before the position was opened; it cannot be")
    if product(position.size, exit_price) >= MAX_MONEY:
        raise InvalidArgumentError.of("exit_price", f"makes the position worth {MAX_MONEY:f} or more; it must be less")
    return replace(position, status=PositionStatus.CLOSED, exit_price=exit_price, close_time_ms=close_time_ms)


def risk_amount(position: Position) -> Decimal:
    """Money lost if the stop is hit, never understated."""
    distance = abs(difference(position.entry_price, position.stop_loss))
    return raised(product(distance, position.size))


def realised_pnl(position: Position, exit_price: Decimal) -> Decimal:
    """Profit, or loss below 0, of closing at ``exit_price``; before costs."""
    gained = difference(exit_price, position.entry_price)
    if position.direction is Direction.SHORT:
        gained = -gained
    return rounded(product(gained, position.size))


def differing_fields(stored: Position, sent: Position) -> list[str]:
    """The fields in which two orders of one id are not the same order."""
    return [name for name in _ORDER_FIELDS if getattr(stored, name) != getattr(sent, name)]


def _violations(position: Position) -> Iterator[FieldViolation]:
    if not _is_uuid(position.position_id):
        yield FieldViolation("position.position_id", _no_uuid(position.position_id))
    if not _SYMBOL.fullmatch(position.symbol):
        yield FieldViolation("position.symbol", "must be 1 to 20 printable characters without spaces")
    if not _CAMPAIGN.fullmatch(position.campaign_id):
        text = "must be 1 to 64 printable characters without spaces, such as AAPL-2024-10-15"
        yield FieldViolation("position.campaign_id", text)
    yield from _trade_violations(position)
    for name in ("exit_price", "close_time"):
        if getattr(position, "close_time_ms" if name == "close_time" else name) is not None:
            yield FieldViolation(f"position.{name}", "is set; it is said when the position is closed")


def _trade_violations(position: Position) -> Iterator[FieldViolation]:
    right = Direction.SHORT if position.pattern_type in _SHORT_PATTERNS else Direction.LONG
    if position.direction is not right:
        yield FieldViolation("position.direction", f"is {position.direction}; {position.pattern_type} trades {right}")
    elif position.direction is Direction.LONG and position.stop_loss >= position.entry_price:
        yield FieldViolation("position.stop_loss", "is not below the entry price; the stop of a long position is")
    elif position.direction is Direction.SHORT and position.stop_loss <= position.entry_price:
        yield FieldViolation("position.stop_loss", "is not above the entry price; the stop of a short position is")
    if product(position.size, max(position.entry_price, position.stop_loss)) >= MAX_MONEY:
        yield FieldViolation("position.size", f"makes the position worth {MAX_MONEY:f} or more; it must be less")


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def _no_uuid(text: str) -> str:
    return f"{text[:40]!r} is no UUID; one is needed"
