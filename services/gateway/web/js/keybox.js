// The API key, asked for when the gateway wants one.

import { apiKey, keepKey } from './api.js';
import { find } from './dom.js';

/** `changed` is called with a new key, or without the old one; gives a function that asks. */
export function startKeybox(changed) {
  const dialog = find('key-dialog'), input = find('key'), button = find('key-button');

  function ask(text = '') {
    button.hidden = false;
    if (dialog.open) { return; }
    if (text) { find('key-text').textContent = `The gateway says: ${text}. The command wyckoff keys add NAME makes a key.`; }
    input.value = '';
    dialog.showModal();
    input.focus();
  }

  button.hidden = !apiKey();
  button.addEventListener('click', () => ask());
  find('key-form').addEventListener('submit', (event) => {
    const used = event.submitter?.value !== 'forget';
    const key = used ? input.value.trim() : '';
    if (used && !key) {
      event.preventDefault();
      return;
    }
    keepKey(key);
    changed();
  });
  return ask;
}
