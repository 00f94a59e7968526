// Every instrument that has bars; where it stands is asked for when its row comes into sight.

import { get } from './api.js';
import { fill, find, gathered, make } from './dom.js';
import { address, sameInstrument } from './router.js';

const PAGE_ROWS = 50, AT_ONCE = 8, FRESH_BARS = 3;

const keyOf = (row) => `${row.symbol}/${row.timeframe}`;

export class Watchlist {
  /** `onLoaded` gets the rows of the page shown, `onError` what went wrong. */
  constructor({ onLoaded, onError }) {
    Object.assign(this, { onLoaded, onError });
    this.text = '';
    this.first = 0;
    this.total = 0;
    this.expected = '';
    this.rows = new Map();
    this.wanted = new Set();
    this.reading = false;
    this.current = null;
    this.sight = new IntersectionObserver((entries) => this.seen(entries), { root: null, rootMargin: '100px' });
    this.reload = gathered(() => this.load(), 400, 2000);
    find('filter').addEventListener('input', gathered(() => this.filter(find('filter').value.trim()), 150, 600));
    find('page-back').addEventListener('click', () => this.turn(-PAGE_ROWS));
    find('page-on').addEventListener('click', () => this.turn(PAGE_ROWS));
    find('rows').addEventListener('keydown', (event) => this.key(event));
  }

  filter(text) {
    this.text = text;
    this.first = 0;
    return this.load();
  }

  turn(by) {
    this.first = Math.max(0, this.first + by);
    return this.load();
  }

  async load() {
    let found;
    try {
      found = await get('/api/v1/page/watchlist', { text: this.text, first: this.first, rows: PAGE_ROWS, expected: this.expected });
    } catch (error) {
      this.onError(error);
      return;
    }
    this.total = found.total;
    this.show(found.rows);
    this.onLoaded(found.rows, this.text);
  }

  show(rows) {
    const before = this.rows;
    this.rows = new Map();
    for (const row of rows) {
      const kept = before.get(keyOf(row));
      const item = kept ?? { row, link: make('a', { href: address(row.symbol, row.timeframe) }) };
      item.row = { ...item.row, ...row };
      this.rows.set(keyOf(row), item);
      this.draw(item);
    }
    for (const [key, item] of before) { if (!this.rows.has(key)) { this.sight.unobserve(item.link); } }
    fill(find('rows'), [...this.rows.values()].map((item) => make('li', {}, item.link)));
    for (const item of this.rows.values()) { this.sight.observe(item.link); }
    const last = this.first + rows.length;
    find('watch-count').textContent = this.total === 1 ? '1 instrument' : `${this.total.toLocaleString('en')} instruments`;
    find('pager').hidden = this.total <= PAGE_ROWS;
    find('page-text').textContent = `${this.first + 1} to ${last}`;
    find('page-back').disabled = this.first === 0;
    find('page-on').disabled = last >= this.total;
  }

  seen(entries) {
    for (const entry of entries) {
      const found = [...this.rows].find(([, item]) => item.link === entry.target);
      if (!found) { continue; }
      found[1].inSight = entry.isIntersecting;
      if (entry.isIntersecting && found[1].row.version === undefined) { this.want(found[0]); }
    }
  }

  want(key) {
    this.wanted.add(key);
    this.read();
  }

  async read() {
    if (this.reading) { return; }
    this.reading = true;
    try {
      while (this.wanted.size > 0) {
        const keys = [...this.wanted].slice(0, AT_ONCE);
        keys.forEach((key) => this.wanted.delete(key));
        const found = await get('/api/v1/page/readings', { instrument: keys });
        found.rows.forEach((row) => this.put(row));
      }
    } catch (error) {
      this.wanted.clear();
      this.onError(error);
    } finally {
      this.reading = false;
    }
  }

  put(row) {
    const item = this.rows.get(keyOf(row));
    if (!item) { return; }
    item.row = { ...item.row, error: undefined, ...row };
    this.draw(item);
  }

  /** Something happened to an instrument: read it again if it is in sight, or when it comes into sight. */
  touch(symbol, timeframe) {
    const item = this.rows.get(`${symbol}/${timeframe}`);
    if (!item) {
      if (symbol.toLowerCase().includes(this.text.toLowerCase())) {
        this.expected = `${symbol}/${timeframe}`;
        this.reload();
      }
      return;
    }
    item.row.version = undefined;
    if (item.inSight) { this.want(keyOf(item.row)); }
  }

  /** Read all that is in sight again: events may have been missed. */
  touchAll() {
    for (const item of this.rows.values()) { this.touch(item.row.symbol, item.row.timeframe); }
    this.reload();
  }

  mark(instrument) {
    this.current = instrument;
    for (const item of this.rows.values()) { this.markOne(item); }
  }

  markOne(item) {
    if (sameInstrument(item.row, this.current)) {
      item.link.setAttribute('aria-current', 'page');
    } else {
      item.link.removeAttribute('aria-current');
    }
  }

  /** The address of the row a step away from the one shown. */
  beside(step) {
    const rows = [...this.rows.values()];
    const at = rows.findIndex((item) => sameInstrument(item.row, this.current));
    const to = at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step));
    return rows[to]?.link.getAttribute('href');
  }

  key(event) {
    const links = [...find('rows').querySelectorAll('a')], at = links.indexOf(event.target);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key];
    if (at < 0 || to === undefined) { return; }
    event.preventDefault();
    links[Math.min(links.length - 1, Math.max(0, to))].focus();
  }

  draw(item) {
    const { row, link } = item;
    fill(link,
      make('span', { class: 'name' }, row.symbol, make('span', { class: 'faint' }, ` ${row.timeframe}`)),
      make('span', { class: 'close' }, ...price(row)),
      row.error ? make('span', { class: 'trouble' }, row.error) : stand(row),
      row.error ? null : signal(row));
    this.markOne(item);
  }
}

function price(row) {
  if (row.close === undefined) { return [make('span', { class: 'faint' }, `${row.bar_count.toLocaleString('en')} bars`)]; }
  const sign = row.change_pct > 0 ? '+' : '';
  return [`${row.close} `, make('span', { class: row.change_pct < 0 ? 'down' : 'up' }, `${sign}${row.change_pct.toFixed(2)} %`)];
}

function stand(row) {
  if (row.close === undefined) { return make('span', { class: 'stand' }, row.last_time); }
  if (!row.stand) { return make('span', { class: 'stand' }, 'no open range'); }
  const { side, phase, confidence, scale } = row.stand;
  if (side === 'undetermined') { return make('span', { class: 'stand' }, `range, ${scale}`); }
  return make('span', { class: `stand ${side}`, title: row.stand.text },
    make('span', { class: 'phase' }, phase), ` ${side} `, make('span', { class: 'number', title: 'confidence of 100' }, String(confidence)));
}

function signal(row) {
  if (!row.signal) { return null; }
    const { name, direction, age_bars: age, withdrawn, known_time: known } = row.signal;
  const fresh = age < FRESH_BARS && !withdrawn ? ' fresh' : '';
  const when = age === 0 ? 'new' : age === 1 ? '1 bar ago' : `${age} bars ago`;
  return make('span', { class: `signal${fresh}${withdrawn ? ' withdrawn' : ''}`, title: `known ${known}` }, `${name} ${direction}, ${when}`);
}
