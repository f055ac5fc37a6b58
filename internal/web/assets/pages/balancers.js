// Every load balancer of the region.

import { h, patch, path, table, badge, count, rate, millis, plural, copy, percent } from '../app.js';

export default function open(root, ctx) {
  ctx.title('Load balancers');
  const summary = h('p.dim');
  const search = h('input', { type: 'search', 'aria-label': 'Search load balancers', placeholder: 'Search by name, type or listener', value: ctx.query.get('q') ?? '', oninput: () => { ctx.setQuery({ q: search.value }); draw(); } });
  const list = table({ caption: 'Load balancers', empty: 'No load balancer matches.', columns: [
    { head: 'Load balancer', cell: ({ lb }) => [h('a', { href: path('/ui/balancers', lb.name) }, lb.name), h('p.dim.small', lb.type, ', ', lb.scheme), lb.impaired && h('p.bad-text.small', lb.impaired)] },
    { head: 'Address', cell: ({ lb }) => [h('code', lb.address), copy(lb.address, 'Copy the address of ' + lb.name)] },
    { head: 'Listeners', cell: ({ lb }) => lb.listeners.join(', ') },
    { head: 'Rules', class: 'num', hide: 'phone', cell: ({ lb }) => count(lb.rules) },
    { head: 'Targets', cell: ({ lb }) => health(lb.targets) },
    { head: 'Requests', class: 'num', cell: ({ rate: r }) => r && [rate(r.requests), r.errors5xx > 0 && h('p.bad-text.small', percent(r.errors5xx / Math.max(r.requests, 0.001) * 100) + ' errors')] },
    { head: 'p99', class: 'num', hide: 'phone', cell: ({ rate: r }) => r && millis(r.p99) },
  ] });
  let items = null;
  const joined = new Map();
  patch(root, h('div.page-head', h('div', h('h1', 'Load balancers'), summary)), h('div.filter', search), h('section.card', { 'aria-label': 'Load balancers' }, list.el));

  // join makes one row out of a load balancer and its measures, the same object while neither changed.
  function join(name) {
    const lb = items.get('lb/' + name), measured = items.get('rate/' + name), have = joined.get(name);
    if (have?.lb === lb && have?.rate === measured) return have;
    const next = { lb, rate: measured };
    joined.set(name, next);
    return next;
  }

  function draw() {
    if (!items) return;
    const names = [...items.keys()].filter((key) => key.startsWith('lb/')).map((key) => key.slice(3)).sort();
    const all = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const shown = names.filter((name) => { const lb = items.get('lb/' + name), hay = `${name} ${lb.type} ${lb.scheme} ${lb.listeners.join(' ')}`.toLowerCase(); return all.every((w) => hay.includes(w)); });
    patch(summary, names.length ? plural(names.length, 'load balancer') : 'There is no load balancer in this region. Create one with any AWS tool: aws elbv2 create-load-balancer …');
    list.update(shown.map((name) => [name, join(name)]));
  }

  ctx.live('balancers', (all) => { items = all; draw(); });
}

const order = [['healthy', 'good'], ['initial', 'busy'], ['unhealthy', 'bad'], ['draining', 'warn'], ['unused', 'calm']];

// health shows how many targets are in which state.
export function health(targets) {
  const some = order.filter(([state]) => targets[state] > 0);
  return some.length ? h('span.badges', some.map(([state, tone]) => badge(state, tone, targets[state] + ' ' + state))) : h('span.dim', 'none');
}
