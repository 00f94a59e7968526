"""Content identity: the same finding has the same id in every run, retry and replica."""

from __future__ import annotations

import uuid
from typing import Final

#: Namespace of all ids of this project.
NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:wyckoff:identity:1")


def content_id(*parts: object) -> str:
    """UUIDv5 of the parts, in order; parts must have a stable ``str``."""
    return str(uuid.uuid5(NAMESPACE, "|".join(str(part) for part in parts)))
