// The events of a service, newest first.

import { h, patch, rows, when, brief } from '../../app.js';

export function events() {
  const row = rows((e) => h('li.event', { class: e.tone }, h('span.dim.small', when(e.at)), h('span', { title: e.message }, brief(e.message))));
  const list = h('ul.events', { tabindex: 0, 'aria-label': 'Events, newest first' }), none = h('p.empty', 'No events yet.');
  return {
    el: h('div', { 'data-own': true }, list, none),
    update(entries) {
      const sorted = entries.sort(([a, x], [b, y]) => (x.at === y.at ? (a < b ? 1 : -1) : x.at < y.at ? 1 : -1));
      patch(list, sorted.map(([key, doc]) => row(key, doc)));
      row.only(entries.map(([key]) => key));
      list.hidden = !entries.length;
      none.hidden = entries.length > 0;
    },
  };
}
