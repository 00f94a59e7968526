"""Timestamps of requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wyckoff.rpc.errors import InvalidArgumentError

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp

#: The span that the type itself allows: years 1 to 9999.
_MIN_SECONDS: Final = -62_135_596_800
_MAX_SECONDS: Final = 253_402_300_799


def floor_ms(message: Timestamp, field: str) -> int:
    """Whole milliseconds since the epoch, rounded down; raises InvalidArgumentError naming ``field`` for no time."""
    if not (_MIN_SECONDS <= message.seconds <= _MAX_SECONDS and 0 <= message.nanos < 1_000_000_000):
        raise InvalidArgumentError.of(field, "is no time between the years 1 and 9999 with 0 to 999,999,999 nanos")
    return message.seconds * 1_000 + message.nanos // 1_000_000


def ceil_ms(message: Timestamp, field: str) -> int:
    """The same rounded up, as a bound for whole milliseconds needs it."""
    return floor_ms(message, field) + bool(message.nanos % 1_000_000)
