// Elements. Texts are always texts: nothing that comes from the server is read as markup.

export const find = (id) => document.getElementById(id);

/** An element with properties, or attributes where the name has a dash or is `role`, and children; null is left out. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined) { continue; }
    if (name === 'class') {
      element.className = value;
    } else if (name.includes('-') || name === 'role') {
      element.setAttribute(name, String(value));
    } else {
      element[name] = value;
    }
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ''));
  return element;
}

/** Put children in the place of what is there. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined && child !== ''));
}

/** Tell people who do not see the screen. */
export function announce(text) {
  const place = find('announcements');
  if (place.textContent !== text) { place.textContent = text; }
}

/** Call `work` once, `pause` milliseconds after the last of several calls, but no later than `longest` after the first. */
export function gathered(work, pause, longest) {
  let timer = null, first = 0;
  return () => {
    const now = performance.now();
    if (timer === null) { first = now; }
    clearTimeout(timer);
    timer = setTimeout(() => { timer = null; work(); }, Math.max(0, Math.min(pause, first + longest - now)));
  };
}
