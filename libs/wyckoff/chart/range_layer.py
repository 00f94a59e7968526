"""Trading ranges: a box between ice and creek, the jump, and a heading with all that is known."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from plotly import graph_objects as go

from wyckoff.chart.labels import count_text, price_text, range_status_name, scale_name, side_name
from wyckoff.chart.palette import tint
from wyckoff.chart.scene import LABELLED, PRICE_ROW
from wyckoff.chart.structure import counts_of
from wyckoff.common.v1 import common_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wyckoff.chart.scene import Moments, Scene
    from wyckoff.chart.structure import Structure
    from wyckoff.range.v1.range_pb2 import RangeRevision

_SIDES: Final = (
    (common_pb2.SIDE_ACCUMULATION, "accumulation"),
    (common_pb2.SIDE_DISTRIBUTION, "distribution"),
    (common_pb2.SIDE_UNDETERMINED, "range without a climax"),
)
#: Bars that a jump is drawn over, around the end of its range: it is a target, not a level that held.
_JUMP_BARS_BEFORE: Final = 10
_JUMP_BARS_AFTER: Final = 30


def add_ranges(figure: go.Figure, scene: Scene, structures: Iterable[Structure]) -> None:
    """Every range with its levels; one legend entry a side."""
    drawn = [item for item in structures if scene.shows(item.range.end_index)]
    for side, name in _SIDES:
        own = [item for item in drawn if item.range.side == side]
        colour = scene.palette.side(side)
        if own:
            _add_boxes(figure, scene, own, name, colour)
            _add_levels(figure, scene, own, name, colour)
            _add_jumps(figure, scene, own, name, colour)
            _add_headings(figure, scene, own, name, colour)


def _add_boxes(figure: go.Figure, scene: Scene, own: list[Structure], name: str, colour: str) -> None:
    x: list[str | None] = []
    y: list[float | None] = []
    moments: list[Moments] = []
    for item in own:
        left, right = scene.label(item.range.start_index), scene.label(item.range.end_index)
        fixed, moving = _moments(scene, item)
        moments += [fixed, moving, moving, fixed, fixed, fixed]
        x += [left, right, right, left, left, None]
        y += [item.range.ice, item.range.ice, item.range.creek, item.range.creek, item.range.ice, None]
    figure.add_trace(
        go.Scatter(
            x=x,
            y=y,
            customdata=scene.timed(moments),
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
        moments: list[Moments] = []
        for item in own:
            price = getattr(item.range, level)
            fixed, moving = _moments(scene, item)
            moments += [fixed, moving, fixed]
            x += [scene.label(item.range.start_index), scene.label(item.range.end_index), None]
            y += [price, price, None]
        figure.add_trace(
            go.Scatter(
                x=x,
                y=y,
                customdata=scene.timed(moments),
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
    moments: list[Moments] = []
    for item in own:
        if item.failed_at_index is not None and not scene.replay:
            continue
        since, settled = item.range.known_at_index, item.settled_at_index
        left = max(since, item.range.end_index - _JUMP_BARS_BEFORE)
        right = max(left, item.range.end_index) + _JUMP_BARS_AFTER
        x += [scene.label(left), scene.label(right), None]
        y += [item.range.jump, item.range.jump, None]
        edges = (-_JUMP_BARS_BEFORE, _JUMP_BARS_AFTER, 0)
        moments += [scene.growing(since, settled, offset, until=item.failed_at_index) for offset in edges]
    figure.add_trace(
        go.Scatter(
            x=x,
            y=y,
            customdata=scene.timed(moments),
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
    states = [state for item in own for state in _states(item)[0 if scene.replay else -1 :]]
    figure.add_trace(
        go.Scatter(
            x=[scene.label(state.item.range.start_index) for state in states],
            y=[state.item.range.creek for state in states],
            text=[f" {_heading(state)}" for state in states],
            hovertext=[_hover(scene, state) for state in states],
            customdata=scene.timed([scene.seen(state.since, state.until) for state in states]),
            hoverinfo="text",
            name=f"heading, {name}",
            legendgroup=name,
            showlegend=False,
            mode="markers+text",
            meta=LABELLED,
            textposition="top right",
            textfont={
                "size": 11,
                "color": colour,
                # a halo would hide the stroke through failed ones
                "shadow": ["none" if state.failed else scene.palette.halo for state in states],
            },
            marker={"size": 6, "symbol": "square", "color": colour, "line": {"width": 1, "color": scene.palette.ink}},
        ),
        row=PRICE_ROW,
        col=1,
    )


def _moments(scene: Scene, item: Structure) -> tuple[Moments, Moments]:
    """When the left and the right side of a range are seen, and how far the right side reaches then."""
    known = item.range.known_at_index
    return scene.seen(known), scene.growing(known, item.settled_at_index)


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """What was known of a structure from the close of ``since`` until that of ``until``, None for what is known now."""

    item: Structure
    since: int
    until: int | None
    revision: RangeRevision | None
    failed: bool


def _states(item: Structure) -> list[_State]:
    """Everything that was known of a structure, oldest first; the last is what is known now."""
    revisions, failed_at = list(item.range.revisions), item.failed_at_index
    moments = {item.range.known_at_index, *(revision.known_at_index for revision in revisions)}
    if failed_at is not None:
        moments.add(failed_at)
    order: list[int] = sorted(moments)
    states = []
    for since, until in zip(order, [*order[1:], None], strict=True):
        known = [revision for revision in revisions if revision.known_at_index <= since]
        failed = failed_at is not None and failed_at <= since
        states.append(_State(item, since, until, known[-1] if known else None, failed))
    return states


def _heading(state: _State) -> str:
    found = state.item.range
    name = "Range" if found.side == common_pb2.SIDE_UNDETERMINED else side_name(found.side).capitalize()
    text = f"{name}, {scale_name(found.scale)}"
    return f"<s>{text}</s>, failed" if state.failed else text


def label_levels(figure: go.Figure, scene: Scene, item: Structure) -> None:
    """Names and prices of the levels at the right edge, for the structure that counts now."""
    colour = scene.palette.side(item.range.side)
    levels = [(name, getattr(item.range, name)) for name in ("creek", "ice", "jump")]
    for _, count in item.counts:
        levels += [(f"{name} count", getattr(count, name)) for name in ("low", "middle", "high")]
    for name, price in levels:
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
            bgcolor=tint(scene.palette.ground, 0.8),
            row=PRICE_ROW,
            col=1,
        )


def _hover(scene: Scene, state: _State) -> str:
    found, revision = state.item.range, state.revision
    now = state.until is None
    status = found.status if now or revision is None else revision.status
    span = f"{scene.label(found.start_index)} to {scene.label(found.end_index)}, " if now else ""
    lines = [
        f"<b>{_heading(state)}, {range_status_name(status)}</b>",
        f"{span}known {scene.label(found.known_at_index)}",
        f"creek (resistance) {price_text(found.creek)}, strength {found.creek_strength}",
        f"ice (support) {price_text(found.ice)}, strength {found.ice_strength}",
        f"jump (target) {price_text(found.jump)}",
    ]
    if revision is not None:
        parts = revision.quality
        lines.append(
            f"quality {revision.quality_score} (duration {parts.duration}, touches {parts.touches}, "
            f"tightness {parts.tightness}, volume {parts.volume})"
        )
        lines += [
            f"point-and-figure count {direction} {count_text(count)}"
            for direction, count in counts_of(revision, common_pb2.SIDE_UNDETERMINED)
        ]
    reading = state.item.reading
    if state.failed:
        lines.append(f"failed {scene.label(reading.failed_at_index)}: {escape(reading.failure_reason)}")
    return "<br>".join(lines)
