"""Fields of requests, checked and described in one place."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema

from wyckoff.market.gate import MAX_SYMBOL_CHARS, MAX_TIME_MS, MIN_TIME_MS
from wyckoff.model.kinds import PatternType, Scale

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS_PER_DAY: Final = 86_400_000
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_ISO: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_RIGHT: Final = "2026-01-31, or a time with its zone such as 2026-01-31T14:30:00Z, from 1800 to 9999"


def time_ms(text: str) -> int:
    """Milliseconds since 1970 of a date, which means midnight UTC, or of an RFC 3339 time; ValueError otherwise."""
    if _DATE.fullmatch(text):
        moment = datetime.combine(date.fromisoformat(text), time(), UTC)
    elif _ISO.fullmatch(text):
        moment = datetime.fromisoformat(text.upper())
    else:
        raise ValueError(f"{text[:40]!r} is no time; {_RIGHT}")
    span = moment - _EPOCH
    found = span.days * _MS_PER_DAY + span.seconds * 1_000 + span.microseconds // 1_000
    if not MIN_TIME_MS <= found <= MAX_TIME_MS:
        raise ValueError(f"{text[:40]!r} is out of range; {_RIGHT}")
    return found


def _moment(value: object) -> object:
    return datetime.fromtimestamp(time_ms(value) / 1_000, UTC) if isinstance(value, str) else value


def _bar_time(value: object) -> object:
    return time_ms(value) if isinstance(value, str) else value


def _short_name(value: object) -> object:
    """Names as answers have them are understood too: PATTERN_TYPE_SPRING is SPRING."""
    if isinstance(value, str):
        return value.removeprefix("PATTERN_TYPE_").removeprefix("SCALE_")
    return value


def _each_short_name(value: object) -> object:
    return [_short_name(item) for item in value] if isinstance(value, list) else value


_TIME_SCHEMA: Final[dict[str, Any]] = {
    "type": "string",
    "anyOf": [{"format": "date"}, {"format": "date-time"}],
    "examples": ["2026-01-31", "2026-01-31T14:30:00Z"],
}

Symbol = Annotated[
    str,
    StringConstraints(pattern=rf"^[!-~]{{1,{MAX_SYMBOL_CHARS}}}$"),
    Field(description="Instrument: 1 to 20 printable characters without spaces.", examples=["AAPL"]),
]
Timeframe = Annotated[
    str,
    StringConstraints(pattern=r"^[1-9][0-9]{0,3}[mhdwM]$"),
    Field(description="Bar length: a number and one of m, h, d, w, M.", examples=["1d"]),
]
Moment = Annotated[datetime, BeforeValidator(_moment), WithJsonSchema(_TIME_SCHEMA)]
"""A date or a time, as :func:`time_ms` reads it."""

BarTime = Annotated[
    int,
    BeforeValidator(_bar_time),
    Field(ge=MIN_TIME_MS, le=MAX_TIME_MS),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": MIN_TIME_MS, "maximum": MAX_TIME_MS}, _TIME_SCHEMA]}),
]
"""Open time of a bar: milliseconds since 1970, or as :func:`time_ms` reads it."""

# literals, because the schema of an enum would get the name of the contract's enum, which has longer values
PatternName = Literal["SPRING", "UTAD", "SOS", "SOW", "LPS", "LPSY"]
ScaleName = Literal["MINOR", "INTERMEDIATE", "MAJOR"]
PatternNames = Annotated[list[PatternName], BeforeValidator(_each_short_name), Field(max_length=6)]
ScaleNames = Annotated[list[ScaleName], BeforeValidator(_each_short_name), Field(max_length=3)]


def patterns(names: Iterable[PatternName]) -> list[PatternType]:
    """The kinds with these names."""
    return [PatternType(name) for name in names]


def scales(names: Iterable[ScaleName]) -> list[Scale]:
    """The scales with these names."""
    return [Scale(name) for name in names]
