// How the services are, and how long the stages of the analysis shown took.

import { get } from './api.js';
import { fill, make } from './dom.js';

const AGAIN_MS = 10000;

const words = (text) => text.replace(/^(HEALTH_STATUS|BREAKER_STATE)_/, '').toLowerCase().replaceAll('_', ' ');
const kind = (state) => (['healthy', 'closed'].includes(state) ? 'good' : ['degraded', 'half open'].includes(state) ? 'warn' : 'bad');
const milliseconds = (value) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;

export class Pipeline {
  constructor(place) {
    this.place = place;
    this.document = null;
    this.health = null;
    this.error = null;
    this.connection = '';
    this.shown = false;
    setInterval(() => { if (this.shown && !document.hidden) { this.load(); } }, AGAIN_MS);
  }

  open(shown) {
    this.shown = shown;
    if (shown) { this.load(); }
  }

  /** The document of the chart, for its stages. */
  about(found) {
    this.document = found;
    this.draw();
  }

  connected(text) {
    this.connection = text;
    this.draw();
  }

  async load() {
    try {
      this.health = await get('/api/v1/health/orchestrator');
      this.error = null;
    } catch (error) {
      this.error = error.message;
    }
    this.draw();
  }

  draw() {
    if (!this.shown) { return; }
    const health = this.health;
    fill(this.place,
      make('h2', {}, 'Events'), make('p', {}, this.connection),
      this.error ? [make('h2', {}, 'Services'), make('p', { class: 'state-bad' }, this.error)] : health ? services(health) : make('p', { class: 'faint' }, 'asking'),
      this.document ? stages(this.document) : null);
  }
}

const state = (text) => make('span', { class: `state-${kind(text)}` }, text);

function row(...cells) {
  return make('tr', {}, cells.map((cell, i) => make('td', { class: i === cells.length - 1 && i > 0 ? 'number' : '' }, cell)));
}

function table(headings, rows) {
  const head = headings.map((name, i) => make('th', { scope: 'col', class: i === headings.length - 1 && i > 0 ? 'number' : '' }, name));
  return make('table', { class: 'table' }, make('thead', {}, make('tr', {}, head)), make('tbody', {}, rows));
}

function services(health) {
  const breakers = new Map((health.breakers ?? []).map((item) => [item.component, item]));
  const rows = (health.components ?? []).map((item) => {
    const breaker = breakers.get(item.component), text = words(item.status);
    const closed = breaker ? words(breaker.state) : 'none';
    return row([item.component, item.message ? make('div', { class: 'faint' }, item.message) : ''], state(text),
      breaker ? state(closed) : closed, milliseconds(Number(item.latency_ms ?? 0)));
  });
  const hits = health.cache_hit_rate, mean = health.avg_analysis_time_ms;
  const failed = health.failed_detectors ?? [];
  return [
    make('h2', {}, 'Services: ', state(words(health.status))),
    table(['service', 'health', 'breaker', 'answers in'], rows),
    make('p', { class: 'faint' }, [
      `${health.analysis_count ?? 0} analyses`,
      mean === undefined ? '' : `${milliseconds(Number(mean))} on average`,
      hits === undefined ? '' : `${Math.round(hits * 100)} % of results from the cache`,
    ].filter(Boolean).join(', ')),
    failed.length ? [make('h2', {}, 'Detectors that have failed'), make('ul', {}, failed.map((item) =>
      make('li', { class: 'state-bad' }, `${item.detector}, ${item.failure_count} times: ${item.last_error}`)))] : [],
  ].flat();
}

function stages(found) {
  const longest = Math.max(0.01, ...found.stages.map((item) => item.ms));
  const rows = found.stages.map((item) => {
    const meter = make('span', { class: 'meter', 'aria-hidden': 'true' });
    meter.style.width = `${Math.round((item.ms / longest) * 100)}%`;
    const said = item.success ? (item.cached ? make('span', { class: 'faint' }, ' from the cache') : '') : make('div', { class: 'state-bad' }, item.error);
    return row([item.stage, said, meter], milliseconds(item.ms));
  });
  return [
    make('h2', {}, `Stages of ${found.symbol} ${found.timeframe}`),
    found.complete ? '' : make('p', { class: 'state-bad' }, 'This analysis is incomplete: the stages below that failed are missing from the chart.'),
    table(['stage', 'time'], rows),
    found.failed_detectors.length ? make('ul', {}, found.failed_detectors.map((item) => make('li', { class: 'state-bad' }, `${item.detector} failed: ${item.error}`))) : '',
    found.warnings.length ? [make('h2', {}, 'Findings in the bars'), make('ul', {}, found.warnings.map((text) => make('li', {}, text)))] : [],
  ].flat();
}
