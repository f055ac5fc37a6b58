// The home page: what waits for a person, alarms, and every cluster with its services.

import { h, patch, frame, path, plural, count, region, arrows } from '../app.js';
import { sketch, fill } from './home/service.js';
import { lazy } from './home/lazy.js';
import { approvals, alarms, firstSteps } from './home/attention.js';

// shows are the filters: what each keeps.
const shows = {
  all: ['All', () => true],
  deploying: ['Deploying', (s) => s.deployment],
  approval: ['Needs approval', (s) => s.approvals > 0],
  failing: ['Failing', (s) => s.health === 'failing' || s.alarms?.length],
  idle: ['Idle', (s) => s.health === 'idle' || s.status !== 'ACTIVE'],
};

export default function open(root, ctx) {
  ctx.title('Services');
  let show = shows[ctx.query.get('show')] ? ctx.query.get('show') : 'all';
  let items = null;
  const search = h('input', {
    type: 'search', 'aria-label': 'Search services', placeholder: 'Search by service, cluster, image or strategy', value: ctx.query.get('q') ?? '',
    oninput: () => { ctx.setQuery({ q: search.value }); frame(draw); },
    onkeydown: (event) => {
      if (event.key === 'Escape') { search.value = ''; ctx.setQuery({ q: null }); frame(draw); }
      if (event.key === 'ArrowDown') { event.preventDefault(); list.querySelector('a.service-name')?.focus(); }
    },
  });
  const summary = h('p.dim'), urgent = h('div.urgent'), chips = h('div.chips', { role: 'group', 'aria-label': 'Show' });
  const list = h('div.clusters'), found = h('p.unseen', { role: 'status' });
  const bar = h('div.filter', search, chips);
  patch(root, h('div.page-head', h('div', h('h1', 'Services'), summary)), urgent, bar, found, list);
  arrows(list, 'a.service-name');
  const row = lazy(sketch, fill), cards = new Map();

  function draw() {
    if (!items) return;
    const meta = items.get('meta') ?? {};
    const services = part('service/'), clusters = part('cluster/').map(([, c]) => c);
    patch(summary, `${plural(services.length, 'service')} in ${plural(clusters.length, 'cluster')}, ${plural(meta.tasks ?? 0, 'task')}`,
      meta.deploying > 0 && `, ${count(meta.deploying)} deploying`,
      part('alarm/').length > 0 && [', ', h('a', { href: '/ui/alarms' }, plural(part('alarm/').length, 'alarm'))],
      meta.proxy === false && h('b.bad-text', ' The proxy is not connected: weights do not change until it is back.'));
    patch(urgent, approvals(part('approval/')), alarms(part('alarm/')));
    const fits = wanted(search.value);
    const hits = services.filter(([, s]) => fits(s));
    patch(chips, Object.entries(shows).map(([name, [text, keep]]) => {
      const n = hits.filter(([, s]) => keep(s)).length;
      return h('button.chip', { type: 'button', key: name, 'aria-pressed': String(show === name), onclick: () => { show = name; ctx.setQuery({ show: name === 'all' ? null : name }); frame(draw); } }, text, ' ', h('b', count(n)));
    }));
    const shown = hits.filter(([, s]) => shows[show][1](s));
    const narrowed = search.value || show !== 'all';
    patch(list, clusters.length === 0 ? firstSteps(region()) : clusters.map((c) => cluster(c, shown.filter(([, s]) => s.cluster === c.name), narrowed)),
      narrowed && shown.length === 0 && clusters.length > 0 && h('p.empty', { key: 'none' }, 'No service matches. ', h('button', { type: 'button', onclick: all }, 'Show all')));
    row.only(services.map(([key]) => key));
    bar.hidden = services.length === 0;
    found.textContent = narrowed ? plural(shown.length, 'service') + ' shown' : '';
  }

  function part(prefix) {
    return [...items].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => a < b ? -1 : 1);
  }

  function all() {
    show = 'all';
    search.value = '';
    ctx.setQuery({ q: null, show: null });
    frame(draw);
  }

  function cluster(c, services, narrowed) {
    if (narrowed && services.length === 0) return null;
    const card = cards.get(c.name) ?? frameOf(c.name);
    cards.set(c.name, card);
    patch(card.head, h('h2', c.name), h('span.dim.small', `${plural(c.services, 'service')}, ${plural(c.running, 'running task')}`, c.pending > 0 && `, ${c.pending} pending`),
      h('div.tools', h('a.small', { href: path('/ui/tasks', c.name), 'aria-label': 'Tasks of cluster ' + c.name }, 'Tasks')));
    patch(card.list, services.map(([key, s]) => row(key, s)));
    card.list.hidden = services.length === 0;
    card.none.hidden = services.length > 0;
    return card.el;
  }

  ctx.live('home', (all) => { items = all; draw(); });
}

// frameOf is the card of a cluster; its list lives as long as the page, so that rows stay where they are.
function frameOf(name) {
  const head = h('div.card-head'), list = h('ul.services'), none = h('p.empty', 'No services yet.');
  return { el: h('section.card.cluster', { key: 'c/' + name, 'data-own': true, 'aria-label': 'Cluster ' + name }, head, list, none), head, list, none };
}

// wanted makes the test of a search: every word must occur.
function wanted(text) {
  const parts = text.toLowerCase().split(/\s+/).filter(Boolean);
  return (s) => {
    if (!parts.length) return true;
    const all = [s.cluster, s.name, s.strategy, s.taskDefinition, ...(s.images ?? []).map((i) => i.image)].join(' ').toLowerCase();
    return parts.every((one) => all.includes(one));
  };
}
