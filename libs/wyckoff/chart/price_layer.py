"""Candles and volume."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from plotly import graph_objects as go

from wyckoff.chart.labels import price_text
from wyckoff.chart.palette import tint
from wyckoff.chart.scene import LATER, PRICE_ROW, VOLUME_ROW

if TYPE_CHECKING:
    from wyckoff.chart.scene import Scene


def add_prices(figure: go.Figure, scene: Scene) -> None:
    """Candles (rising ones hollow) above, volume below; a volume of 0 is unknown and leaves a gap."""
    bars, palette = scene.bars, scene.palette
    figure.add_trace(
        go.Candlestick(
            x=scene.labels,
            open=bars.open.tolist(),
            high=bars.high.tolist(),
            low=bars.low.tolist(),
            close=bars.close.tolist(),
            name="price",
            increasing={"line": {"color": palette.up, "width": 1}, "fillcolor": palette.ground},
            decreasing={"line": {"color": palette.down, "width": 1}, "fillcolor": palette.down},
            hovertext=_hover(scene),
            hoverinfo="text",
            showlegend=False,
        ),
        row=PRICE_ROW,
        col=1,
    )
    if scene.replay:
        _add_later(figure, scene)
    colours = np.where(bars.close >= bars.open, tint(palette.up, 0.55), tint(palette.down, 0.55))
    figure.add_trace(
        go.Bar(
            x=scene.labels,
            y=bars.volume.tolist(),
            name="volume",
            marker={"color": colours.tolist(), "line": {"width": 0}},
            hovertemplate="%{x}<br>volume %{y:,.0f}<extra></extra>",
            showlegend=False,
        ),
        row=VOLUME_ROW,
        col=1,
    )


def _add_later(figure: go.Figure, scene: Scene) -> None:
    """Closes after the bar that a replay shows, for a page to fill in."""
    figure.add_trace(
        go.Scatter(
            x=[],
            y=[],
            mode="lines",
            line={"width": 1, "color": scene.palette.faint},
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
