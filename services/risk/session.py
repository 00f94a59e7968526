"""Trading sessions by the time of a decision; only for bars shorter than a day."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

FRIDAY: Final = 4
WEDNESDAY: Final = 2
#: Hours UTC on Friday from which currency trades are halved, and from which they are refused.
FRIDAY_CAUTION_HOUR: Final = 13
FRIDAY_CLOSE_HOUR: Final = 17


class Session(StrEnum):
    NONE = "NONE"
    ASIA = "ASIA"
    LONDON = "LONDON"
    OVERLAP = "OVERLAP"
    NEW_YORK = "NEW_YORK"


def utc(time_ms: int) -> datetime:
    return datetime.fromtimestamp(time_ms / 1000, tz=UTC)


def session_at(time_ms: int) -> Session:
    """The session, the overlap of London and New York first; none between 22 UTC and midnight."""
    hour = utc(time_ms).hour
    if hour < 8:
        return Session.ASIA
    if hour < 13:
        return Session.LONDON
    if hour < 17:
        return Session.OVERLAP
    return Session.NEW_YORK if hour < 22 else Session.NONE
