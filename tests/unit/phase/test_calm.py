"""Passing over calm bars gives what reading every bar gives."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services import compiled
from services.phase.calm import ANY_PRICE, calm_until, together
from services.phase.config import PhaseSettings
from services.phase.scene import frame_of
from services.phase.scenes import Scenes
from services.phase.structure import StructureReader
from services.phase.undetermined import UndeterminedReader
from services.range.config import RangeSettings
from services.range.detect import detect_ranges
from services.volume.analysis import analyze_volume
from services.volume.config import VolumeSettings
from tests.unit.phase.structures import CAUSE, SECONDARY, STOPPING, bars_of, range_of
from wyckoff.model.kinds import Scale, Side
from wyckoff.schematics import make_cases

if TYPE_CHECKING:
    from services.phase.calm import Calm
    from services.phase.event import Note
    from wyckoff.market.bars import Bars
    from wyckoff.model.phases import PhaseState
    from wyckoff.model.ranges import TradingRange

#: No price is calm.
NEVER: Final[Calm] = (math.inf, math.inf, -math.inf)
#: Says more than the defaults do, so that more of what can happen happens.
LENIENT: Final = PhaseSettings(min_spring_score=0.35, min_strength_score=0.4, failure_height=1.0)

#: Only plain classes can be extended; that compiled ones say the same is tested on its own.
plain_only = pytest.mark.skipif(
    compiled.STATE is compiled.State.COMPILED,
    reason="the readers are compiled: WYCKOFF_COMPILED=0 tests the plain ones",
)


class EveryBar(StructureReader):
    """A reader to whom, and to whose detectors, every bar is of interest; counts what it reads."""

    steps = 0

    def next_bar(self, i: int) -> int:
        return i if self.failed_at is None else self.last_index + 1

    def step(self, i: int) -> None:
        self.steps += 1
        self.breakdown.calm = self.spring.calm = self.strength.calm = NEVER
        super().step(i)


class Skipping(StructureReader):
    """The reader as it is; counts what it reads."""

    steps = 0

    def step(self, i: int) -> None:
        self.steps += 1
        super().step(i)


def _read(
    kind: type[EveryBar] | type[Skipping], item: TradingRange, scenes: Scenes, how: PhaseSettings
) -> tuple[list[Note], list[PhaseState], int | None, int]:
    """Notes, states, the bar of a failure, and how many bars were read."""
    sides = [item.side is Side.DISTRIBUTION] if item.side is not Side.UNDETERMINED else [False, True]
    readers = []
    for mirrored in sides:
        scene = scenes.scene(item.scale, mirrored=mirrored)
        readers.append(kind(frame_of(item, scene), scene, how))
    reader = readers[0] if len(readers) == 1 else UndeterminedReader(*readers)
    reader.read()
    notes = [note for one in readers for note in one.events]
    return notes, reader.states, reader.failed_at, sum(one.steps for one in readers)


def _scenes(bars: Bars) -> Scenes:
    return Scenes(bars, analyze_volume(bars, np.asarray(bars.volume > 0), VolumeSettings()))


def _check_same(item: TradingRange, scenes: Scenes, how: PhaseSettings) -> tuple[int, int]:
    *every, all_bars = _read(EveryBar, item, scenes, how)
    *skipped, some_bars = _read(Skipping, item, scenes, how)
    assert skipped == every
    return all_bars, some_bars


@plain_only
@pytest.mark.parametrize("how", [PhaseSettings(), LENIENT], ids=["default", "lenient"])
def test_schematics_are_read_the_same_with_far_fewer_bars(how: PhaseSettings) -> None:
    total = np.zeros(2)
    for case in make_cases(7, 1):
        bars = case.bars
        volume = analyze_volume(bars, np.asarray(bars.volume > 0), VolumeSettings())
        scenes = Scenes(bars, volume)
        for item in detect_ranges(bars, volume, RangeSettings()).ranges:
            total += _check_same(item, scenes, how)
    assert total[1] < 0.4 * total[0]


_STEPS: Final = st.lists(st.floats(-0.35, 0.35, allow_nan=False), min_size=5, max_size=90)
_LOUD: Final = st.dictionaries(st.integers(160, 245), st.sampled_from([0.0, 0.4, 2.5]), max_size=12)


@plain_only
@settings(max_examples=60, deadline=None)
@given(
    steps=_STEPS,
    volumes=_LOUD,
    mirrored=st.booleans(),
    anchored=st.booleans(),
    scale=st.sampled_from(list(Scale)),
    how=st.sampled_from([PhaseSettings(), LENIENT, PhaseSettings(failure_height=0.03, failure_bars=2)]),
)
def test_any_path_is_read_the_same(
    steps: list[float], volumes: dict[int, float], mirrored: bool, anchored: bool, scale: Scale, how: PhaseSettings
) -> None:
    # pulled back to the middle, so that the path visits both levels more than once
    places = [*STOPPING, *SECONDARY, *CAUSE, 0.5]
    for step in steps:
        places.append(0.85 * (places[-1] - 0.5) + 0.5 + step)
    bars = bars_of(places, volumes, mirrored=mirrored)
    item = replace(range_of(bars, mirrored=mirrored), scale=scale)
    if not anchored:
        item = replace(item, side=Side.UNDETERMINED, climax_index=None, reaction_index=None)
    _check_same(item, _scenes(bars), how)


def test_calm_ends_at_the_first_bar_outside() -> None:
    scene = _scenes(bars_of(STOPPING)).scene(Scale.INTERMEDIATE, mirrored=False)
    assert calm_until(ANY_PRICE, ANY_PRICE, scene, 3, 9) == 9
    assert calm_until(ANY_PRICE, ANY_PRICE, scene, 9, 3) == 9
    floor = (scene.close[5], *ANY_PRICE[1:])
    assert calm_until(ANY_PRICE, floor, scene, 2, 9) == calm_until(floor, ANY_PRICE, scene, 2, 9) == 5
    line = (floor[0], scene.low[3] + 1e-9, ANY_PRICE[2])
    assert calm_until(floor, line, scene, 2, 9) == calm_until(ANY_PRICE, together(floor, line), scene, 2, 9) == 3
    ceiling = (*ANY_PRICE[:2], scene.close[2])
    assert calm_until(line, ceiling, scene, 0, 9) == calm_until(ceiling, line, scene, 0, 9) == 0
