// Every task of a cluster, or the clusters to choose from.

import { h, patch, brief, frame, path, go, plural, count, badge, dot, since, ago, table, crumbs, revision } from '../app.js';
import { windowed } from '../lib/windowed.js';

// shows are the filters: what each keeps.
const shows = {
  now: ['Now', (t) => t.status !== 'STOPPED'],
  running: ['Running', (t) => t.status === 'RUNNING' && t.desired !== 'STOPPED'],
  starting: ['Starting', (t) => ['PROVISIONING', 'PENDING', 'ACTIVATING'].includes(t.status)],
  sick: ['Not healthy', (t) => sick(t)],
  stopped: ['Stopped', (t) => t.status === 'STOPPED'],
  failed: ['Failed', (t) => failed(t)],
};

const sick = (t) => t.status === 'RUNNING' && t.desired !== 'STOPPED' && (t.health === 'UNHEALTHY' || (t.service && !t.healthy));
// A container that was asked to end may have any exit code.
const failed = (t) => t.status === 'STOPPED' && (t.stopCode === 'TaskFailedToStart' || (t.stopCode === 'EssentialContainerExited' && (t.exits ?? []).some((e) => e.code !== 0)));

// tone is how a task does.
export const tone = (t) => (t.status === 'STOPPED' ? (failed(t) ? 'bad' : 'calm') : t.health === 'UNHEALTHY' ? 'bad' : t.status !== 'RUNNING' ? 'busy' : t.healthy || !t.service ? 'good' : 'busy');

export default function open(root, ctx) {
  if (!ctx.params.cluster) return choose(root, ctx);
  const { cluster } = ctx.params;
  ctx.title('Tasks of ' + cluster);
  let show = shows[ctx.query.get('show')] ? ctx.query.get('show') : 'now';
  let items = null;
  const search = h('input', {
    type: 'search', 'aria-label': 'Search tasks', placeholder: 'Search by id, service, task definition, address or reason', value: ctx.query.get('q') ?? '',
    oninput: () => { ctx.setQuery({ q: search.value }); frame(draw); },
    onkeydown: (event) => {
      if (event.key === 'Escape') { search.value = ''; ctx.setQuery({ q: null }); frame(draw); }
      if (event.key === 'ArrowDown') { event.preventDefault(); list.el.querySelector('.win-body a')?.focus(); }
    },
  });
  const chips = h('div.chips', { role: 'group', 'aria-label': 'Show' }), found = h('p.unseen', { role: 'status' }), summary = h('p.dim');
  const list = windowed({
    label: 'Tasks of ' + cluster, name: 'tasks-win', height: 3.4, phone: 6.6, empty: 'No task matches.',
    columns: [{ head: 'Task' }, { head: 'State' }, { head: 'Service' }, { head: 'Why', class: 'win-wide' }, { head: 'Address', class: 'win-extra' }, { head: 'For', class: 'num' }],
    cells: (t) => [
      h('span.task-name', dot(tone(t), t.healthy ? 'healthy' : t.status.toLowerCase()), h('a', { href: path('/ui/tasks', cluster, t.id) }, h('code', t.id.slice(0, 12)))),
      badge(t.status, tone(t), state(t)),
      t.service ? h('span.cut', h('a', { href: path('/ui/services', cluster, t.service) }, t.service), h('span.dim.small', ' rev ' + revision(t.revision))) : h('span.dim.cut', t.taskDefinition),
      h('span.small.dim.clamp', { title: t.why }, t.why && brief(t.why)),
      h('code.dim', t.ip),
      t.status === 'STOPPED' ? h('span.dim.small', 'stopped ', ago(t.stoppedAt)) : since(t.startedAt ?? t.createdAt),
    ],
  });
  ctx.onLeave(list.close);
  patch(root, crumbs(['Tasks', '/ui/tasks'], [cluster]), h('div.page-head', h('div', h('h1', 'Tasks of ', cluster), summary)), h('div.filter', search, chips), found, h('section.card.flat', { 'aria-label': 'Tasks' }, list.el));

  function draw() {
    if (!items) return;
    const fits = wanted(search.value);
    const hits = [...items].filter(([, t]) => fits(t));
    const all = [...items.values()];
    patch(summary, `${plural(all.filter(shows.running[1]).length, 'running task')}, ${count(all.filter(shows.starting[1]).length)} starting, ${count(all.filter(shows.stopped[1]).length)} stopped that are remembered`);
    patch(chips, Object.entries(shows).map(([name, [text, keep]]) => h('button.chip', {
      type: 'button', key: name, 'aria-pressed': String(show === name), onclick: () => { show = name; ctx.setQuery({ show: name === 'now' ? null : name }); frame(draw); },
    }, text, ' ', h('b', count(hits.filter(([, t]) => keep(t)).length)))));
    const shown = hits.filter(([, t]) => shows[show][1](t)).sort(([a, x], [b, y]) => order(x, y) || (a < b ? -1 : 1));
    list.update(shown);
    found.textContent = plural(shown.length, 'task') + ' shown';
  }

  ctx.live(path('tasks', cluster), (all) => { items = all; draw(); });
}

// order puts the newest first.
const order = (x, y) => { const a = x.stoppedAt ?? x.createdAt ?? '', b = y.stoppedAt ?? y.createdAt ?? ''; return a < b ? 1 : a > b ? -1 : 0; };

function state(t) {
  if (t.status === 'STOPPED') {
    const code = (t.exits ?? []).map((e) => e.code).find((c) => c !== 0 && c !== null && c !== undefined);
    return code === undefined ? 'Stopped' : 'Exit code ' + code;
  }
  if (t.status === 'RUNNING') return t.desired === 'STOPPED' ? 'Stopping' : t.health === 'UNHEALTHY' ? 'Unhealthy' : t.healthy ? 'Healthy' : t.service ? 'Not healthy yet' : 'Running';
  return undefined;
}

// wanted makes the test of a search: every word must occur.
function wanted(text) {
  const all = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!all.length) return () => true;
  return (t) => {
    const hay = `${t.id} ${t.service ?? ''} ${t.taskDefinition} ${t.revision ?? ''} ${t.ip ?? ''} ${t.status} ${t.why ?? ''}`.toLowerCase();
    return all.every((word) => hay.includes(word));
  };
}

// choose lists the clusters; a single one is opened at once.
function choose(root, ctx) {
  ctx.title('Tasks');
  const list = table({ caption: 'Clusters', empty: 'There are no clusters in this region.', columns: [
    { head: 'Cluster', cell: (c) => h('a', { href: path('/ui/tasks', c.name) }, c.name) },
    { head: 'Services', class: 'num', cell: (c) => count(c.services) },
    { head: 'Running', class: 'num', cell: (c) => count(c.running) },
    { head: 'Pending', class: 'num', cell: (c) => count(c.pending) },
  ] });
  patch(root, h('h1', 'Tasks'), h('section.card', { 'aria-label': 'Clusters' }, list.el));
  ctx.live('home', (items) => {
    const clusters = [...items].filter(([key]) => key.startsWith('cluster/')).sort();
    if (clusters.length === 1) return go(path('/ui/tasks', clusters[0][1].name), { replace: true });
    list.update(clusters);
  });
}
