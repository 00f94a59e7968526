from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from services.phase.classify import classify, sub_phase
from services.phase.confidence import phase_confidence
from services.phase.config import PhaseSettings
from services.phase.detect import detect_phases
from services.phase.event import Note, at_least, at_most, ramp
from services.phase.progression import allowed
from services.phase.scene import Frame
from services.range.config import RangeSettings
from services.range.detect import detect_ranges
from services.volume.analysis import analyze_volume
from services.volume.config import VolumeSettings
from tests.unit.phase.structures import bars_of, range_of
from wyckoff.market.bars import Bars, make_bars
from wyckoff.model.kinds import EventType, Phase
from wyckoff.schematics import mirrored_bars, random_walk, schematic

NAN = float("nan")
FRAME = Frame(10, 10, 4.60, 15, 18, 4.605, 4.718)


def _note(kind: EventType, bar: int, confidence: int = 80) -> Note:
    return Note(kind, bar, bar, 4.65, confidence, ())


def _events(*kinds: EventType) -> dict[EventType, Note]:
    return {kind: _note(kind, 10 * k) for k, kind in enumerate(kinds)}


@pytest.mark.parametrize(
    ("kinds", "phase"),
    [
        ((EventType.SC, EventType.AR), Phase.A),
        ((EventType.SC, EventType.AR, EventType.ST), Phase.B),
        ((EventType.SC, EventType.AR, EventType.ST, EventType.SPRING), Phase.C),
        ((EventType.SC, EventType.AR, EventType.ST, EventType.SOS), Phase.D),
        ((EventType.SC, EventType.AR, EventType.ST, EventType.SOS, EventType.LPS), Phase.E),
    ],
)
def test_the_latest_standing_event_makes_the_phase(kinds: tuple[EventType, ...], phase: Phase) -> None:
    assert classify(_events(*kinds), 0) == (phase, 10 * (len(kinds) - 1) if phase is not Phase.A else 0)


def test_a_last_point_without_its_sign_of_strength_makes_no_phase() -> None:
    assert classify(_events(EventType.SC, EventType.AR, EventType.ST, EventType.LPS), 0)[0] is Phase.B


@pytest.mark.parametrize(
    ("before", "after", "withdrawn", "expected"),
    [
        (Phase.UNSPECIFIED, Phase.A, False, True),
        (Phase.B, Phase.D, False, True),
        (Phase.A, Phase.D, False, False),
        (Phase.D, Phase.C, False, False),
        (Phase.D, Phase.C, True, True),
        (Phase.C, Phase.UNSPECIFIED, True, True),
        (Phase.E, Phase.A, True, False),
        (Phase.C, Phase.C, False, True),
    ],
)
def test_allowed_moves(before: Phase, after: Phase, withdrawn: bool, expected: bool) -> None:
    assert allowed(before, after, withdrawn=withdrawn) is expected


def test_confidence_adds_presence_quality_sequence_and_context() -> None:
    stopping = _events(EventType.SC, EventType.AR)
    assert phase_confidence(Phase.A, stopping, 0, 9, FRAME) == 40 + 24 + 20 + 5 + 5
    tested = _events(EventType.SC, EventType.AR, EventType.ST)
    assert phase_confidence(Phase.B, tested, 0, 9, FRAME) == 30 + 24 + 15 + 5
    assert phase_confidence(Phase.B, tested, 1, 10, FRAME) == 40 + 24 + 20 + 10
    assert phase_confidence(Phase.UNSPECIFIED, tested, 1, 10, FRAME) == 0


def test_confidence_never_leaves_its_scale() -> None:
    kinds = (EventType.SC, EventType.AR, EventType.ST, EventType.SOS)
    sure = {kind: Note(kind, 1, 1, 4.7, 100, ()) for kind in kinds}
    assert phase_confidence(Phase.D, sure, 5, 99, FRAME) <= 100


@pytest.mark.parametrize(
    ("value", "expected"), [(-1.0, 0.0), (0.0, 0.0), (1.0, 0.5), (2.0, 1.0), (9.0, 1.0), (NAN, 0.5)]
)
def test_partial_evidence_is_level_outside_its_ramp(value: float, expected: float) -> None:
    assert ramp(value, 0.0, 2.0) == expected


def test_evidence_includes_its_threshold_and_knows_the_unknown() -> None:
    assert at_least("a", 1.5, 1.5).met is True
    assert at_most("a", 1.5, 1.5).met is True
    assert at_least("a", 1.49, 1.5).met is False
    assert (at_most("a", NAN, 1.5).value, at_most("a", NAN, 1.5).met) == (None, None)


@pytest.mark.parametrize(
    ("phase", "last", "tested", "slope", "expected"),
    [
        (Phase.C, 12, False, 0.0, "C_SPRING"),
        (Phase.C, 13, False, 0.0, "C_READY"),
        (Phase.C, 12, True, 0.0, "C_TEST"),
        (Phase.D, 12, True, 0.0, ""),
        (Phase.E, 19, True, 0.0, "E_EARLY"),
        (Phase.E, 40, True, 0.003, "E_MATURE"),
        (Phase.E, 40, True, 0.0015, "E_LATE"),
        (Phase.E, 40, True, 0.0, "E_EXHAUSTION"),
    ],
)
def test_sub_phases(phase: Phase, last: int, tested: bool, slope: float, expected: str) -> None:
    close = np.arange(50, dtype=np.float64) * slope
    volume = np.concatenate((np.full(25, 10.0), np.full(25, 5.0)))
    assert sub_phase(phase, 10, last, tested, close.tolist(), volume) == expected


def _said(bars: Bars) -> set[tuple[int, int, str | None]]:
    volume = analyze_volume(bars, np.asarray(bars.volume > 0), VolumeSettings())
    ranges = detect_ranges(bars, volume, RangeSettings())
    phases = detect_phases(bars, volume, ranges.ranges, PhaseSettings())
    assert ranges.failed == ()
    assert phases.failed == ()
    assert [phase.range_id for phase in phases.phases] == [item.range_id for item in ranges.ranges]
    return {(e.bar_index, e.known_at_index, e.reason) for phase in phases.phases for e in phase.events}


@pytest.mark.parametrize("seed", range(4))
def test_reflected_bars_give_mirrored_events_at_the_same_bars(seed: int) -> None:
    bars = schematic("accumulation", shakeout=seed % 2 == 0, noise=0.8, seed=seed).bars
    assert _said(bars) == _said(mirrored_bars(bars))


@pytest.mark.parametrize("count", [1, 2, 30])
def test_short_series_are_answered(count: int) -> None:
    assert _said(random_walk(4, 40).head(count)) == set()


@pytest.mark.parametrize("scale", [1e-6, 1e9])
def test_extreme_prices_and_missing_volume_are_answered(scale: float) -> None:
    bars = random_walk(4, 400)
    open_, high, low, close = (column * scale for column in (bars.open, bars.high, bars.low, bars.close))
    silent = np.zeros(len(bars))
    assert _said(make_bars("X", "1d", bars.open_time_ms, open_, high, low, close, silent)) is not None


def test_fifty_thousand_bars_are_answered() -> None:
    assert len(_said(random_walk(8, 50_000))) > 100


def test_a_failing_structure_is_reported_and_the_others_are_read() -> None:
    bars = bars_of((0.0, *(0.5,) * 40))
    volume = analyze_volume(bars, np.asarray(bars.volume > 0), VolumeSettings())
    sound = range_of(bars)
    impossible = replace(sound, range_id="range-2", known_at_index=len(bars) + 5)
    result = detect_phases(bars, volume, (impossible, sound), PhaseSettings())
    assert [failure.detector for failure in result.failed] == ["phase.accumulation.intermediate"]
    assert [reading.range_id for reading in result.phases] == ["range-2", "range-1"]
    assert [reading.phase for reading in result.phases] == [Phase.UNSPECIFIED, Phase.A]
