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
from services.phase.undetermined import UndeterminedReader
from wyckoff.market.mirror import log_bars
from wyckoff.market.scales import at_scale
from wyckoff.model.isolation import run_isolated
from wyckoff.model.kinds import EventType, Phase, Scale, Side
from wyckoff.model.phases import PhaseReading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.phase.config import PhaseSettings
    from services.phase.event import Note
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

    A structure that cannot be read is reported under its side and scale, and its reading is without a phase.
    """
    failed: list[FailedDetector] = []
    if not ranges:
        return PhaseResult((), ())
    scenes = _Scenes(bars, volume, settings)
    phases = []
    for item in ranges:
        detector = f"phase.{item.side.lower()}.{item.scale.lower()}"
        reading, failure = run_isolated(detector, partial(_read, item, bars, scenes))
        failed += [failure] if failure else []
        phases.append(reading or _unread(item))
    return PhaseResult(tuple(phases), tuple(failed))


class _Scenes:
    """The scenes of both sides and of all scales, each made when it is first needed."""

    def __init__(self, bars: Bars, volume: VolumeAnalysis, settings: PhaseSettings) -> None:
        self._upright = prepare_scene(bars, volume, mirrored=False)
        self._bars, self._volume, self._settings = bars, volume, settings
        self._made: dict[tuple[Scale, bool], PhaseScene] = {}

    def reader(self, item: TradingRange, *, mirrored: bool) -> StructureReader:
        """A reader of one side of a range, on the scale of the range."""
        scene = self._scene(item.scale, mirrored=mirrored)
        return StructureReader(
            frame_of(item, scene),
            scene,
            at_scale(self._settings, item.scale, never_shorter=self._settings.NEVER_SHORTER),
        )

    def _scene(self, scale: Scale, *, mirrored: bool) -> PhaseScene:
        key = (scale, mirrored)
        if key not in self._made:
            base = prepare_scene(self._bars, self._volume, mirrored=True) if mirrored else self._upright
            self._made[key] = base.at_scale(scale)
        return self._made[key]


def _read(item: TradingRange, bars: Bars, scenes: _Scenes) -> PhaseReading:
    if item.side is Side.UNDETERMINED:
        both = UndeterminedReader(scenes.reader(item, mirrored=False), scenes.reader(item, mirrored=True))
        both.read()
        return _reading(item, bars, both, both.side, both.events())
    reader = scenes.reader(item, mirrored=item.side is Side.DISTRIBUTION)
    reader.read()
    events = sorted(((note, reader.scene) for note in reader.events), key=lambda item: item[0].known_at_index)
    return _reading(item, bars, reader, item.side, events)


def _reading(
    item: TradingRange,
    bars: Bars,
    read: StructureReader | UndeterminedReader,
    side: Side,
    events: list[tuple[Note, PhaseScene]],
) -> PhaseReading:
    state, last = read.states[-1], len(bars) - 1 if read.failed_at is None else read.failed_at
    tests = [note for note, _ in events if note.type is EventType.TEST]
    log_close = log_bars(bars, mirrored=side is Side.DISTRIBUTION).close
    tested = any(note.stands for note in tests)
    return PhaseReading(
        range_id=item.range_id,
        side=side,
        phase=state.phase,
        sub_phase=sub_phase(state.phase, state.start_index, last, tested, log_close, bars.volume),
        confidence=state.confidence,
        segments=segments(read.states, {note.known_at_index: note.bar_index for note in tests}, last),
        events=tuple(published(note, scene) for note, scene in events),
        states=tuple(read.states),
        failed_at_index=read.failed_at,
        failure_reason=read.failure_reason,
        scale=item.scale,
    )


def _unread(item: TradingRange) -> PhaseReading:
    return PhaseReading(
        range_id=item.range_id,
        side=item.side,
        phase=Phase.UNSPECIFIED,
        sub_phase="",
        confidence=0,
        segments=(),
        events=(),
        states=(),
        scale=item.scale,
    )
