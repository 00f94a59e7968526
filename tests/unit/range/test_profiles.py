"""The classic profile takes fixed multiples, the adaptive one the instrument's own past."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest
from pydantic import ValidationError

from services.range.config import RangeSettings
from services.range.detect import detect_ranges
from services.volume.analysis import analyze_volume
from services.volume.config import VolumeSettings
from tools.sample_bars import sample_bars
from wyckoff.market.bars import Bars, make_bars
from wyckoff.market.gate import inspect_bars
from wyckoff.model.kinds import Scale, Side
from wyckoff.schematics import mirrored_bars, schematic

if TYPE_CHECKING:
    from wyckoff.model.ranges import TradingRange
    from wyckoff.schematics import Kind, LabelledSeries

ADAPTIVE: Final = RangeSettings()
CLASSIC: Final = RangeSettings(profile="classic")
#: A climax of three times the usual volume becomes one of 1.6 times, as on an index.
INDEX_LIKE: Final = float(np.log(1.6) / np.log(3.0))
CLIMAX: Final = 100


def _ranges(bars: Bars, settings: RangeSettings) -> tuple[TradingRange, ...]:
    volume = analyze_volume(bars, inspect_bars(bars).volume_known, VolumeSettings())
    result = detect_ranges(bars, volume, settings)
    assert result.failed == ()
    return result.ranges


def _climaxes(bars: Bars, settings: RangeSettings) -> set[int]:
    return {item.climax_index for item in _ranges(bars, settings) if item.climax_index is not None}


def _labelled_climax(series: LabelledSeries) -> int:
    return next(event.bar_index for event in series.events if event.type in ("SC", "BC"))


def _near(found: set[int], bar: int) -> bool:
    return any(abs(index - bar) <= 3 for index in found)


@pytest.mark.parametrize("side", ["accumulation", "distribution"])
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_a_climax_of_three_times_the_volume_is_found_by_both(side: Kind, seed: int) -> None:
    series = schematic(side, shakeout=True, noise=0.5, seed=seed)
    climax = _labelled_climax(series)
    assert _near(_climaxes(series.bars, ADAPTIVE), climax)
    assert _near(_climaxes(series.bars, CLASSIC), climax)


@pytest.mark.parametrize("side", ["accumulation", "distribution"])
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_on_an_index_the_same_climax_is_found_by_the_adaptive_one_only(side: Kind, seed: int) -> None:
    series = schematic(side, shakeout=True, noise=0.5, seed=seed)
    usual = float(np.median(series.bars.volume))
    calmer = usual * (series.bars.volume / usual) ** INDEX_LIKE
    bars, climax = replace(series.bars, volume=calmer), _labelled_climax(series)
    assert _near(_climaxes(bars, ADAPTIVE), climax)
    assert not _near(_climaxes(bars, CLASSIC), climax)


def test_fixed_multiples_see_next_to_nothing_on_real_indices() -> None:
    """Eleven years of the NASDAQ hold not one climax of twice the volume that a reaction of 3 % follows."""
    bars = sample_bars("NASDAQ")
    assert _climaxes(bars, CLASSIC) == set()
    assert len(_climaxes(bars, ADAPTIVE)) > 10


def _panic(rally: float = 1.02, volume: float = 3.0, rally_bars: int = 5) -> Bars:
    """100 bars down by 1 % each, a wide one more on ``volume``, then ``rally`` a bar, and a fall back."""
    steps = [0.99] * CLIMAX + [0.95] + [rally] * rally_bars + [0.985] * 4 + [1.0] * 10
    close = 100.0 * np.cumprod(steps)
    open_ = np.concatenate((close[:1], close[:-1]))
    high, low = np.maximum(open_, close) * 1.003, np.minimum(open_, close) * 0.997
    volumes = 1000.0 + 10.0 * (np.arange(len(close)) % 7)
    volumes[CLIMAX] = 1000.0 * volume
    return make_bars("T", "1d", np.arange(len(close)) * 86_400_000, open_, high, low, close, volumes)


def _on(bars: Bars, scale: Scale) -> list[TradingRange]:
    return [item for item in _ranges(bars, CLASSIC) if item.climax_index is not None and item.scale is scale]


def test_the_reaction_is_known_at_a_close_below_the_low_before() -> None:
    (found,) = _on(_panic(), Scale.INTERMEDIATE)
    assert (found.climax_index, found.reaction_index, found.known_at_index) == (CLIMAX, CLIMAX + 5, CLIMAX + 7)
    assert found.side is Side.ACCUMULATION


def test_a_reaction_that_goes_on_is_known_when_its_time_is_up() -> None:
    (found,) = _on(_panic(rally_bars=20), Scale.INTERMEDIATE)
    assert (found.reaction_index, found.known_at_index) == (CLIMAX + 10, CLIMAX + 10)


@pytest.mark.parametrize(("rally", "volume"), [(1.02, 1.9), (1.004, 3.0), (1.02, 0.0)])
def test_too_little_volume_or_reaction_or_an_unknown_volume_is_no_climax(rally: float, volume: float) -> None:
    assert _on(_panic(rally=rally, volume=volume), Scale.INTERMEDIATE) == []


def test_the_buying_climax_is_the_mirror() -> None:
    bars = _panic()
    (upright,), (mirror,) = _on(bars, Scale.INTERMEDIATE), _on(mirrored_bars(bars), Scale.INTERMEDIATE)
    assert mirror.side is Side.DISTRIBUTION
    assert mirror.climax_index == upright.climax_index
    assert mirror.known_at_index == upright.known_at_index


@pytest.mark.parametrize("bars", [_panic(rally_bars=20), sample_bars("AAPL").head(1500).tail(400)])
def test_classic_ranges_are_never_rewritten(bars: Bars) -> None:
    full = _ranges(bars, CLASSIC)
    assert full
    for k in range(0, len(bars), 3):
        said = [
            (item.range_id, item.known_at_index, item.ice, item.creek) for item in _ranges(bars.head(k + 1), CLASSIC)
        ]
        assert said == [
            (item.range_id, item.known_at_index, item.ice, item.creek) for item in full if item.known_at_index <= k
        ]


def test_another_profile_is_refused() -> None:
    assert RangeSettings().profile == "adaptive"
    with pytest.raises(ValidationError, match="profile"):
        RangeSettings(profile="modern")  # type: ignore[arg-type]
