"""A hand-made range from 100 to 110 with one event at a time, upright or upside down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from wyckoff.market.bars import Bars, make_bars
from wyckoff.model.kinds import EventType, Phase, RangeStatus, Side
from wyckoff.model.phases import PhaseReading, PhaseState, StructureEvent
from wyckoff.model.ranges import QualityComponents, RangeRevision, TradingRange
from wyckoff.model.volume import VolumeAnalysis

if TYPE_CHECKING:
    from numpy.typing import NDArray

DAY_MS = 86_400_000
ICE, CREEK = 100.0, 110.0
MIRROR = {
    EventType.SPRING: EventType.UTAD,
    EventType.SOS: EventType.SOW,
    EventType.LPS: EventType.LPSY,
    EventType.TEST: EventType.TEST,
    EventType.ST: EventType.ST,
}


T = TypeVar("T", float, "NDArray[np.float64]")


@dataclass
class Sketch:
    """Bars to be changed one by one before they are built; prices as for an accumulation."""

    count: int = 120
    mirrored: bool = False
    bars: dict[int, tuple[float, float, float, float]] = field(default_factory=dict)
    volume: dict[int, float] = field(default_factory=dict)
    spread: dict[int, float] = field(default_factory=dict)
    events: list[StructureEvent] = field(default_factory=list)
    states: list[PhaseState] = field(default_factory=list)
    duration: int = 45
    strength: int = 80

    def bar(self, index: int, *, ohlc: tuple[float, float, float, float], volume: float, spread: float = 1.0) -> None:
        self.bars[index], self.volume[index], self.spread[index] = ohlc, volume, spread

    def event(
        self, kind: EventType, bar: int, known: int, price: float, *, withdrawn: int | None = None, reason: str = ""
    ) -> None:
        kind = MIRROR[kind] if self.mirrored else kind
        price = _mirrored(price) if self.mirrored else price
        self.events.append(StructureEvent(kind, bar, known, price, 80, (), withdrawn_at_index=withdrawn, reason=reason))

    def phase(self, known: int, phase: Phase, confidence: int = 90, b_bars: int = 20) -> None:
        self.states.append(PhaseState(known, phase, known, confidence, b_bars, "event"))

    def build(self) -> tuple[Bars, VolumeAnalysis, TradingRange, PhaseReading]:
        ohlc = np.tile((105.0, 106.0, 104.0, 105.0), (self.count, 1))
        ratio, spread = np.ones(self.count), np.ones(self.count)
        for index, values in self.bars.items():
            ohlc[index] = values
            ratio[index], spread[index] = self.volume[index], self.spread[index]
        open_, high, low, close = ohlc.T
        position = (close - low) / (high - low)
        if self.mirrored:
            open_, high, low, close = (_mirrored(column) for column in (open_, low, high, close))
            position = 1.0 - position
        times = np.arange(self.count) * DAY_MS + 946_684_800_000
        bars = make_bars("TEST", "1d", times, open_, high, low, close, ratio * 1000)
        volume = VolumeAnalysis(ratio, spread, position, np.ones(self.count, dtype=np.int64))
        return bars, volume, self._range(), self._reading()

    def _range(self) -> TradingRange:
        ice, creek = (_mirrored(CREEK), _mirrored(ICE)) if self.mirrored else (ICE, CREEK)
        width = creek - ice
        revisions = tuple(
            RangeRevision(
                known_at_index=known,
                status=RangeStatus.ACTIVE,
                duration_bars=bars,
                quality=QualityComponents(30, 30, 20, 10),
                ice_strength=self.strength,
                creek_strength=self.strength,
                ice_touches=3,
                creek_touches=3,
                jump_up=creek + factor * width if factor else None,
                jump_down=ice - factor * width if factor else None,
                jump_factor=factor,
                reason="length",
            )
            for known, bars, factor in ((20, 10, 0.0), (30, self.duration, 3.0))
        )
        return TradingRange(
            range_id="range-1",
            side=self._side(),
            start_index=10,
            end_index=self.count - 1,
            known_at_index=20,
            ice=ice,
            creek=creek,
            jump=ice - 2 * width if self.mirrored else creek + 2 * width,
            status=RangeStatus.ACTIVE,
            climax_index=None,
            climax_price=None,
            reaction_index=None,
            reaction_price=None,
            zones=(),
            revisions=revisions,
        )

    def _reading(self) -> PhaseReading:
        last = self.states[-1] if self.states else PhaseState(20, Phase.B, 20, 80, 20, "range")
        return PhaseReading(
            range_id="range-1",
            side=self._side(),
            phase=last.phase,
            sub_phase="",
            confidence=last.confidence,
            segments=(),
            events=tuple(sorted(self.events, key=lambda event: event.known_at_index)),
            states=tuple(self.states),
        )

    def _side(self) -> Side:
        return Side.DISTRIBUTION if self.mirrored else Side.ACCUMULATION


def _mirrored(price: T) -> T:
    """Reflected in log price."""
    return 11_000.0 / price


def spring_sketch(
    *, mirrored: bool = False, count: int = 120, tested: bool = True, withdrawn: int | None = None
) -> Sketch:
    """A spring of 1.5 % at bar 60, back inside at 61, tested quietly at 65 and confirmed at 66, or loudly at 65."""
    sketch = Sketch(mirrored=mirrored)
    sketch.bar(60, ohlc=(100.8, 101.0, 98.5, 99.5), volume=0.45)
    sketch.bar(61, ohlc=(99.6, 102.0, 99.4, 101.5), volume=0.9)
    sketch.bar(65, ohlc=(100.5, 101.0, 99.5, 100.5), volume=0.35 if tested else 0.5)
    sketch.bar(66, ohlc=(100.6, 102.5, 100.4, 102.0), volume=0.8)
    sketch.event(EventType.SPRING, 60, 61, 98.5, withdrawn=withdrawn, reason="low broken" if withdrawn else "")
    if tested:
        sketch.event(EventType.TEST, 65, 66, 99.5)
    sketch.phase(61, Phase.C, 88)
    return sketch


def breakout_sketch(*, mirrored: bool = False, last_point: bool = True) -> Sketch:
    """A sign of strength at bar 80 and its last point at 84, known at 86."""
    sketch = Sketch(mirrored=mirrored)
    sketch.bar(80, ohlc=(109.0, 112.5, 108.9, 112.3), volume=2.2, spread=1.8)
    for index in (81, 82, 83):
        sketch.bar(index, ohlc=(112.0, 112.5, 111.4, 111.8), volume=1.0)
    sketch.bar(84, ohlc=(111.4, 111.6, 110.4, 111.0), volume=0.7, spread=0.8)
    for index in (85, 86):
        sketch.bar(index, ohlc=(111.0, 112.6, 110.9, 112.4), volume=0.9)
    sketch.event(EventType.SOS, 80, 80, 112.3)
    sketch.phase(80, Phase.D, 86)
    if last_point:
        sketch.event(EventType.LPS, 84, 86, 110.4)
        sketch.phase(86, Phase.E, 88)
    return sketch
