"""Parts of the less common structures as legs: long and untidy ranges, springs by class, structures in structures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wyckoff.model.kinds import EventType
from wyckoff.schematics.legs import spring_and_test
from wyckoff.schematics.path import Leg

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.random import Generator


def long_phase_b(rng: Generator) -> list[Leg]:
    """Five to nine swings inside the range; volume dries up slowly."""
    legs, swings = [], int(rng.integers(5, 10))
    for swing in range(swings):
        dry = 1.0 - 0.4 * swing / swings
        legs.append(Leg(int(rng.integers(10, 15)), float(rng.uniform(0.62, 0.92)), (0.95 * dry, 0.85 * dry)))
        if swing < swings - 1:
            legs.append(Leg(int(rng.integers(10, 15)), float(rng.uniform(0.18, 0.42)), (0.9 * dry, 0.75 * dry)))
    return legs


def overrun_phase_b(rng: Generator, height: float) -> list[Leg]:
    """Each border gives way for a bar in phase B: support on ordinary volume, later resistance."""
    beyond = float(rng.uniform(0.010, 0.018)) / height
    return [
        Leg(int(rng.integers(9, 14)), float(rng.uniform(0.7, 0.85)), (0.9, 0.85)),
        Leg(int(rng.integers(10, 15)), 0.08, (0.95, 0.9), quiet=0.7),
        Leg(1, -beyond, (1.1, 1.1), EventType.UT, quiet=0.0),
        Leg(int(rng.integers(2, 4)), 0.25, (0.9, 0.8), quiet=0.4),
        Leg(int(rng.integers(10, 15)), 0.9, (0.8, 0.85)),
        Leg(1, 1.0 + beyond, (1.05, 1.05), quiet=0.0),
        Leg(int(rng.integers(2, 4)), 0.8, (0.9, 0.8), quiet=0.4),
        Leg(int(rng.integers(11, 16)), float(rng.uniform(0.3, 0.45)), (0.75, 0.65)),
        Leg(int(rng.integers(9, 14)), float(rng.uniform(0.6, 0.75)), (0.7, 0.6)),
    ]


def ordinary_spring(rng: Generator, height: float) -> list[Leg]:
    """Class 2: support gives way for two or three bars on ordinary volume; a test on less volume follows."""
    depth = float(rng.uniform(0.022, 0.040)) / height
    return [
        Leg(int(rng.integers(10, 15)), 0.06, (0.8, 0.7), quiet=0.7),
        Leg(2, -depth, (0.7, float(rng.uniform(0.62, 0.8))), EventType.SPRING, quiet=0.1),
        Leg(int(rng.integers(1, 3)), 0.14, (0.7, 0.8), quiet=0.2),
        Leg(int(rng.integers(2, 5)), float(rng.uniform(0.30, 0.40)), (0.8, 0.75), quiet=0.4),
        Leg(int(rng.integers(3, 6)), float(rng.uniform(0.06, 0.13)), (0.55, 0.42), EventType.TEST, quiet=0.4),
    ]


def terminal_shakeout(rng: Generator, height: float) -> list[Leg]:
    """Class 1: a deep break on heavy volume, bought back within a few bars, and tested."""
    depth = float(rng.uniform(0.045, 0.075)) / height
    return [
        Leg(int(rng.integers(10, 15)), 0.08, (0.8, 0.8), quiet=0.7),
        Leg(int(rng.integers(2, 4)), -depth, (1.4, float(rng.uniform(1.9, 2.5))), EventType.SPRING, quiet=0.1),
        Leg(int(rng.integers(2, 4)), 0.2, (1.5, 1.3), quiet=0.2),
        Leg(int(rng.integers(3, 6)), float(rng.uniform(0.40, 0.5)), (1.0, 0.9), quiet=0.4),
        Leg(int(rng.integers(4, 7)), float(rng.uniform(0.08, 0.16)), (0.6, 0.45), EventType.TEST, quiet=0.4),
    ]


#: Shake-out and test by class of the spring.
SPRINGS: Final[Mapping[int, Callable[[Generator, float], list[Leg]]]] = {
    1: terminal_shakeout,
    2: ordinary_spring,
    3: spring_and_test,
}


def failed_rally(rng: Generator) -> list[Leg]:
    """A rally that ends half-way up, on little volume."""
    return [Leg(int(rng.integers(7, 12)), float(rng.uniform(0.45, 0.6)), (0.75, 0.6))]


def false_breakout(rng: Generator, height: float) -> list[Leg]:
    """A sign of strength that finds no follow-up and falls back through the range."""
    beyond = float(rng.uniform(0.022, 0.034)) / height
    return [
        Leg(int(rng.integers(9, 14)), 0.93, (0.5, 1.0)),
        Leg(1, 1.0 + beyond, (1.75, 1.75), EventType.SOS, quiet=0.0),
        Leg(int(rng.integers(2, 4)), 1.04 + beyond, (1.2, 1.0), quiet=0.4),
        Leg(int(rng.integers(3, 6)), 0.7, (1.3, 1.4), quiet=0.4),
        Leg(int(rng.integers(6, 10)), 0.45, (1.1, 1.0), quiet=0.7),
    ]


def jump(rng: Generator, height: float) -> list[Leg]:
    """Sign of strength and a wide run beyond the old resistance; the last leg's end is its top."""
    beyond = float(rng.uniform(0.022, 0.034)) / height
    return [
        Leg(int(rng.integers(9, 14)), 0.93, (0.5, 1.0)),
        Leg(1, 1.0 + beyond, (1.75, 1.75), EventType.SOS, quiet=0.0),
        Leg(int(rng.integers(4, 7)), float(rng.uniform(1.55, 1.75)), (1.4, 1.2), quiet=0.5),
    ]


def stepping_stone(rng: Generator) -> tuple[list[Leg], float, float]:
    """A range over the old resistance, 45 to 75 bars, that leaves upwards; with its lower and upper level.

    Its first low is the last point of support of the structure below.
    """
    low, high = float(rng.uniform(0.98, 1.05)), float(rng.uniform(1.55, 1.65))
    inside = high - low
    legs = [
        Leg(int(rng.integers(6, 9)), low, (0.85, 0.6), EventType.LPS, quiet=0.5),
        Leg(int(rng.integers(7, 11)), high - 0.05 * inside, (0.85, 0.8)),
        Leg(int(rng.integers(7, 11)), low + 0.15 * inside, (0.75, 0.65)),
        Leg(int(rng.integers(7, 11)), high - 0.2 * inside, (0.7, 0.7)),
        Leg(int(rng.integers(8, 12)), low + 0.25 * inside, (0.6, 0.5), EventType.TEST),
        Leg(int(rng.integers(7, 10)), high - 0.06 * inside, (0.6, 0.9)),
        Leg(1, high + 0.22 * inside, (1.75, 1.75), EventType.SOS, quiet=0.0),
    ]
    return legs, low, high


def inner_range(rng: Generator) -> tuple[list[Leg], float, float]:
    """A small range in the upper half of a large one, 30 to 50 bars, with its levels.

    It has a shake-out and a breakout of its own, which ends at the large range's resistance.
    """
    low, high = float(rng.uniform(0.48, 0.55)), float(rng.uniform(0.82, 0.88))
    inside = high - low
    legs = [
        Leg(int(rng.integers(6, 9)), low, (0.8, 0.7), quiet=0.6),
        Leg(int(rng.integers(5, 8)), high - 0.05 * inside, (0.8, 0.7), quiet=0.6),
        Leg(int(rng.integers(5, 8)), low + 0.12 * inside, (0.7, 0.6), quiet=0.6),
        Leg(int(rng.integers(5, 8)), high - 0.1 * inside, (0.7, 0.65), quiet=0.6),
        Leg(int(rng.integers(5, 8)), low + 0.05 * inside, (0.6, 0.5), quiet=0.5),
        Leg(1, low - 0.22 * inside, (0.45, 0.45), EventType.SPRING, quiet=0.0),
        Leg(int(rng.integers(2, 4)), low + 0.4 * inside, (0.7, 0.8), quiet=0.3),
        Leg(int(rng.integers(4, 7)), high - 0.08 * inside, (0.7, 0.9), quiet=0.4),
        Leg(1, high + 0.22 * inside, (1.7, 1.7), EventType.SOS, quiet=0.0),
        Leg(int(rng.integers(2, 4)), 1.0, (1.1, 1.0), quiet=0.4),
        Leg(int(rng.integers(10, 15)), float(rng.uniform(0.25, 0.4)), (0.8, 0.7)),
    ]
    return legs, low, high


def up_trend(rng: Generator, bars: int, height: float) -> tuple[list[Leg], float]:
    """An advance with pauses to level 1 on ordinary volume, without a climax; with the level it starts from."""
    start = 1.0 - float(rng.uniform(0.34, 0.46)) / height
    way = 1.0 - start
    early, middle, late = int(bars * 0.38), int(bars * 0.14), int(bars * 0.30)
    return [
        Leg(early, start + way * 0.45, (0.9, 1.05)),
        Leg(middle, start + way * 0.42, (0.8, 0.75)),
        Leg(late, start + way * 0.85, (0.95, 1.1)),
        Leg(bars - early - middle - late, 1.0, (1.0, 1.1)),
    ], start


def first_reaction(rng: Generator) -> list[Leg]:
    """The reaction that sets support and a rally that stays below the top."""
    return [
        Leg(int(rng.integers(8, 13)), 0.0, (0.95, 0.85), curve=0.9),
        Leg(int(rng.integers(8, 13)), float(rng.uniform(0.8, 0.95)), (0.85, 0.8)),
        Leg(int(rng.integers(9, 14)), float(rng.uniform(0.08, 0.18)), (0.75, 0.65), quiet=0.8),
    ]
