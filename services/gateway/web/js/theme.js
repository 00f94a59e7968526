// Light, dark, or as the system is.

const CHOICES = ['auto', 'light', 'dark'];
const system = matchMedia('(prefers-color-scheme: dark)');

let chosen = 'auto';
try { chosen = CHOICES.includes(localStorage.getItem('theme')) ? localStorage.getItem('theme') : 'auto'; } catch { /* kept nowhere */ }

/** `light` or `dark`, as drawn. */
export function theme() {
  if (chosen !== 'auto') { return chosen; }
  return system.matches ? 'dark' : 'light';
}

/** What was chosen: `auto`, `light` or `dark`. */
export const choice = () => chosen;

function apply() {
  document.documentElement.dataset.theme = theme();
}

/** The next choice; `changed` is called whenever what is drawn changes. */
export function startTheme(button, changed) {
  function name() { button.setAttribute('aria-label', `Theme: ${chosen === 'auto' ? 'as the system' : chosen}`); }
  function next() {
    chosen = CHOICES[(CHOICES.indexOf(chosen) + 1) % CHOICES.length];
    try { localStorage.setItem('theme', chosen); } catch { /* kept nowhere */ }
    apply();
    name();
    changed();
  }
  system.addEventListener('change', () => { apply(); changed(); });
  button.addEventListener('click', next);
  apply();
  name();
  return next;
}
