// One alarm: its state and why, its metric against the threshold, what it did.

import { h, patch, path, crumbs, card, lines, rows, when, since, copy, duration, plural, short } from '../app.js';
import { stateOf, rule } from './alarms.js';

export default function open(root, ctx) {
  const { name } = ctx.params;
  ctx.title('Alarm ' + name);
  const head = h('div'), facts = h('dl.facts'), past = h('ul.events', { tabindex: 0, 'aria-label': 'History, newest first' });
  const chart = lines({ title: 'Metric', series: [{ name: 'value', tone: 'blue', area: true }], height: 200 });
  const chartCard = h('section.card', { 'aria-label': 'Metric' }, chart.el);
  const line = rows((e) => h('li.event', { class: e.tone }, h('span.dim.small', when(e.at)), h('span', e.summary, e.reason && h('p.dim.small', e.reason))));
  patch(root, crumbs(['Alarms', '/ui/alarms'], [name]), head, chartCard, h('div.service-columns', card('History', {}, past), card('Details', {}, facts)));

  ctx.live(path('alarm', name), (items, changed) => {
    const a = items.get('alarm'), series = items.get('series');
    if (!a) return;
    patch(head, h('div.page-head', h('div', h('h1', name, ' ', copy(a.arn, 'Copy the ARN')),
      h('div.facts-line', stateOf(a), a.since && h('span', 'for ', since(a.since)), h('span', rule(a))), a.description && h('p', a.description))),
    a.reason && h('section.outcome', { class: a.state === 'ALARM' ? 'bad' : 'plainly', 'aria-label': 'Why' }, h('p', a.reason)));
    chartCard.hidden = !series;
    if (series) chart.update({ from: Date.parse(series.from), step: series.step, values: [series.values], limit: a.threshold, names: [a.metric.split(' ').pop()] });
    const fact = (term, ...value) => value.flat().some(Boolean) && [h('dt', term), h('dd', value)];
    patch(facts, fact('Metric', a.metric), fact('Dimensions', a.dimensions), fact('Period', a.period && duration(a.period)),
      fact('Fires when', a.periods > 0 && `${a.toAlarm} of ${plural(a.periods, 'period')} breach`), fact('Without data', a.missing && 'periods ' + a.missing),
      fact('Watches', (a.services ?? []).map((s, i) => [i > 0 && ', ', h('a', { href: path('/ui/services', ...s.split('/')) }, s.split('/')[1])])),
      fact('Actions', (a.actions ?? []).map((x) => h('p', { title: x }, short(x))), !a.enabled && a.actions?.length > 0 && h('p.dim', 'They are disabled.')),
      fact('Held back by', a.suppressedBy));
    if (!changed || [...changed].some((key) => key.startsWith('history/'))) {
      const list = [...items].filter(([key]) => key.startsWith('history/')).sort(([x], [y]) => (x < y ? 1 : -1));
      patch(past, list.map(([key, e]) => line(key, e)));
      line.only(list.map(([key]) => key));
    }
  });
}
