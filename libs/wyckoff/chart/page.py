"""A chart as one HTML file that needs nothing else: no network, no other file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wyckoff.chart.builder import build_chart
from wyckoff.chart.document import PLOT_CONFIG, document, write_document

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from wyckoff.market.bars import Bars
    from wyckoff.orchestrator.v1.orchestrator_pb2 import Analysis

CHART_CONFIG: Final[dict[str, Any]] = {
    **PLOT_CONFIG,
    "scrollZoom": True,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
}

#: Run once the chart is drawn; ``{plot_id}`` is its element. When the time axis moves, the price axis follows the
#: visible bars and their events, and labels are left out where there are too many bars to read them.
FIT_SCRIPT: Final = """
(function () {
  const chart = document.getElementById('{plot_id}');
  // all bars, also when a replay draws some of them
  const candles = { ...chart.data.find((trace) => trace.type === 'candlestick') };
  const volumes = chart.data.find((trace) => trace.type === 'bar').y;
  const marks = chart.data.filter((trace) => trace.name.startsWith('events'));
  const positions = new Map(candles.x.map((label, i) => [label, i]));
  const labelled = chart.data.map((trace, i) => (trace.meta === 'labelled' ? i : -1)).filter((i) => i >= 0);
  const MOST_LABELLED_BARS = 700, TICK_PIXELS = 130;
  let labels = true;

  // a replay sets the newest bar that is shown
  chart.heightsOf = function (range) {
    const newest = Math.min(candles.low.length, (chart.newestBar ?? Infinity) + 1) - 1;
    const first = Math.max(0, Math.ceil(range[0])), last = Math.min(newest, Math.floor(range[1]));
    let low = Infinity, high = -Infinity, volume = 0;
    for (let i = first; i <= last; i += 1) {
      low = Math.min(low, candles.low[i]);
      high = Math.max(high, candles.high[i]);
      volume = Math.max(volume, volumes[i]);
    }
    const bars = high >= low;
    marks.forEach((trace) => trace.y.forEach(function (price, i) {
      const at = positions.get(trace.x[i]);
      if (price !== null && at >= first && at <= last) { low = Math.min(low, price); high = Math.max(high, price); }
    }));
    const margin = (high - low) * 0.1 || high * 0.1;
    return bars
      ? { 'yaxis.range': [low - margin, high + margin], 'yaxis3.range': [0, volume * 1.05 || 1] }
      : {};
  };

  function fit() {
    const range = chart.layout.xaxis.range;
    const heights = chart.heightsOf(range);
    if (Object.keys(heights).length > 0) { Plotly.relayout(chart, heights); }
    const readable = range[1] - range[0] <= MOST_LABELLED_BARS;
    if (readable !== labels && labelled.length > 0) {
      labels = readable;
      Plotly.restyle(chart, { mode: readable ? 'markers+text' : 'markers' }, labelled);
    }
  }

  function space() {
    const ticks = Math.max(2, Math.floor(chart.clientWidth / TICK_PIXELS));
    Plotly.relayout(chart, { 'xaxis.nticks': ticks, 'xaxis2.nticks': ticks, 'xaxis3.nticks': ticks });
  }

  chart.on('plotly_relayout', function (change) {
    const names = Object.keys(change);
    const moved = names.some((name) => /^xaxis[23]?\\.(range|autorange)/.test(name));
    const byHand = names.some((name) => /^yaxis\\.range/.test(name));
    if (moved && !byHand) { fit(); }
  });
  window.addEventListener('resize', space);
  space();
})();
"""

_STYLE: Final = "html, body { margin: 0; height: 100%; background: white; } body > div { height: 100%; }"


def write_chart(path: str | os.PathLike[str], bars: Bars, analysis: Analysis) -> Path:
    """Write the chart of ``analysis`` to ``path`` (folders are made); returns the path."""
    chart = build_chart(bars, analysis).to_html(
        full_html=False,
        include_plotlyjs=True,
        config=CHART_CONFIG,
        post_script=FIT_SCRIPT,
        default_height="100vh",
        div_id="chart",
    )
    return write_document(path, document(f"{analysis.symbol} {analysis.timeframe} - Wyckoff", chart, _STYLE))
