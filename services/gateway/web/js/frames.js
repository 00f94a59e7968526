// The traces of a replay as they are at a bar.
//
// Every point carries in `customdata` when it is to be seen, [since, until], and one that moves along with the bar
// shown until its place is known has two numbers more, settled and offset: see wyckoff.chart.scene.

/** What is needed again for every bar. */
export function prepare(figure) {
  const data = figure.data;
  const index = (wanted) => data.findIndex(wanted);
  const prices = index((trace) => trace.type === 'candlestick');
  const volumes = index((trace) => trace.type === 'bar');
  const timed = data
    .map((trace, at) => ({ at, moments: trace.customdata, x: trace.x, y: trace.y, single: trace.name?.startsWith('events') || /^phase |^signals$|^refused/.test(trace.name) }))
    .filter((trace) => Array.isArray(trace.moments) && trace.moments.length > 0);
  const labels = data[prices].x;
  const positions = new Map(labels.map((label, at) => [label, at]));
  // bar, price and moments of the labels of events, which take room above and below the bars
  const marks = data.filter((trace) => trace.name?.startsWith('events')).flatMap((trace) =>
    trace.y.map((price, i) => ({ at: positions.get(trace.x[i]), price, moments: trace.customdata?.[i] })));
  return { data, prices, volumes, timed, labels, positions, marks };
}

/** The points of a trace that are seen at a bar, each where it is then; of single points those between two bars alone. */
export function pointsAt(trace, bar, labels, positions, first, end) {
  const x = new Array(trace.x.length), y = new Array(trace.x.length);
  let visible = false;
  trace.moments.forEach(([since, until, settled, offset], point) => {
    const moves = settled !== undefined && bar < settled && trace.x[point] !== null;
    x[point] = moves ? labels[Math.min(labels.length - 1, Math.max(0, since, bar + offset))] : trace.x[point];
    const near = !trace.single || (positions.get(x[point]) >= first && positions.get(x[point]) < end);
    const seen = near && since <= bar && (until === null || bar < until);
    y[point] = seen ? trace.y[point] : null;
    visible ||= y[point] !== null;
  });
  return { x, y, visible };
}

const cut = (trace, names, first, end) => Object.fromEntries(names.map((name) => [name, trace[name].slice(first, end)]));

/** All traces at a bar; of candles, volumes and labels those near `range` alone, for a chart draws all it gets. */
export function tracesAt(frames, bar, range) {
  const { data, prices, volumes, timed, labels, positions } = frames;
  const aside = (range[1] - range[0]) * 0.2;
  const first = Math.max(0, Math.floor(range[0] - aside)), end = Math.max(first, Math.min(bar + 1, Math.ceil(range[1] + aside) + 1));
  const traces = data.slice();
  traces[prices] = { ...data[prices], ...cut(data[prices], ['x', 'open', 'high', 'low', 'close', 'hovertext'], first, end) };
  traces[volumes] = { ...data[volumes], ...cut(data[volumes], ['x', 'y'], first, end),
    marker: { ...data[volumes].marker, color: data[volumes].marker.color.slice(first, end) } };
  for (const trace of timed) { traces[trace.at] = { ...data[trace.at], ...pointsAt(trace, bar, labels, positions, first, end) }; }
  return traces;
}

/** How many of the items, which are sorted by `at`, come no later than the bar. */
export function countUntil(items, at, bar) {
  let low = 0, high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(items[middle]) <= bar) { low = middle + 1; } else { high = middle; }
  }
  return low;
}
