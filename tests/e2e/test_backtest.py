"""`wyckoff backtest` as a user runs it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.e2e.command import wyckoff
from tests.support.samples import to_csv, wave_bars
from tools.sample_bars import sample_bars

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four years of two samples."""
    path = tmp_path_factory.mktemp("bars")
    for symbol in ("IBM", "SP500"):
        (path / f"{symbol}.csv").write_text(to_csv(sample_bars(symbol).tail(1000)))
    return path


def test_a_report_on_real_bars(folder: Path) -> None:
    files = [folder / "IBM.csv", folder / "SP500.csv"]
    page = folder / "out" / "report.html"
    result = wyckoff("backtest", *files, "--json", "--unfiltered", "--html", page, "--draws", "50", "--seed", "3")
    assert result.returncode == 0, result.stderr
    content = json.loads(result.stdout)
    assert [item["symbol"] for item in content["symbols"]] == ["IBM", "SP500"]
    assert all(item["last"].startswith("2010-07") for item in content["symbols"])
    patterns = sum(item["patterns"] for item in content["symbols"])
    assert patterns > 0
    assert content["signals"] + content["rejections"] + content["withdrawn_when_known"] == patterns
    assert sum(content["orders"].values()) == content["signals"]
    unfiltered = content["unfiltered"]
    assert sum(unfiltered["orders"].values()) + unfiltered["out_of_order"] == patterns
    for trade in (*content["trades"], *unfiltered["trades"]):
        assert trade["known_at_index"] < trade["entry_index"] <= trade["exit_index"]
    earned = sum(trade["pnl"] for trade in content["trades"])
    assert content["account"]["final_equity"] == pytest.approx(100_000 + earned)
    if content["total"]["trades"] < 30:
        assert "too few" in content["remarks"][0]
    assert f"report written to {page}" in result.stderr
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_the_table_and_its_costs(folder: Path) -> None:
    arguments = ("--commission-per-share", "0", "--commission-min", "0", "--slippage-bps", "20", "--draws", "5")
    result = wyckoff("backtest", folder / "IBM.csv", *arguments, "--no-trailing", "--order-bars", "3")
    assert result.returncode == 0, result.stderr
    assert "commission 0 a unit, at least 0 an order; slippage 20 basis points" in result.stdout
    assert "entry orders rest 3 bars; stops stay where they are" in result.stdout
    assert "buy and hold" in result.stdout
    assert "\x1b" not in result.stdout
    assert result.stderr == ""


def test_a_file_that_cannot_be_read_stops_the_whole_account(folder: Path) -> None:
    result = wyckoff("backtest", folder / "IBM.csv", folder / "NONE.csv")
    assert result.returncode == 2
    assert result.stdout == ""
    assert "NONE.csv: there is no such file" in result.stderr


def test_a_symbol_twice_is_bad_input(folder: Path) -> None:
    result = wyckoff("backtest", folder / "IBM.csv", folder / "IBM.csv")
    assert result.returncode == 2
    assert "IBM is there already" in result.stderr


def test_a_smooth_market_without_a_trade_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "WAVE.csv").write_text(to_csv(wave_bars(60)))
    result = wyckoff("backtest", tmp_path / "WAVE.csv", "--draws", "5")
    assert result.returncode == 0, result.stderr
    assert "0 trades are too few" in result.stdout


@pytest.mark.parametrize("arguments", [["--slippage-bps", "nan"], ["--order-bars", "0"]])
def test_wrong_arguments_exit_with_2(folder: Path, arguments: list[str]) -> None:
    result = wyckoff("backtest", folder / "IBM.csv", *arguments)
    assert result.returncode == 2
    assert result.stdout == ""


def test_a_report_that_cannot_be_written_is_a_failure(folder: Path) -> None:
    result = wyckoff("backtest", folder / "IBM.csv", "--draws", "5", "--html", folder / "IBM.csv" / "report.html")
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
