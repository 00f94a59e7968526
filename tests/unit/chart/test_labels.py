"""Labels can be read: they keep apart, and say once what several scales say."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from tests.support.samples import wave_analysis, wave_bars
from wyckoff.chart import build_chart
from wyckoff.chart.scene import Scene
from wyckoff.common.v1 import common_pb2
from wyckoff.phase.v1 import phase_pb2


def trace(figure: dict[str, Any], name: str) -> dict[str, Any]:
    return next(dict(item) for item in figure["data"] if item["name"] == name)


def test_a_signal_whose_set_up_was_taken_back_is_struck() -> None:
    bars = wave_bars()
    analysis = wave_analysis(bars)
    analysis.signals[0].pattern_id = "taken-back"
    analysis.patterns.add(pattern_id="taken-back", withdrawn_at_index=230, reason="a close below the ice")
    built = build_chart(bars, analysis).to_plotly_json()
    assert trace(built, "signals")["text"] == [" <s>SPRING long</s>"]
    assert not [item for item in built["data"] if item["name"] == "entry to stop"]


def test_labels_of_events_in_a_row_keep_apart() -> None:
    bars = wave_bars()
    analysis = wave_analysis(bars)
    reading = analysis.phases[1]
    for bar in range(230, 242, 2):
        reading.events.add(
            type=common_pb2.EVENT_TYPE_UT,
            bar_index=bar,
            known_at_index=bar + 1,
            price=float(bars.low[bar]),
            status=phase_pb2.EVENT_STATUS_CONFIRMED,
        )
    drawn = trace(build_chart(bars, analysis).to_plotly_json(), "events, accumulation")
    heights = sorted(height for text, height in zip(drawn["text"], drawn["y"], strict=True) if text == "UT")
    scene = Scene(bars)
    assert len(heights) == 6
    assert all(above - below >= scene.label_height(230) for below, above in pairwise(heights))


def test_an_event_of_two_scales_is_one_point_that_tells_both() -> None:
    bars = wave_bars()
    analysis = wave_analysis(bars)
    analysis.phases[1].events.add().CopyFrom(analysis.phases[1].events[0])
    drawn = trace(build_chart(bars, analysis).to_plotly_json(), "events, accumulation")
    assert drawn["text"].count("SC") == 1
    assert drawn["hovertext"][drawn["text"].index("SC")].count("selling climax") == 2
