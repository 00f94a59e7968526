"""Trading ranges: a box between ice and creek, the jump, and a heading with all that is known."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from plotly import graph_objects as go

from wyckoff.chart.labels import price_text, range_status_name, side_name
from wyckoff.chart.scene import (
    ACCUMULATION,
    DISTRIBUTION,
    HALO,
    INK,
    LABELLED,
    PRICE_ROW,
    UNDETERMINED,
    side_colour,
    tint,
)
from wyckoff.common.v1 import common_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wyckoff.chart.scene import Scene
    from wyckoff.chart.structure import Structure

_SIDES: Final = (
    (common_pb2.SIDE_ACCUMULATION, "accumulation", ACCUMULATION),
    (common_pb2.SIDE_DISTRIBUTION, "distribution", DISTRIBUTION),
    (common_pb2.SIDE_UNDETERMINED, "range without a climax", UNDETERMINED),
)
#: Bars that a jump is drawn over, around the end of its range: it is a target, not a level that held.
_JUMP_BARS_BEFORE: Final = 10
_JUMP_BARS_AFTER: Final = 30


def add_ranges(figure: go.Figure, scene: Scene, structures: Iterable[Structure]) -> None:
    """Every range with its levels; one legend entry a side."""
    drawn = [item for item in structures if scene.shows(item.range.end_index)]
    for side, name, colour in _SIDES:
        own = [item for item in drawn if item.range.side == side]
        if own:
            _add_boxes(figure, scene, own, name, colour)
            _add_levels(figure, scene, own, name, colour)
            _add_jumps(figure, scene, own, name, colour)
            _add_headings(figure, scene, own, name, colour)


def _add_boxes(figure: go.Figure, scene: Scene, own: list[Structure], name: str, colour: str) -> None:
    x: list[str | None] = []
    y: list[float | None] = []
    for item in own:
        left, right = scene.label(item.range.start_index), scene.label(item.range.end_index)
        x += [left, right, right, left, left, None]
        y += [item.range.ice, item.range.ice, item.range.creek, item.range.creek, item.range.ice, None]
    figure.add_trace(
        go.Scatter(
            x=x,
            y=y,
            name=name,
            legendgroup=name,
            mode="lines",
            fill="toself",
            fillcolor=tint(colour, 0.09),
            line={"width": 1, "color": tint(colour, 0.45)},
            hoverinfo="skip",
        ),
        row=PRICE_ROW,
        col=1,
    )


def _add_levels(figure: go.Figure, scene: Scene, own: list[Structure], name: str, colour: str) -> None:
    for level, dash in (("ice", "solid"), ("creek", "solid")):
        x: list[str | None] = []
        y: list[float | None] = []
        for item in own:
            price = getattr(item.range, level)
            x += [scene.label(item.range.start_index), scene.label(item.range.end_index), None]
            y += [price, price, None]
        figure.add_trace(
            go.Scatter(
                x=x,
                y=y,
                name=f"{level}, {name}",
                legendgroup=name,
                showlegend=False,
                mode="lines",
                line={"width": 1.4, "color": colour, "dash": dash},
                hovertemplate=f"{level} %{{y:,.2f}}<extra></extra>",
            ),
            row=PRICE_ROW,
            col=1,
        )


def _add_jumps(figure: go.Figure, scene: Scene, own: list[Structure], name: str, colour: str) -> None:
    x: list[str | None] = []
    y: list[float | None] = []
    for item in own:
        if item.reading.HasField("failed_at_index"):
            continue
        left = max(item.range.known_at_index, item.range.end_index - _JUMP_BARS_BEFORE)
        right = max(left, item.range.end_index) + _JUMP_BARS_AFTER
        x += [scene.label(left), scene.label(right), None]
        y += [item.range.jump, item.range.jump, None]
    figure.add_trace(
        go.Scatter(
            x=x,
            y=y,
            name=f"jump, {name}",
            legendgroup=name,
            showlegend=False,
            mode="lines",
            line={"width": 1.4, "color": colour, "dash": "dot"},
            hovertemplate="jump (target) %{y:,.2f}<extra></extra>",
        ),
        row=PRICE_ROW,
        col=1,
    )


def _add_headings(figure: go.Figure, scene: Scene, own: list[Structure], name: str, colour: str) -> None:
    figure.add_trace(
        go.Scatter(
            x=[scene.label(item.range.start_index) for item in own],
            y=[item.range.creek for item in own],
            text=[f" {_heading(item)}" for item in own],
            hovertext=[_hover(scene, item) for item in own],
            hoverinfo="text",
            name=f"heading, {name}",
            legendgroup=name,
            showlegend=False,
            mode="markers+text",
            meta=LABELLED,
            textposition="top right",
            textfont={"size": 11, "color": colour, "shadow": HALO},
            marker={"size": 6, "symbol": "square", "color": colour, "line": {"width": 1, "color": INK}},
        ),
        row=PRICE_ROW,
        col=1,
    )


def _heading(item: Structure) -> str:
    if item.range.side == common_pb2.SIDE_UNDETERMINED:
        return "Range"
    name = side_name(item.range.side).capitalize()
    return f"{name}, failed" if item.reading.HasField("failed_at_index") else name


def label_levels(figure: go.Figure, scene: Scene, item: Structure) -> None:
    """Names and prices of the levels at the right edge, for the structure that counts now."""
    colour = side_colour(item.range.side)
    for name in ("creek", "ice", "jump"):
        price = getattr(item.range, name)
        figure.add_shape(
            type="line",
            x0=scene.position(item.range.end_index),
            x1=len(scene) - 0.5,
            y0=price,
            y1=price,
            line={"width": 1, "color": tint(colour, 0.6), "dash": "dot"},
            row=PRICE_ROW,
            col=1,
        )
        figure.add_annotation(
            x=len(scene) - 0.5,
            y=price,
            text=f"{name} {price_text(price)}",
            showarrow=False,
            xanchor="left",
            font={"size": 11, "color": colour},
            bgcolor="rgba(255,255,255,0.8)",
            row=PRICE_ROW,
            col=1,
        )


def _hover(scene: Scene, item: Structure) -> str:
    found = item.range
    lines = [
        f"<b>{_heading(item)}, {range_status_name(found.status)}</b>",
        f"{scene.label(found.start_index)} to {scene.label(found.end_index)}, "
        f"known {scene.label(found.known_at_index)}",
        f"creek (resistance) {price_text(found.creek)}, strength {found.creek_strength}",
        f"ice (support) {price_text(found.ice)}, strength {found.ice_strength}",
        f"jump (target) {price_text(found.jump)}",
    ]
    if found.revisions:
        newest = found.revisions[-1]
        parts = newest.quality
        lines.append(
            f"quality {newest.quality_score} (duration {parts.duration}, touches {parts.touches}, "
            f"tightness {parts.tightness}, volume {parts.volume})"
        )
    if item.reading.HasField("failed_at_index"):
        lines.append(f"failed {scene.label(item.reading.failed_at_index)}: {escape(item.reading.failure_reason)}")
    return "<br>".join(lines)
