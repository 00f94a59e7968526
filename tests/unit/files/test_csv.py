"""CSV files: what is read, and where a fault is said to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from wyckoff.market.files import BarFileError, read_bars

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "timestamp,open,high,low,close,volume\n"
ROWS = ("2024-01-02,10,11,9,10.5,100\n", "2024-01-03,10.5,12,10,11,200\n", "2024-01-04,11,11.5,10,10.2,0\n")
DAY_MS = 86_400_000
FIRST_MS = 1_704_153_600_000


def write(folder: Path, text: str | bytes, name: str = "AAPL.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def fault(path: Path) -> BarFileError:
    with pytest.raises(BarFileError) as caught:
        read_bars(path, "1d")
    assert str(path) in str(caught.value)
    return caught.value


def test_reads_every_column(tmp_path: Path) -> None:
    bars = read_bars(write(tmp_path, HEADER + "".join(ROWS)), "1d")
    assert (bars.symbol, bars.timeframe, len(bars)) == ("AAPL", "1d", 3)
    assert bars.open_time_ms.tolist() == [FIRST_MS, FIRST_MS + DAY_MS, FIRST_MS + 2 * DAY_MS]
    assert bars.open.tolist() == [10, 10.5, 11]
    assert bars.high.tolist() == [11, 12, 11.5]
    assert bars.low.tolist() == [9, 10, 10]
    assert bars.close.tolist() == [10.5, 11, 10.2]
    assert bars.volume.tolist() == [100, 200, 0]
    assert not bars.close.flags.writeable


@pytest.mark.parametrize("timestamp", ["timestamp", "Date", "TIME", "DateTime"])
def test_columns_in_any_order_and_case(tmp_path: Path, timestamp: str) -> None:
    text = f"Volume,Close,{timestamp},LOW,High,open,Adj Close\n100,10.5,2024-01-02,9,11,10,7\n"
    bars = read_bars(write(tmp_path, text), "1d")
    assert [bars.open[0], bars.high[0], bars.low[0], bars.close[0], bars.volume[0]] == [10, 11, 9, 10.5, 100]


@pytest.mark.parametrize(
    ("cell", "offset_ms"),
    [
        ("2024-01-02", 0),
        ("20240102", 0),
        ("2024-01-02T14:30:00", 52_200_000),
        ("2024-01-02 14:30", 52_200_000),
        ("2024-01-02T14:30:00Z", 52_200_000),
        ("2024-01-02T14:30:00.250Z", 52_200_250),
        ("2024-01-02T14:30:00+02:00", 45_000_000),
        ("1704153600", 0),
        ("1704153600.0", 0),
        ("1704153600250", 250),
    ],
)
def test_times(tmp_path: Path, cell: str, offset_ms: int) -> None:
    bars = read_bars(write(tmp_path, f"{HEADER}{cell},10,11,9,10.5,100\n"), "1d")
    assert bars.open_time_ms.tolist() == [FIRST_MS + offset_ms]


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + HEADER + "".join(ROWS),
        (HEADER + "".join(ROWS)).replace("\n", "\r\n"),
        (HEADER + "".join(ROWS)).replace("\n", "\r"),
        HEADER + "".join(ROWS) + "\n\n   \n,,,,,\n",
        "\n" + HEADER + "\n" + "\n".join(ROWS),
        (HEADER + "".join(ROWS)).rstrip("\n"),
        HEADER + "".join(",".join(f'"{cell}"' for cell in row.strip().split(",")) + "\n" for row in ROWS),
        (HEADER + "".join(ROWS)).replace(",", " , "),
    ],
    ids=["bom", "crlf", "cr", "blank-end", "blank-between", "no-newline-at-end", "quoted", "spaces"],
)
def test_forms_of_the_same_file(tmp_path: Path, text: str) -> None:
    bars = read_bars(write(tmp_path, text), "1d")
    assert bars.close.tolist() == [10.5, 11, 10.2]
    assert bars.open_time_ms[0] == FIRST_MS


def test_underscores_in_other_columns_are_no_fault(tmp_path: Path) -> None:
    text = HEADER.replace("\n", ",ticker_name\n") + ROWS[0].replace("\n", ",BRK_B\n")
    assert len(read_bars(write(tmp_path, text), "1d")) == 1


@pytest.mark.parametrize(
    ("row", "line", "column", "words"),
    [
        ("2024-01-05,10,11,9,abc,5", 5, "close", "'abc' is no number"),
        ("2024-01-05,10,11,9,,5", 5, "close", "empty"),
        ("2024-01-05,10,11,9,10,", 5, "volume", "0 where it is unknown"),
        ("2024-01-05,1_0,11,9,10,5", 5, "open", "'1_0' is no number"),
        ('2024-01-05,"1,010",1100,9,10,5', 5, "open", "comma"),
        ("2024-01-05,10,nan,9,10,5", 5, "high", "nan"),
        ("2024-01-05,10,inf,9,10,5", 5, "high", "inf"),
        ("2024-01-05,10,11,-9,10,5", 5, "low", "above 0"),
        ("2024-01-05,10,11,9,10,-5", 5, "volume", "0 or more"),
        ("2024-01-05,10,8,9,10,5", 5, "high", "below the low"),
        ("05.01.2024,10,11,9,10,5", 5, "timestamp", "ISO"),
        ("2024-13-05,10,11,9,10,5", 5, "timestamp", "no time"),
        (",10,11,9,10,5", 5, "timestamp", "empty"),
        ("1704412800,10,11,9,10,5", 5, "timestamp", "one kind"),
        ("2024-01-04,10,11,9,10,5", 5, "timestamp", "twice"),
        ("2023-01-04,10,11,9,10,5", 5, "timestamp", "ascend"),
        ("2024-01-05,10,11,9,10", 5, "volume", "5 values; the header has 6"),
        ("2024-01-05,10,11,9,10,5,6", 5, "volume", "7 values; the header has 6"),
        ("\n\n2024-01-05,10,11,9,abc,5", 7, "close", "'abc'"),
        ('2024-01-05,10,"11,9,10,5', 5, None, "quotes"),
    ],
)
def test_a_fault_names_line_and_column(tmp_path: Path, row: str, line: int, column: str | None, words: str) -> None:
    error = fault(write(tmp_path, HEADER + "".join(ROWS) + row + "\n"))
    assert (error.line, error.column) == (line, column)
    assert words in str(error)
    assert f"line {line}" in str(error)


def test_the_column_is_named_as_written(tmp_path: Path) -> None:
    text = (HEADER + "".join(ROWS)).replace("timestamp", "Date").replace("2024-01-04", "2024-01-03")
    assert fault(write(tmp_path, text)).column == "Date"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (b"", None, "the file is empty"),
        (b"\n \n", None, "the file is empty"),
        (b"\xef\xbb\xbf", None, "the file is empty"),
        (b",,\n", None, "the file is empty"),
        (HEADER.encode(), 1, "no bar"),
        (b"timestamp,open,high,low,close\n2024-01-02,1,1,1,1\n", 1, "the column volume is missing"),
        (b"2024-01-02,1,1,1,1,5\n", 1, "the column timestamp is missing"),
        (b"timestamp;open;high;low;close;volume\n2024-01-02;1;1;1;1;5\n", 1, "separated by commas"),
        (b"\ntimestamp,open,high,low,close,Close,volume\n2024-01-02,1,1,1,1,1,5\n", 2, "close is there 2 times"),
        (b"date,time,open,high,low,close,volume\n2024-01-02,10:00,1,1,1,1,5\n", 1, "join them"),
        (HEADER.encode() + b"2024-01-02,1,1,1,1,5\n2024-01-03,1,1,\xff,1,5\n", 3, "UTF-8"),
        (HEADER.encode("utf-16"), 1, "UTF-8"),
    ],
)
def test_files_that_are_no_table(tmp_path: Path, text: bytes, line: int | None, words: str) -> None:
    error = fault(write(tmp_path, text))
    assert error.line == line
    assert words in str(error)


def test_the_symbol_is_the_stem_of_1_to_20_characters(tmp_path: Path) -> None:
    text = HEADER + ROWS[0]
    assert read_bars(write(tmp_path, text, "accu-medium-0000.csv"), "1d").symbol == "accu-medium-0000"
    assert read_bars(write(tmp_path, text, "x" * 20 + ".csv"), "1d").symbol == "x" * 20
    assert "21 characters" in str(fault(write(tmp_path, text, "x" * 21 + ".csv")))
    assert "without spaces" in str(fault(write(tmp_path, text, "my bars.csv")))
    assert read_bars(write(tmp_path, text, "my bars.csv"), "1d", symbol="MINE").symbol == "MINE"


def test_paths_that_are_no_file(tmp_path: Path) -> None:
    assert "no such file" in str(fault(tmp_path / "none.csv"))
    (tmp_path / "folder").mkdir()
    assert "folder" in str(fault(tmp_path / "folder"))


def test_a_wrong_timeframe_is_said(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + ROWS[0])
    with pytest.raises(BarFileError, match="timeframe: 'daily'"):
        read_bars(path, "daily")


def test_a_fault_late_in_a_large_file(tmp_path: Path) -> None:
    times = np.arange(60_000) * DAY_MS
    lines = [f"{time},10,11,9,10,5\n" for time in times]
    path = write(tmp_path, HEADER + "".join(lines))
    assert len(read_bars(path, "1d")) == 60_000
    lines[54_321] = f"{times[54_321]},10,11,9,x,5\n"
    error = fault(write(tmp_path, HEADER + "".join(lines)))
    assert (error.line, error.column) == (54_323, "close")


def test_more_bars_than_allowed(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + "".join(ROWS))
    with pytest.raises(BarFileError, match="at most 2"):
        read_bars(path, "1d", max_bars=2)
