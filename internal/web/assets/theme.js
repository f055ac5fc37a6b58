// The colours that a person chose last, set before the first paint. It is a
// classic script on purpose: a module would run after the page was drawn once
// in the other colours.
(function () {
  try {
    const theme = localStorage.getItem('grue.theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  } catch { /* a browser that keeps nothing follows the system */ }
})();
