"""Events at their bars: accumulation below, distribution above, withdrawn ones struck and grey."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from plotly import graph_objects as go

from wyckoff.chart.labels import event_name, event_title, evidence_text, price_text, scale_name
from wyckoff.chart.scene import LABELLED, PRICE_ROW
from wyckoff.common.v1 import common_pb2
from wyckoff.phase.v1 import phase_pb2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wyckoff.chart.scene import Scene
    from wyckoff.chart.structure import Structure
    from wyckoff.risk.v1.risk_pb2 import TradeSignal

#: About what texts take along the time axis: on either side of an event, and to the right of a signal or a heading.
_HALF_LABEL_BARS: Final = 6
_SIGNAL_BARS: Final = 20
_HEADING_BARS: Final = 36
_ABOVE: Final = common_pb2.SIDE_DISTRIBUTION
#: In heights of a label: from a bar to its label, and how far a label is moved at once.
_FIRST_DISTANCE: Final = 0.6
_STEP: Final = 0.5
_MOST_STEPS: Final = 16

#: First bar, last bar and height of a text that has its place.
_Placed = tuple[int, int, float]


@dataclass(frozen=True, slots=True, eq=False)
class _Mark:
    """An event as it is drawn from the close of ``since`` on: standing until ``until``, or taken back."""

    event: phase_pb2.StructureEvent
    side: int
    scale: str
    below: bool
    height: float
    since: int
    until: int | None
    withdrawn: bool


def add_events(
    figure: go.Figure, scene: Scene, structures: list[Structure], signals: Sequence[TradeSignal] = ()
) -> None:
    """Three traces: events of either side, and what was withdrawn. They keep clear of headings and of ``signals``."""
    marks, palette = _marks(scene, structures, _others(scene, structures, signals)), scene.palette
    standing = [mark for mark in marks if not mark.withdrawn]
    _add(figure, scene, [m for m in standing if m.below], "events, accumulation", palette.accumulation)
    _add(figure, scene, [m for m in standing if not m.below], "events, distribution", palette.distribution)
    _add(figure, scene, [m for m in marks if m.withdrawn], "events withdrawn", palette.withdrawn)


def _others(scene: Scene, structures: list[Structure], signals: Sequence[TradeSignal]) -> list[_Placed]:
    """Texts of other layers."""
    found: list[_Placed] = []
    for item in structures:
        start, creek = item.range.start_index, item.range.creek
        if scene.shows(start):
            found.append((start, start + _HEADING_BARS, creek + scene.label_height(start) * _FIRST_DISTANCE))
    for signal in signals:
        known = signal.known_at_index
        found.append((known, known + _SIGNAL_BARS, float(signal.entry_price)))
    return found


def _marks(scene: Scene, structures: list[Structure], others: list[_Placed]) -> list[_Mark]:
    marks: list[_Mark] = []
    for below in (True, False):
        events = [
            (event, item.side_at(event.known_at_index), scale_name(item.range.scale))
            for item in structures
            for event in item.reading.events
            if scene.shows(event.bar_index) and (item.side_at(event.known_at_index) != _ABOVE) == below
        ]
        placed = list(others)
        own: dict[tuple[int, int], float] = {}
        for event, side, scale in sorted(events, key=lambda found: (found[0].bar_index, found[0].known_at_index)):
            key = event.bar_index, int(event.type)
            # the same event on another scale has the same place: its label says the same
            if key not in own:
                own[key] = _free_height(scene, event.bar_index, below, placed)
                placed.append((event.bar_index - _HALF_LABEL_BARS, event.bar_index + _HALF_LABEL_BARS, own[key]))
            height = own[key]
            marks += _states(event, side, scale, below, height)[0 if scene.replay else -1 :]
    return marks


def _states(event: phase_pb2.StructureEvent, side: int, scale: str, below: bool, height: float) -> list[_Mark]:
    """The event as it stood, and struck once it was taken back; the last is how it is now."""
    known, taken_back = event.known_at_index, event.withdrawn_at_index
    if event.status != phase_pb2.EVENT_STATUS_WITHDRAWN:
        return [_Mark(event, side, scale, below, height, known, None, withdrawn=False)]
    standing = _Mark(event, side, scale, below, height, known, taken_back, withdrawn=False)
    return [standing, _Mark(event, side, scale, below, height, taken_back, None, withdrawn=True)]


def _add(figure: go.Figure, scene: Scene, marks: list[_Mark], name: str, colour: str) -> None:
    if not marks:
        return
    # what scales have in common is one point that tells all of it
    alike: dict[tuple[int | None, ...], list[_Mark]] = {}
    for mark in marks:
        moments = (mark.since, mark.until) if scene.replay else ()
        alike.setdefault((mark.event.bar_index, mark.event.type, *moments), []).append(mark)
    hovers = ["<br><br>".join(_hover(scene, mark) for mark in group) for group in alike.values()]
    marks = [group[0] for group in alike.values()]
    names = [event_name(mark.event.type) for mark in marks]
    # a halo would hide the stroke through withdrawn ones
    shadow = "none" if colour == scene.palette.withdrawn else scene.palette.halo
    figure.add_trace(
        go.Scatter(
            x=[scene.label(mark.event.bar_index) for mark in marks],
            y=[mark.height for mark in marks],
            text=[f"<s>{text}</s>" if mark.withdrawn else text for text, mark in zip(names, marks, strict=True)],
            hovertext=hovers,
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


def _free_height(scene: Scene, bar_index: int, below: bool, placed: list[_Placed]) -> float:
    """Price of the middle of a label: as near to its bar as texts placed before leave room."""
    at, room = scene.position(bar_index), scene.label_height(bar_index)
    away = -room if below else room
    height = float(scene.bars.low[at] if below else scene.bars.high[at]) + away * _FIRST_DISTANCE
    left, right = bar_index - _HALF_LABEL_BARS, bar_index + _HALF_LABEL_BARS
    near = [price for first, last, price in placed if first < right and left < last]
    for _ in range(_MOST_STEPS):
        if all(abs(height - price) >= room for price in near):
            break
        height += away * _STEP
    return height


def _hover(scene: Scene, mark: _Mark) -> str:
    event = mark.event
    lines = [
        f"<b>{event_name(event.type)} - {event_title(event.type, mark.side)}</b> ({mark.scale})",
        f"{scene.label(event.bar_index)}, known {scene.label(event.known_at_index)}",
        f"price {price_text(event.price)}, confidence {event.confidence}",
        *(escape(evidence_text(item)) for item in event.evidence),
    ]
    if mark.withdrawn:
        lines.append(f"<b>withdrawn {scene.label(event.withdrawn_at_index)}</b>: {escape(event.reason)}")
    return "<br>".join(lines)
