"""Files that are written and read back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.vendors import ms
from wyckoff.market.bars import COLUMNS, make_bars
from wyckoff.market.file_write import write_bars
from wyckoff.market.files import read_bars
from wyckoff.market.provider import Adjustment

if TYPE_CHECKING:
    from pathlib import Path

    from wyckoff.market.bars import Bars

PRICES = st.floats(0.0001, 1e9)


def bars_of(closes: list[float], step_ms: int) -> Bars:
    times = ms("2024-01-02") + np.arange(len(closes)) * step_ms
    close = np.array(closes)
    return make_bars("AAPL", "1d", times, close, close, close, close, np.floor(close) * 10)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(
    closes=st.lists(PRICES, min_size=1, max_size=20),
    step_ms=st.sampled_from([86_400_000, 3_600_000, 250]),
    ending=st.sampled_from(["csv", "parquet", "PQ"]),
)
def test_every_number_comes_back(tmp_path: Path, closes: list[float], step_ms: int, ending: str) -> None:
    bars = bars_of(closes, step_ms)
    path = tmp_path / f"AAPL.{ending}"
    write_bars(path, bars, Adjustment.SPLITS)
    back = read_bars(path, "1d")
    for name in ("open_time_ms", *COLUMNS):
        np.testing.assert_array_equal(getattr(back, name), getattr(bars, name))


def test_parquet_says_its_adjustment(tmp_path: Path) -> None:
    path = tmp_path / "new" / "AAPL.parquet"
    write_bars(path, bars_of([1.0], 1), Adjustment.ALL)
    metadata = pq.read_schema(path).metadata
    assert (metadata[b"wyckoff.adjustment"], metadata[b"wyckoff.symbol"]) == (b"all", b"AAPL")


def test_days_are_written_as_dates(tmp_path: Path) -> None:
    path = tmp_path / "AAPL.csv"
    write_bars(path, bars_of([1.5, 2.0], 86_400_000), Adjustment.RAW)
    assert path.read_text() == (
        "timestamp,open,high,low,close,volume\n2024-01-02,1.5,1.5,1.5,1.5,10\n2024-01-03,2,2,2,2,20\n"
    )


def test_the_permissions_of_a_file_stay(tmp_path: Path) -> None:
    path = tmp_path / "AAPL.csv"
    path.write_text("old")
    path.chmod(0o640)
    write_bars(path, bars_of([1.0], 1), Adjustment.RAW)
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "AAPL.csv"
    path.write_text("old")
    broken = make_bars("AAPL", "1d", [1, 2], [1.0], [1.0], [1.0], [1.0], [1.0])
    with pytest.raises(ValueError, match="shorter"):
        write_bars(path, broken, Adjustment.RAW)
    assert path.read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["AAPL.csv"]
