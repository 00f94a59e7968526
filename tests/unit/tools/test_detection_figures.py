"""The figures of docs/detection.md on two short series."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tools.detection_counts import Comparison, read_series
from tools.detection_figures import write_figures
from tools.detection_page import PAGE
from tools.sample_bars import sample_bars

if TYPE_CHECKING:
    from pathlib import Path


def test_a_comparison_tells_ratio_spread_and_copies_that_have_as_many() -> None:
    compared = Comparison(6, (2, 4, 6, 0))
    assert (compared.mean, compared.ratio, compared.as_many) == (3.0, 2.0, 1)
    assert math.isclose(compared.deviation, math.sqrt(20 / 3))
    low, high = compared.ratio_interval
    assert low < compared.ratio < high


def test_a_ratio_to_copies_without_any_is_infinite() -> None:
    compared = Comparison(3, (0, 0))
    assert compared.ratio == math.inf
    assert compared.ratio_interval == (math.inf, math.inf)


def test_a_series_is_read_with_its_copies() -> None:
    read = read_series(sample_bars("SP500").head(510), seed=5, copies=2)
    counted = read.compared(lambda findings: len(findings.events))
    assert counted.real > 0
    assert len(counted.copies) == 2
    assert len(read.compared(lambda findings: len(findings.events), 20).copies) == 1
    assert 1.9 < read.years < 2.1


def test_all_figures_are_written_and_a_second_run_changes_nothing(tmp_path: Path) -> None:
    page = tmp_path / "detection.md"
    page.write_text(PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    series = [sample_bars("NASDAQ").tail(500), sample_bars("MSFT").head(400)]

    def run() -> str:
        write_figures(page, series, ("accu", "null"), seed=3, count=1, copies=2, jobs=1)
        return page.read_text(encoding="utf-8")

    first = run()
    assert "`wyckoff generate cases --seed 3 --count 1`" in first
    rows = [line.split(" | ") for line in first.splitlines() if line.startswith("| NASDAQ |")]
    # what was said, against copies, by length of blocks
    assert rows[0][1] == "500"
    assert len(rows) == 3
    assert any(line.startswith("| `accu` |") for line in first.splitlines())
    assert any(line.startswith("| `null` | 500 |") for line in first.splitlines())
    assert "S&P 500 |" not in first
    assert run() == first
