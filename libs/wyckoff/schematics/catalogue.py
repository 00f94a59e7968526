"""All families of generated cases, and how a case of each is made."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from wyckoff.schematics import nulls
from wyckoff.schematics.continuations import reaccumulation, staircase
from wyckoff.schematics.series import LabelledSeries, preceded
from wyckoff.schematics.structures import (
    accumulation_then_distribution,
    classed_spring,
    failed_structure,
    long_structure,
    nested_structures,
    overlapping_structures,
    overrun_early,
    schematic,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from wyckoff.market.bars import Bars
    from wyckoff.schematics.series import Kind

Difficulty = Literal["easy", "medium", "hard"]

#: Noise by difficulty: 1.0 is 1.2 % a bar.
NOISE: Final[Mapping[Difficulty, float]] = {"easy": 0.5, "medium": 0.75, "hard": 1.0}
NULL_BARS: Final = 500
_LEAD_BARS: Final = 200
#: In a series that begins with bars of which nothing is known, scoring begins this far into the rest.
_LEAD_UNSCORED_BARS: Final = 40


@dataclass(frozen=True, slots=True)
class Traits:
    """What differs between the cases of a family."""

    side: Kind
    shakeout: bool
    noise: float
    seed: int


@dataclass(frozen=True, slots=True)
class Case:
    """A series under a name: labelled, or a null series (``series`` is None) with nothing to find."""

    name: str
    kind: str
    difficulty: str
    shakeout: bool
    bars: Bars
    series: LabelledSeries | None = None


@dataclass(frozen=True, slots=True)
class _Family:
    """``kinds`` are those of the accumulation and of its mirror; ``sides`` those it comes on."""

    make: Callable[[Traits], LabelledSeries]
    kinds: tuple[str, str]
    sides: tuple[Kind, ...] = ("accumulation", "distribution")
    always_shakeout: bool = False


_BASIC: Final = ("accumulation", "distribution")


def _schematic(traits: Traits) -> LabelledSeries:
    return schematic(traits.side, shakeout=traits.shakeout, noise=traits.noise, seed=traits.seed)


def _spring(spring_class: Literal[1, 2, 3]) -> Callable[[Traits], LabelledSeries]:
    return lambda traits: classed_spring(traits.side, spring_class=spring_class, noise=traits.noise, seed=traits.seed)


def _failed(stage: Literal["B", "C", "D"]) -> Callable[[Traits], LabelledSeries]:
    return lambda traits: failed_structure(traits.side, stage=stage, noise=traits.noise, seed=traits.seed)


def _two(traits: Traits) -> LabelledSeries:
    return accumulation_then_distribution(shakeout=traits.shakeout, noise=traits.noise, seed=traits.seed)


def _lead(traits: Traits) -> LabelledSeries:
    return preceded(nulls.random_walk(traits.seed, _LEAD_BARS), _schematic(traits), _LEAD_UNSCORED_BARS)


_LABELLED: Final[Mapping[str, _Family]] = {
    "accu": _Family(_schematic, _BASIC, sides=("accumulation",)),
    "dist": _Family(_schematic, _BASIC, sides=("distribution",)),
    "reac": _Family(
        lambda t: reaccumulation(t.side, shakeout=t.shakeout, noise=t.noise, seed=t.seed),
        ("reaccumulation", "redistribution"),
    ),
    "two": _Family(_two, ("two_structures", "two_structures"), sides=("accumulation",)),
    "stair": _Family(
        lambda t: staircase(t.side, shakeout=t.shakeout, noise=t.noise, seed=t.seed),
        ("two_structures", "two_structures"),
    ),
    "lead": _Family(_lead, _BASIC),
    "long": _Family(lambda t: long_structure(t.side, shakeout=t.shakeout, noise=t.noise, seed=t.seed), _BASIC),
    "overlap": _Family(
        lambda t: overlapping_structures(t.side, noise=t.noise, seed=t.seed), _BASIC, always_shakeout=True
    ),
    "nested": _Family(lambda t: nested_structures(t.side, noise=t.noise, seed=t.seed), _BASIC, always_shakeout=True),
    "spring1": _Family(_spring(1), _BASIC, always_shakeout=True),
    "spring2": _Family(_spring(2), _BASIC, always_shakeout=True),
    "spring3": _Family(_spring(3), _BASIC, always_shakeout=True),
    "early": _Family(lambda t: overrun_early(t.side, noise=t.noise, seed=t.seed), _BASIC, always_shakeout=True),
    "fail": _Family(_failed("B"), ("broken", "broken")),
    "failc": _Family(_failed("C"), ("broken", "broken"), always_shakeout=True),
    "faild": _Family(_failed("D"), ("broken", "broken"), always_shakeout=True),
}

_NULLS: Final[Mapping[str, Callable[[int], Bars]]] = {
    "null": lambda seed: nulls.random_walk(seed, NULL_BARS),
    "gauss": lambda seed: nulls.gaussian_walk(seed, NULL_BARS),
    "tails": lambda seed: nulls.fat_tailed_walk(seed, NULL_BARS),
    "garch": lambda seed: nulls.garch_walk(seed, NULL_BARS),
    "panic": lambda seed: nulls.false_climaxes(seed, NULL_BARS),
    "gaps": lambda seed: nulls.gapped_walk(seed, NULL_BARS),
    "halt": lambda seed: nulls.halted_walk(seed, NULL_BARS),
    "split": lambda seed: nulls.split_walk(seed, NULL_BARS),
    "decoy": lambda seed: nulls.block_shuffled(
        schematic("accumulation", shakeout=True, noise=0.75, seed=seed).bars, seed
    ),
}

LABELLED_FAMILIES: Final = tuple(_LABELLED)
NULL_FAMILIES: Final = tuple(_NULLS)
#: Names of all families: what is labelled, then what is null.
FAMILIES: Final = (*LABELLED_FAMILIES, *NULL_FAMILIES)


def make_cases(seed: int, count: int, families: Sequence[str] = FAMILIES) -> Iterator[Case]:
    """``count`` cases of each family; difficulty, side and shake-out take turns.

    A case depends on ``seed``, its family and its number alone. Raises ValueError for a family that is not there.
    """
    unknown = [family for family in families if family not in FAMILIES]
    if unknown:
        raise ValueError(f"there is no family {', '.join(unknown)}; there are {', '.join(FAMILIES)}")
    for family in families:
        for number in range(count):
            yield _labelled(family, seed, number) if family in _LABELLED else _null(family, seed, number)


def shuffled_case(bars: Bars, seed: int, number: int) -> Case:
    """A null case: ``bars`` in blocks of 1 to 5 bars, in another order."""
    name = f"shuffled_{bars.symbol}-{number:04d}"
    return _null_case(name, nulls.block_shuffled(bars, _case_seed(seed, name, number)))


def _labelled(family: str, seed: int, number: int) -> Case:
    """Consecutive cases differ in side first, then in shake-out, then in difficulty."""
    spec = _LABELLED[family]
    side_number, rest = number % len(spec.sides), number // len(spec.sides)
    difficulties: tuple[Difficulty, ...] = ("easy", "medium", "hard")
    difficulty = difficulties[rest % 3]
    shakeout = spec.always_shakeout or (rest + rest // 3 + side_number) % 2 == 0
    side = spec.sides[side_number]
    series = spec.make(Traits(side, shakeout, NOISE[difficulty], _case_seed(seed, family, number)))
    has_shakeout = shakeout and family != "fail"
    kind = spec.kinds[side == "distribution"]
    return Case(f"{family}-{difficulty}-{number:04d}", kind, difficulty, has_shakeout, series.bars, series)


def _null(family: str, seed: int, number: int) -> Case:
    return _null_case(f"{family}-{number:04d}", _NULLS[family](_case_seed(seed, family, number)))


def _null_case(name: str, bars: Bars) -> Case:
    return Case(name, "null", "null", False, bars)


def _case_seed(seed: int, family: str, number: int) -> int:
    words = np.random.SeedSequence([seed, zlib.crc32(family.encode()), number]).generate_state(1)
    return int(words[0])
