"""Candles and volume."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from plotly import graph_objects as go

from wyckoff.chart.labels import price_text
from wyckoff.chart.scene import DOWN, FAINT, LATER, PRICE_ROW, UP, VOLUME_ROW, tint

if TYPE_CHECKING:
    from wyckoff.chart.scene import Scene


def add_prices(figure: go.Figure, scene: Scene) -> None:
    """Candles in the upper pane, volume in the lower one; a volume of 0 is unknown and leaves a gap."""
    bars = scene.bars
    figure.add_trace(
        go.Candlestick(
            x=scene.labels,
            open=bars.open.tolist(),
            high=bars.high.tolist(),
            low=bars.low.tolist(),
            close=bars.close.tolist(),
            name="price",
            increasing={"line": {"color": UP, "width": 1}, "fillcolor": UP},
            decreasing={"line": {"color": DOWN, "width": 1}, "fillcolor": DOWN},
            hovertext=_hover(scene),
            hoverinfo="text",
            showlegend=False,
        ),
        row=PRICE_ROW,
        col=1,
    )
    if scene.replay:
        _add_later(figure)
    rising = bars.close >= bars.open
    figure.add_trace(
        go.Bar(
            x=scene.labels,
            y=bars.volume.tolist(),
            name="volume",
            marker={"color": np.where(rising, tint(UP, 0.55), tint(DOWN, 0.55)).tolist(), "line": {"width": 0}},
            hovertemplate="%{x}<br>volume %{y:,.0f}<extra></extra>",
            showlegend=False,
        ),
        row=VOLUME_ROW,
        col=1,
    )


def _add_later(figure: go.Figure) -> None:
    """Closes after the bar that a replay shows, for a page to fill in."""
    figure.add_trace(
        go.Scatter(
            x=[],
            y=[],
            mode="lines",
            line={"width": 1, "color": FAINT},
            opacity=0.6,
            hoverinfo="skip",
            showlegend=False,
            name="later closes",
            meta=LATER,
        ),
        row=PRICE_ROW,
        col=1,
    )


def _hover(scene: Scene) -> list[str]:
    bars = scene.bars
    columns = zip(scene.labels, bars.open, bars.high, bars.low, bars.close, bars.volume, strict=True)
    return [
        f"<b>{label}</b><br>open {price_text(open_)}  high {price_text(high)}<br>"
        f"low {price_text(low)}  close {price_text(close)}<br>volume " + (f"{volume:,.0f}" if volume > 0 else "unknown")
        for label, open_, high, low, close, volume in columns
    ]
