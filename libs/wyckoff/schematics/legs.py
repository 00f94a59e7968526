"""The parts of an accumulation as legs, in the order in which they come. Levels: 0 support, 1 resistance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wyckoff.model.kinds import EventType
from wyckoff.schematics.path import Leg

if TYPE_CHECKING:
    from numpy.random import Generator


def down_trend(rng: Generator, bars: int, height: float) -> list[Leg]:
    """A decline with rallies on the way, ending in a selling climax at level 0."""
    top = float(rng.uniform(0.34, 0.46)) / height
    early, middle, late = int(bars * 0.38), int(bars * 0.14), int(bars * 0.30)
    slide, panic = bars - early - middle - late - 5, 5
    return [
        Leg(early, top * 0.66, (0.8, 1.0)),
        Leg(middle, top * 0.67, (0.8, 0.75)),
        Leg(late, top * 0.40, (0.9, 1.1)),
        Leg(slide, top * 0.30, (0.95, 1.2)),
        Leg(panic, 0.0, (1.4, float(rng.uniform(3.4, 4.4))), EventType.SC, curve=1.45, quiet=0.3),
    ]


def stopping_action(rng: Generator) -> list[Leg]:
    """Automatic rally and secondary test."""
    return [
        Leg(int(rng.integers(7, 12)), 1.0, (1.7, 1.25), EventType.AR, curve=0.8),
        Leg(int(rng.integers(7, 12)), float(rng.uniform(0.08, 0.18)), (0.8, 0.55), EventType.ST, quiet=0.8),
    ]


def phase_b(rng: Generator) -> list[Leg]:
    """Two or three swings inside the range, on volume that dries up."""
    legs, swings = [], int(rng.integers(2, 4))
    for swing in range(swings):
        dry = 1.0 - 0.15 * swing
        legs.append(Leg(int(rng.integers(9, 15)), float(rng.uniform(0.68, 0.9)), (0.9 * dry, 0.8 * dry)))
        if swing < swings - 1:
            legs.append(Leg(int(rng.integers(9, 15)), float(rng.uniform(0.25, 0.42)), (0.85 * dry, 0.7 * dry)))
    return legs


def spring_and_test(rng: Generator, height: float) -> list[Leg]:
    """A dip under support on little volume that is bought back at once, then the test of it."""
    depth = float(rng.uniform(0.016, 0.034)) / height
    return [
        Leg(int(rng.integers(10, 15)), 0.06, (0.8, 0.55), quiet=0.7),
        Leg(1, -depth, (0.31, 0.31), EventType.SPRING, quiet=0.0),
        Leg(int(rng.integers(1, 3)), 0.12, (0.45, 0.6), quiet=0.2),
        Leg(int(rng.integers(2, 4)), float(rng.uniform(0.28, 0.36)), (0.75, 0.75), quiet=0.4),
        Leg(int(rng.integers(3, 5)), float(rng.uniform(0.07, 0.12)), (0.5, 0.4), EventType.TEST, quiet=0.4),
    ]


def higher_low(rng: Generator) -> list[Leg]:
    """The last test above support of a structure without a spring."""
    return [Leg(int(rng.integers(11, 16)), float(rng.uniform(0.14, 0.24)), (0.75, 0.45), EventType.TEST, quiet=0.7)]


def breakout(rng: Generator, height: float) -> list[Leg]:
    """Sign of strength, pullback to the old resistance, and the turn away from it."""
    beyond = float(rng.uniform(0.022, 0.034)) / height
    return [
        Leg(int(rng.integers(9, 14)), 0.93, (0.5, 1.0)),
        Leg(1, 1.0 + beyond, (1.75, 1.75), EventType.SOS, quiet=0.0),
        Leg(int(rng.integers(2, 4)), 1.1 + 1.5 * beyond, (1.4, 1.2), quiet=0.4),
        Leg(int(rng.integers(4, 7)), float(rng.uniform(1.0, 1.06)), (0.85, 0.6), EventType.LPS, quiet=0.5),
        Leg(int(rng.integers(6, 9)), 1.6, (1.0, 1.2), quiet=0.6),
    ]


def markup(rng: Generator, height: float, bars: int) -> list[Leg]:
    """The trend after the structure."""
    gain = float(rng.uniform(0.12, 0.2)) / height
    first, pause = int(bars * 0.5), int(bars * 0.2)
    return [
        Leg(first, 1.6 + gain, (1.1, 1.0)),
        Leg(pause, 1.6 + 0.75 * gain, (0.8, 0.75)),
        Leg(max(1, bars - first - pause), 1.6 + 1.7 * gain, (1.0, 0.9)),
    ]


def breakdown(rng: Generator, height: float, bars: int) -> list[Leg]:
    """Support gives way on volume, is not regained, and the decline goes on."""
    beyond = float(rng.uniform(0.03, 0.045)) / height
    fall = float(rng.uniform(0.25, 0.35)) / height
    third = bars // 3
    return [
        Leg(int(rng.integers(9, 14)), 0.1, (0.8, 1.0)),
        Leg(1, -beyond, (2.6, 2.6), quiet=0.0),
        Leg(int(rng.integers(3, 6)), -beyond - 0.25, (1.5, 1.3), quiet=0.4),
        Leg(int(rng.integers(4, 7)), -0.2 - 0.5 * beyond, (0.8, 0.6), quiet=0.4),
        Leg(third, -0.1 - fall * 0.45, (1.1, 1.0), curve=0.7, quiet=0.7),
        Leg(third // 2, -0.1 - fall * 0.33, (0.8, 0.7)),
        Leg(max(1, bars - third - third // 2), -0.1 - fall, (1.0, 1.0)),
    ]
