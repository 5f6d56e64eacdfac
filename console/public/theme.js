// Before the first paint: the chosen theme, so that nothing flashes. A file, for the page allows no inline scripts.
try {
  const chosen = localStorage.getItem('aetherflow.theme')
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen
} catch {
  // Storage is forbidden: the system's theme it is.
}
