"""What the requests say, checked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from services.portfolio.money import MAX_MONEY
from wyckoff.model.portfolio import DEFAULT_ACCOUNT
from wyckoff.rpc.errors import FieldViolation, InvalidArgumentError
from wyckoff.wire.decimals import decimal_from_text, positive_from_text
from wyckoff.wire.pages import decode_token
from wyckoff.wire.portfolio import classification_from_proto, position_from_proto
from wyckoff.wire.times import floor_ms

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from wyckoff.model.portfolio import Classification, Position
    from wyckoff.portfolio.v1 import portfolio_pb2

_ACCOUNT: Final = re.compile(r"[!-~]{1,64}")
_SYMBOL: Final = re.compile(r"[!-~]{1,20}")
_ASSET_CLASSES: Final = ("", "stock", "forex", "crypto")
_MAX_NAME_CHARS: Final = 64


def account_id_of(text: str) -> str:
    """The account asked for; empty means the default one."""
    if text and not _ACCOUNT.fullmatch(text):
        raise InvalidArgumentError.of("account_id", "must be 1 to 64 printable characters without spaces")
    return text or DEFAULT_ACCOUNT


def equity_of(request: portfolio_pb2.UpdateAccountRequest) -> Decimal | None:
    """The new equity, if one is given."""
    if not request.HasField("equity"):
        return None
    return _bounded(positive_from_text(request.equity, "equity"), "equity")


def day_pnl_of(request: portfolio_pb2.UpdateAccountRequest) -> Decimal | None:
    """The new result of the day, if one is given."""
    if not request.HasField("day_pnl"):
        return None
    return _bounded(decimal_from_text(request.day_pnl, "day_pnl"), "day_pnl")


def classifications_of(messages: Mapping[str, portfolio_pb2.Classification]) -> dict[str, Classification]:
    """Classifications by symbol."""
    found = {symbol: classification_from_proto(message) for symbol, message in messages.items()}
    violations = [violation for symbol, item in found.items() for violation in _violations(symbol, item)]
    if violations:
        raise InvalidArgumentError(violations)
    return found


def position_of(request: portfolio_pb2.OpenPositionRequest) -> Position:
    """The position to open."""
    if not request.HasField("position"):
        raise InvalidArgumentError.of("position", "is missing; say what is opened")
    for name in ("open_time", "close_time"):
        if request.position.HasField(name):
            floor_ms(getattr(request.position, name), f"position.{name}")
    return position_from_proto(request.position)


def campaign_key_of(token: str) -> tuple[int, str] | None:
    """Start time and id behind which the page begins."""
    key = decode_token(token, 2)
    if key is None:
        return None
    if not re.fullmatch(r"-?[0-9]{1,18}", key[0], re.ASCII) or not key[1].isprintable():
        raise InvalidArgumentError.of("page_token", "is no token of this list; send next_page_token as it was received")
    return int(key[0]), key[1]


def _bounded(value: Decimal, field: str) -> Decimal:
    if abs(value) >= MAX_MONEY:
        raise InvalidArgumentError.of(field, f"is {value:f}; it must be below {MAX_MONEY:f}")
    return value


def _violations(symbol: str, item: Classification) -> Iterator[FieldViolation]:
    path = f"classifications[{symbol[:20]}]"
    if not _SYMBOL.fullmatch(symbol):
        yield FieldViolation(path, "the symbol must be 1 to 20 printable characters without spaces")
    if item.asset_class.lower() not in _ASSET_CLASSES:
        yield FieldViolation(f"{path}.asset_class", f"{item.asset_class[:40]!r} is none of stock, forex, crypto")
    for name in ("sector", "geography"):
        if len(getattr(item, name)) > _MAX_NAME_CHARS:
            yield FieldViolation(f"{path}.{name}", f"is longer than {_MAX_NAME_CHARS} characters")
        if not getattr(item, name).isprintable():
            yield FieldViolation(f"{path}.{name}", "has characters that cannot be printed; it must not")
