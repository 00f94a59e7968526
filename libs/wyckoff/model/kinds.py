"""The closed vocabularies of the method. Values equal the enum names of the contracts without their prefix."""

from __future__ import annotations

from enum import StrEnum


class Side(StrEnum):
    ACCUMULATION = "ACCUMULATION"
    DISTRIBUTION = "DISTRIBUTION"
    UNDETERMINED = "UNDETERMINED"


class Scale(StrEnum):
    """How large a structure is, smallest first."""

    MINOR = "MINOR"
    INTERMEDIATE = "INTERMEDIATE"
    MAJOR = "MAJOR"


class Direction(StrEnum):
    LONG = "LONG"
    SHORT = "SHORT"


class Phase(StrEnum):
    UNSPECIFIED = "UNSPECIFIED"
    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"


class EventType(StrEnum):
    PS = "PS"
    SC = "SC"
    AR = "AR"
    ST = "ST"
    UT = "UT"
    SPRING = "SPRING"
    TEST = "TEST"
    SOS = "SOS"
    LPS = "LPS"
    PSY = "PSY"
    BC = "BC"
    UTAD = "UTAD"
    SOW = "SOW"
    LPSY = "LPSY"


class EventStatus(StrEnum):
    CONFIRMED = "CONFIRMED"
    WITHDRAWN = "WITHDRAWN"


class PatternType(StrEnum):
    SPRING = "SPRING"
    UTAD = "UTAD"
    SOS = "SOS"
    SOW = "SOW"
    LPS = "LPS"
    LPSY = "LPSY"


class RangeStatus(StrEnum):
    FORMING = "FORMING"
    ACTIVE = "ACTIVE"
    BREAKOUT = "BREAKOUT"
    COMPLETED = "COMPLETED"
    ARCHIVED = "ARCHIVED"


class ZoneType(StrEnum):
    DEMAND = "DEMAND"
    SUPPLY = "SUPPLY"


class ZoneStatus(StrEnum):
    FRESH = "FRESH"
    TESTED = "TESTED"
    EXHAUSTED = "EXHAUSTED"
    INVALIDATED = "INVALIDATED"


class EffortResult(StrEnum):
    NORMAL = "NORMAL"
    CLIMACTIC = "CLIMACTIC"
    ABSORPTION = "ABSORPTION"
    NO_DEMAND = "NO_DEMAND"
    NO_SUPPLY = "NO_SUPPLY"


class EntryOrder(StrEnum):
    NEXT_OPEN = "NEXT_OPEN"
    LIMIT = "LIMIT"
    STOP = "STOP"


class MarketRegime(StrEnum):
    UNSPECIFIED = "UNSPECIFIED"
    TRENDING_UP = "TRENDING_UP"
    TRENDING_DOWN = "TRENDING_DOWN"
    SIDEWAYS = "SIDEWAYS"
    HIGH_VOLATILITY = "HIGH_VOLATILITY"
