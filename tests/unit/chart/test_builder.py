"""The figure says what the analysis says, at the right bars and prices."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.samples import add_signal, wave_analysis, wave_bars
from wyckoff.chart import build_chart
from wyckoff.chart.builder import MAX_WINDOW_BARS, MIN_WINDOW_BARS, first_window, price_window
from wyckoff.chart.labels import event_title, evidence_text, price_text
from wyckoff.chart.phase_layer import Band, bands_of, lanes_of
from wyckoff.chart.scene import MAX_BARS, Scene
from wyckoff.chart.structure import Structure, current_structure, structures
from wyckoff.common.v1 import common_pb2
from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.phase.v1 import phase_pb2
from wyckoff.range.v1 import range_pb2

BARS = wave_bars()
ANALYSIS = wave_analysis(BARS)


@pytest.fixture(scope="module")
def figure() -> dict[str, Any]:
    built: dict[str, Any] = build_chart(BARS, ANALYSIS).to_plotly_json()
    return built


def trace(figure: dict[str, Any], name: str) -> dict[str, Any]:
    found = [item for item in figure["data"] if item.get("name") == name]
    assert len(found) == 1, name
    return dict(found[0])


def test_candles_and_volume_are_the_bars(figure: dict[str, Any]) -> None:
    candles, volume = trace(figure, "price"), trace(figure, "volume")
    for column in ("open", "high", "low", "close"):
        assert candles[column] == getattr(BARS, column).tolist()
    assert volume["y"] == BARS.volume.tolist()
    assert candles["x"][0] == "2008-01-01"
    assert len(set(candles["x"])) == len(BARS)
    assert figure["layout"]["xaxis"]["type"] == "category"


@pytest.mark.parametrize(
    ("side", "level", "price"),
    [
        ("accumulation", "ice", 61.0),
        ("accumulation", "creek", 79.0),
        ("accumulation", "jump", 115.0),
        ("distribution", "ice", 84.0),
        ("distribution", "creek", 108.0),
        ("distribution", "jump", 60.0),
    ],
)
def test_levels_stand_at_their_prices(figure: dict[str, Any], side: str, level: str, price: float) -> None:
    line = trace(figure, f"{level}, {side}")
    assert line["y"] == [price, price, None]
    labels = trace(figure, "price")["x"]
    start, end = {"accumulation": (99, 210), "distribution": (14, 70)}[side]
    if level == "jump":
        assert line["x"][:2] == [labels[end - 10], labels[end + 30]]
    else:
        assert line["x"][:2] == [labels[start], labels[end]]


def test_range_boxes_reach_from_ice_to_creek(figure: dict[str, Any]) -> None:
    box = trace(figure, "accumulation")
    assert set(box["y"]) == {61.0, 79.0, None}
    assert box["fill"] == "toself"
    heading = trace(figure, "heading, accumulation")
    assert "strength 70" in heading["hovertext"][0]
    assert "quality 78" in heading["hovertext"][0]


def test_accumulation_events_are_below_and_distribution_events_above(figure: dict[str, Any]) -> None:
    low = dict(zip(trace(figure, "price")["x"], BARS.low.tolist(), strict=True))
    high = dict(zip(trace(figure, "price")["x"], BARS.high.tolist(), strict=True))
    below, above = trace(figure, "events, accumulation"), trace(figure, "events, distribution")
    assert below["text"] == ["SC", "AR", "ST", "SOS"]
    assert above["text"] == ["BC", "AR"]
    assert all(y < low[x] for x, y in zip(below["x"], below["y"], strict=True))
    assert all(y > high[x] for x, y in zip(above["x"], above["y"], strict=True))
    labels = trace(figure, "price")["x"]
    assert below["x"] == [labels[bar] for bar in (99, 127, 155, 220)]


def test_hover_shows_the_evidence(figure: dict[str, Any]) -> None:
    text = trace(figure, "events, accumulation")["hovertext"][0]
    assert "selling climax" in text
    assert "volume ratio 2.31 (threshold 1.8)" in text
    assert "penetration unknown (threshold 5 %)" in text
    assert "known 2008-04-13" in text


def test_withdrawn_events_are_struck_and_say_why(figure: dict[str, Any]) -> None:
    withdrawn = trace(figure, "events withdrawn")
    assert withdrawn["text"] == ["<s>SPRING</s>"]
    assert "a lower low followed" in withdrawn["hovertext"][0]


def test_labels_close_to_each_other_stand_at_different_heights(figure: dict[str, Any]) -> None:
    standing, withdrawn = trace(figure, "events, accumulation"), trace(figure, "events withdrawn")
    assert abs(standing["y"][2] - withdrawn["y"][0]) > 1.0


def test_phases_are_bands_with_letters(figure: dict[str, Any]) -> None:
    labels = trace(figure, "price")["x"]
    bands = {
        ("A", "distribution"): (14, 41),
        ("B", "distribution"): (40 + 1, 71),
        ("A", "accumulation"): (99, 155),
        ("B", "accumulation"): (155, 220),
        ("D", "accumulation"): (220, len(BARS) - 1),
    }
    for (phase, side), (left, right) in bands.items():
        band = trace(figure, f"bands of phase {phase}, {side}")
        assert band["x"] == [labels[left], labels[right], labels[right], labels[left], labels[left], None]
        assert band["fill"] == "toself"
        assert trace(figure, f"phase {phase}, {side}")["text"] == [phase]
    assert len([item for item in figure["data"] if item["name"].startswith("bands of")]) == len(bands)


def test_signals_show_entry_stop_and_target(figure: dict[str, Any]) -> None:
    signal = trace(figure, "signals")
    assert signal["y"] == [80.0]
    assert signal["x"] == [trace(figure, "price")["x"][224]]
    assert "7.0 R" in signal["hovertext"][0]
    assert set(trace(figure, "entry to stop")["y"]) == {80.0, 75.0, None}
    assert set(trace(figure, "entry to target")["y"]) == {80.0, 115.0, None}


def test_refused_set_ups_are_there_when_asked_for(figure: dict[str, Any]) -> None:
    refused = trace(figure, "refused set-ups")
    assert refused["visible"] == "legendonly"
    assert "below 2.0" in refused["hovertext"][0]


def test_title_and_levels_tell_where_the_market_stands(figure: dict[str, Any]) -> None:
    assert "accumulation, phase D, confidence 82" in figure["layout"]["title"]["text"]
    texts = [note["text"] for note in figure["layout"]["annotations"]]
    assert {"creek 79.00", "ice 61.00", "jump 115.00"} <= set(texts)


def test_counts_are_told_where_the_structure_should_go() -> None:
    analysis = orchestrator_pb2.Analysis()
    analysis.CopyFrom(ANALYSIS)
    for item in analysis.ranges:
        for name, prices in (("count_up", (90.0, 100.0, 110.0)), ("count_down", (60.0, 50.0, 40.0))):
            count = getattr(item.revisions[-1], name)
            count.low, count.middle, count.high = prices
            count.columns = 7
    built = build_chart(BARS, analysis).to_plotly_json()
    texts = [note["text"] for note in built["layout"]["annotations"]]
    assert {"low count 90.00", "middle count 100.00", "high count 110.00"} <= set(texts)
    assert "high count 40.00" not in texts
    hover = trace(built, "heading, distribution")["hovertext"][0]
    assert "point-and-figure count down 60.00, 50.00 and 40.00 (7 columns)" in hover


def test_headings_tell_the_scale_and_the_failure() -> None:
    analysis = orchestrator_pb2.Analysis()
    analysis.CopyFrom(ANALYSIS)
    analysis.ranges[0].scale = common_pb2.SCALE_MAJOR
    analysis.ranges[1].scale = common_pb2.SCALE_INTERMEDIATE
    analysis.phases[1].failed_at_index = 250
    built = build_chart(BARS, analysis).to_plotly_json()
    assert trace(built, "heading, distribution")["text"] == [" Distribution, major"]
    assert trace(built, "heading, accumulation")["text"] == [" <s>Accumulation, intermediate</s>, failed"]


def test_a_symbol_is_text_and_never_markup() -> None:
    analysis = orchestrator_pb2.Analysis(symbol="<b>X</b>", timeframe="1d")
    assert "&lt;b&gt;X" in build_chart(BARS, analysis).layout.title.text


def test_an_analysis_without_findings_is_a_chart_of_prices() -> None:
    figure = build_chart(BARS.head(1), orchestrator_pb2.Analysis(symbol="AAPL", timeframe="1d", bar_count=1))
    assert [item.type for item in figure.data] == ["candlestick", "bar"]
    assert "no open trading range" in figure.layout.title.text


def test_of_a_long_series_the_newest_bars_are_drawn() -> None:
    bars = wave_bars(MAX_BARS + 300)
    analysis = wave_analysis(bars)
    add_signal(analysis, bars, "range-1", MAX_BARS + 250, (200.0, 190.0, 260.0))
    figure = build_chart(bars, analysis)
    assert len(figure.data[0].x) == MAX_BARS
    assert figure.data[0].close[-1] == bars.close[-1]
    signals = next(item for item in figure.data if item.name == "signals")
    assert list(signals.x) == [figure.data[0].x[MAX_BARS + 250 - 300]]
    assert f"newest {MAX_BARS} of {MAX_BARS + 300} bars" in figure.layout.title.text


def test_intraday_labels_tell_the_time() -> None:
    bars = wave_bars(timeframe="1h")
    assert Scene(bars).label(1) == "2008-01-01 01:00"


def test_the_first_window_holds_the_current_structure() -> None:
    left, right = first_window(Scene(BARS), ANALYSIS)
    assert left == 99 - 60 - 0.5
    assert right > len(BARS)
    low, high = price_window(Scene(BARS), (left, right))
    assert low < BARS.low[39:].min()
    assert high > BARS.high[39:].max()


def test_the_first_window_is_neither_tiny_nor_endless() -> None:
    bars = wave_bars(3000)
    nothing = orchestrator_pb2.Analysis(symbol="AAPL", timeframe="1d", bar_count=3000)
    assert first_window(Scene(bars), nothing)[0] == 3000 - MAX_WINDOW_BARS - 0.5
    nothing.ranges.add(range_id="r", start_index=2990, end_index=2999, status=range_pb2.RANGE_STATUS_ACTIVE)
    assert first_window(Scene(bars), nothing)[0] == 3000 - MIN_WINDOW_BARS - 0.5


def test_structures_that_overlap_get_lanes_of_their_own() -> None:
    def bands(start: int, end: int) -> list[Band]:
        return [Band("A", common_pb2.SIDE_ACCUMULATION, start, end, start)]

    assert lanes_of([bands(0, 10), bands(5, 20), bands(11, 15), bands(12, 30)]) == [0, 1, 0, 2]


def test_phases_end_when_the_structure_is_over() -> None:
    reading = phase_pb2.PhaseReading()
    reading.segments.add(phase=common_pb2.PHASE_A, start_index=0, end_index=20)
    reading.segments.add(phase=common_pb2.PHASE_E, start_index=21, end_index=99)
    found = range_pb2.TradingRange(status=range_pb2.RANGE_STATUS_COMPLETED, end_index=25)
    found.revisions.add(known_at_index=10, status=range_pb2.RANGE_STATUS_ACTIVE)
    found.revisions.add(known_at_index=40, status=range_pb2.RANGE_STATUS_COMPLETED)
    structure = Structure(found, reading)
    assert [(band.phase, band.start_index, band.end_index) for band in bands_of(structure)] == [
        ("A", 0, 20),
        ("E", 21, 40),
    ]
    reading.failed_at_index = 15
    assert [(band.phase, band.end_index) for band in bands_of(structure)] == [("A", 15)]
    still_open = Structure(range_pb2.TradingRange(status=range_pb2.RANGE_STATUS_ACTIVE), phase_pb2.PhaseReading())
    assert still_open.closed_at_index is None


@pytest.mark.parametrize(
    ("side", "title"),
    [
        (common_pb2.SIDE_ACCUMULATION, "automatic rally"),
        (common_pb2.SIDE_DISTRIBUTION, "automatic reaction"),
    ],
)
def test_the_same_letters_mean_different_things_on_either_side(side: int, title: str) -> None:
    assert event_title(common_pb2.EVENT_TYPE_AR, side) == title


def test_current_structure_is_the_open_one_known_last() -> None:
    current = current_structure(ANALYSIS)
    assert current is not None
    assert current.range.range_id == "range-1"
    failed = orchestrator_pb2.Analysis()
    failed.CopyFrom(ANALYSIS)
    failed.phases[1].failed_at_index = 250
    assert current_structure(failed) is None


def test_a_range_without_a_reading_is_still_a_structure() -> None:
    analysis = orchestrator_pb2.Analysis()
    analysis.ranges.add(range_id="r", status=range_pb2.RANGE_STATUS_ACTIVE)
    found = structures(analysis)
    assert [item.reading.range_id for item in found] == ["r"]


@pytest.mark.parametrize(("price", "text"), [(12345.678, "12,345.7"), (84.3, "84.30"), (0.0012345678, "0.0012346")])
def test_price_text(price: float, text: str) -> None:
    assert price_text(price) == text


def test_evidence_text() -> None:
    item = common_pb2.Evidence(name="depth_pct", value=0.032, threshold=0.02, met=False)
    assert evidence_text(item) == "depth 3.2 % (threshold 2 %, not met)"
    assert evidence_text(common_pb2.Evidence(name="bars_since_climax", value=4)) == "bars since climax 4"


def test_shares_of_equity_are_percent_already() -> None:
    assert evidence_text(common_pb2.Evidence(name="risk_pct", value=0.7)) == "risk 0.7 %"
    assert evidence_text(common_pb2.Evidence(name="rise_log_pct", value=0.185)) == "rise 18.5 %"
