"""All pattern detectors, each by itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from services.pattern import lps, lpsy, sos, sow, spring, utad
from services.pattern.scene import make_scene
from wyckoff.model.isolation import run_isolated

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from services.pattern.config import PatternSettings
    from services.pattern.scene import Scene
    from wyckoff.market.bars import Bars
    from wyckoff.model.evidence import FailedDetector
    from wyckoff.model.kinds import EventType
    from wyckoff.model.patterns import Pattern
    from wyckoff.model.phases import PhaseReading
    from wyckoff.model.ranges import TradingRange
    from wyckoff.model.volume import VolumeAnalysis

    Detector = Callable[[Scene, PatternSettings], tuple[Pattern, ...]]

DETECTORS: Final[Mapping[str, Detector]] = {
    "pattern.spring": spring.detect,
    "pattern.utad": utad.detect,
    "pattern.sos": sos.detect,
    "pattern.sow": sow.detect,
    "pattern.lps": lps.detect,
    "pattern.lpsy": lpsy.detect,
}

#: The structural events that each detector waits for: it has nothing to say about bars that have none of them.
NEEDS: Final[Mapping[str, frozenset[EventType]]] = {
    "pattern.spring": frozenset({spring.SPRING.event}),
    "pattern.utad": frozenset({utad.UTAD.event}),
    "pattern.sos": frozenset({sos.SOS.event}),
    "pattern.sow": frozenset({sow.SOW.event}),
    "pattern.lps": frozenset({lps.LPS.event}),
    "pattern.lpsy": frozenset({lpsy.LPSY.event}),
}


@dataclass(frozen=True, slots=True)
class PatternResult:
    """``patterns`` by ``known_at_index``, then ``bar_index``; ``failed`` names detectors that raised."""

    patterns: tuple[Pattern, ...]
    failed: tuple[FailedDetector, ...]


def detect_patterns(
    bars: Bars,
    volume: VolumeAnalysis,
    ranges: Sequence[TradingRange],
    phases: Sequence[PhaseReading],
    settings: PatternSettings,
    detectors: Mapping[str, Detector] = DETECTORS,
) -> PatternResult:
    """Set-ups of both directions, from events of the phase stage.

    Raises ValueError when the inputs do not belong together. A detector that raises is reported and takes
    no other one down.
    """
    scene = make_scene(bars, volume, ranges, phases)
    patterns: list[Pattern] = []
    failed: list[FailedDetector] = []
    present = {event.type for structure in scene.structures for event in structure.reading.events}
    for name, detector in detectors.items():
        # one that declares nothing is always asked
        if name in NEEDS and present.isdisjoint(NEEDS[name]):
            continue
        found, failure = run_isolated(name, partial(detector, scene, settings))
        patterns.extend(found or ())
        if failure is not None:
            failed.append(failure)
    patterns.sort(key=lambda pattern: (pattern.known_at_index, pattern.bar_index, pattern.type, pattern.pattern_id))
    return PatternResult(tuple(patterns), tuple(failed))
