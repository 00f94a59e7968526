"""Enum values of the model and numbers of the contracts. Names are equal but for the contract's prefix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from wyckoff.common.v1 import common_pb2
from wyckoff.model.kinds import (
    Direction,
    EntryOrder,
    EventStatus,
    EventType,
    MarketRegime,
    PatternType,
    Phase,
    RangeStatus,
    Scale,
    Side,
    ZoneStatus,
    ZoneType,
)
from wyckoff.pattern.v1 import pattern_pb2
from wyckoff.phase.v1 import phase_pb2
from wyckoff.range.v1 import range_pb2
from wyckoff.rpc.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from enum import StrEnum


class ProtoEnum(Protocol):
    """What generated enums offer."""

    def items(self) -> Sequence[tuple[str, int]]: ...


Kind = TypeVar("Kind", bound="StrEnum")


class EnumCodec(Generic[Kind]):
    """Both directions of one enum; ``field`` names it in errors."""

    def __init__(self, kind: type[Kind], proto: ProtoEnum, prefix: str) -> None:
        numbers = dict(proto.items())
        self._name = kind.__name__
        self._number_of = {value: numbers[prefix + value.value] for value in kind}
        self._value_of = {number: value for value, number in self._number_of.items()}

    def number(self, value: Kind) -> Any:  # noqa: ANN401 - each generated enum has an int type of its own
        return self._number_of[value]

    def value(self, number: int, field: str) -> Kind:
        """The model value; raises InvalidArgumentError naming ``field`` for a number that means nothing."""
        found = self._value_of.get(number)
        if found is None:
            known = ", ".join(f"{count} ({value.value})" for count, value in sorted(self._value_of.items()))
            raise InvalidArgumentError.of(field, f"{number} is no {self._name}; one of {known} is")
        return found


SIDE = EnumCodec(Side, common_pb2.Side, "SIDE_")
SCALE = EnumCodec(Scale, common_pb2.Scale, "SCALE_")
DIRECTION = EnumCodec(Direction, common_pb2.Direction, "DIRECTION_")
PHASE = EnumCodec(Phase, common_pb2.Phase, "PHASE_")
EVENT_TYPE = EnumCodec(EventType, common_pb2.EventType, "EVENT_TYPE_")
PATTERN_TYPE = EnumCodec(PatternType, common_pb2.PatternType, "PATTERN_TYPE_")
RANGE_STATUS = EnumCodec(RangeStatus, range_pb2.RangeStatus, "RANGE_STATUS_")
ZONE_TYPE = EnumCodec(ZoneType, range_pb2.ZoneType, "ZONE_TYPE_")
ZONE_STATUS = EnumCodec(ZoneStatus, range_pb2.ZoneStatus, "ZONE_STATUS_")
EVENT_STATUS = EnumCodec(EventStatus, phase_pb2.EventStatus, "EVENT_STATUS_")
ENTRY_ORDER = EnumCodec(EntryOrder, pattern_pb2.EntryOrder, "ENTRY_ORDER_")
MARKET_REGIME = EnumCodec(MarketRegime, pattern_pb2.MarketRegime, "MARKET_REGIME_")


def scale_of(number: int, field: str) -> Scale:
    """The scale; not said means intermediate."""
    return Scale.INTERMEDIATE if number == common_pb2.SCALE_UNSPECIFIED else SCALE.value(number, field)
