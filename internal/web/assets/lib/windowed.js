// Lists of thousands of live rows: only those near the screen are in the page. The page itself scrolls, rows have one height, and a
// row that has the focus stays, wherever it is.

import { h, patch, rows, frame } from './dom.js';

const beyond = 12; // rows above and below the screen
const small = matchMedia('(max-width: 47rem)');

// windowed({label, columns, cells, height, phone, link}): columns are {head, class}; cells(doc, key) answers the contents of the cells in
// the same order; height and phone are the heights of a row in rem; link is the selector of what arrow keys move among. The grid is
// `--columns`, set by the class name. It returns {el, update(entries)} as table() does.
export function windowed({ label, name, columns, cells, height = 3, phone = 6, link = 'a', empty = 'Nothing here.' }) {
  const head = h('div.win-row.win-head', { role: 'row', 'aria-rowindex': 1 }, columns.map((c) => h('span', { role: 'columnheader', class: c.class }, c.head)));
  const body = h('div.win-body', { role: 'rowgroup' });
  const grid = h('div.win', { role: 'table', 'aria-label': label, class: name }, h('div', { role: 'rowgroup' }, head), body);
  const none = h('p.empty', { hidden: true }, empty);
  const el = h('div', { 'data-own': true }, grid, none);
  const row = rows((doc, key) => h('div.win-row', { role: 'row' }, cells(doc, key).map((cell, i) =>
    h('div', { role: 'cell', class: columns[i].class, 'data-head': columns[i].head }, cell))));
  let entries = [], at = new Map(), drawn = '';

  const size = () => (small.matches ? phone : height) * parseFloat(getComputedStyle(document.documentElement).fontSize);

  function draw() {
    if (!el.isConnected) return;
    const step = Math.round(size()), top = body.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor(-top / step) - beyond);
    const last = Math.min(entries.length, Math.ceil((innerHeight - top) / step) + beyond);
    const shown = [];
    for (let i = first; i < last; i++) shown.push(i);
    const held = at.get(body.contains(document.activeElement) && document.activeElement.closest('.win-row')?.dataset.key);
    if (held !== undefined && (held < first || held >= last)) shown.push(held);
    const space = entries.length * step + 'px';
    if (space !== drawn) { drawn = space; body.style.setProperty('--space', space); }
    patch(body, shown.map((i) => {
      const [key, doc] = entries[i];
      const line = row(key, doc);
      line.dataset.key = key;
      const y = i * step + 'px', index = String(i + 2);
      if (line.getAttribute('aria-rowindex') !== index) line.setAttribute('aria-rowindex', index);
      if (line.style.getPropertyValue('--y') !== y) line.style.setProperty('--y', y);
      return line;
    }));
  }

  const later = () => frame(draw);
  addEventListener('scroll', later, { passive: true });
  addEventListener('resize', later, { passive: true });
  grid.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity }[event.key];
    const now = at.get(event.target.closest('.win-row')?.dataset.key);
    if (!step || now === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(entries.length - 1, now + step)), high = Math.round(size());
    const y = body.getBoundingClientRect().top + next * high;
    if (y < 90) scrollBy(0, y - 90);
    else if (y + high > innerHeight - 70) scrollBy(0, y + high - innerHeight + 70);
    draw();
    [...body.children].find((line) => line.dataset.key === entries[next][0])?.querySelector(link)?.focus({ preventScroll: true });
  });

  return {
    el,
    update(next) {
      entries = next;
      at = new Map(next.map(([key], i) => [key, i]));
      grid.setAttribute('aria-rowcount', String(next.length + 1));
      none.hidden = next.length > 0;
      grid.hidden = next.length === 0;
      row.only(next.map(([key]) => key));
      frame(draw);
    },
    close() { removeEventListener('scroll', later); removeEventListener('resize', later); },
  };
}
