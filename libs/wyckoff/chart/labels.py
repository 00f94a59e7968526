"""Names for people of what the contracts say in enums."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wyckoff.common.v1 import common_pb2
from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.pattern.v1 import pattern_pb2
from wyckoff.range.v1 import range_pb2
from wyckoff.risk.v1 import risk_pb2

if TYPE_CHECKING:
    from wyckoff.common.v1.common_pb2 import Evidence
    from wyckoff.range.v1.range_pb2 import CauseCount

_EVENT_TITLES: Final = {
    "PS": "preliminary support",
    "SC": "selling climax",
    "AR": "automatic rally",
    "ST": "secondary test",
    "UT": "dip below the ice in phase B",
    "SPRING": "spring",
    "TEST": "test",
    "SOS": "sign of strength",
    "LPS": "last point of support",
    "PSY": "preliminary supply",
    "BC": "buying climax",
    "UTAD": "upthrust after distribution",
    "SOW": "sign of weakness",
    "LPSY": "last point of supply",
}


#: What the same letters mean on the other side.
_DISTRIBUTION_TITLES: Final = {"AR": "automatic reaction", "UT": "upthrust in phase B"}


def event_title(value: int, side: int) -> str:
    """The words behind the letters: ``selling climax``, or ``automatic reaction`` in a distribution."""
    name = event_name(value)
    own = _DISTRIBUTION_TITLES if side == common_pb2.SIDE_DISTRIBUTION else {}
    return own.get(name) or _EVENT_TITLES.get(name, "")


def event_name(value: int) -> str:
    """``SC`` for ``EVENT_TYPE_SC``."""
    return common_pb2.EventType.Name(common_pb2.EventType.ValueType(value)).removeprefix("EVENT_TYPE_")


def pattern_name(value: int) -> str:
    """``SPRING`` for ``PATTERN_TYPE_SPRING``."""
    return common_pb2.PatternType.Name(common_pb2.PatternType.ValueType(value)).removeprefix("PATTERN_TYPE_")


def phase_name(value: int) -> str:
    """``C`` for ``PHASE_C``; ``-`` when no phase can be said."""
    name = common_pb2.Phase.Name(common_pb2.Phase.ValueType(value)).removeprefix("PHASE_")
    return "-" if name == "UNSPECIFIED" else name


def side_name(value: int) -> str:
    """``accumulation``, ``distribution`` or ``undetermined``."""
    return common_pb2.Side.Name(common_pb2.Side.ValueType(value)).removeprefix("SIDE_").lower()


def direction_name(value: int) -> str:
    """``long`` or ``short``."""
    return common_pb2.Direction.Name(common_pb2.Direction.ValueType(value)).removeprefix("DIRECTION_").lower()


def scale_name(value: int) -> str:
    """``minor``, ``intermediate`` (also where it is not said) or ``major``."""
    known = common_pb2.Scale.ValueType(value or common_pb2.SCALE_INTERMEDIATE)
    return common_pb2.Scale.Name(known).removeprefix("SCALE_").lower()


def range_status_name(value: int) -> str:
    """``active`` for ``RANGE_STATUS_ACTIVE``."""
    return range_pb2.RangeStatus.Name(range_pb2.RangeStatus.ValueType(value)).removeprefix("RANGE_STATUS_").lower()


def signal_status_name(value: int) -> str:
    """``approved`` for ``SIGNAL_STATUS_APPROVED``."""
    return risk_pb2.SignalStatus.Name(risk_pb2.SignalStatus.ValueType(value)).removeprefix("SIGNAL_STATUS_").lower()


def size_unit_name(value: int) -> str:
    """``shares``, ``lots`` or ``contracts``."""
    return risk_pb2.SizeUnit.Name(risk_pb2.SizeUnit.ValueType(value)).removeprefix("SIZE_UNIT_").lower()


def order_name(value: int) -> str:
    """``next open``, ``limit`` or ``stop``."""
    kind = pattern_pb2.EntryOrder
    return kind.Name(kind.ValueType(value)).removeprefix("ENTRY_ORDER_").lower().replace("_", " ")


def validation_status_name(value: int) -> str:
    """``pass``, ``warn`` or ``fail``."""
    kind = risk_pb2.ValidationStatus
    return kind.Name(kind.ValueType(value)).removeprefix("VALIDATION_STATUS_").lower()


def health_name(value: int) -> str:
    """``healthy``, ``degraded`` or ``unhealthy``."""
    kind = orchestrator_pb2.HealthStatus
    return kind.Name(kind.ValueType(value)).removeprefix("HEALTH_STATUS_").lower()


def price_text(price: float) -> str:
    """A price with as many decimals as its size calls for."""
    size = abs(price)
    if size >= 1000:
        return f"{price:,.1f}"
    if size >= 1:
        return f"{price:.2f}"
    return f"{price:.5g}"


_PERCENT_OF_EQUITY: Final = ("risk_pct", "_after_pct")


def count_text(count: CauseCount) -> str:
    """The targets of a point-and-figure count, nearest first: ``110.20, 114.50 and 118.90 (9 columns)``."""
    low, middle, high = map(price_text, (count.low, count.middle, count.high))
    return f"{low}, {middle} and {high} ({count.columns} columns)"


def evidence_text(item: Evidence) -> str:
    """``volume ratio 2.31 (threshold 1.80)``, with what is unknown said so.

    Distances of prices are fractions on the wire and percent to people; shares of equity are percent already.
    """
    name = item.name.replace("_", " ").removesuffix(" pct").removesuffix(" log")
    percent = item.name.endswith("_pct")
    scale = 100.0 if percent and not item.name.endswith(_PERCENT_OF_EQUITY) else 1.0
    unit = " %" if percent else ""
    value = f"{item.value * scale:.4g}{unit}" if item.HasField("value") else "unknown"
    if not item.HasField("threshold"):
        return f"{name} {value}"
    missed = ", not met" if item.HasField("met") and not item.met else ""
    return f"{name} {value} (threshold {item.threshold * scale:.4g}{unit}{missed})"
