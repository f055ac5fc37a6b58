// Log groups and their streams, read as they grow.

import { h, patch, api, bytes, ago, count, note } from '../app.js';
import { logview } from '../lib/logview.js';

export default async function open(root, ctx) {
  ctx.title('Logs');
  let group = ctx.query.get('group') ?? '', stream = ctx.query.get('stream') ?? '', streams = [];
  const view = logview({
    text: ctx.query.get('text') ?? '', filter: ctx.query.get('filter') ?? '', label: 'Lines of the log',
    onsearch: ({ text, filter }) => ctx.setQuery({ text, filter }),
  });
  ctx.onLeave(view.close);
  const groups = h('select.log-group', { id: 'log-group', onchange: () => pick(groups.value, '') });
  const narrow = h('input', { type: 'text', id: 'log-stream', placeholder: 'All streams; type to narrow', list: 'log-streams', autocomplete: 'off', onchange: () => chosen(), oninput: () => { if (streams.some((s) => s.name === narrow.value) || narrow.value === '') chosen(); } });
  const names = h('datalist', { id: 'log-streams' });
  const about = h('p.dim.small', { role: 'status' });
  const none = h('section.card', { hidden: true }, h('h2', 'Nothing is logged in this region yet'), h('p.dim', 'Containers with the awslogs driver in their logConfiguration write here, functions do, and PutLogEvents does. What other containers write is on the page of their task.'));
  const picker = h('section.card.log-pick', { 'aria-label': 'Which log' },
    h('div', h('label', { for: 'log-group' }, 'Log group'), groups), h('div', h('label', { for: 'log-stream' }, 'Log stream'), narrow, names), about);
  root.classList.add('logs-page');
  patch(root, h('h1', 'Logs'), none, picker, view.el);

  async function load() {
    const list = (await api('GET', '/ui/api/logs/groups', undefined, { signal: ctx.signal })).groups;
    none.hidden = list.length > 0 || group !== '';
    picker.hidden = view.el.hidden = !none.hidden;
    if (none.hidden === false) return;
    if (!group) group = list[0].name;
    if (!list.some((g) => g.name === group)) list.unshift({ name: group, bytes: 0 });
    patch(groups, list.map((g) => h('option', { value: g.name, selected: g.name === group }, `${g.name} (${bytes(g.bytes)})`)));
    groups.value = group;
    await pick(group, stream);
  }

  async function pick(name, one) {
    group = name;
    stream = one;
    ctx.setQuery({ group, stream });
    narrow.value = stream;
    view.open(stream ? { group, stream } : { group });
    try {
      const answer = await api('GET', '/ui/api/logs/streams?' + new URLSearchParams({ group }), undefined, { signal: ctx.signal });
      streams = answer.streams;
      patch(names, streams.map((s) => h('option', { value: s.name }, s.last ? 'last ' + new Date(s.last).toLocaleString() : 'empty')));
      patch(about, `${count(answer.total)} ${answer.total === 1 ? 'stream' : 'streams'}`, streams[0]?.last && [', the newest line ', ago(streams[0].last)]);
    } catch (err) {
      if (err.name !== 'AbortError') patch(about, err.message);
    }
  }

  function chosen() {
    const name = narrow.value.trim();
    if (name === stream) return;
    const found = name === '' || streams.some((s) => s.name === name) ? name : streams.find((s) => s.name.includes(name))?.name;
    if (found === undefined) return note('No stream of this group is called ' + name + '.', 'warn');
    pick(group, found);
  }

  await load();
}
