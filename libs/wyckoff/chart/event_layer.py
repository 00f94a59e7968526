"""Events at their bars: accumulation below, distribution above, withdrawn ones struck and grey."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from plotly import graph_objects as go

from wyckoff.chart.labels import event_name, event_title, evidence_text, price_text
from wyckoff.chart.scene import LABELLED, PRICE_ROW
from wyckoff.common.v1 import common_pb2
from wyckoff.phase.v1 import phase_pb2

if TYPE_CHECKING:
    from wyckoff.chart.scene import Scene
    from wyckoff.chart.structure import Structure

#: Labels nearer to each other than this stand at different heights.
_CLEAR_BARS: Final = 9
_ABOVE: Final = common_pb2.SIDE_DISTRIBUTION
_LEVELS: Final = 4
_FIRST_DISTANCE: Final = 0.7
_LEVEL_DISTANCE: Final = 1.3


@dataclass(frozen=True, slots=True, eq=False)
class _Mark:
    """An event as it is drawn from the close of ``since`` on: standing until ``until``, or taken back."""

    event: phase_pb2.StructureEvent
    side: int
    below: bool
    level: int
    since: int
    until: int | None
    withdrawn: bool


def add_events(figure: go.Figure, scene: Scene, structures: list[Structure]) -> None:
    """Three traces: events of either side, and what was withdrawn."""
    marks, palette = _marks(scene, structures), scene.palette
    standing = [mark for mark in marks if not mark.withdrawn]
    _add(figure, scene, [m for m in standing if m.below], "events, accumulation", palette.accumulation)
    _add(figure, scene, [m for m in standing if not m.below], "events, distribution", palette.distribution)
    _add(figure, scene, [m for m in marks if m.withdrawn], "events withdrawn", palette.withdrawn)


def _marks(scene: Scene, structures: list[Structure]) -> list[_Mark]:
    marks: list[_Mark] = []
    for below in (True, False):
        events = [
            (event, item.side_at(event.known_at_index))
            for item in structures
            for event in item.reading.events
            if scene.shows(event.bar_index) and (item.side_at(event.known_at_index) != _ABOVE) == below
        ]
        # by level, the bar of the label that was set there last
        last = [-_CLEAR_BARS] * _LEVELS
        for event, side in sorted(events, key=lambda pair: (pair[0].bar_index, pair[0].known_at_index)):
            free = [level for level, bar in enumerate(last) if event.bar_index - bar >= _CLEAR_BARS]
            level = free[0] if free else last.index(min(last))
            last[level] = event.bar_index
            marks += _states(event, side, below, level)[0 if scene.replay else -1 :]
    return marks


def _states(event: phase_pb2.StructureEvent, side: int, below: bool, level: int) -> list[_Mark]:
    """The event as it stood, and struck once it was taken back; the last is how it is now."""
    known, taken_back = event.known_at_index, event.withdrawn_at_index
    if event.status != phase_pb2.EVENT_STATUS_WITHDRAWN:
        return [_Mark(event, side, below, level, known, None, withdrawn=False)]
    standing = _Mark(event, side, below, level, known, taken_back, withdrawn=False)
    return [standing, _Mark(event, side, below, level, taken_back, None, withdrawn=True)]


def _add(figure: go.Figure, scene: Scene, marks: list[_Mark], name: str, colour: str) -> None:
    if not marks:
        return
    names = [event_name(mark.event.type) for mark in marks]
    # a halo would hide the stroke through withdrawn ones
    shadow = "none" if colour == scene.palette.withdrawn else scene.palette.halo
    figure.add_trace(
        go.Scatter(
            x=[scene.label(mark.event.bar_index) for mark in marks],
            y=[_height(scene, mark) for mark in marks],
            text=[f"<s>{text}</s>" if mark.withdrawn else text for text, mark in zip(names, marks, strict=True)],
            hovertext=[_hover(scene, mark) for mark in marks],
            customdata=scene.timed([scene.seen(mark.since, mark.until) for mark in marks]),
            hoverinfo="text",
            mode="markers+text",
            meta=LABELLED,
            textposition=["bottom center" if mark.below else "top center" for mark in marks],
            textfont={"size": 11, "color": colour, "shadow": shadow},
            marker={
                "size": 6,
                "color": colour,
                "symbol": [
                    "x-thin-open" if mark.withdrawn else "triangle-up" if mark.below else "triangle-down"
                    for mark in marks
                ],
            },
            name=name,
            cliponaxis=True,
        ),
        row=PRICE_ROW,
        col=1,
    )


def _height(scene: Scene, mark: _Mark) -> float:
    at = scene.position(mark.event.bar_index)
    distance = scene.local_spread(mark.event.bar_index) * (_FIRST_DISTANCE + _LEVEL_DISTANCE * mark.level)
    return float(scene.bars.low[at] - distance) if mark.below else float(scene.bars.high[at] + distance)


def _hover(scene: Scene, mark: _Mark) -> str:
    event = mark.event
    lines = [
        f"<b>{event_name(event.type)} - {event_title(event.type, mark.side)}</b>",
        f"{scene.label(event.bar_index)}, known {scene.label(event.known_at_index)}",
        f"price {price_text(event.price)}, confidence {event.confidence}",
        *(escape(evidence_text(item)) for item in event.evidence),
    ]
    if mark.withdrawn:
        lines.append(f"<b>withdrawn {scene.label(event.withdrawn_at_index)}</b>: {escape(event.reason)}")
    return "<br>".join(lines)
