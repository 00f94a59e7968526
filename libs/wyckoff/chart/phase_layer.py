"""Phases A to E as bands below the prices, one lane for structures that do not overlap."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from plotly import graph_objects as go

from wyckoff.chart.labels import phase_name, side_name
from wyckoff.chart.palette import tint
from wyckoff.chart.scene import PHASE_ROW

if TYPE_CHECKING:
    from wyckoff.chart.scene import Moments, Scene
    from wyckoff.chart.structure import Structure

#: The later the phase, the stronger its colour, up to where its letter is still readable.
_STRENGTH: Final = {"A": 0.12, "B": 0.22, "C": 0.33, "D": 0.44, "E": 0.55}
_GAP: Final = 0.08


@dataclass(frozen=True, slots=True)
class Band:
    """One phase of one structure, first to last bar; its end was known at ``settled_at_index``, None if it lasts."""

    phase: str
    side: int
    start_index: int
    end_index: int
    known_at_index: int
    settled_at_index: int | None = None


def bands_of(item: Structure) -> list[Band]:
    """The phases passed until the structure was over, or until the last bar."""
    closed = item.closed_at_index
    bands = []
    for segment, successor in zip_longest(item.reading.segments, item.reading.segments[1:]):
        end = segment.end_index if closed is None else min(segment.end_index, closed)
        if end >= segment.start_index:
            settled = min(
                (at for at in (successor and successor.known_at_index, closed) if at is not None), default=None
            )
            name = phase_name(segment.phase)
            bands.append(Band(name, item.range.side, segment.start_index, end, segment.known_at_index, settled))
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
    drawn = [
        (band, lane) for bands, lane in zip(rows, lanes, strict=True) for band in bands if scene.shows(band.end_index)
    ]
    for look in sorted({(band.side, band.phase) for band, _ in drawn}):
        own = [(band, lane) for band, lane in drawn if (band.side, band.phase) == look]
        _add_bands(figure, scene, own, *look)
        _add_letters(figure, scene, own, *look)
    return max(lanes, default=0) + 1


def _add_bands(figure: go.Figure, scene: Scene, own: list[tuple[Band, int]], side: int, phase: str) -> None:
    x: list[str | None] = []
    y: list[float | None] = []
    moments: list[Moments] = []
    for band, lane in own:
        # to the next bar, so that bands touch
        left, right = scene.label(band.start_index), scene.label(band.end_index + 1)
        low, high = lane + _GAP, lane + 1 - _GAP
        fixed = scene.seen(band.known_at_index)
        moving = scene.growing(band.known_at_index, band.settled_at_index)
        x += [left, right, right, left, left, None]
        y += [low, low, high, high, low, None]
        moments += [fixed, moving, moving, fixed, fixed, fixed]
    figure.add_trace(
        go.Scatter(
            x=x,
            y=y,
            customdata=scene.timed(moments),
            mode="lines",
            fill="toself",
            fillcolor=tint(scene.palette.side(side), _STRENGTH.get(phase, 0.1)),
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
            name=f"bands of phase {phase}, {side_name(side)}",
        ),
        row=PHASE_ROW,
        col=1,
    )


def _add_letters(figure: go.Figure, scene: Scene, own: list[tuple[Band, int]], side: int, phase: str) -> None:
    # where a phase ends is not known while it lasts: its letter stands at its start in a replay
    at = [
        scene.position(band.start_index)
        if scene.replay
        else (scene.position(band.start_index) + scene.position(band.end_index)) // 2
        for band, _ in own
    ]
    figure.add_trace(
        go.Scatter(
            x=[scene.labels[position] for position in at],
            y=[lane + 0.5 for _, lane in own],
            text=[phase] * len(own),
            hovertext=[_hover(scene, band) for band, _ in own],
            customdata=scene.timed([scene.seen(band.known_at_index) for band, _ in own]),
            hoverinfo="text",
            mode="text",
            textposition="middle right" if scene.replay else "middle center",
            textfont={"size": 11, "color": scene.palette.ink},
            showlegend=False,
            name=f"phase {phase}, {side_name(side)}",
        ),
        row=PHASE_ROW,
        col=1,
    )


def _hover(scene: Scene, band: Band) -> str:
    span = f"from {scene.label(band.start_index)}"
    if not scene.replay:
        span = f"{scene.label(band.start_index)} to {scene.label(band.end_index)}"
    known = f"known {scene.label(band.known_at_index)}"
    return f"<b>Phase {band.phase}, {side_name(band.side)}</b><br>{span}<br>{known}"
