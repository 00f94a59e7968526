"""Pages of lists: sizes, and tokens that say after which item the next page begins."""

from __future__ import annotations

import base64
from typing import Final

from wyckoff.rpc.errors import InvalidArgumentError

_SEPARATOR: Final = "\x1f"


def page_size(requested: int, *, default: int, maximum: int) -> int:
    """Items a page: 0 means ``default``, more than ``maximum`` gives that; below 0 is an InvalidArgumentError."""
    if requested < 0:
        raise InvalidArgumentError.of("page_size", f"is {requested}; 1 to {maximum}, or 0 for {default}, is right")
    return min(requested or default, maximum)


def encode_token(*key: str) -> str:
    """The opaque token of the page that begins behind the item with this key."""
    return base64.urlsafe_b64encode(_SEPARATOR.join(key).encode()).decode().rstrip("=")


def decode_token(token: str, length: int) -> tuple[str, ...] | None:
    """The key in a token, of ``length`` parts; None for the first page. Other text is an InvalidArgumentError."""
    if not token:
        return None
    try:
        text = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True).decode()
    except ValueError as error:
        raise _no_token() from error
    key = tuple(text.split(_SEPARATOR))
    if len(key) != length:
        raise _no_token()
    return key


def _no_token() -> InvalidArgumentError:
    return InvalidArgumentError.of("page_token", "is no token of this list; send next_page_token as it was received")
