"""What a client asks for in the address."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final

from services.gateway.live.messages import EVENT_TYPES
from services.gateway.live.subscription import Wish
from wyckoff.rpc.errors import FieldViolation, InvalidArgumentError

if TYPE_CHECKING:
    from starlette.datastructures import QueryParams

MAX_SYMBOLS: Final = 1_000
MAX_SYMBOL_CHARS: Final = 20
_NAMES: Final = ("after", "log", "types", "symbols")
_MAX_LOG_CHARS: Final = 128


def read_wish(query: QueryParams) -> Wish:
    """``after``, ``log``, ``types`` and ``symbols``; raises InvalidArgumentError that names what is wrong."""
    violations = [
        FieldViolation(_shown(name), "is unknown; after, log, types and symbols are known")
        for name in query
        if name not in _NAMES
    ]
    violations += [
        FieldViolation(name, "is given twice; separate values by commas")
        for name in _NAMES
        if len(query.getlist(name)) > 1
    ]
    types, symbols = _split(query.get("types", "")), _split(query.get("symbols", ""))
    after = query.get("after", "")
    for name in sorted(types - EVENT_TYPES):
        violations.append(FieldViolation("types", f"{_shown(name)} is none of {', '.join(sorted(EVENT_TYPES))}"))
    if len(symbols) > MAX_SYMBOLS:
        violations.append(FieldViolation("symbols", f"has {len(symbols)} entries; at most {MAX_SYMBOLS} are allowed"))
    elif any(len(symbol) > MAX_SYMBOL_CHARS for symbol in symbols):
        violations.append(FieldViolation("symbols", f"has one of more than {MAX_SYMBOL_CHARS} characters"))
    if after and not _is_id(after):
        violations.append(FieldViolation("after", f"{_shown(after)} is no event id; ids are lower-case UUIDs"))
    log = query.get("log", "")
    if len(log) > _MAX_LOG_CHARS:
        violations.append(FieldViolation("log", "is no log_id of a hello"))
    if violations:
        raise InvalidArgumentError(violations)
    return Wish(types, symbols, after, log)


def _split(text: str) -> frozenset[str]:
    return frozenset(part for part in (piece.strip() for piece in text.split(",")) if part)


def _is_id(text: str) -> bool:
    try:
        # behind the nil UUID is everything, which is for the gateway itself
        return str(uuid.UUID(text)) == text and uuid.UUID(text).int != 0
    except ValueError:
        return False


def _shown(text: str) -> str:
    return repr(text if len(text) <= MAX_SYMBOL_CHARS * 2 else text[: MAX_SYMBOL_CHARS * 2] + "...")
