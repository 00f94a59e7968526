"""The pictures of a report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from plotly import graph_objects as go
from plotly.subplots import make_subplots

from wyckoff.backtest.metrics import drawdown_pct
from wyckoff.backtest.text import date_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wyckoff.backtest.report import Report

_INK: Final = "#26323a"
_FAINT: Final = "#8b969c"
_GRID: Final = "#eef1f2"
_OURS: Final = "#2b59c3"
_HOLD: Final = "#8b969c"
_GAIN: Final = "#4d9a8a"
_LOSS: Final = "#c8695f"
_FONT: Final = {"family": "system-ui, -apple-system, Segoe UI, Roboto, sans-serif", "color": _INK, "size": 12}


def account_figure(report: Report) -> go.Figure:
    """Equity, drawdown and exposure over time, the account beside holding."""
    figure = make_subplots(rows=3, cols=1, shared_xaxes=True, vertical_spacing=0.04, row_heights=[0.56, 0.24, 0.2])
    times = np.array(report.walk.curve.time_ms, dtype="datetime64[ms]")
    curves = (
        ("this account", report.walk.curve.equity, _OURS),
        ("buy and hold, equal parts", report.hold_curve.equity, _HOLD),
    )
    for name, equity, colour in curves:
        line = {"color": colour, "width": 1.6}
        figure.add_trace(_line(times, equity, name, line, "%{y:,.0f}"), row=1, col=1)
        fall = _line(times, -drawdown_pct(equity), name, line | {"width": 1.0}, "%{y:.1f} %")
        figure.add_trace(fall.update(showlegend=False), row=2, col=1)
    exposure = _line(times, 100 * report.exposure, "exposure", {"color": _OURS, "width": 1.0}, "%{y:.1f} %")
    figure.add_trace(exposure.update(showlegend=False, fill="tozeroy"), row=3, col=1)
    for row, title in ((1, "equity"), (2, "drawdown, %"), (3, "in the market, %")):
        figure.update_yaxes(title_text=title, row=row, col=1)
    figure.update_yaxes(gridcolor=_GRID, zeroline=False)
    figure.update_xaxes(gridcolor=_GRID)
    return _styled(figure, height=640, hovermode="x unified")


def trades_figure(report: Report) -> go.Figure:
    """Every trade's result by its exit, and the expectancy among those of random entries."""
    figure = make_subplots(rows=1, cols=2, column_widths=[0.6, 0.4], subplot_titles=_titles(report))
    trades = report.walk.trades
    r = [trade.r for trade in trades]
    told = [
        f"{trade.plan.symbol} {trade.plan.pattern_type.value} {trade.plan.direction.value.lower()}<br>"
        f"{date_text(trade.entry_time_ms, report.timeframe)} at {trade.entry_price:.2f} to "
        f"{date_text(trade.exit_time_ms, report.timeframe)} at {trade.exit_price:.2f}<br>"
        f"{trade.reason.name.lower().replace('_', ' ')}, {trade.r:+.2f} R"
        for trade in trades
    ]
    exits = np.array([trade.exit_time_ms for trade in trades], dtype="datetime64[ms]")
    figure.add_trace(
        go.Scatter(
            x=exits,
            y=r,
            mode="markers",
            marker={"size": 9, "color": [_GAIN if value > 0 else _LOSS for value in r]},
            text=told,
            hovertemplate="%{text}<extra></extra>",
        ),
        row=1,
        col=1,
    )
    _add_random(figure, report)
    figure.update_yaxes(gridcolor=_GRID, zerolinecolor=_FAINT)
    figure.update_xaxes(gridcolor=_GRID)
    return _styled(figure, height=360, showlegend=False)


def _add_random(figure: go.Figure, report: Report) -> None:
    expectancy = report.table.total.expectancy_r
    if expectancy is None or report.table.total.random is None:
        return
    figure.add_trace(
        go.Histogram(
            x=report.random_r.mean(axis=1), marker={"color": _HOLD}, hovertemplate="%{x} R: %{y}<extra></extra>"
        ),
        row=1,
        col=2,
    )
    figure.add_vline(x=expectancy, line={"color": _OURS, "width": 2}, row=1, col=2)


def _titles(report: Report) -> tuple[str, str]:
    return "result of each trade, R, by its exit", f"expectancy of {report.draws} random sets, R; the line is ours"


def _line(x: NDArray[Any], y: NDArray[np.float64], name: str, line: dict[str, Any], form: str) -> go.Scatter:
    return go.Scatter(x=x, y=y, name=name, mode="lines", line=line, hovertemplate=form)


def _styled(figure: go.Figure, **layout: object) -> go.Figure:
    figure.update_layout(
        font=_FONT,
        plot_bgcolor="white",
        paper_bgcolor="white",
        margin={"l": 60, "r": 20, "t": 40, "b": 30},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        **layout,
    )
    return figure
