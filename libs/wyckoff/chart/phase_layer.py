"""Phases A to E as bands below the prices, one lane for structures that do not overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plotly import graph_objects as go

from wyckoff.chart.labels import phase_name, side_name
from wyckoff.chart.scene import INK, PHASE_ROW, side_colour, tint

if TYPE_CHECKING:
    from wyckoff.chart.scene import Scene
    from wyckoff.chart.structure import Structure

#: The later the phase, the stronger its colour.
_STRENGTH: Final = {"A": 0.15, "B": 0.28, "C": 0.45, "D": 0.62, "E": 0.8}
_GAP: Final = 0.08


def lanes_of(structures: list[Structure]) -> list[int]:
    """A lane for each structure (ordered by start) so that no two in a lane overlap."""
    ends: list[int] = []
    lanes = []
    for item in structures:
        segments = item.reading.segments
        start, end = segments[0].start_index, segments[-1].end_index
        free = next((lane for lane, last in enumerate(ends) if last < start), len(ends))
        if free == len(ends):
            ends.append(end)
        ends[free] = end
        lanes.append(free)
    return lanes


def add_phases(figure: go.Figure, scene: Scene, structures: list[Structure]) -> int:
    """Bands with their letters; returns the number of lanes."""
    drawn = [item for item in structures if item.reading.segments and scene.shows(item.reading.segments[-1].end_index)]
    drawn.sort(key=lambda item: item.reading.segments[0].start_index)
    lanes = lanes_of(drawn)
    for item, lane in zip(drawn, lanes, strict=True):
        for position, segment in enumerate(item.reading.segments):
            _add_band(figure, scene, item, position, lane)
            _add_letter(figure, scene, item, segment.start_index, segment.end_index, phase_name(segment.phase), lane)
    return max(lanes, default=0) + 1


def _add_band(figure: go.Figure, scene: Scene, item: Structure, position: int, lane: int) -> None:
    segment = item.reading.segments[position]
    colour = side_colour(item.range.side)
    figure.add_shape(
        type="rect",
        # half a bar to each side, so that bands touch
        x0=scene.position(segment.start_index) - 0.5,
        x1=scene.position(segment.end_index) + 0.5,
        y0=lane + _GAP,
        y1=lane + 1 - _GAP,
        line={"width": 0},
        fillcolor=tint(colour, _STRENGTH.get(phase_name(segment.phase), 0.1)),
        layer="below",
        row=PHASE_ROW,
        col=1,
    )


def _add_letter(figure: go.Figure, scene: Scene, item: Structure, start: int, end: int, letter: str, lane: int) -> None:
    if not (scene.shows(start) or scene.shows(end)):
        return
    known = next(segment.known_at_index for segment in item.reading.segments if segment.start_index == start)
    middle = (scene.position(start) + scene.position(end)) // 2
    figure.add_trace(
        go.Scatter(
            x=[scene.labels[middle]],
            y=[lane + 0.5],
            text=[letter],
            hovertext=[
                f"<b>Phase {letter}, {side_name(item.range.side)}</b><br>{scene.label(start)} to {scene.label(end)}"
                f"<br>known {scene.label(known)}"
            ],
            hoverinfo="text",
            mode="text",
            textfont={"size": 11, "color": "white" if letter in {"D", "E"} else INK},
            showlegend=False,
            name=f"phase {letter}",
        ),
        row=PHASE_ROW,
        col=1,
    )
