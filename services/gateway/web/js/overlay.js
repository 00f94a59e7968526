// What is chosen in a list, shown in the chart.

const LABEL_BARS = 4;

const line = (x0, x1, y, colour, dash) => ({ type: 'line', xref: 'x', yref: 'y', x0, x1, y0: y, y1: y, line: { width: 1.6, color: colour, dash } });

function name(x, y, text, colour, ground) {
  return { x, y, xref: 'x', yref: 'y', xanchor: 'right', text, showarrow: false, font: { size: 11, color: colour }, bgcolor: ground };
}

/** Shapes and annotations for a finding, `price` being the range of prices shown; none for null, or for one that is not known at `bar` yet. */
export function overlayOf(finding, bar, count, price, colours) {
  if (!finding || finding.known > bar) { return { shapes: [], annotations: [] }; }
  const pane = { type: 'rect', xref: 'x', yref: 'paper', y0: 0, y1: 1, layer: 'below', line: { width: 0 } };
  const shapes = [{ ...pane, x0: finding.bar - 0.5, x1: finding.bar + 0.5, fillcolor: colours.chosen }];
  if (finding.known !== finding.bar) {
    shapes.push({ type: 'line', xref: 'x', yref: 'paper', x0: finding.known, x1: finding.known, y0: 0, y1: 1,
      line: { width: 1, color: colours.accent, dash: 'dot' } });
  }
  const annotations = [];
  if (finding.kind === 'signal') {
    // clear of the label of the event that the trade is about
    const left = finding.bar - LABEL_BARS;
    const levels = [['entry', colours.accent, 'solid'], ['stop', colours.down, 'dash'], ['target', colours.up, 'dash']];
    for (const [level, colour, dash] of levels) {
      shapes.push(line(left, count - 0.5, finding[level], colour, dash));
      // a level out of sight is named at the edge behind which it lies
      const [low, high] = price, edge = (high - low) * 0.02;
      const beyond = finding[level] > high ? ' \u2191' : finding[level] < low ? ' \u2193' : '';
      const place = Math.min(high - edge, Math.max(low + edge, finding[level]));
      annotations.push(name(left, place, `${level} ${finding.prices[level]}${beyond}`, colour, colours.ground));
    }
  }
  return { shapes, annotations };
}
