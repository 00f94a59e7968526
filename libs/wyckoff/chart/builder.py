"""The chart of one analysis."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final

from plotly.subplots import make_subplots

from wyckoff.chart.event_layer import add_events
from wyckoff.chart.palette import LIGHT
from wyckoff.chart.phase_layer import add_phases
from wyckoff.chart.price_layer import add_prices
from wyckoff.chart.range_layer import add_ranges, label_levels
from wyckoff.chart.scene import PHASE_ROW, PRICE_ROW, VOLUME_ROW, Scene
from wyckoff.chart.structure import current_structure, stand_text, structures
from wyckoff.chart.trade_layer import add_rejections, add_signals

if TYPE_CHECKING:
    from plotly import graph_objects as go

    from wyckoff.chart.palette import Palette
    from wyckoff.market.bars import Bars
    from wyckoff.orchestrator.v1.orchestrator_pb2 import Analysis

#: Bars shown at first: the current structure with what led to it, within these limits.
MIN_WINDOW_BARS: Final = 180
MAX_WINDOW_BARS: Final = 500
_LEAD_IN_BARS: Final = 60
_RIGHT_MARGIN_BARS: Final = 8
_Y_MARGIN: Final = 0.1


def build_chart(bars: Bars, analysis: Analysis, *, replay: bool = False, palette: Palette = LIGHT) -> go.Figure:
    """The figure of ``analysis``, which must be of ``bars``: candles, volume, ranges, phases, events, signals.

    At first it shows the current structure, or the newest bars where none is open. Of more than 5000 bars the
    newest 5000 are drawn.

    With ``replay`` it holds every state that things had, each point of a trace with the time for which it is to be
    seen in ``customdata`` (see :class:`wyckoff.chart.scene.Scene`), for a page that shows one bar after the other.
    """
    scene = Scene(bars, replay=replay, palette=palette)
    found = structures(analysis)
    figure = make_subplots(rows=3, cols=1, shared_xaxes=True, vertical_spacing=0.012, row_heights=[0.75, 0.08, 0.17])
    add_prices(figure, scene)
    add_ranges(figure, scene, found)
    lanes = add_phases(figure, scene, found)
    withdrawn = {item.pattern_id: item.withdrawn_at_index for item in analysis.patterns if item.withdrawn_at_index}
    add_signals(figure, scene, analysis.signals, withdrawn)
    add_rejections(figure, scene, analysis.rejections, withdrawn)
    add_events(figure, scene, found, analysis.signals)
    current = current_structure(analysis)
    # the page of a replay says itself how things stand
    if current is not None and not replay:
        label_levels(figure, scene, current)
    _lay_out(figure, scene, analysis, lanes)
    return figure


def first_window(scene: Scene, analysis: Analysis) -> tuple[float, float]:
    """Positions of the left and right edge at first."""
    current = current_structure(analysis)
    count = len(scene)
    shown = MAX_WINDOW_BARS
    if current is not None:
        shown = count - scene.position(current.range.start_index) + _LEAD_IN_BARS
    shown = min(max(shown, MIN_WINDOW_BARS), MAX_WINDOW_BARS, count)
    return count - shown - 0.5, count - 0.5 + max(_RIGHT_MARGIN_BARS, shown // 12)


def price_window(scene: Scene, window: tuple[float, float]) -> tuple[float, float]:
    """Prices of the lower and upper edge for the bars in ``window``."""
    part = slice(max(0, int(window[0] + 0.5)), len(scene))
    low, high = float(scene.bars.low[part].min()), float(scene.bars.high[part].max())
    margin = (high - low) * _Y_MARGIN or high * _Y_MARGIN
    return low - margin, high + margin


def _title(scene: Scene, analysis: Analysis) -> str:
    cut = f", newest {len(scene)} of {analysis.bar_count} bars" if scene.first_index else ""
    head = f"<b>{escape(analysis.symbol)}</b> {escape(analysis.timeframe)}"
    if scene.replay:
        return f"{head}   <span style='color:{scene.palette.faint}'>replay{cut}</span>"
    reading = stand_text(current_structure(analysis))
    return f"{head}   {reading}   <span style='color:{scene.palette.faint}'>as of {scene.labels[-1]}{cut}</span>"


def _lay_out(figure: go.Figure, scene: Scene, analysis: Analysis, lanes: int) -> None:
    window, palette = first_window(scene, analysis), scene.palette
    figure.update_layout(
        title={"text": _title(scene, analysis), "x": 0.01, "xanchor": "left", "y": 0.985, "font": {"size": 18}},
        font={"family": "system-ui, -apple-system, Segoe UI, Roboto, sans-serif", "color": palette.ink, "size": 12},
        plot_bgcolor=palette.ground,
        paper_bgcolor=palette.ground,
        hovermode="closest",
        hoverlabel={
            "bgcolor": palette.ground,
            "bordercolor": palette.faint,
            "font": {"color": palette.ink},
            "align": "left",
        },
        dragmode="pan",
        bargap=0.15,
        margin={"l": 20, "r": 70, "t": 44 if scene.replay else 84, "b": 36},
        # of a replay that would be every state that things ever had
        showlegend=not scene.replay,
        legend={"orientation": "h", "x": 0, "y": 1.012, "yanchor": "bottom", "font": {"size": 12}},
        updatemenus=[] if scene.replay else [_window_buttons(scene, analysis)],
    )
    axis: dict[str, Any] = {
        "type": "category",
        "range": list(window),
        "showgrid": False,
        "rangeslider": {"visible": False},
    }
    figure.update_xaxes(
        **axis,
        nticks=10,
        tickangle=0,
        showspikes=True,
        spikemode="across",
        spikethickness=1,
        spikedash="dot",
        spikecolor=palette.faint,
        spikesnap="cursor",
    )
    figure.update_yaxes(side="right", gridcolor=palette.grid, zeroline=False)
    figure.update_yaxes(range=list(price_window(scene, window)), row=PRICE_ROW, col=1)
    figure.update_yaxes(
        range=[0, lanes],
        showticklabels=False,
        showgrid=False,
        fixedrange=True,
        row=PHASE_ROW,
        col=1,
    )
    for row, name in ((PHASE_ROW, "phase"), (VOLUME_ROW, "volume")):
        figure.add_annotation(
            text=name,
            x=0,
            xref="paper",
            y=1,
            yref=f"y{row} domain",
            xanchor="left",
            yanchor="top",
            showarrow=False,
            font={"size": 11, "color": palette.faint},
        )
    visible = scene.bars.volume[max(0, int(window[0] + 0.5)) :]
    figure.update_yaxes(range=[0, float(visible.max()) * 1.05 or 1.0], nticks=4, fixedrange=True, row=VOLUME_ROW, col=1)


def _window_buttons(scene: Scene, analysis: Analysis) -> dict[str, Any]:
    count = len(scene)
    right = count - 0.5
    choices = [("structure", first_window(scene, analysis))]
    choices += [(f"{bars} bars", (right - bars, right + bars // 12)) for bars in (120, 250, 500) if bars < count]
    choices.append(("all", (-0.5, right + count // 12)))
    return {
        "type": "buttons",
        "direction": "right",
        "x": 1,
        "xanchor": "right",
        "y": 1.012,
        "yanchor": "bottom",
        "pad": {"t": 0, "r": 0},
        "bgcolor": scene.palette.ground,
        "bordercolor": scene.palette.grid,
        "font": {"size": 11},
        "showactive": False,
        "buttons": [
            {"label": label, "method": "relayout", "args": [{"xaxis.range": list(window)}]} for label, window in choices
        ],
    }
