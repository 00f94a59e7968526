"""Parquet files: every way in which times and numbers are stored, and where a fault is said to be."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from wyckoff.market.files import BarFileError, read_bars

if TYPE_CHECKING:
    from pathlib import Path

FIRST_MS = 1_704_153_600_000
DAY_MS = 86_400_000


def write(folder: Path, **changed: Any) -> Path:
    columns: dict[str, Any] = {
        "Date": [date(2024, 1, 2), date(2024, 1, 3)],
        "open": [10.0, 10.5],
        "high": [11.0, 12.0],
        "low": [9.0, 10.0],
        "close": [10.5, 11.0],
        "volume": [100, 200],
    }
    columns.update(changed)
    path = folder / "AAPL.parquet"
    pq.write_table(pa.table({name: value for name, value in columns.items() if value is not None}), path)
    return path


@pytest.mark.parametrize(
    "times",
    [
        [date(2024, 1, 2), date(2024, 1, 3)],
        [datetime(2024, 1, 2), datetime(2024, 1, 3)],  # noqa: DTZ001  # times without a zone are the point
        [datetime(2024, 1, 2, tzinfo=UTC), datetime(2024, 1, 3, tzinfo=UTC)],
        [FIRST_MS, FIRST_MS + DAY_MS],
        [FIRST_MS // 1000, (FIRST_MS + DAY_MS) // 1000],
        ["2024-01-02", "2024-01-03T00:00:00Z"],
        pa.array([FIRST_MS * 1_000_000, (FIRST_MS + DAY_MS) * 1_000_000], pa.timestamp("ns", tz="Europe/Berlin")),
    ],
)
def test_times(tmp_path: Path, times: Any) -> None:
    assert read_bars(write(tmp_path, Date=times), "1d").open_time_ms.tolist() == [FIRST_MS, FIRST_MS + DAY_MS]


def test_numbers(tmp_path: Path) -> None:
    path = write(tmp_path, close=[Decimal("10.5"), Decimal("11.0")], open=pa.array([10, 11], pa.float32()))
    bars = read_bars(path, "1d")
    assert bars.symbol == "AAPL"
    assert bars.open.tolist() == [10, 11]
    assert bars.close.tolist() == [10.5, 11]
    assert bars.volume.tolist() == [100, 200]


@pytest.mark.parametrize(
    ("changed", "row", "column", "words"),
    [
        ({"close": [10.5, None]}, 2, "close", "empty"),
        ({"close": [10.5, -1.0]}, 2, "close", "above 0"),
        ({"close": [float("nan"), 1.0]}, 1, "close", "nan"),
        ({"high": [11.0, 9.5]}, 2, "high", "below the low"),
        ({"Date": [date(2024, 1, 3), date(2024, 1, 3)]}, 2, "Date", "twice"),
        ({"Date": ["2024-01-02", "soon"]}, 2, "Date", "'soon' is no time"),
        ({"Date": [1704153600.0, float("nan")]}, 2, "Date", "not within 1800 to 9999"),
        ({"Date": [1704153600.0, float("inf")]}, 2, "Date", "not within 1800 to 9999"),
        ({"Date": [True, False]}, None, "Date", "type bool"),
        ({"open": ["10", "11"]}, None, "open", "type string"),
        ({"open": None}, None, "open", "missing"),
    ],
)
def test_a_fault_names_row_and_column(
    tmp_path: Path, changed: dict[str, Any], row: int | None, column: str, words: str
) -> None:
    path = write(tmp_path, **changed)
    with pytest.raises(BarFileError) as caught:
        read_bars(path, "1d")
    assert (caught.value.line, caught.value.column) == (row, column)
    assert words in str(caught.value)
    assert row is None or f"row {row}" in str(caught.value)


def test_no_bars(tmp_path: Path) -> None:
    empty = pa.array([], pa.float64())
    path = write(tmp_path, **dict.fromkeys(("Date", "open", "high", "low", "close", "volume"), empty))
    with pytest.raises(BarFileError, match="no bar"):
        read_bars(path, "1d")


def test_a_file_that_is_no_parquet(tmp_path: Path) -> None:
    path = tmp_path / "AAPL.parquet"
    path.write_bytes(b"PAR1 and nothing more")
    with pytest.raises(BarFileError, match="no Parquet file"):
        read_bars(path, "1d")
