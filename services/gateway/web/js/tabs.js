// Tabs with the keys that tabs have.

/** Starts a tab list; gives a function that opens the tab at an index. `opened` gets the id of its pane. */
export function startTabs(list, opened) {
  const tabs = [...list.querySelectorAll('[role="tab"]')];

  function open(at, focus = false) {
    tabs.forEach((tab, i) => {
      tab.setAttribute('aria-selected', String(i === at));
      tab.tabIndex = i === at ? 0 : -1;
      document.getElementById(tab.getAttribute('aria-controls')).hidden = i !== at;
    });
    if (focus) { tabs[at].focus(); }
    opened(tabs[at].getAttribute('aria-controls'));
  }

  tabs.forEach((tab, at) => {
    tab.addEventListener('click', () => open(at));
    tab.addEventListener('keydown', (event) => {
      const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: tabs.length - 1 }[event.key];
      if (to === undefined) { return; }
      event.preventDefault();
      event.stopPropagation();
      open((to + tabs.length) % tabs.length, true);
    });
  });
  return open;
}
