"""Signals with entry, stop and target, and set-ups that were refused."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from plotly import graph_objects as go

from wyckoff.chart.labels import direction_name, evidence_text, pattern_name, price_text, size_unit_name
from wyckoff.chart.scene import DOWN, ENTRY, FAINT, HALO, LABELLED, PRICE_ROW, UP, tint
from wyckoff.common.v1 import common_pb2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wyckoff.chart.scene import Scene
    from wyckoff.risk.v1.risk_pb2 import Rejection, TradeSignal

#: Bars that a trade is drawn over.
_TRADE_BARS: Final = 20


def add_signals(figure: go.Figure, scene: Scene, signals: Sequence[TradeSignal]) -> None:
    """From the bar at whose close a signal was known: the way to the target, the way to the stop, the entry."""
    drawn = [signal for signal in signals if scene.shows(signal.known_at_index)]
    if not drawn:
        return
    _add_zone(figure, scene, drawn, "target", UP)
    _add_zone(figure, scene, drawn, "stop", DOWN)
    long = common_pb2.DIRECTION_LONG
    figure.add_trace(
        go.Scatter(
            x=[scene.label(signal.known_at_index) for signal in drawn],
            y=[float(signal.entry_price) for signal in drawn],
            text=[f" {pattern_name(signal.pattern_type)} {direction_name(signal.direction)}" for signal in drawn],
            hovertext=[_signal_hover(scene, signal) for signal in drawn],
            hoverinfo="text",
            mode="markers+text",
            meta=LABELLED,
            textposition="middle right",
            textfont={"size": 11, "color": ENTRY, "weight": "bold", "shadow": HALO},
            marker={
                "size": 11,
                "color": ENTRY,
                "symbol": ["arrow-up" if signal.direction == long else "arrow-down" for signal in drawn],
                "line": {"width": 1, "color": "white"},
            },
            name="signals",
            legendgroup="signals",
        ),
        row=PRICE_ROW,
        col=1,
    )


def _add_zone(figure: go.Figure, scene: Scene, drawn: list[TradeSignal], level: str, colour: str) -> None:
    x: list[str | None] = []
    y: list[float | None] = []
    for signal in drawn:
        entry = float(signal.entry_price)
        price = float(signal.stop_loss if level == "stop" else signal.target_levels.primary_target)
        left, right = scene.label(signal.known_at_index), scene.label(signal.known_at_index + _TRADE_BARS)
        x += [left, right, right, left, left, None]
        y += [entry, entry, price, price, entry, None]
    figure.add_trace(
        go.Scatter(
            x=x,
            y=y,
            mode="lines",
            fill="toself",
            fillcolor=tint(colour, 0.1),
            line={"width": 1, "color": tint(colour, 0.6)},
            hoverinfo="skip",
            name=f"entry to {level}",
            legendgroup="signals",
            showlegend=False,
        ),
        row=PRICE_ROW,
        col=1,
    )


def _signal_hover(scene: Scene, signal: TradeSignal) -> str:
    lines = [
        f"<b>{pattern_name(signal.pattern_type)} {direction_name(signal.direction)}, confidence "
        f"{signal.confidence_score}</b>",
        f"known {scene.label(signal.known_at_index)}, bar {scene.label(signal.bar_index)}",
        f"entry {price_text(float(signal.entry_price))}, stop {price_text(float(signal.stop_loss))}, "
        f"target {price_text(float(signal.target_levels.primary_target))}",
        f"{float(signal.r_multiple):.1f} R, size {float(signal.position_size):,.10g} "
        f"{size_unit_name(signal.position_size_unit)}, risk {float(signal.risk_pct):.2f} % of equity",
        *(escape(evidence_text(item)) for item in signal.pattern_data),
    ]
    return "<br>".join(lines)


def add_rejections(figure: go.Figure, scene: Scene, rejections: Sequence[Rejection]) -> None:
    """Refused set-ups as hollow diamonds, hidden until asked for in the legend."""
    drawn = [item for item in rejections if scene.shows(item.known_at_index)]
    if not drawn:
        return
    figure.add_trace(
        go.Scatter(
            x=[scene.label(item.known_at_index) for item in drawn],
            y=[float(scene.bars.close[scene.position(item.known_at_index)]) for item in drawn],
            hovertext=[
                f"<b>{pattern_name(item.pattern_type)} refused by {escape(item.stage)}</b>"
                f"<br>{scene.label(item.known_at_index)}<br>{escape(item.reason)}"
                for item in drawn
            ],
            hoverinfo="text",
            mode="markers",
            marker={"size": 9, "symbol": "diamond-open", "color": FAINT, "line": {"width": 2}},
            name="refused set-ups",
            visible="legendonly",
        ),
        row=PRICE_ROW,
        col=1,
    )
