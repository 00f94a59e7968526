"""The same bars are measured once, others by themselves."""

from __future__ import annotations

import gc
from dataclasses import replace
from typing import TYPE_CHECKING
from weakref import ref

import numpy as np

from services.volume.analysis import analyze_volume
from services.volume.config import VolumeSettings
from wyckoff.market.activity import measure_activity
from wyckoff.market.measured import measured
from wyckoff.market.mirror import log_bars
from wyckoff.schematics import random_walk

if TYPE_CHECKING:
    from wyckoff.model.volume import VolumeAnalysis

BARS = random_walk(1, 300)


def _volume(every: int = 300) -> VolumeAnalysis:
    """The volume of every so many bars is unknown."""
    known = np.arange(len(BARS)) % every != every - 1
    return analyze_volume(BARS, known, VolumeSettings())


def test_the_same_bars_and_volume_are_measured_once() -> None:
    volume = _volume()
    first = measured(BARS, volume)
    assert measured(BARS, volume) is first
    plain = measure_activity(log_bars(BARS, mirrored=False), BARS.volume, volume.known_bars)
    assert np.array_equal(first.activity.unit, plain.unit)
    assert np.array_equal(first.activity.volume_z, plain.volume_z, equal_nan=True)


def test_another_volume_analysis_of_the_bars_is_measured_anew() -> None:
    first, other = measured(BARS, _volume()), measured(BARS, _volume(every=3))
    assert not np.array_equal(first.activity.volume_z, other.activity.volume_z, equal_nan=True)


def test_equal_bars_are_other_bars_and_what_was_measured_goes_with_them() -> None:
    volume, copy = _volume(), replace(BARS)
    first = ref(measured(copy, volume).context)
    assert measured(BARS, volume).context is not first()
    del copy
    gc.collect()
    assert first() is None
