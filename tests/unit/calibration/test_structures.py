"""Confidence of the events of a structure: from what stood, frozen, the same for the mirror."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from services.pattern.config import PatternSettings
from services.pattern.detect import detect_patterns
from services.phase.calibration import Climax, calibrated
from services.phase.calibration_table import CALIBRATION
from services.phase.event import Note
from services.phase.scenes import Scenes
from tests.support.pipeline import run_stages
from wyckoff.model.kinds import EventType, Scale, Side
from wyckoff.schematics import MIRROR_TYPES, mirrored_bars, schematic

if TYPE_CHECKING:
    from services.phase.scene import PhaseScene
    from wyckoff.model.phases import StructureEvent

REFLECTED = {**MIRROR_TYPES, **{mirror: upright for upright, mirror in MIRROR_TYPES.items()}}
SERIES = schematic("accumulation", shakeout=True, noise=0.75, seed=4).bars


@pytest.fixture(scope="module")
def scene() -> PhaseScene:
    return Scenes(SERIES, run_stages(SERIES).volume).scene(Scale.INTERMEDIATE, mirrored=False)


def test_a_set_up_of_an_event_that_nobody_measured_has_no_probability() -> None:
    found = run_stages(schematic("accumulation", shakeout=True, noise=0.75, seed=3).bars)
    bare = [replace(item, events=tuple(replace(event, evidence=()) for event in item.events)) for item in found.phases]
    again = detect_patterns(found.bars, found.volume, found.ranges, bare, PatternSettings()).patterns
    assert [item.probability_pct for item in again] == [0] * len(found.patterns) != []
    assert [item.confidence for item in again] == [item.confidence for item in found.patterns]


def note(kind: EventType, at: int, points: int, *, withdrawn: int | None = None) -> Note:
    return Note(kind, at, at + 2, 4.0, points, (), withdrawn_at_index=withdrawn)


def measured(event: StructureEvent, name: str) -> float | None:
    return {item.name: item.value for item in event.evidence}.get(name)


def test_an_event_counts_with_those_that_stood_when_it_was_said(scene: PhaseScene) -> None:
    notes = [
        note(EventType.SC, 100, 90),
        note(EventType.AR, 110, 70),
        note(EventType.UT, 115, 10),
        note(EventType.ST, 120, 50, withdrawn=140),
        note(EventType.SPRING, 138, 60, withdrawn=160),
        note(EventType.SOS, 150, 100),
    ]
    found = calibrated([(item, scene) for item in notes], CALIBRATION, Side.ACCUMULATION)
    assert [measured(event, "points") for event in found] == [90, 70, 10, 50, 60, 100]
    # the secondary test was withdrawn on the very bar that made the spring known
    together = [90.0, 80.0, None, 70.0, pytest.approx(220 / 3), 80.0]
    assert [measured(event, "structure_points") for event in found] == together
    assert found[2].confidence == 10
    assert found[0].confidence == CALIBRATION.confidence(EventType.SC, 90.0, Climax.FOR)
    assert [measured(event, "climax_for_side") for event in found] == [1, 1, None, 1, 1, 1]
    for side, climax in ((Side.UNDETERMINED, Climax.NONE), (Side.DISTRIBUTION, Climax.AGAINST)):
        other = calibrated([(item, scene) for item in notes], CALIBRATION, side)
        assert measured(other[-1], "climax_for_side") == climax
        assert other[-1].confidence == CALIBRATION.confidence(EventType.SOS, 80.0, climax)


def test_what_the_other_side_said_of_a_range_does_not_count(scene: PhaseScene) -> None:
    other = Scenes(SERIES, run_stages(SERIES).volume).scene(Scale.INTERMEDIATE, mirrored=True)
    said = [(note(EventType.SOS, 120, 40), other), (note(EventType.SPRING, 150, 90), scene)]
    found = calibrated(said, CALIBRATION, Side.UNDETERMINED)
    assert [measured(event, "structure_points") for event in found] == [40.0, 90.0]


@pytest.mark.parametrize("seed", [3, 8])
def test_the_mirror_has_the_same_confidence_and_probability(seed: int) -> None:
    bars = schematic("accumulation", shakeout=True, noise=0.75, seed=seed).bars
    upright, mirror = run_stages(bars), run_stages(mirrored_bars(bars))
    here = sorted((REFLECTED[item.type], item.bar_index, item.confidence) for item in upright.events)
    assert here == sorted((item.type, item.bar_index, item.confidence) for item in mirror.events)
    there = sorted((item.bar_index, item.probability_pct) for item in mirror.patterns)
    assert there == sorted((item.bar_index, item.probability_pct) for item in upright.patterns) != []
    assert all(1 <= probability <= 99 for _, probability in there)
