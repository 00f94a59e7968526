// Single keys for the whole page; none while somebody types, or while a dialog is open.

const TYPING = 'input[type="search"], input[type="password"], select, textarea';
const USES_SPACE = 'button, summary, a, input';
const USES_ARROWS = 'input[type="range"], input[type="radio"], [role="tab"]';

export function startShortcuts(keys) {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) { return; }
    if (document.querySelector('dialog[open]')) { return; }
    const target = event.target instanceof Element ? event.target : document.body;
    if (target.matches(TYPING)) {
      if (event.key === 'Escape') { target.blur(); }
      return;
    }
    if (event.key === ' ' && target.matches(USES_SPACE) && !target.matches('#bar')) { return; }
    if (/^(Arrow|Home|End)/.test(event.key) && target.matches(USES_ARROWS) && !target.matches('#bar')) { return; }
    // true when the key means something now
    if (keys[event.key]?.(event)) { event.preventDefault(); }
  });
}
