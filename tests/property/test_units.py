"""Prices in another currency and volumes in another unit change no index, type, scale, status or confidence."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.pipeline import StageResults, run_stages
from tests.support.strategies import structures
from tests.support.units import differences, scaled
from tools.sample_bars import SYMBOLS, sample_bars
from wyckoff.schematics import make_cases

if TYPE_CHECKING:
    from wyckoff.market.bars import Bars
    from wyckoff.schematics import LabelledSeries

#: Any factor, as likely between 0.001 and 0.01 as between 100 and 1000.
factors = st.floats(math.log(0.001), math.log(1000.0)).map(math.exp)
#: Tenths and thirds, which no float holds exactly, and the ends.
FACTORS: Final = (0.001, 0.1, 1 / 3, 0.7, 1.1, 3.0, 7.3, 1000.0)
FAMILIES: Final = ("reac", "stair", "nested", "overlap", "failc", "garch", "halt", "split")


def check(bars: Bars, price: float, volume: float) -> StageResults:
    """Both results, field by field; returns the one on the bars as they are."""
    plain, other = run_stages(bars), run_stages(scaled(bars, price, volume))
    for name in ("ranges", "phases", "patterns", "failed"):
        found = list(islice(differences(getattr(plain, name), getattr(other, name), price, name), 5))
        assert not found, f"prices times {price!r}, volumes times {volume!r}: {found}"
    return plain


@settings(max_examples=30)
@given(series=structures, factor=factors)
def test_the_currency_does_not_matter(series: LabelledSeries, factor: float) -> None:
    check(series.bars, factor, 1.0)


@settings(max_examples=30)
@given(series=structures, factor=factors)
def test_the_unit_of_volume_does_not_matter(series: LabelledSeries, factor: float) -> None:
    check(series.bars, 1.0, factor)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_real_bars_in_other_units(symbol: str) -> None:
    """Ten years in ticks, where equal prices, equal rises and closes in the very middle of a bar are common."""
    bars = sample_bars(symbol)
    for factor in FACTORS:
        found = check(bars, factor, 1.0)
        check(bars, 1.0, factor)
    assert {item.scale for item in found.ranges} == {"MINOR", "INTERMEDIATE", "MAJOR"}
    assert found.patterns


@pytest.mark.parametrize("family", FAMILIES)
def test_generated_series_in_other_units(family: str) -> None:
    for case in make_cases(19, 2, (family,)):
        for factor in (0.0137, 1 / 3, 617.3):
            check(case.bars, factor, 1.0 / factor)


def test_a_difference_is_seen() -> None:
    """The comparison finds a price that did not move along, and an index that did."""
    found = run_stages(sample_bars("IBM").head(800))
    item = found.ranges[0]
    same = replace(item, ice=item.ice * 2, creek=item.creek * 2, jump=item.jump * 2)
    assert any("ice" in text for text in differences(item, item, 2.0))
    assert not any("ice" in text or "jump:" in text for text in differences(item, same, 2.0))
    assert list(differences(item, replace(item, start_index=item.start_index + 1)))
    assert list(differences(found.events[0], replace(found.events[0], confidence=found.events[0].confidence + 1)))
    assert list(differences(found.ranges, found.ranges[1:]))
