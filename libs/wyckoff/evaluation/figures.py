"""The plots of an evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from plotly import graph_objects as go

from wyckoff.chart.palette import LIGHT, tint

if TYPE_CHECKING:
    from wyckoff.evaluation.reliability import Reliability
    from wyckoff.evaluation.summary import Evaluation

_FONT: Final = {"family": "system-ui, -apple-system, Segoe UI, Roboto, sans-serif", "color": LIGHT.ink, "size": 12}
_LARGEST_MARKER: Final = 28.0
_SMALLEST_MARKER: Final = 7.0


def type_figure(evaluation: Evaluation) -> go.Figure:
    """Precision and recall of each event type."""
    names = [kind.value for kind in evaluation.events]
    counts = list(evaluation.events.values())
    labels = [f"{item.labels} labels" for item in counts]
    figure = go.Figure(
        [
            go.Bar(x=names, y=[item.precision for item in counts], name="precision", marker_color=LIGHT.accumulation),
            go.Bar(
                x=names,
                y=[item.recall for item in counts],
                name="recall",
                marker_color=LIGHT.distribution,
                hovertext=labels,
            ),
        ]
    )
    return _laid_out(figure, yaxis={"range": [0, 1.02]})


def family_figure(evaluation: Evaluation) -> go.Figure:
    """F1 of each family."""
    names = list(evaluation.families)
    rates = [item.f1 for item in evaluation.families.values()]
    figure = go.Figure(go.Bar(x=names, y=rates, marker_color=LIGHT.accumulation, name="F1"))
    return _laid_out(figure, yaxis={"range": [0, 1.02], "title": "F1"})


def lag_figure(evaluation: Evaluation) -> go.Figure:
    """Median of the lag, with the 90th percentile above it."""
    names = [kind.value for kind in evaluation.lags]
    lags = list(evaluation.lags.values())
    figure = go.Figure(
        [
            go.Bar(
                x=names,
                y=[item.p90_bars for item in lags],
                name="90th percentile",
                marker_color=tint(LIGHT.entry, 0.3),
            ),
            go.Bar(x=names, y=[item.median_bars for item in lags], name="median", marker_color=LIGHT.entry),
        ]
    )
    return _laid_out(figure, barmode="overlay", yaxis={"title": "bars"})


def null_figure(evaluation: Evaluation) -> go.Figure:
    """False patterns of each null family."""
    names = list(evaluation.nulls)
    rates = [item.per_thousand_bars for item in evaluation.nulls.values()]
    figure = go.Figure(go.Bar(x=names, y=rates, marker_color=LIGHT.distribution, name="false patterns"))
    return _laid_out(figure, yaxis={"title": "per 1000 bars", "rangemode": "tozero"})


def reliability_figure(evaluation: Evaluation) -> go.Figure:
    """Share that is right over the mean confidence of each bin; on the diagonal confidence means what it says."""
    figure = go.Figure(
        go.Scatter(x=[0, 100], y=[0, 100], mode="lines", name="as said", line={"color": LIGHT.faint, "dash": "dot"})
    )
    for item, name, colour in (
        (evaluation.event_reliability, "events", LIGHT.accumulation),
        (evaluation.pattern_reliability, "patterns", LIGHT.distribution),
    ):
        if item.bins:
            figure.add_trace(_reliability_trace(item, name, colour))
    axes = {"range": [-2, 102], "ticksuffix": " %"}
    return _laid_out(
        figure, xaxis={**axes, "title": "confidence"}, yaxis={**axes, "title": "right"}, hovermode="closest"
    )


def _reliability_trace(item: Reliability, name: str, colour: str) -> go.Scatter:
    shares = [100 * part.right_share for part in item.bins]
    most = max(part.count for part in item.bins)
    spread = _LARGEST_MARKER - _SMALLEST_MARKER
    return go.Scatter(
        x=[part.mean_confidence for part in item.bins],
        y=shares,
        mode="lines+markers",
        cliponaxis=False,
        name=f"{name} ({item.count})",
        text=[f"{part.count} said with {part.low} to {part.high}" for part in item.bins],
        hovertemplate="%{text}<br>mean %{x:.0f}, right %{y:.0f} %",
        line={"color": tint(colour, 0.5)},
        marker={
            "color": colour,
            "size": [_SMALLEST_MARKER + spread * (part.count / most) ** 0.5 for part in item.bins],
        },
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [100 * part.interval[1] - share for part, share in zip(item.bins, shares, strict=True)],
            "arrayminus": [share - 100 * part.interval[0] for part, share in zip(item.bins, shares, strict=True)],
            "color": tint(colour, 0.6),
        },
    )


def _laid_out(figure: go.Figure, **more: Any) -> go.Figure:  # noqa: ANN401  # whatever a layout takes
    figure.update_layout(
        font=_FONT,
        plot_bgcolor="white",
        paper_bgcolor="white",
        margin={"l": 60, "r": 20, "t": 20, "b": 44},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        height=360,
    )
    figure.update_yaxes(gridcolor=LIGHT.grid, zeroline=False)
    figure.update_layout(**more)
    return figure
