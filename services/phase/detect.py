"""Phases of all ranges of a series."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from services.phase.calibration import calibrated
from services.phase.classify import sub_phase
from services.phase.profiles import PROFILES
from services.phase.progression import segments
from services.phase.scene import frame_of
from services.phase.scenes import Scenes
from services.phase.structure import StructureReader
from services.phase.turned import TurnedReader
from services.phase.undetermined import UndeterminedReader
from wyckoff.market.scales import at_scale
from wyckoff.model.isolation import run_isolated
from wyckoff.model.kinds import EventType, Phase, Scale, Side
from wyckoff.model.phases import PhaseReading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.phase.calibration import Calibration
    from services.phase.config import PhaseSettings
    from services.phase.event import Note
    from services.phase.scene import PhaseScene
    from wyckoff.market.bars import Bars
    from wyckoff.model.evidence import FailedDetector
    from wyckoff.model.ranges import TradingRange
    from wyckoff.model.volume import VolumeAnalysis


_UNDETERMINED, _ACCUMULATION, _DISTRIBUTION = Side.UNDETERMINED, Side.ACCUMULATION, Side.DISTRIBUTION
_TEST: Final = EventType.TEST
#: Under which name a structure that cannot be read is reported.
_DETECTORS: Final = {(side, scale): f"phase.{side.lower()}.{scale.lower()}" for side in Side for scale in Scale}


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
    readers = _Readers(Scenes(bars, volume), settings)
    phases = []
    for item in ranges:
        reading, failure = run_isolated(_DETECTORS[item.side, item.scale], partial(_read, item, bars, readers))
        if failure is not None:
            failed.append(failure)
        phases.append(reading or _unread(item))
    return PhaseResult(tuple(phases), tuple(failed))


class _Readers:
    """Readers of one side of a range, on the scale of the range."""

    def __init__(self, scenes: Scenes, settings: PhaseSettings) -> None:
        profile = PROFILES[settings.profile]
        self._scenes, self.calibration = scenes, profile.calibration
        self._settings, self._fixed = profile.settings(settings), tuple(profile.thresholds)
        self._on_scale: dict[Scale, PhaseSettings] = {}

    def reader(self, item: TradingRange, *, mirrored: bool, turned: bool = False) -> StructureReader:
        scale, scene = item.scale, self._scenes.scene(item.scale, mirrored=mirrored)
        if scale not in self._on_scale:
            own, never_shorter = self._settings, self._settings.NEVER_SHORTER
            self._on_scale[scale] = at_scale(own, scale, fixed=self._fixed, never_shorter=never_shorter)
        return StructureReader(frame_of(item, scene, turned=turned), scene, self._on_scale[scale])


def _read(item: TradingRange, bars: Bars, readers: _Readers) -> PhaseReading:
    if item.side is _UNDETERMINED:
        both = UndeterminedReader(readers.reader(item, mirrored=False), readers.reader(item, mirrored=True))
        both.read()
        leader = both.leader
        return _reading(item, bars, readers.calibration, both, both.side, both.events(), leader.scene)
    mirrored = item.side is _DISTRIBUTION
    reader = readers.reader(item, mirrored=mirrored)
    reader.read()
    if reader.failed_at is not None:
        turned = TurnedReader(reader, readers.reader(item, mirrored=not mirrored, turned=True))
        if turned.read():
            return _reading(item, bars, readers.calibration, turned, turned.side, turned.events(), turned.scene)
    scene = reader.scene
    events = [(note, scene) for note in sorted(reader.events, key=attrgetter("known_at_index"))]
    return _reading(item, bars, readers.calibration, reader, item.side, events, scene)


def _reading(
    item: TradingRange,
    bars: Bars,
    calibration: Calibration,
    read: StructureReader | UndeterminedReader | TurnedReader,
    side: Side,
    events: list[tuple[Note, PhaseScene]],
    scene: PhaseScene,
) -> PhaseReading:
    """The reading as of the last bar; ``scene`` is that of the side that owns the range."""
    state, failed_at = read.states[-1], read.failed_at
    last = len(bars) - 1 if failed_at is None else failed_at
    tests, tested = {}, False
    for note, _ in events:
        if note.type is _TEST:
            tests[note.known_at_index] = note.bar_index
            tested = tested or note.stands
    return PhaseReading(
        item.range_id,
        side,
        state.phase,
        sub_phase(state.phase, state.start_index, last, tested, scene.close, bars.volume),
        state.confidence,
        segments(read.states, tests, last),
        calibrated(events, calibration, item.side),
        tuple(read.states),
        failed_at,
        read.failure_reason,
        item.scale,
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
