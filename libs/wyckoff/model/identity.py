"""Content identity: the same finding has the same id in every run, retry and replica."""

from __future__ import annotations

import hashlib
import uuid
from typing import Final

#: Namespace of all ids of this project.
NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:wyckoff:identity:1")

#: The digit that holds the variant of a UUID, from the one that it takes the place of.
_VARIANT: Final = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}


def content_id(*parts: object) -> str:
    """UUIDv5 of the parts, in order; parts must have a stable ``str``.

    Written out as text at once: as an object of the library it takes three times as long.
    """
    name = "|".join([str(part) for part in parts])
    digits = hashlib.sha1(NAMESPACE.bytes + name.encode(), usedforsecurity=False).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{_VARIANT[digits[16]]}{digits[17:20]}-{digits[20:32]}"
