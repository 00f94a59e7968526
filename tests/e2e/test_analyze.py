"""`wyckoff analyze` as a user runs it: files in, lines or tables out, exit codes."""

from __future__ import annotations

import json
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.e2e.command import COMMAND, TIMEOUT_S, wyckoff
from tests.support.samples import to_csv, wave_bars
from tools.sample_bars import sample_bars

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three good files and a bad one."""
    for name, count in (("MSFT", 300), ("AAPL", 260), ("IBM", 40)):
        (tmp_path / f"{name}.csv").write_text(to_csv(wave_bars(count)))
    lines = to_csv(wave_bars(50)).splitlines()
    fields = lines[17].split(",")
    lines[17] = ",".join([*fields[:4], "n/a", fields[5]])
    (tmp_path / "BAD.csv").write_text("\n".join(lines))
    return tmp_path


def test_json_is_one_analysis_a_line_in_the_order_of_the_files(folder: Path) -> None:
    result = wyckoff("analyze", *(folder / f"{name}.csv" for name in ("MSFT", "AAPL", "IBM")), "--format", "json")
    assert result.returncode == 0, result.stderr
    analyses = [json.loads(line) for line in result.stdout.splitlines()]
    assert [analysis["symbol"] for analysis in analyses] == ["MSFT", "AAPL", "IBM"]
    assert [analysis["bar_count"] for analysis in analyses] == [300, 260, 40]
    for analysis in analyses:
        assert analysis["complete"] is True
        assert analysis["timeframe"] == "1d"
        assert [stage["stage"] for stage in analysis["stages"]][:2] == ["data", "volume"]
        assert isinstance(analysis["failed_detectors"], list)
    assert result.stderr == ""


def test_a_bad_file_is_named_and_the_others_are_analysed(folder: Path) -> None:
    files = [folder / f"{name}.csv" for name in ("MSFT", "BAD", "NONE", "IBM")]
    result = wyckoff("analyze", *files, "--format", "json")
    assert result.returncode == 2
    assert [json.loads(line)["symbol"] for line in result.stdout.splitlines()] == ["MSFT", "IBM"]
    first, second = result.stderr.splitlines()
    assert f"{folder / 'BAD.csv'}, line 18, column close: 'n/a' is no number" in first
    assert f"{folder / 'NONE.csv'}: there is no such file" in second


def test_the_table_is_for_people(folder: Path) -> None:
    result = wyckoff("analyze", folder / "MSFT.csv")
    assert result.returncode == 0, result.stderr
    assert "MSFT  1d  300 bars, 2008-01-01 to 2008-10-26" in result.stdout
    assert "Stages" in result.stdout
    assert "\x1b" not in result.stdout
    assert "event=" not in result.stdout


def test_charts_are_one_file_a_symbol(folder: Path) -> None:
    (folder / "more").mkdir()
    (folder / "more" / "IBM.csv").write_text(to_csv(wave_bars(60)))
    files = [folder / "IBM.csv", folder / "more" / "IBM.csv"]
    result = wyckoff("analyze", *files, "--format", "json", "--chart", folder / "charts")
    assert result.returncode == 0, result.stderr
    assert sorted(path.name for path in (folder / "charts").iterdir()) == ["IBM-2.html", "IBM.html"]
    assert "chart written to" in result.stderr
    assert len(result.stdout.splitlines()) == 2


def test_a_chart_folder_that_cannot_be_made_is_a_failure(folder: Path) -> None:
    result = wyckoff("analyze", folder / "IBM.csv", "--chart", folder / "MSFT.csv" / "charts")
    assert result.returncode == 1
    assert "Not a directory" in result.stderr
    assert "Traceback" not in result.stderr


def test_other_bar_lengths_and_their_mistakes(folder: Path) -> None:
    (folder / "HOURS.csv").write_text(to_csv(wave_bars(100, timeframe="1h")))
    result = wyckoff("analyze", folder / "HOURS.csv", "--timeframe", "1h", "--format", "json")
    assert json.loads(result.stdout)["timeframe"] == "1h"
    wrong = wyckoff("analyze", folder / "HOURS.csv", "--timeframe", "hourly")
    assert wrong.returncode == 2
    assert "'hourly' is no bar length" in wrong.stderr


def test_one_scale_or_some(tmp_path: Path) -> None:
    path = tmp_path / "IBM.csv"
    path.write_text(to_csv(sample_bars("IBM").head(1600)))

    def ranges(*options: str) -> dict[str, str]:
        result = wyckoff("analyze", path, "--format", "json", *options)
        assert result.returncode == 0, result.stderr
        return {item["range_id"]: item["scale"] for item in json.loads(result.stdout)["ranges"]}

    whole = ranges()
    major = {range_id: scale for range_id, scale in whole.items() if scale == "SCALE_MAJOR"}
    assert major
    assert ranges("--scale", "major") == major
    others = {range_id: scale for range_id, scale in whole.items() if range_id not in major}
    assert ranges("--scale", "minor,intermediate") == others == ranges("--scale", "minor", "--scale", "intermediate")


def test_a_longer_bar_length_beside(tmp_path: Path) -> None:
    path = tmp_path / "IBM.csv"
    path.write_text(to_csv(sample_bars("IBM").head(2300)))
    table = wyckoff("analyze", path, "--context", "1w")
    assert table.returncode == 0, table.stderr
    assert "Context 1w, 476 bars to 2009-04-13: minor accumulation, phase D" in " ".join(table.stdout.split())
    assert "against" in table.stdout
    context = json.loads(wyckoff("analyze", path, "--context", "1w", "--format", "json").stdout)["context"]
    assert (context["timeframe"], context["bar_count"]) == ("1w", 476)
    assert context["states"][-1]["open"][0]["side"] == "SIDE_ACCUMULATION"
    shorter = wyckoff("analyze", path, "--context", "1h")
    assert shorter.returncode == 2
    assert "context_timeframe: is 1h; a bar length above the 1d of the analysis is needed" in shorter.stderr


@pytest.mark.parametrize(
    "arguments", [["--equity", "lots"], ["--equity", "0"], ["--format", "xml"], ["--scale", "huge"], []]
)
def test_wrong_arguments_exit_with_2(folder: Path, arguments: list[str]) -> None:
    files = [str(folder / "IBM.csv")] if arguments else []
    result = wyckoff("analyze", *files, *arguments)
    assert result.returncode == 2
    assert result.stdout == ""


def test_an_orchestrator_that_is_not_there_is_a_failure(folder: Path) -> None:
    result = wyckoff("analyze", folder / "IBM.csv", "--target", "127.0.0.1:1")
    assert result.returncode == 1
    assert "IBM.csv" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_reader_that_goes_away_leaves_no_trace(folder: Path) -> None:
    files = [str(folder / "MSFT.csv")] * 8
    with subprocess.Popen(
        [COMMAND, "analyze", *files, "--format", "json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith("{")
        process.stdout.close()
        messages = process.stderr.read()
        process.wait(TIMEOUT_S)
    assert messages == ""


def test_ctrl_c_exits_with_130(folder: Path) -> None:
    files = [str(folder / "MSFT.csv")] * 400
    with subprocess.Popen(
        [COMMAND, "analyze", *files, "--format", "json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("{")
        process.send_signal(signal.SIGINT)
        _, messages = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 130
    assert "Traceback" not in messages
