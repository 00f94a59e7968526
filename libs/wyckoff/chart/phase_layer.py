"""Phases A to E as bands below the prices, one lane for structures that do not overlap."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Band:
    """One phase of one structure, first to last bar."""

    phase: str
    side: int
    start_index: int
    end_index: int
    known_at_index: int


def bands_of(item: Structure) -> list[Band]:
    """The phases passed until the structure was over, or until the last bar."""
    closed = item.closed_at_index
    bands = []
    for segment in item.reading.segments:
        end = segment.end_index if closed is None else min(segment.end_index, closed)
        if end >= segment.start_index:
            name = phase_name(segment.phase)
            bands.append(Band(name, item.range.side, segment.start_index, end, segment.known_at_index))
    return bands


def lanes_of(rows: list[list[Band]]) -> list[int]:
    """A lane for each structure (ordered by start) so that no two in a lane overlap."""
    ends: list[int] = []
    lanes = []
    for bands in rows:
        start, end = bands[0].start_index, bands[-1].end_index
        free = next((lane for lane, last in enumerate(ends) if last < start), len(ends))
        if free == len(ends):
            ends.append(end)
        ends[free] = end
        lanes.append(free)
    return lanes


def add_phases(figure: go.Figure, scene: Scene, structures: list[Structure]) -> int:
    """Bands with their letters; returns the number of lanes."""
    rows = [bands for bands in map(bands_of, structures) if bands and scene.shows(bands[-1].end_index)]
    rows.sort(key=lambda bands: bands[0].start_index)
    lanes = lanes_of(rows)
    for bands, lane in zip(rows, lanes, strict=True):
        for band in bands:
            if scene.shows(band.end_index):
                _add_band(figure, scene, band, lane)
                _add_letter(figure, scene, band, lane)
    return max(lanes, default=0) + 1


def _add_band(figure: go.Figure, scene: Scene, band: Band, lane: int) -> None:
    figure.add_shape(
        type="rect",
        # half a bar to each side, so that bands touch
        x0=scene.position(band.start_index) - 0.5,
        x1=scene.position(band.end_index) + 0.5,
        y0=lane + _GAP,
        y1=lane + 1 - _GAP,
        line={"width": 0},
        fillcolor=tint(side_colour(band.side), _STRENGTH.get(band.phase, 0.1)),
        layer="below",
        row=PHASE_ROW,
        col=1,
    )


def _add_letter(figure: go.Figure, scene: Scene, band: Band, lane: int) -> None:
    start, end = scene.label(band.start_index), scene.label(band.end_index)
    middle = (scene.position(band.start_index) + scene.position(band.end_index)) // 2
    figure.add_trace(
        go.Scatter(
            x=[scene.labels[middle]],
            y=[lane + 0.5],
            text=[band.phase],
            hovertext=[
                f"<b>Phase {band.phase}, {side_name(band.side)}</b><br>{start} to {end}"
                f"<br>known {scene.label(band.known_at_index)}"
            ],
            hoverinfo="text",
            mode="text",
            textfont={"size": 11, "color": "white" if band.phase in {"D", "E"} else INK},
            showlegend=False,
            name=f"phase {band.phase}",
        ),
        row=PHASE_ROW,
        col=1,
    )
