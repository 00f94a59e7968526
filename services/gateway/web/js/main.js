// Joins the parts of the page.

import { announce, fill, find, make } from './dom.js';
import { startKeybox } from './keybox.js';
import { Live } from './live.js';
import { clear, notice } from './notices.js';
import { Pipeline } from './pipeline.js';
import { address, place, sameInstrument } from './router.js';
import { startShortcuts } from './shortcuts.js';
import { startTabs } from './tabs.js';
import { startTheme } from './theme.js';
import { Watchlist } from './watchlist.js';
import { Workspace } from './workspace.js';

const OF_BARS = new Set(['bar_ingested', 'signal_generated', 'signal_rejected', 'phase_detected', 'pattern_detected', 'range_detected', 'volume_analyzed']);
const UNAUTHENTICATED = 401, UNAVAILABLE = 503;

const pipeline = new Pipeline(find('pane-pipeline'));
const workspace = new Workspace({ onError: failed, onShown: (found) => pipeline.about(found) });
const watchlist = new Watchlist({ onLoaded: loaded, onError: (error) => failed('watchlist', error) });
const live = new Live({ onEvent: happened, onState: connected, onGap: () => everything() });
const askForKey = startKeybox(() => { live.connect(); everything(); });
const nextTheme = startTheme(find('theme-button'), () => workspace.refresh());
const openTab = startTabs(document.querySelector('[role="tablist"]'), (pane) => pipeline.open(pane === 'pane-pipeline'));

function failed(where, error) {
  if (error.status === UNAUTHENTICATED) {
    askForKey(error.message);
  } else {
    const said = error.status === UNAVAILABLE ? `A service behind the gateway does not answer: ${error.message}` : error.message;
    notice(where, said, ['Try again', () => everything()]);
  }
}

function everything() {
  clear('watchlist');
  clear('chart');
  watchlist.touchAll();
  workspace.refresh();
  if (pipeline.shown) { pipeline.load(); }
}

function loaded(rows, text) {
  clear('watchlist');
  const shown = place();
  if (rows.length === 0) { nothing(text); } else if (!shown) { location.replace(address(rows[0].symbol, rows[0].timeframe)); }
  watchlist.mark(shown ?? rows[0] ?? null);
}

function nothing(text) {
  if (text) {
    fill(find('rows'), make('li', { class: 'empty-state' }, make('p', {}, `No symbol has “${text}” in it.`)));
    return;
  }
  const help = [make('h2', {}, 'No bars are stored yet'),
    make('p', {}, 'Store some, and they appear here by themselves:'),
    make('p', {}, make('code', {}, 'wyckoff ingest FILE.csv --target 127.0.0.1:50051')),
    make('p', {}, 'A file has the columns timestamp, open, high, low, close and volume; its name is the symbol.')];
  fill(find('rows'), make('li', { class: 'empty-state' }, 'Nothing to watch yet.'));
  if (!place()) {
    find('chart').hidden = true;
    find('empty').hidden = false;
    fill(find('empty'), help);
  }
}

function happened(event) {
  if (event.type === 'breaker_changed') {
    announce(`Circuit breaker of ${event.data.component} is ${String(event.data.to_state).replace('BREAKER_STATE_', '').toLowerCase().replace('_', ' ')}.`);
    if (pipeline.shown) { pipeline.load(); }
  }
  if (!OF_BARS.has(event.type)) { return; }
  watchlist.touch(event.symbol, event.timeframe);
  if (sameInstrument(event, workspace.instrument)) { workspace.changed(); }
}

function connected(state, text) {
  const shown = find('connection');
  shown.dataset.state = state;
  shown.title = text;
  find('connection-text').textContent = state;
  pipeline.connected(text);
}

function follow() {
  const instrument = place();
  find('list-button').setAttribute('aria-expanded', 'false');
  delete find('watchlist').dataset.open;
  if (!instrument) { return; }
  watchlist.mark(instrument);
  if (!sameInstrument(instrument, workspace.instrument)) { workspace.open(instrument); }
}

function besides(step) {
  const to = watchlist.beside(step);
  if (to) { location.hash = to; }
  return Boolean(to);
}

function toggleReplay() {
  if (workspace.replay.open) { workspace.leaveReplay(); } else { workspace.enterReplay(); }
}

const { chart, replay } = workspace;
const shown = () => workspace.document !== null;
const did = (work) => { work(); return true; };
const whenShown = (work) => () => shown() && did(work);
const inReplay = (work) => (event) => replay.open && did(() => work(event));
const along = (sign) => (event) => shown() && did(() => {
  if (replay.open) { replay.step(sign * (event.shiftKey ? 10 : 1)); } else { chart.move(sign * (event.shiftKey ? 0.5 : 0.1)); }
});

startShortcuts({
  '/': () => did(() => { find('watchlist').dataset.open = ''; find('filter').focus(); }),
  j: () => besides(1), k: () => besides(-1),
  1: () => did(() => openTab(0)), 2: () => did(() => openTab(1)), 3: () => did(() => openTab(2)), 4: () => did(() => openTab(3)),
  '+': whenShown(() => chart.zoom(0.6)), '-': whenShown(() => chart.zoom(1 / 0.6)),
  f: whenShown(() => chart.fit()), y: whenShown(() => chart.shows(250)), a: whenShown(() => chart.shows(Infinity)),
  ArrowLeft: along(-1), ArrowRight: along(1),
  Home: inReplay(() => replay.go(0)), End: inReplay(() => replay.go(replay.last)),
  n: inReplay(() => replay.said(1)), p: inReplay(() => replay.said(-1)),
  ' ': inReplay(() => replay.play(!replay.playing)),
  r: whenShown(toggleReplay), Escape: inReplay(() => workspace.leaveReplay()),
  t: () => did(nextTheme), '?': () => did(() => find('help').showModal()),
});

find('help-button').addEventListener('click', () => find('help').showModal());
find('list-button').addEventListener('click', () => {
  const open = find('watchlist').toggleAttribute('data-open');
  find('list-button').setAttribute('aria-expanded', String(open));
});
find('replay-button').addEventListener('click', () => { if (shown()) { toggleReplay(); } });
find('fit').addEventListener('click', () => { if (shown()) { chart.fit(); } });
find('year').addEventListener('click', () => { if (shown()) { chart.shows(250); } });
find('all').addEventListener('click', () => { if (shown()) { chart.shows(Infinity); } });
find('in').addEventListener('click', () => { if (shown()) { chart.zoom(0.6); } });
find('out').addEventListener('click', () => { if (shown()) { chart.zoom(1 / 0.6); } });
find('bars').addEventListener('change', () => workspace.refresh());
find('refused').addEventListener('change', () => chart.showRefused(find('refused').checked));
for (const box of document.querySelectorAll('input[name="trades"]')) { box.addEventListener('change', () => workspace.again()); }
for (const box of document.querySelectorAll('input[name="scale"]')) {
  box.addEventListener('change', () => {
    // no scale at all would be no chart
    if (!document.querySelector('input[name="scale"]:checked')) { box.checked = true; }
    workspace.refresh();
  });
}
document.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault();
  find('chart').focus();
});

addEventListener('hashchange', follow);
follow();
watchlist.load();
live.connect();
