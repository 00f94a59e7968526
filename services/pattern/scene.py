"""What a set-up may be measured from: everything known at one bar, and nothing later."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from wyckoff.market.measured import measured
from wyckoff.model.evidence import Evidence
from wyckoff.model.kinds import EventType, Scale, Side

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from services.pattern.config import PatternSettings
    from wyckoff.market.bars import Bars
    from wyckoff.market.context import MarketContext
    from wyckoff.model.phases import PhaseReading, PhaseState, StructureEvent
    from wyckoff.model.ranges import RangeRevision, TradingRange
    from wyckoff.model.volume import VolumeAnalysis


@dataclass(frozen=True, slots=True)
class Structure:
    """A range and the reading of it."""

    trading_range: TradingRange
    reading: PhaseReading

    def revision(self, bar_index: int) -> RangeRevision:
        """The range as known at a bar that is not before ``TradingRange.known_at_index``."""
        return self.trading_range.as_of(bar_index) or self.trading_range.revisions[0]

    def state(self, bar_index: int) -> PhaseState | None:
        return self.reading.as_of(bar_index)

    def candidates(self, event_type: EventType) -> Iterator[StructureEvent]:
        return (event for event in self.reading.events if event.type is event_type)

    def standing(self, event_types: Sequence[EventType], bar_index: int) -> list[StructureEvent]:
        """Events of these types that stood at the close of a bar, by the bar that they describe."""
        events = [event for event in self.reading.events if event.type in event_types and event.stands_at(bar_index)]
        return sorted(events, key=lambda event: event.bar_index)

    def known_from(self, event: StructureEvent) -> int:
        """The first bar at which both the event and its range were known."""
        return max(event.known_at_index, self.trading_range.known_at_index)


@dataclass(frozen=True)
class Scene:
    """Bars with their volume analysis, and the structures in them."""

    bars: Bars
    volume: VolumeAnalysis
    structures: tuple[Structure, ...]

    @cached_property
    def context(self) -> MarketContext:
        """The market around each bar; measured when the first set-up in a range with a climax asks for it."""
        return measured(self.bars, self.volume).context

    def is_live(self, structure: Structure, event: StructureEvent, settings: PatternSettings) -> bool:
        """Whether a climax has woken the market up: its range has seen wider bars than the time before it.

        What a random walk shows as a climax is not followed by anything, and its small climaxes come without panic.
        An event that is as good as sure needs no such support. Ranges without a climax have proved themselves in the
        phase stage; what goes against a climax has to show the same.
        """
        own, bar_index = structure.trading_range, event.bar_index
        start = own.climax_index
        if start is None or bar_index <= start:
            return True
        if _is_turned(structure, event):
            return self.context.is_absorbing(bar_index)
        if event.confidence >= settings.sure_confidence:
            return True
        if own.scale is Scale.MINOR and self.context.volatility(bar_index) < settings.min_minor_volatility:
            return False
        return self.context.range_z(bar_index, bar_index - start) >= settings.min_range_activity

    def volume_ratio(self, bar_index: int) -> float | None:
        return _known(float(self.volume.volume_ratio[bar_index]))

    def spread_ratio(self, bar_index: int) -> float | None:
        return _known(float(self.volume.spread_ratio[bar_index]))

    def close_position(self, bar_index: int) -> float:
        return float(self.volume.close_position[bar_index])


def _is_turned(structure: Structure, event: StructureEvent) -> bool:
    """Whether an event belongs to the side against which the climax of its range stands."""
    bullish = event.type in _BULLISH
    return bullish is (structure.trading_range.side is Side.DISTRIBUTION)


#: Events of the accumulation side that make set-ups.
_BULLISH = frozenset({EventType.SPRING, EventType.SOS, EventType.LPS})


def make_scene(
    bars: Bars, volume: VolumeAnalysis, ranges: Sequence[TradingRange], phases: Sequence[PhaseReading]
) -> Scene:
    """Pairs ranges and readings; raises ValueError when the inputs do not belong together."""
    if len(volume.volume_ratio) != len(bars):
        raise ValueError(f"volume: {len(volume.volume_ratio)} values for {len(bars)} bars; one a bar is needed")
    by_id = {item.range_id: item for item in ranges}
    unknown = [reading.range_id for reading in phases if reading.range_id not in by_id]
    if unknown:
        raise ValueError(f"phases: range_id {unknown[0]!r} is in no range; a reading needs its range")
    structures = tuple(Structure(by_id[reading.range_id], reading) for reading in phases)
    return Scene(bars, volume, structures)


def at_least(name: str, value: float | None, threshold: float) -> Evidence:
    """A fact that must not be below its threshold."""
    return Evidence(name, value, threshold, None if value is None else value >= threshold)


def at_most(name: str, value: float | None, threshold: float) -> Evidence:
    """A fact that must not be above its threshold."""
    return Evidence(name, value, threshold, None if value is None else value <= threshold)


def below(name: str, value: float | None, threshold: float | None) -> Evidence:
    """A fact that must be below its threshold."""
    return Evidence(name, value, threshold, None if value is None or threshold is None else value < threshold)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
