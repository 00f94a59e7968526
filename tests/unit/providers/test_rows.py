"""Rows, sequences and the overlap with what is stored."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.marketdata.providers.overlap import Overlap
from services.marketdata.providers.rows import chunk_of
from services.marketdata.providers.sequence import Sequence, joined, selected
from tests.support.vendors import DAY_MS, rows_at
from wyckoff.market.bars import COLUMNS, PRICE_COLUMNS, Bars, make_bars
from wyckoff.market.gate import check_bars
from wyckoff.market.provider import Adjustment
from wyckoff.rpc.errors import UnavailableError


def bars_of(days: list[int], factor: float = 1.0) -> Bars:
    """Bars whose values come from their day alone."""
    all_rows = rows_at([day * DAY_MS for day in range(60)])
    rows = [all_rows[day] for day in days]
    opened, high, low, close = ([getattr(row, name) * factor for row in rows] for name in PRICE_COLUMNS)
    volume = [row.volume for row in rows]
    return make_bars("AAPL", "1d", [row.time_ms for row in rows], opened, high, low, close, volume)


NUMBER = st.one_of(st.none(), st.floats(), st.sampled_from([0, -1, 5, 5.5, 1e20]))


@given(st.lists(st.tuples(NUMBER, NUMBER, NUMBER, NUMBER, NUMBER), max_size=20))
def test_whatever_a_vendor_sends_becomes_possible_bars(values: list[tuple[float | None, ...]]) -> None:
    columns = {name: [row[place] for row in values] for place, name in enumerate(COLUMNS)}
    times = [day * DAY_MS for day in range(len(values))]
    chunk = chunk_of("vendor", "AAPL", "1d", times, columns, Adjustment.RAW)
    assert len(chunk.bars) + chunk.empty_rows + chunk.impossible_rows == len(values)
    if len(chunk.bars):
        check_bars(chunk.bars)


def test_columns_of_different_lengths() -> None:
    columns = {name: [1.0] if name == "low" else [1.0, 1.0] for name in COLUMNS}
    with pytest.raises(UnavailableError, match="2 times and 1 values of low"):
        chunk_of("vendor", "AAPL", "1d", [0, DAY_MS], columns, Adjustment.RAW)


def test_rows_out_of_order_are_put_in_order() -> None:
    columns = {name: [2.0, 1.0] for name in COLUMNS}
    chunk = chunk_of("vendor", "AAPL", "1d", [DAY_MS, 0], columns, Adjustment.RAW)
    assert chunk.bars.open_time_ms.tolist() == [0, DAY_MS]
    assert chunk.bars.close.tolist() == [1.0, 2.0]


@given(cuts=st.lists(st.tuples(st.integers(0, 59), st.integers(1, 15)), min_size=1, max_size=8))
def test_a_sequence_ascends_whatever_pages_come(cuts: list[tuple[int, int]]) -> None:
    sequence = Sequence(5 * DAY_MS, 55 * DAY_MS)
    pages = [bars_of(list(range(start, min(60, start + length)))) for start, length in cuts]
    taken = joined([sequence.take(page) for page in pages])
    assert (np.diff(taken.open_time_ms) > 0).all()
    assert ((taken.open_time_ms >= 5 * DAY_MS) & (taken.open_time_ms < 55 * DAY_MS)).all()


def test_repeated_and_contradicting_rows_are_told_apart() -> None:
    sequence = Sequence(0, 60 * DAY_MS)
    sequence.take(bars_of([1, 2, 3, 4]))
    assert sequence.take(bars_of([3, 4, 5])).open_time_ms.tolist() == [5 * DAY_MS]
    assert (sequence.duplicate_rows, sequence.conflicting_rows) == (2, 0)
    assert len(sequence.take(bars_of([5], factor=2.0))) == 0
    assert (sequence.duplicate_rows, sequence.conflicting_rows) == (2, 1)
    twice = joined([bars_of([6]), bars_of([6], factor=3.0)])
    assert sequence.take(twice).close.tolist() == bars_of([6]).close.tolist()
    assert (sequence.duplicate_rows, sequence.conflicting_rows) == (2, 2)


def test_history_that_is_the_same() -> None:
    overlap = Overlap(bars_of([1, 2, 3]))
    page = bars_of([1, 2, 3, 4, 5])
    assert overlap.compare(page) is None
    assert overlap.to_save(page).open_time_ms.tolist() == [4 * DAY_MS, 5 * DAY_MS]
    assert (overlap.compared, overlap.volumes_corrected) == (3, 0)


def test_history_times_one_factor_is_a_new_adjustment() -> None:
    restated = Overlap(bars_of([1, 2, 3])).compare(bars_of([1, 2, 3, 4], factor=0.25))
    assert restated is not None
    assert restated.bar_count == 3
    assert restated.price_factor == pytest.approx(0.25)
    assert "times 0.25" in restated.explanation
    assert "--replace" in restated.advice


def test_one_corrected_price_is_no_adjustment() -> None:
    page = bars_of([1, 2, 3, 4])
    close = page.close.copy()
    close[1] += 0.01
    corrected = make_bars("AAPL", "1d", page.open_time_ms, page.open, page.high, page.low, close, page.volume)
    restated = Overlap(bars_of([1, 2, 3])).compare(corrected)
    assert restated is not None
    assert (restated.bar_count, restated.first_time, restated.price_factor) == (1, "1970-01-03", None)


def test_a_corrected_volume_is_saved_and_counted() -> None:
    page = bars_of([2, 3, 4])
    volume = page.volume.copy()
    volume[1] += 500
    corrected = make_bars("AAPL", "1d", page.open_time_ms, page.open, page.high, page.low, page.close, volume)
    overlap = Overlap(bars_of([1, 2, 3]))
    assert overlap.compare(corrected) is None
    assert overlap.to_save(corrected).open_time_ms.tolist() == [3 * DAY_MS, 4 * DAY_MS]
    assert overlap.volumes_corrected == 1


def test_rounding_is_no_restatement() -> None:
    assert Overlap(bars_of([1, 2, 3])).compare(bars_of([1, 2, 3], factor=1 + 1e-9)) is None


def test_pages_beyond_the_stored_bars() -> None:
    overlap = Overlap(bars_of([1, 2, 3]))
    page = bars_of([7, 8])
    assert overlap.compare(page) is None
    assert len(overlap.to_save(page)) == 2
    assert len(selected(page, np.zeros(2, dtype=np.bool_))) == 0
