"""The page carries every state with the time for which it is to be seen, and nothing that it has to load."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.samples import wave_analysis, wave_bars
from wyckoff.chart import build_chart
from wyckoff.chart.scene import MAX_BARS, Scene
from wyckoff.replay import build_timeline
from wyckoff.replay.page import page_data, write_replay

if TYPE_CHECKING:
    from pathlib import Path

BARS = wave_bars()
ANALYSIS = wave_analysis(BARS)


@pytest.fixture(scope="module")
def traces() -> dict[str, dict[str, Any]]:
    built = build_chart(BARS, ANALYSIS, replay=True).to_plotly_json()
    return {item["name"]: item for item in built["data"]}


def test_points_carry_from_when_until_when_they_are_seen(traces: dict[str, dict[str, Any]]) -> None:
    standing, withdrawn = traces["events, accumulation"], traces["events withdrawn"]
    seen = dict(zip(standing["text"], standing["customdata"], strict=True))
    assert seen == {"SC": [103, None], "AR": [131, None], "ST": [158, None], "SPRING": [159, 162], "SOS": [220, None]}
    assert withdrawn["text"] == ["<s>SPRING</s>"]
    assert withdrawn["customdata"] == [[162, None]]
    assert "a lower low followed" not in standing["hovertext"][standing["text"].index("SPRING")]


def test_open_ranges_reach_to_the_bar_that_is_shown(traces: dict[str, dict[str, Any]]) -> None:
    box = traces["accumulation"]
    # left side, then the right side until the breakout settled it
    assert box["customdata"][:2] == [[109, None], [109, None, 210, 0]]


def test_a_plain_chart_carries_nothing_of_this() -> None:
    built = build_chart(BARS, ANALYSIS).to_plotly_json()
    assert not any("customdata" in item for item in built["data"])
    assert not any(item["name"] == "later closes" for item in built["data"])


def test_entries_tell_when_they_were_taken_back() -> None:
    data = page_data(Scene(BARS, replay=True), ANALYSIS, build_timeline(ANALYSIS), 120)
    spring = next(entry for entry in data["entries"] if entry["what"] == "SPRING" and entry["said"] == "event")
    assert (spring["known"], spring["gone"], spring["lag"]) == (159, 162, "3 bars")
    assert all(entry["gone"] is None for entry in data["entries"] if entry["what"] == "SC")
    assert data["start"] == 120


def test_positions_are_those_of_the_drawn_bars() -> None:
    bars = wave_bars(MAX_BARS + 100)
    analysis = wave_analysis(bars)
    data = page_data(Scene(bars, replay=True), analysis, build_timeline(analysis), None)
    assert (data["first_index"], data["start"]) == (100, MAX_BARS - 1)
    events = next(t for t in build_chart(bars, analysis, replay=True).data if t.name == "events, accumulation")
    assert list(events.customdata[0]) == [31, None]


class _References(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in {"src", "href", "action", "srcset", "data"}]


def test_texts_of_an_analysis_are_never_markup(tmp_path: Path) -> None:
    analysis = wave_analysis(BARS)
    analysis.symbol = "</title><img src=x>"
    analysis.rejections[0].reason = "</script><script src=http://example.com/x.js>"
    path = write_replay(tmp_path / "new" / "AAPL.html", BARS, analysis, build_timeline(analysis))
    page = path.read_text(encoding="utf-8")
    references = _References()
    references.feed(page)
    assert references.found == []
    assert [item.name for item in path.parent.iterdir()] == ["AAPL.html"]
    found = re.search(r'<script type="application/json" id="replay-data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    assert any("</script>" in entry["why"] for entry in json.loads(found.group(1))["entries"])
