"""Times of requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf.timestamp_pb2 import Timestamp

from wyckoff.rpc.errors import InvalidArgumentError

if TYPE_CHECKING:
    from datetime import datetime


def timestamp(time: datetime | None, field: str) -> Timestamp | None:
    """The message of a time; raises InvalidArgumentError naming ``field`` for one without a time zone."""
    if time is None:
        return None
    if time.tzinfo is None:
        raise InvalidArgumentError.of(field, "has no time zone; say which, as in datetime(2026, 1, 2, tzinfo=UTC)")
    message = Timestamp()
    message.FromDatetime(time)
    return message
