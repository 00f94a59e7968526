"""`wyckoff generate` and `wyckoff evaluate` as a user runs them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from orchestrator.cli.main import app
from tests.e2e.command import wyckoff
from tests.support.browser import CHROMIUM, browser_page
from tests.support.samples import to_csv, wave_bars

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two cases of three families."""
    place = tmp_path_factory.mktemp("generated") / "cases"
    result = wyckoff(
        "generate", place, "--seed", "3", "--count", "2", *("--family", "accu", "--family", "dist", "--family", "null")
    )
    assert result.returncode == 0, result.stderr
    assert f"6 cases written to {place}" in result.stderr
    return place


@pytest.fixture(scope="module")
def page(folder: Path) -> Path:
    return folder.parent / "out" / "evaluation.html"


@pytest.fixture(scope="module")
def evaluation(folder: Path, page: Path) -> dict[str, Any]:
    """The JSON of a run in two processes that writes the page, too."""
    result = wyckoff("evaluate", folder, "--json", "--jobs", "2", "--prefixes", "3", "--html", page)
    assert result.returncode == 0, result.stderr
    assert result.stderr == f"wyckoff: page written to {page}\n"
    values: dict[str, Any] = json.loads(result.stdout)
    return values


def test_the_json_has_every_figure(evaluation: dict[str, Any]) -> None:
    assert evaluation["cases"] == 6
    assert set(evaluation["families"]) == {"accu", "dist"}
    assert evaluation["null_families"]["null"]["bars"] == evaluation["null_bars"] == 1000
    assert {"SC", "BC", "AR", "ST", "TEST", "SOS", "SOW", "LPS", "LPSY"} <= set(evaluation["events"])
    assert evaluation["events"]["AR"]["labels"] == 4
    assert evaluation["micro_f1"] >= 0.8
    assert evaluation["lag_bars"]["AR"]["count"] >= 3
    assert evaluation["rewrites"]["prefixes"] == 18
    assert evaluation["rewrites"]["items_compared"] > 50
    assert evaluation["rewrites"]["items"] == []
    assert sum(part["count"] for part in evaluation["reliability"]["events"]["bins"]) > 20
    assert evaluation["cases_without_result"] == 0


def test_the_table_says_the_same(folder: Path, evaluation: dict[str, Any]) -> None:
    result = wyckoff("evaluate", folder, "--prefixes", "0")
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    assert f"F1 {evaluation['micro_f1']:.3f} micro, {evaluation['macro_f1']:.3f} macro" in result.stdout
    for title in ("Events by type", "Bars until an event is known", "Events by family", "where there is nothing"):
        assert title in result.stdout
    assert "rewrites" not in result.stdout
    assert "\x1b" not in result.stdout


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
def test_the_page_shows_its_plots_without_a_network(
    evaluation: dict[str, Any], page: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with browser_page(tmp_path_factory.mktemp("profile")) as browser:
        browser.open(page)
        plots = browser.run("Array.from(document.querySelectorAll('.js-plotly-plot')).map((plot) => plot.id)")
        drawn = browser.run("document.querySelectorAll('#events .bars .point').length")
        assert browser.problems == []
        assert browser.requests == [page.as_uri()]
        headline = browser.run("document.querySelector('ul').innerText")
    assert plots == ["events", "lags", "families", "nulls", "confidence"]
    assert drawn == 2 * len(evaluation["events"])
    assert f"F1 {evaluation['micro_f1']:.3f} micro" in headline


def test_a_case_that_cannot_be_read_is_named_and_counted(folder: Path, tmp_path: Path) -> None:
    for name in ("accu-easy-0000.json", "accu-easy-0000.csv", "dist-easy-0000.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    (tmp_path / "dist-easy-0000.csv").write_text("timestamp,open,high,low,close\n2020-01-01,1,1,1,1\n")
    result = wyckoff("evaluate", tmp_path, "--json", "--prefixes", "0")
    assert result.returncode == 2
    assert result.stderr.startswith(f"wyckoff: dist-easy-0000: {tmp_path / 'dist-easy-0000.csv'}, line 1")
    values = json.loads(result.stdout)
    assert values["failures"][0]["case"] == "dist-easy-0000"
    assert values["families"]["dist"]["recall"] == 0.0


def test_a_folder_without_cases_exits_with_2(tmp_path: Path) -> None:
    result = wyckoff("evaluate", tmp_path)
    assert result.returncode == 2
    assert "has no NAME.json" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--family", "cup"], "there is no family cup"),
        (["--shuffle", "short.csv"], "at least 20 are needed"),
        (["--count", "0"], "--count"),
    ],
)
def test_what_cannot_be_generated_is_refused(tmp_path: Path, options: list[str], message: str) -> None:
    (tmp_path / "short.csv").write_text(to_csv(wave_bars(5)))
    options = [str(tmp_path / item) if item == "short.csv" else item for item in options]
    result = CliRunner().invoke(app, ["generate", str(tmp_path / "new"), *options])
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
    assert not (tmp_path / "new").exists()


def test_bars_of_a_file_become_null_series(tmp_path: Path) -> None:
    (tmp_path / "AAPL.csv").write_text(to_csv(wave_bars(300)))
    result = wyckoff("generate", tmp_path / "cases", "--shuffle", tmp_path / "AAPL.csv", "--count", "2")
    assert result.returncode == 0, result.stderr
    names = sorted(path.name for path in (tmp_path / "cases").glob("*.csv"))
    assert names == ["shuffled_AAPL-0000.csv", "shuffled_AAPL-0001.csv"]
    labels = json.loads((tmp_path / "cases" / "shuffled_AAPL-0000.json").read_text())
    assert labels["kind"] == "null"
