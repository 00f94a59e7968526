// Before anything is drawn: the theme that was chosen, or that of the system.
(function () {
  let chosen = 'auto';
  try { chosen = localStorage.getItem('theme') ?? 'auto'; } catch { /* a browser that keeps nothing */ }
  const dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
