// The instrument that is shown: its chart, the lists beside it, and its replay.

import { get } from './api.js';
import { Chart } from './chart.js';
import { announce, fill, find, gathered, make } from './dom.js';
import { knownAt, listFindings } from './findings.js';
import { clear } from './notices.js';
import { phrase, showNow, words } from './now.js';
import { Replay } from './replay.js';
import { sameInstrument } from './router.js';
import { theme } from './theme.js';

const AHEAD_MS = 1500;

export class Workspace {
  /** `onError` gets a place and an error, `onShown` each document that is shown as it is now. */
  constructor({ onError, onShown }) {
    Object.assign(this, { onError, onShown });
    this.instrument = null;
    this.document = null;
    this.told = null;
    this.past = null;
    this.asked = 0;
    this.entered = 0;
    this.chart = new Chart(find('chart'), { onPicked: (text, label) => this.picked(text, label) });
    this.replay = new Replay({
      onBar: (bar) => this.showBar(bar),
      onLeave: () => this.leaveReplay(),
      isDrawing: () => this.chart.drawing,
    });
    this.changed = gathered(() => this.refresh(), 120, 600);
  }

  get terms() {
    const scales = [...document.querySelectorAll('input[name="scale"]:checked')].map((box) => box.value);
    return { ...this.instrument, bars: find('bars').value, scales: scales.length === 3 ? '' : scales.join(','), theme: theme() };
  }

  /** What tells one replay from another. */
  termsOf(found, terms = this.terms) { return JSON.stringify([found.version, terms]); }

  /** Show an instrument, or another choice of what is shown of it. */
  async open(instrument) {
    const other = !sameInstrument(this.instrument, instrument);
    this.instrument = instrument;
    if (other) {
      this.leaveReplay(false);
      this.document = null;
      this.chart.chosen = null;
      find('symbol').replaceChildren(instrument.symbol, ' ', make('span', { class: 'faint' }, instrument.timeframe));
      find('reading').textContent = '';
      document.title = `${instrument.symbol} ${instrument.timeframe} - Wyckoff`;
    }
    await this.refresh();
  }

  async refresh() {
    if (!this.instrument) { return; }
    const turn = ++this.asked;
    find('chart').dataset.busy = '';
    let found;
    try {
      found = await get('/api/v1/page/chart', this.terms);
    } catch (error) {
      if (turn === this.asked) { this.failed(error); }
      return;
    }
    if (turn !== this.asked) { return; }
    clear('chart');
    this.show(found);
    if (!this.replay.open) { return; }
    if (found.version !== this.past.version) {
      // what is replayed goes on to be what it was, until the way back to now
      find('live-button').textContent = 'To now (new bar)';
    } else if (this.past.terms !== this.termsOf(found)) {
      await this.enterReplay(this.replay.bar);
    }
  }

  failed(error) {
    delete find('chart').dataset.busy;
    this.onError('chart', error);
    if (!this.document) {
      find('chart').hidden = true;
      find('empty').hidden = false;
      fill(find('empty'), make('h2', {}, `Nothing to show of ${this.instrument.symbol} ${this.instrument.timeframe}`), make('p', {}, error.message),
        error.status === 404 ? make('p', {}, 'Store bars with ', make('code', {}, `wyckoff ingest ${this.instrument.symbol}.csv --target 127.0.0.1:50051`), ', and they appear here.') : null);
    }
  }

  show(found) {
    const before = this.document;
    this.document = found;
    find('empty').hidden = true;
    find('chart').hidden = false;
    delete find('chart').dataset.busy;
    this.tell(before, found);
    this.onShown(found);
    clearTimeout(this.ahead);
    this.ahead = setTimeout(() => this.fetchAhead(), AHEAD_MS);
    if (this.replay.open) { return; }
    this.chart.show(found);
    this.beside(found, this.chart.count - 1);
  }

  // A new bar of the instrument that is shown is told, with what was said at its close.
  tell(before, found) {
    if (!before || !sameInstrument(before, found) || before.last_time === found.last_time) { return; }
    const last = found.bar_count - 1;
    const news = [...found.events, ...found.trades].filter((item) => item.known === last).map(words);
    announce(`${found.symbol}: new bar ${found.last_time}, close ${found.close}. ${news.length ? `${news.join('. ')}.` : ''}`);
  }

  /** The lists and the heading, as of a bar. */
  beside(found, bar) {
    const { labels } = this.chart.frames, time = labels[bar];
    const reading = phrase(found, bar);
    fill(find('reading'), reading, make('span', { class: 'faint' }, ` as of ${time}`), found.complete ? '' : make('span', { class: 'state-bad' }, ' (incomplete: see Pipeline)'));
    const known = found.events.filter((item) => item.known <= bar).length, signals = found.trades.filter((item) => item.kind === 'signal' && item.known <= bar).length;
    find('chart').setAttribute('aria-label', `Chart of ${found.symbol} ${found.timeframe} up to ${time}: ${reading}; ${known} events and ${signals} signals, which are listed beside it`);
    showNow(find('pane-now'), found, bar, time);
    listFindings(find('pane-events'), knownAt(found.events, bar), bar, this.acts, 'No events so far.');
    this.showTrades(found, bar);
  }

  showTrades(found, bar) {
    const kind = document.querySelector('input[name="trades"]:checked').value;
    const trades = knownAt(found.trades, bar).filter((item) => kind === 'all' || item.kind === kind);
    listFindings(find('trades'), trades, bar, this.acts, 'No trades and no refusals so far.');
  }

  /** The lists again, with another choice of trades. */
  again() {
    if (!this.document) { return; }
    if (this.replay.open) { this.showTrades(this.past, this.replay.bar); } else { this.showTrades(this.document, this.chart.count - 1); }
  }

  get acts() {
    return {
      choose: (item) => this.chart.choose(this.chart.chosen?.id === item.id ? null : item),
      replay: (item) => this.enterReplay(item.known),
    };
  }

  picked(text, label) {
    const found = this.replay.open ? this.past : this.document;
    const labels = this.chart.frames.labels;
    const item = [...found.events, ...found.trades].find((one) =>
      text.startsWith(one.name) && [labels[one.bar], labels[one.known]].includes(label));
    if (item) { this.chart.choose(item); }
    return item;
  }

  /** Begin the replay, at a bar or at the newest one. */
  async enterReplay(bar = null) {
    if (!this.document) { return; }
    const turn = ++this.entered;
    let past = this.past;
    if (past?.terms !== this.termsOf(this.document)) {
      try {
        past = await this.loadPast();
      } catch (error) {
        this.onError('replay', error);
        return;
      }
    }
    // another wish came meanwhile
    if (turn !== this.entered || !sameInstrument(past, this.instrument)) { return; }
    clear('replay');
    this.past = past;
    find('view').dataset.replay = '';
    find('replay-button').setAttribute('aria-pressed', 'true');
    find('live-button').textContent = 'To now';
    this.replay.enter(past, past.figure.data.find((trace) => trace.type === 'candlestick').x, bar);
  }

  // a replay that is asked for is to be there at once
  async fetchAhead() {
    if (document.hidden || this.replay.open || !this.document || navigator.connection?.saveData) { return; }
    const { version } = this.document;
    try {
      const past = await this.loadPast();
      if (!this.replay.open && this.document?.version === version) { this.past = past; }
    } catch {
      // whoever asks for the replay is told why there is none
    }
  }

  async loadPast() {
    const terms = this.terms;
    const past = await get('/api/v1/page/replay', terms);
    past.terms = this.termsOf(past, terms);
    return past;
  }

  leaveReplay(draw = true) {
    this.entered += 1;
    if (!this.replay.open) { return; }
    this.replay.leave();
    delete find('view').dataset.replay;
    find('replay-button').setAttribute('aria-pressed', 'false');
    if (draw && this.document) {
      this.chart.show(this.document);
      this.beside(this.document, this.chart.count - 1);
    }
  }

  showBar(bar) {
    this.chart.show(this.past, bar);
    this.beside(this.past, bar);
  }
}
