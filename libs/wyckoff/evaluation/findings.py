"""What an analysis said, reduced to what is scored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wyckoff.common.v1 import common_pb2
from wyckoff.model.kinds import EventType

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from google.protobuf.message import Message

    from wyckoff.orchestrator.v1.orchestrator_pb2 import Analysis

_SCALE_FIELD: Final = "scale"


@dataclass(frozen=True, slots=True)
class Detection:
    """An event or pattern said at ``known_at_index`` to be at ``bar_index``.

    ``confidence``, 0-100, is the confidence of an event and the probability of a pattern.
    ``scale`` is empty where the analysis knows of no scales.
    """

    type: EventType
    bar_index: int
    known_at_index: int
    confidence: int
    scale: str = ""

    @property
    def lag_bars(self) -> int:
        return self.known_at_index - self.bar_index


@dataclass(frozen=True, slots=True)
class FoundRange:
    """A range that was said; prices."""

    start: int
    end: int
    support: float
    resistance: float
    scale: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that was said, withdrawn or not: what was said was said."""

    events: tuple[Detection, ...] = ()
    patterns: tuple[Detection, ...] = ()
    ranges: tuple[FoundRange, ...] = ()

    @property
    def said(self) -> tuple[Detection, ...]:
        """Events and patterns, each type once a bar: the first of them, events before patterns."""
        return distinct((*self.events, *self.patterns))

    def of_scales(self, scales: Collection[str]) -> Findings:
        """What belongs to these scales alone."""
        return Findings(
            tuple(item for item in self.events if item.scale in scales),
            tuple(item for item in self.patterns if item.scale in scales),
            tuple(item for item in self.ranges if item.scale in scales),
        )


def distinct(detections: Iterable[Detection]) -> tuple[Detection, ...]:
    """The first of each type and bar, in order."""
    first: dict[tuple[EventType, int], Detection] = {}
    for item in detections:
        first.setdefault((item.type, item.bar_index), item)
    return tuple(first.values())


def findings_of(analysis: Analysis) -> Findings:
    """The findings of an analysis."""
    scales = {item.range_id: _scale(item) for item in analysis.ranges}
    events = tuple(
        Detection(
            EventType(common_pb2.EventType.Name(event.type).removeprefix("EVENT_TYPE_")),
            event.bar_index,
            event.known_at_index,
            event.confidence,
            _scale(reading) or scales.get(reading.range_id, ""),
        )
        for reading in analysis.phases
        for event in reading.events
    )
    patterns = tuple(
        Detection(
            EventType(common_pb2.PatternType.Name(pattern.type).removeprefix("PATTERN_TYPE_")),
            pattern.bar_index,
            pattern.known_at_index,
            pattern.probability_pct,
            _scale(pattern) or scales.get(pattern.range_id, ""),
        )
        for pattern in analysis.patterns
    )
    ranges = tuple(
        FoundRange(item.start_index, item.end_index, item.ice, item.creek, scales[item.range_id])
        for item in analysis.ranges
    )
    return Findings(events, patterns, ranges)


def _scale(message: Message) -> str:
    """``minor`` for ``SCALE_MINOR``; empty for a contract without scales or a scale that was not said."""
    field = message.DESCRIPTOR.fields_by_name.get(_SCALE_FIELD)
    if field is None or field.enum_type is None:
        return ""
    value = field.enum_type.values_by_number.get(getattr(message, _SCALE_FIELD))
    name = "" if value is None or value.number == 0 else value.name
    return name.removeprefix("SCALE_").lower()
