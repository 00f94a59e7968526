"""Signatures of webhooks, in the manner of the Standard Webhooks specification."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - says what follows, and is no secret
MIN_SECRET_BYTES: Final = 24
MAX_SECRET_BYTES: Final = 64


def secret_bytes(text: str) -> bytes:
    """The key in ``whsec_`` and base64; raises ValueError, which does not show it."""
    try:
        if not text.startswith(SECRET_PREFIX):
            raise ValueError
        key = base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except (ValueError, binascii.Error):
        raise ValueError("is no webhook secret; whsec_ followed by base64 is") from None
    if not MIN_SECRET_BYTES <= len(key) <= MAX_SECRET_BYTES:
        raise ValueError(f"has {len(key)} bytes; {MIN_SECRET_BYTES} to {MAX_SECRET_BYTES} are right")
    return key


def signed_headers(message_id: str, time_s: int, body: bytes, keys: Sequence[bytes]) -> dict[str, str]:
    """The three headers. With several keys there is a signature of each, so that receivers can change theirs."""
    signed = f"{message_id}.{time_s}.".encode() + body
    signatures = [base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in keys]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(time_s),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
