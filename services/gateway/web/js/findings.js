// Events and trades as lists: all that hovering over the chart tells, for the keyboard and for screen readers.

import { fill, make } from './dom.js';

const MOST = 200;

/** What of the findings is known at a bar, newest first; what was taken back by then is marked so. */
export const knownAt = (findings, bar) => findings.filter((item) => item.known <= bar).reverse();

export const isGone = (item, bar) => item.gone !== null && item.gone <= bar;

/** Fill `place`; `act` has what the buttons of a finding do: choose(finding) and replay(finding). */
export function listFindings(place, findings, bar, act, nothing) {
  const open = new Set([...place.querySelectorAll('details[open]')].map((item) => item.dataset.id));
  const focused = document.activeElement?.closest?.('details')?.dataset.id;
  const inside = place.contains(document.activeElement);
  const lines = findings.slice(0, MOST).map((item) => finding(item, bar, act, open.has(item.id)));
  const rest = findings.length - lines.length;
  fill(place, lines.length ? lines : make('p', { class: 'faint' }, nothing),
    rest > 0 ? make('p', { class: 'faint' }, `and ${rest} older ones: a replay goes back to them`) : null);
  if (inside && focused) { [...place.querySelectorAll('details')].find((item) => item.dataset.id === focused)?.querySelector('summary').focus(); }
}

function finding(item, bar, act, open) {
  const gone = isGone(item, bar), classes = ['finding', gone ? 'gone' : '', item.known === bar ? 'fresh' : ''];
  const body = make('div', { class: 'body' });
  const details = make('details', { class: classes.filter(Boolean).join(' '), 'data-id': item.id, open }, summary(item, gone), body);
  // what is inside is made when it is looked at
  const build = () => { if (details.open && !body.hasChildNodes()) { fill(body, content(item, gone), buttons(item, act)); } };
  details.addEventListener('toggle', build);
  build();
  return details;
}

function summary(item, gone) {
  const tail = [item.kind === 'rejection' ? `refused by ${item.stage}: ${item.reason}` : '', gone ? `taken back ${item.gone_time}` : '']
    .filter(Boolean).join('; ');
  const figure = item.kind === 'event' ? item.price : item.kind === 'signal' ? `${item.r_multiple} R` : '';
  const kind = item.kind === 'event' ? make('span', { class: 'title' }, ` ${item.title}`) : item.kind === 'rejection' ? ' refused' : '';
  const words = item.kind === 'event' ? item.name : `${item.name} ${item.direction}`;
  return make('summary', {},
    make('span', { class: 'when' }, item.known_time),
    make('span', { class: `what ${item.kind === 'event' ? item.side : item.kind === 'signal' ? item.direction : ''}` }, words, kind),
    make('span', { class: 'figure' }, figure),
    tail ? make('span', { class: 'more' }, tail) : null);
}

function content(item, gone) {
  const facts = [['scale', item.scale], ['bar', item.bar_time], ['known at the close of', item.known_time]];
  if (item.kind === 'event') { facts.push(['price', item.price], ['confidence', `${item.confidence} of 100`]); }
  if (item.kind === 'signal') {
    facts.push(['entry', `${item.prices.entry}, ${item.order}`], ['stop', item.prices.stop], ['target', item.prices.target],
      ['reward over risk', item.r_multiple], ['size', item.size], ['risk', item.risk], ['phase', item.phase],
      ['confidence', `${item.confidence} of 100`]);
  }
  if (item.kind === 'rejection') {
    facts.push(['refused by', item.stage], ['reason', item.reason]);
    if (item.needed) { facts.push(['needed', item.needed]); }
    if (item.was) { facts.push(['was', `${item.was}${item.near_miss ? ', a near miss' : ''}`]); }
  }
  if (gone) { facts.push(['taken back', `${item.gone_time}: ${item.gone_reason}`]); }
  return [
    make('dl', { class: 'facts' }, facts.flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, value)])),
    item.evidence.length ? [make('h3', { class: 'unseen' }, 'Measured'), evidence(item.evidence)] : [],
    item.chain?.length ? chain(item.chain) : [],
  ].flat(2);
}

function evidence(items) {
  return make('ul', { class: 'evidence' }, items.map((one) => make('li', { class: one.met === null ? '' : one.met ? 'met' : 'missed' },
    one.text, one.met === null ? null : make('span', { class: 'unseen' }, one.met ? ' (met)' : ' (not met)'))));
}

function chain(steps) {
  const list = make('ol', { class: 'chain', 'aria-label': 'Validation, step by step' }, steps.map((step) => make('li', { class: step.status },
    make('span', { class: 'status' }, `${step.stage}: ${step.status}`), step.reason ? ` ${step.reason}` : '',
    step.evidence.length ? evidence(step.evidence) : null)));
  return make('details', {}, make('summary', {}, `Validation chain, ${steps.length} steps`), list);
}

function buttons(item, act) {
  const choose = make('button', { type: 'button' }, 'Show in the chart');
  const replay = make('button', { type: 'button' }, 'Replay from here');
  choose.addEventListener('click', () => act.choose(item));
  replay.addEventListener('click', () => act.replay(item));
  return make('div', { class: 'row' }, choose, replay);
}
