// The chart: the figure of the server, with the part that is shown, the marks of what is chosen, and bars of a replay.

import { prepare, tracesAt } from './frames.js';
import { kept } from './headings.js';
import { labelWidth, spread } from './labels.js';
import { overlayOf } from './overlay.js';
import * as part from './window.js';

const CONFIG = { displayModeBar: false, displaylogo: false, scrollZoom: true, doubleClick: false, responsive: false, plotlyServerURL: '' };
const MARGIN = { l: 8, r: 58, t: 6, b: 26 };
const TICK_PIXELS = 110, LEAST_LABELLED_PIXELS = 1.7;

/** The plotting library is large: the page is there before it is. */
const library = new Promise((loaded, failed) => {
  const script = document.getElementById('plotly');
  if (window.Plotly) { loaded(); }
  script.addEventListener('load', () => loaded());
  script.addEventListener('error', () => failed(new Error('The plotting library could not be loaded; load the page again.')));
});

export class Chart {
  /** `onPicked` is called with the text and the label of a point that is clicked. */
  constructor(element, { onPicked }) {
    this.element = element;
    this.onPicked = onPicked;
    this.document = null;
    this.range = null;
    this.chosen = null;
    this.refused = false;
    this.bar = null;
    this.drawing = false;
    this.due = false;
    new ResizeObserver(() => this.resized()).observe(element);
  }

  get count() { return this.frames.labels.length; }
  get width() { return Math.max(1, this.element.clientWidth - MARGIN.l - MARGIN.r); }
  /** Room for the names of levels at the right. */
  get labelWidth() { return labelWidth(this.document.figure.layout.annotations ?? []); }
  get last() { return this.bar ?? this.count - 1; }

  /** Show a document; `bar` is the last one seen of a replay, null for all as it is now. */
  show(document, bar = null) {
    const before = this.document, labels = before ? this.frames.labels : null;
    const same = before && before.symbol === document.symbol && before.timeframe === document.timeframe;
    if (document !== before) {
      this.document = document;
      this.frames = prepare(document.figure);
      this.range = same && this.moved ? part.carried(this.range, labels, this.frames.labels) : null;
      if (!this.range) { this.fit(false); }
    }
    this.bar = bar;
    if (bar !== null) { this.range = part.following(this.range, bar); }
    return this.draw();
  }

  /** Back to the structure that counts now. */
  fit(draw = true) {
    this.moved = false;
    this.range = part.first(this.document.figure.layout, this.count, this.width, this.labelWidth);
    return draw ? this.draw() : null;
  }

  resized() {
    if (!this.document || this.element.clientWidth === 0) { return; }
    if (this.moved || this.bar !== null) { this.draw(); } else { this.fit(); }
  }

  shows(bars) { return this.go(part.newest(this.count, bars, this.width, this.labelWidth)); }
  zoom(factor) { return this.go(part.zoomed(this.range, factor, this.count)); }
  move(share) { return this.go(part.moved(this.range, share, this.count)); }

  go(range) {
    this.moved = true;
    this.range = range;
    return this.draw();
  }

  /** Mark a finding and bring its bars into sight; null for none. */
  choose(finding) {
    this.chosen = finding;
    if (finding && (finding.bar < this.range[0] || finding.known > this.range[1])) {
      const width = this.range[1] - this.range[0];
      this.moved = true;
      this.range = [finding.known - width / 2, finding.known + width / 2];
      }
    return this.draw();
  }

  showRefused(on) {
    this.refused = on;
    return this.document ? this.draw() : null;
  }

  // Only the newest of several wishes is drawn.
  async draw() {
    if (this.drawing) { this.due = true; return; }
    this.drawing = true;
    try {
      do {
        this.due = false;
        await this.drawOnce();
      } while (this.due);
    } finally {
      this.drawing = false;
    }
  }

  async drawOnce() {
    await library;
    const bar = this.bar, document = this.document;
    await Plotly.react(this.element, this.traces(bar), this.layout(bar), CONFIG);
    if (!this.listening) { this.listen(); }
    this.element.dataset.bar = String(this.last);
    this.element.dataset.version = document.version;
    this.element.dataset.instrument = `${document.symbol}/${document.timeframe}`;
    this.element.dataset.replay = String(bar !== null);
  }

  traces(bar) {
    const readable = this.width / (this.range[1] - this.range[0]) >= LEAST_LABELLED_PIXELS;
    const traces = bar === null ? this.frames.data.slice() : tracesAt(this.frames, bar, this.range);
    return traces.map((trace) => {
      if (trace.name?.startsWith('heading, ')) {
        const boxes = traces.find((one) => one.fill === 'toself' && one.name === trace.legendgroup);
        const moved = boxes ? kept(trace, boxes, this.range, this.frames.labels, this.frames.positions) : trace;
        return readable ? moved : { ...moved, mode: 'markers' };
      }
      if (trace.name === 'refused set-ups') { return { ...trace, visible: this.refused && trace.visible !== false, mode: readable ? 'markers+text' : 'markers' }; }
      return trace.meta === 'labelled' && !readable ? { ...trace, mode: 'markers' } : trace;
    });
  }

  layout(bar) {
    const { frames, range } = this, base = this.document.figure.layout;
    const fitting = part.heights(frames, range, this.last);
    const price = fitting?.price ?? base.yaxis.range;
    const height = (this.element.clientHeight - MARGIN.t - MARGIN.b) * (base.yaxis.domain[1] - base.yaxis.domain[0]);
    const marks = overlayOf(this.chosen, this.last, this.count, price, this.colours(base));
    const ticks = Math.max(2, Math.floor(this.width / TICK_PIXELS));
    const time = { range, nticks: ticks, autorange: false, type: 'category', categoryorder: 'array', categoryarray: frames.labels };
    const now = { type: 'line', xref: 'x', yref: 'paper', x0: bar, x1: bar, y0: 0, y1: 1,
      line: { width: 1, color: this.colours(base).accent, dash: 'dot' } };
    return {
      ...base,
      title: undefined,
      updatemenus: [],
      showlegend: false,
      margin: MARGIN,
      autosize: false,
      width: this.element.clientWidth,
      height: this.element.clientHeight,
      dragmode: matchMedia('(pointer: coarse)').matches ? false : 'pan',
      xaxis: { ...base.xaxis, ...time },
      xaxis2: { ...base.xaxis2, ...time },
      xaxis3: { ...base.xaxis3, ...time },
      yaxis: { ...base.yaxis, range: price, autorange: false, fixedrange: true },
      yaxis3: { ...base.yaxis3, range: fitting?.volume ?? base.yaxis3.range, autorange: false },
      shapes: [...(base.shapes ?? []), ...marks.shapes, ...(bar === null ? [] : [now])],
      annotations: [...spread(base.annotations ?? [], price, height), ...marks.annotations],
    };
  }

  colours(base) {
    const style = getComputedStyle(this.element), colour = (name) => style.getPropertyValue(name).trim();
    return { ground: base.plot_bgcolor, accent: colour('--accent'), chosen: colour('--accent-ground'), up: colour('--up'), down: colour('--down') };
  }

  listen() {
    this.listening = true;
    this.element.on('plotly_relayout', (change) => this.relaid(change));
    this.element.on('plotly_doubleclick', () => this.fit());
    this.element.on('plotly_click', ({ points }) => {
      const point = points.find((one) => one.text !== undefined);
      if (point) { this.onPicked(String(point.text).replace(/<[^>]*>/g, '').trim(), point.x); }
    });
  }

  // what a mouse, a wheel or a finger did; the prices follow the bars in sight
  relaid(change) {
    if (!Object.keys(change).some((name) => /^xaxis[23]?\.range/.test(name))) { return; }
    this.moved = true;
    this.range = this.element.layout.xaxis.range.slice();
    this.draw();
  }
}
