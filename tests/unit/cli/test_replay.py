"""What `wyckoff replay` refuses, how it explains itself, and how rewrites are told."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from orchestrator.cli.main import app
from orchestrator.cli.output import results_console
from orchestrator.cli.replay_output import ReplayFormat, print_replay
from tests.support.samples import to_csv, wave_analysis, wave_bars
from wyckoff.replay import Entry, EntryKind, Rewrite, Verification

if TYPE_CHECKING:
    from pathlib import Path

BARS = wave_bars()
SAID = Entry(30, EntryKind.EVENT, 28, "0123456789", "minor", "SC", 61.5, 80, reason="volume ratio 2.31")
CLAIMED = Entry(30, EntryKind.EVENT, 28, "0123456789", "minor", "SC", 60.5, 80, reason="volume ratio 2.31")
REWRITTEN = Verification(9, (Rewrite(40, SAID, CLAIMED), Rewrite(50, None, SAID)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--kinds", "spring"), "spring is no kind"),
        (("--kinds", ","), "nothing is no kind"),
        (("--verify", "0"), "neither a number from 1 nor all"),
        (("--verify", "some"), "neither a number from 1 nor all"),
        (("--from", "soon"), "soon"),
        (("--scale", "huge"), "huge is no scale"),
        (("--format", "xml"), "xml"),
    ],
)
def test_wrong_arguments_exit_with_2(tmp_path: Path, options: tuple[str, str], message: str) -> None:
    file = tmp_path / "AAPL.csv"
    file.write_text(to_csv(BARS))
    result = CliRunner().invoke(app, ["replay", str(file), *options], env={"COLUMNS": "200"})
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""


def test_help_has_examples() -> None:
    result = CliRunner().invoke(app, ["replay", "--help"])
    assert result.exit_code == 0
    assert "wyckoff replay AAPL.csv --html AAPL.html" in result.stdout


def test_rewrites_are_told_with_both_versions() -> None:
    target = io.StringIO()
    console = results_console(target, width=160)
    print_replay(console, ReplayFormat.TABLE, BARS, wave_analysis(BARS), [CLAIMED], REWRITTEN)
    text = target.getvalue()
    assert "Verified at 9 bars: 2 rewrites" in text
    changed = next(line for line in text.splitlines() if "changed" in line)
    assert "price 61.5" in changed
    assert "price 60.5" in changed
    assert "nothing" in next(line for line in text.splitlines() if "backdated" in line)


def test_rewrites_are_in_the_object(capsys: pytest.CaptureFixture[str]) -> None:
    print_replay(results_console(), ReplayFormat.JSON, BARS, wave_analysis(BARS), [CLAIMED], REWRITTEN)
    told = json.loads(capsys.readouterr().out)["verification"]
    assert told["checked"] == 9
    assert [(item["change"], item["bar_index"]) for item in told["rewrites"]] == [("changed", 40), ("backdated", 50)]
    assert told["rewrites"][0]["then"]["price"] == 61.5
    assert told["rewrites"][1]["then"] is None
