// What went wrong, at the top of the page until it is gone or put away. One notice a place.

import { find, make } from './dom.js';

const shown = new Map();

/** Show a text; `action` is a pair of a name and what it does. */
export function notice(place, text, action = null) {
  clear(place);
  // the same trouble in two places is one trouble
  for (const [other, line] of shown) { if (line.firstChild.textContent === text) { clear(other); } }
  const away = make('button', { type: 'button' }, 'Dismiss');
  const act = action ? make('button', { type: 'button' }, action[0]) : null;
  const line = make('div', { 'data-place': place }, make('p', {}, text), act, away);
  away.addEventListener('click', () => clear(place));
  act?.addEventListener('click', action[1]);
  shown.set(place, line);
  find('notices').append(line);
}

export function clear(place) {
  shown.get(place)?.remove();
  shown.delete(place);
}
