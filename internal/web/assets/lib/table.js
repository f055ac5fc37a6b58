// Tables of live rows; on a phone every row becomes a card.

import { h, patch, rows } from './dom.js';

// table({caption, columns, empty}): columns are {head, cell(doc, key), class, hide}: cell answers children of
// a cell, class goes on its cells ('num' is right-aligned figures), hide: 'phone' leaves the column out there.
// It returns {el, update(entries)}: entries are [key, doc] pairs in the order in which they show.
export function table({ caption, columns, empty = 'Nothing here.', onrow }) {
  const body = h('tbody');
  const none = h('p.empty', empty);
  const grid = h('table', h('caption.unseen', caption),
    h('thead', h('tr', columns.map((c) => h('th', { scope: 'col', class: classes(c) }, c.head)))), body);
  const row = rows((doc, key) => h('tr', onrow ? onrow(doc, key) : {}, columns.map((c) =>
    h('td', { class: classes(c), 'data-head': c.head }, h('div', c.cell(doc, key))))));
  const el = h('div.table', { 'data-own': true }, grid, none);
  return {
    el,
    update(entries) {
      patch(body, entries.map(([key, doc]) => row(key, doc)));
      row.only(entries.map(([key]) => key));
      none.hidden = entries.length > 0;
      grid.hidden = entries.length === 0;
    },
  };
}

const classes = (c) => [c.class ?? '', c.hide ? 'hide-' + c.hide : ''].join(' ').trim() || null;

// arrows moves the focus among elements of a list with the arrow keys, Home and End.
export function arrows(list, selector) {
  list.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey || event.target.matches('input, textarea, select')) return;
    const all = [...list.querySelectorAll(selector)].filter((el) => !el.closest('[hidden]')); // asking for a place would lay out everything
    const at = all.indexOf(event.target.closest(selector));
    if (at < 0) return;
    event.preventDefault();
    all[Math.max(0, Math.min(all.length - 1, at + step))]?.focus();
  });
}
