"""Phases of all ranges of a series."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from services.phase.classify import sub_phase
from services.phase.event import published
from services.phase.progression import segments
from services.phase.scene import frame_of, prepare_scene
from services.phase.structure import StructureReader
from wyckoff.model.isolation import run_isolated
from wyckoff.model.kinds import EventType, Phase, Side
from wyckoff.model.phases import PhaseReading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.phase.config import PhaseSettings
    from services.phase.scene import PhaseScene
    from wyckoff.market.bars import Bars
    from wyckoff.model.evidence import FailedDetector
    from wyckoff.model.ranges import TradingRange
    from wyckoff.model.volume import VolumeAnalysis


@dataclass(frozen=True, slots=True)
class PhaseResult:
    """One reading a range, in the order of the ranges, and the detectors that failed."""

    phases: tuple[PhaseReading, ...]
    failed: tuple[FailedDetector, ...]


def detect_phases(
    bars: Bars, volume: VolumeAnalysis, ranges: Sequence[TradingRange], settings: PhaseSettings
) -> PhaseResult:
    """Events and phases inside ``ranges``, which the range stage found in the same bars.

    A structure that cannot be read is reported under its side, and its reading is without a phase; so is that of
    a range without a climax, which has no structure to read.
    """
    failed: list[FailedDetector] = []
    phases = [_unread(item) for item in ranges]
    for side in (Side.ACCUMULATION, Side.DISTRIBUTION):
        own = [at for at, item in enumerate(ranges) if item.side is side]
        if not own:
            continue
        detector = f"phase.{side.lower()}"
        scene, failure = run_isolated(
            detector, partial(prepare_scene, bars, volume, mirrored=side is Side.DISTRIBUTION)
        )
        failed += [failure] if failure else []
        if scene is None:
            continue
        for at in own:
            reading, failure = run_isolated(detector, partial(_read, ranges[at], bars, scene, settings))
            failed += [failure] if failure else []
            phases[at] = reading or phases[at]
    return PhaseResult(tuple(phases), tuple(failed))


def _read(trading_range: TradingRange, bars: Bars, scene: PhaseScene, settings: PhaseSettings) -> PhaseReading:
    frame = frame_of(trading_range, scene)
    if frame is None:
        return _unread(trading_range)
    reader = StructureReader(frame, scene, settings)
    reader.read()
    state = reader.states[-1]
    tests = [note for note in reader.events if note.type is EventType.TEST]
    sprung = any(note.type is EventType.SPRING for note in reader.events)
    hindsight = (tests[-1].bar_index, tests[-1].known_at_index) if tests and not sprung else None
    last = scene.last_index if reader.failed_at is None else reader.failed_at
    tested = any(note.stands for note in tests)
    return PhaseReading(
        range_id=trading_range.range_id,
        side=trading_range.side,
        phase=state.phase,
        sub_phase=sub_phase(state.phase, state.start_index, last, tested, scene.log.close, bars.volume),
        confidence=state.confidence,
        segments=segments(reader.states, hindsight, last),
        events=tuple(published(note, scene) for note in sorted(reader.events, key=lambda n: n.known_at_index)),
        states=tuple(reader.states),
        failed_at_index=reader.failed_at,
        failure_reason=reader.failure_reason,
    )


def _unread(trading_range: TradingRange) -> PhaseReading:
    return PhaseReading(
        range_id=trading_range.range_id,
        side=trading_range.side,
        phase=Phase.UNSPECIFIED,
        sub_phase="",
        confidence=0,
        segments=(),
        events=(),
        states=(),
    )
