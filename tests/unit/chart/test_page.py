"""A chart file needs nothing but itself."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from tests.support.samples import wave_analysis, wave_bars
from wyckoff.chart import FIT_SCRIPT, write_chart

if TYPE_CHECKING:
    from pathlib import Path


class _References(HTMLParser):
    """Collects every attribute that could make a browser ask for something."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str, str | None]] = []
        self.policy = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if names.get("http-equiv") == "Content-Security-Policy":
            self.policy = names["content"] or ""
        self.found += [
            (tag, name, value) for name, value in attrs if name in {"src", "href", "action", "srcset", "data"}
        ]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    bars = wave_bars()
    path = write_chart(tmp_path_factory.mktemp("charts") / "new" / "AAPL.html", bars, wave_analysis(bars))
    return path.read_text(encoding="utf-8")


def test_nothing_is_loaded_from_anywhere(page: str) -> None:
    references = _References()
    references.feed(page)
    assert references.found == []
    assert "default-src 'none'" in references.policy
    assert "http" not in references.policy


def test_the_plotly_script_and_ours_are_in_the_file(page: str) -> None:
    assert "plotly.js v" in page
    assert "Plotly.newPlot" in page
    assert FIT_SCRIPT.replace("{plot_id}", "chart").strip()[:60] in page
    assert "<title>AAPL 1d - Wyckoff</title>" in page


def test_texts_of_an_analysis_are_never_markup(tmp_path: Path) -> None:
    bars = wave_bars()
    analysis = wave_analysis(bars)
    analysis.symbol = "</title><img src=x>"
    analysis.rejections[0].reason = "</script><script src=http://example.com/x.js>"
    references = _References()
    references.feed(write_chart(tmp_path / "AAPL.html", bars, analysis).read_text(encoding="utf-8"))
    assert references.found == []


def test_no_part_file_is_left(tmp_path: Path) -> None:
    bars = wave_bars()
    write_chart(tmp_path / "AAPL.html", bars, wave_analysis(bars))
    assert [path.name for path in tmp_path.iterdir()] == ["AAPL.html"]
