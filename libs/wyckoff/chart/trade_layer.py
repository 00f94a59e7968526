"""Signals with entry, stop and target, and set-ups that were refused."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from plotly import graph_objects as go

from wyckoff.chart.labels import direction_name, evidence_text, pattern_name, price_text, size_unit_name
from wyckoff.chart.palette import tint
from wyckoff.chart.scene import LABELLED, PRICE_ROW
from wyckoff.common.v1 import common_pb2
from wyckoff.risk.v1.risk_pb2 import Rejection, TradeSignal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wyckoff.chart.scene import Scene

Verdict = TypeVar("Verdict", TradeSignal, Rejection)

#: Bars that a trade is drawn over.
_TRADE_BARS: Final = 20


@dataclass(frozen=True, slots=True, eq=False)
class _State(Generic[Verdict]):
    """A verdict from the close of ``since`` on; its pattern stands until ``until``, or was taken back."""

    item: Verdict
    since: int
    until: int | None
    withdrawn: bool = False


def _states(scene: Scene, verdicts: Sequence[Verdict], withdrawn: Mapping[str, int]) -> list[_State[Verdict]]:
    """Verdicts whose bar is drawn; those on patterns taken back (``withdrawn``, by id) are struck from then on."""
    states: list[_State[Verdict]] = []
    for item in verdicts:
        known, taken_back = item.known_at_index, withdrawn.get(item.pattern_id)
        if not scene.shows(known):
            continue
        if taken_back is None or scene.replay:
            states.append(_State(item, known, taken_back))
        if taken_back is not None:
            states.append(_State(item, taken_back, None, withdrawn=True))
    return states


def add_signals(figure: go.Figure, scene: Scene, signals: Sequence[TradeSignal], withdrawn: Mapping[str, int]) -> None:
    """From the bar at whose close a signal was known: the way to the target, the way to the stop, the entry."""
    states = _states(scene, signals, withdrawn)
    if not states:
        return
    drawn, palette = [state.item for state in states], scene.palette
    _add_zone(figure, scene, states, "target", palette.up)
    _add_zone(figure, scene, states, "stop", palette.down)
    long = common_pb2.DIRECTION_LONG
    figure.add_trace(
        go.Scatter(
            x=[scene.label(signal.known_at_index) for signal in drawn],
            y=[float(signal.entry_price) for signal in drawn],
            text=[f" {_struck(_trade(state.item), state.withdrawn)}" for state in states],
            hovertext=[_signal_hover(scene, signal) for signal in drawn],
            customdata=scene.timed([scene.seen(state.since, state.until) for state in states]),
            hoverinfo="text",
            mode="markers+text",
            meta=LABELLED,
            textposition="middle right",
            textfont={
                "size": 11,
                "color": palette.entry,
                "weight": "bold",
                "shadow": [_shadow(scene, state.withdrawn) for state in states],
            },
            marker={
                "size": 11,
                "color": palette.entry,
                "symbol": ["arrow-up" if signal.direction == long else "arrow-down" for signal in drawn],
                "line": {"width": 1, "color": palette.ground},
            },
            name="signals",
            legendgroup="signals",
        ),
        row=PRICE_ROW,
        col=1,
    )


def _trade(signal: TradeSignal) -> str:
    return f"{pattern_name(signal.pattern_type)} {direction_name(signal.direction)}"


def _struck(text: str, withdrawn: bool) -> str:
    return f"<s>{text}</s>" if withdrawn else text


def _shadow(scene: Scene, withdrawn: bool) -> str:
    # a halo would hide the stroke
    return "none" if withdrawn else scene.palette.halo


def _add_zone(figure: go.Figure, scene: Scene, states: list[_State[TradeSignal]], level: str, colour: str) -> None:
    x: list[str | None] = []
    y: list[float | None] = []
    standing = [state for state in states if not state.withdrawn]
    if not standing:
        return
    for signal in (state.item for state in standing):
        entry = float(signal.entry_price)
        price = float(signal.stop_loss if level == "stop" else signal.target_levels.primary_target)
        left, right = scene.label(signal.known_at_index), scene.label(signal.known_at_index + _TRADE_BARS)
        x += [left, right, right, left, left, None]
        y += [entry, entry, price, price, entry, None]
    figure.add_trace(
        go.Scatter(
            x=x,
            y=y,
            customdata=scene.timed([scene.seen(state.since, state.until) for state in standing for _ in range(6)]),
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
        f"<b>{_trade(signal)}, confidence {signal.confidence_score}</b>",
        f"known {scene.label(signal.known_at_index)}, bar {scene.label(signal.bar_index)}",
        f"entry {price_text(float(signal.entry_price))}, stop {price_text(float(signal.stop_loss))}, "
        f"target {price_text(float(signal.target_levels.primary_target))}",
        f"{float(signal.r_multiple):.1f} R, size {float(signal.position_size):,.10g} "
        f"{size_unit_name(signal.position_size_unit)}, risk {float(signal.risk_pct):.2f} % of equity",
        *(escape(evidence_text(item)) for item in signal.pattern_data),
    ]
    return "<br>".join(lines)


def add_rejections(
    figure: go.Figure, scene: Scene, rejections: Sequence[Rejection], withdrawn: Mapping[str, int]
) -> None:
    """Refused set-ups as hollow diamonds, hidden until asked for in the legend, but in a replay."""
    states = _states(scene, rejections, withdrawn)
    if not states:
        return
    names = [pattern_name(state.item.pattern_type) for state in states]
    faint = scene.palette.faint
    figure.add_trace(
        go.Scatter(
            x=[scene.label(state.item.known_at_index) for state in states],
            y=[float(scene.bars.close[scene.position(state.item.known_at_index)]) for state in states],
            text=[f" {_struck(name, state.withdrawn)}" for name, state in zip(names, states, strict=True)],
            hovertext=[
                f"<b>{name} refused by {escape(state.item.stage)}</b>"
                f"<br>{scene.label(state.item.known_at_index)}<br>{escape(state.item.reason)}"
                for name, state in zip(names, states, strict=True)
            ],
            customdata=scene.timed([scene.seen(state.since, state.until) for state in states]),
            hoverinfo="text",
            mode="markers+text" if scene.replay else "markers",
            textposition="middle right",
            textfont={"size": 11, "color": faint, "shadow": [_shadow(scene, state.withdrawn) for state in states]},
            meta=LABELLED if scene.replay else None,
            marker={"size": 9, "symbol": "diamond-open", "color": faint, "line": {"width": 2}},
            name="refused set-ups",
            visible=True if scene.replay else "legendonly",
        ),
        row=PRICE_ROW,
        col=1,
    )
