"""`wyckoff replay` as a user runs it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.e2e.command import wyckoff
from tests.support.samples import to_csv
from wyckoff.replay import EntryKind
from wyckoff.schematics.structures import schematic

if TYPE_CHECKING:
    from pathlib import Path

_BUT_RANGES = ",".join(kind for kind in EntryKind if kind is not EntryKind.RANGE)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bars") / "BASE.csv"
    path.write_text(to_csv(schematic("accumulation", shakeout=True, noise=0.7, seed=3).bars))
    return path


def test_the_table_tells_what_when_and_how_late(file: Path) -> None:
    result = wyckoff("replay", file, "--verify", "4")
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0].startswith("BASE  1d")
    climax = next(line for line in lines if " event " in line and " SC " in line)
    assert "volume" in climax
    assert any(line.startswith("Lag from the bar") for line in lines)
    assert lines[-1] == "Verified at 4 bars: no rewrites"
    assert "\x1b" not in result.stdout
    assert result.stderr == ""


def test_json_is_one_object_with_entries_in_order(file: Path) -> None:
    result = wyckoff("replay", file, "--json", "--verify", "2", "--symbol", "XYZ")
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    assert (told["symbol"], told["timeframe"], told["complete"]) == ("XYZ", "1d", True)
    entries = told["entries"]
    assert [entry["known_at_index"] for entry in entries] == sorted(entry["known_at_index"] for entry in entries)
    assert all(entry["lag_bars"] == entry["known_at_index"] - entry["bar_index"] >= 0 for entry in entries)
    assert {entry["range_id"] for entry in entries} == {item["range_id"] for item in told["ranges"]}
    assert told["verification"] == {"checked": 2, "rewrites": []}
    climax = next(entry for entry in entries if entry["what"] == "SC")
    assert climax["bar_time"] < climax["known_at_time"]


def test_jsonl_days_kinds_and_scales_choose_entries(file: Path) -> None:
    def lines(*options: str) -> list[dict[str, str]]:
        result = wyckoff("replay", file, "--format", "jsonl", *options)
        assert result.returncode == 0, result.stderr
        return [json.loads(line) for line in result.stdout.splitlines()]

    every = lines()
    day = every[len(every) // 2]["known_at_time"][:10]
    wanted = [entry for entry in every if entry["known_at_time"].startswith(day) and entry["kind"] != "range"]
    assert lines("--from", day, "--to", day, "--kinds", _BUT_RANGES) == wanted
    assert lines("--scale", "minor,major") == [entry for entry in every if entry["scale"] != "intermediate"]


def test_a_missing_file_exits_with_2(tmp_path: Path) -> None:
    result = wyckoff("replay", tmp_path / "NONE.csv")
    assert result.returncode == 2
    assert "there is no such file" in result.stderr
