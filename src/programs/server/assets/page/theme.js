// Runs before the first paint, so that nothing flashes; the button's half is in main.js.
try {
  const theme = localStorage.getItem("image-census.theme")
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme
} catch {
  // Storage is switched off: the system's theme it is.
}
