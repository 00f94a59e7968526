// Where the market stands at a bar: open structures, and what was said at its close.

import { countUntil } from './frames.js';
import { fill, make } from './dom.js';
import { isGone } from './findings.js';

/** The stand at a bar. */
export function standAt(document, bar) {
  const count = countUntil(document.stands, (item) => item.known, bar);
  return count > 0 ? document.stands[count - 1].open : [];
}

/** One phrase for the top of the page: the largest structure whose side is known says most. */
export function phrase(document, bar) {
  const open = standAt(document, bar);
  const chosen = open.find((item) => item.side !== 'undetermined') ?? open[0];
  return chosen ? `${chosen.scale} ${chosen.text}` : document.nothing;
}

export function showNow(place, document, bar, time) {
  const open = standAt(document, bar);
  const said = document.said.filter((item) => item.known === bar);
  const last = document.trades.filter((item) => item.kind === 'signal' && item.known <= bar).at(-1);
  fill(place,
    make('h2', {}, `Open structures, ${time}`),
    open.length ? open.map(structure) : make('p', {}, document.nothing),
    make('h2', {}, 'Said at this bar'),
    said.length ? make('ul', { class: 'said' }, said.map((item) => make('li', {}, item.text))) : make('p', { class: 'faint' }, 'nothing new'),
    make('h2', {}, 'Last signal'),
    last ? make('p', {}, `${words(last)}, known ${last.known_time}: entry ${last.prices.entry} (${last.order}), stop ${last.prices.stop}, target ${last.prices.target}, ${last.r_multiple} R`,
      isGone(last, bar) ? `; taken back ${last.gone_time}` : '') : make('p', { class: 'faint' }, 'none so far'));
}

export function words(item) {
  if (item.kind === 'event') { return `${item.name}, ${item.title}, at ${item.price}`; }
  const trade = `${item.name} ${item.direction}`.trim();
  return item.kind === 'signal' ? `signal ${trade}` : `${trade} refused by ${item.stage}: ${item.reason}`;
}

function structure(item) {
  return make('div', { class: `stand-item ${item.side}` },
    make('div', {}, make('strong', {}, item.scale), ` ${item.text}`),
    make('div', { class: 'faint number' }, `ice (support) ${item.ice}, creek (resistance) ${item.creek}`));
}
