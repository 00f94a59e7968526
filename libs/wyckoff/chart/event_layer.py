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
_CLEAR_BARS: Final = 12
_ABOVE: Final = common_pb2.SIDE_DISTRIBUTION
#: In spreads of the bars around: from a bar to its label, the height of a label, and how far it is moved at once.
_FIRST_DISTANCE: Final = 0.7
_LABEL_HEIGHT: Final = 1.25
_STEP: Final = 0.5
_MOST_STEPS: Final = 16


@dataclass(frozen=True, slots=True, eq=False)
class _Mark:
    """An event as it is drawn from the close of ``since`` on: standing until ``until``, or taken back."""

    event: phase_pb2.StructureEvent
    side: int
    below: bool
    height: float
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
        placed: list[tuple[int, float]] = []
        for event, side in sorted(events, key=lambda pair: (pair[0].bar_index, pair[0].known_at_index)):
            height = _free_height(scene, event.bar_index, below, placed)
            placed.append((event.bar_index, height))
            marks += _states(event, side, below, height)[0 if scene.replay else -1 :]
    return marks


def _states(event: phase_pb2.StructureEvent, side: int, below: bool, height: float) -> list[_Mark]:
    """The event as it stood, and struck once it was taken back; the last is how it is now."""
    known, taken_back = event.known_at_index, event.withdrawn_at_index
    if event.status != phase_pb2.EVENT_STATUS_WITHDRAWN:
        return [_Mark(event, side, below, height, known, None, withdrawn=False)]
    standing = _Mark(event, side, below, height, known, taken_back, withdrawn=False)
    return [standing, _Mark(event, side, below, height, taken_back, None, withdrawn=True)]


def _add(figure: go.Figure, scene: Scene, marks: list[_Mark], name: str, colour: str) -> None:
    if not marks:
        return
    names = [event_name(mark.event.type) for mark in marks]
    # a halo would hide the stroke through withdrawn ones
    shadow = "none" if colour == scene.palette.withdrawn else scene.palette.halo
    figure.add_trace(
        go.Scatter(
            x=[scene.label(mark.event.bar_index) for mark in marks],
            y=[mark.height for mark in marks],
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


def _free_height(scene: Scene, bar_index: int, below: bool, placed: list[tuple[int, float]]) -> float:
    """Price of a label: as near to its bar as labels placed before leave room."""
    at, spread = scene.position(bar_index), scene.local_spread(bar_index)
    away = -spread if below else spread
    height = float(scene.bars.low[at] if below else scene.bars.high[at]) + away * _FIRST_DISTANCE
    near = [price for bar, price in placed if abs(bar_index - bar) < _CLEAR_BARS]
    for _ in range(_MOST_STEPS):
        if all(abs(height - price) >= spread * _LABEL_HEIGHT for price in near):
            break
        height += away * _STEP
    return height


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
