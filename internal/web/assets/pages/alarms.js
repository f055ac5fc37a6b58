// Every alarm of the region.

import { h, patch, path, table, badge, compact, plural, since } from '../app.js';

const tone = (state) => ({ OK: 'good', ALARM: 'bad' })[state] ?? 'calm';
const rank = { ALARM: 0, INSUFFICIENT_DATA: 1, OK: 2 };

// stateOf shows an alarm's state.
export const stateOf = (a) => badge(a.state, tone(a.state), a.state === 'INSUFFICIENT_DATA' ? 'No data' : undefined);

// rule says when an alarm fires.
export const rule = (a) => (a.composite ? a.metric : `${a.statistic ?? ''} of ${a.metric} ${a.comparison ?? ''} ${compact(a.threshold)}`.trim());

export default function open(root, ctx) {
  ctx.title('Alarms');
  const summary = h('p.dim');
  const search = h('input', { type: 'search', 'aria-label': 'Search alarms', placeholder: 'Search by name or metric', value: ctx.query.get('q') ?? '', oninput: () => { ctx.setQuery({ q: search.value }); draw(); } });
  const list = table({ caption: 'Alarms', empty: 'No alarm matches.', columns: [
    { head: 'Alarm', cell: (a) => h('a', { href: path('/ui/alarms', a.name) }, a.name) },
    { head: 'State', cell: (a) => stateOf(a) },
    { head: 'Fires when', cell: (a) => [h('span', rule(a)), a.dimensions && h('p.dim.small', a.dimensions)] },
    { head: 'For', class: 'num', cell: (a) => a.since && since(a.since) },
  ] });
  let items = null;
  patch(root, h('div.page-head', h('div', h('h1', 'Alarms'), summary)), h('div.filter', search), h('section.card', { 'aria-label': 'Alarms' }, list.el));

  function draw() {
    if (!items) return;
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const all = [...items.values()];
    patch(summary, all.length ? [plural(all.length, 'alarm'), `, ${all.filter((a) => a.state === 'ALARM').length} in ALARM`] : 'There is no alarm in this region. Create one with any AWS tool: aws cloudwatch put-metric-alarm …');
    list.update(all.filter((a) => words.every((w) => `${a.name} ${a.metric} ${a.dimensions ?? ''}`.toLowerCase().includes(w)))
      .sort((a, b) => rank[a.state] - rank[b.state] || (a.name < b.name ? -1 : 1)).map((a) => [a.name, a]));
  }

  ctx.live('alarms', (all) => { items = all; draw(); });
}
