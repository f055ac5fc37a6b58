// What a deployment consists of, in lists: tasks, hooks, alarms, differences, decisions, events.

import { h, patch, path, table, card, badge, dot, words, short, brief, when, since, duration, compact, spark, icon, rows } from '../../app.js';
import { logs } from './actions.js';

export function lists({ cluster }) {
  const blue = tasks('blue', cluster), green = tasks('green', cluster);
  const diff = differences(), hooks = hookTable(), alarms = alarmList(), decisions = decisionList(), events = eventList();
  const titled = (title, list, names) => card(title, { class: names }, list.el);
  const blueCard = titled('Tasks of blue', blue, 'is-blue'), greenCard = titled('Tasks of green', green, 'is-green');
  const two = h('div.sides', blueCard, greenCard);
  const el = h('div.rest', { 'data-own': true }, two, h('div.columns',
    h('div.column', titled('Differences', diff)),
    h('div.column', titled('Hooks', hooks), titled('Alarms', alarms), titled('Decisions', decisions)),
    h('div.column.events-column', titled('Events', events, 'events-card'))));
  return {
    el,
    update(doc, items, touched, all) {
      if (touched('task/')) {
        const every = all('task/').sort(([, a], [, b]) => (a.createdAt ?? '') < (b.createdAt ?? '') ? -1 : 1);
        const of = (side) => every.filter(([, t]) => t.side === side);
        blue.update(of('blue'));
        green.update(of('green'));
      }
      blueCard.hidden = !items.get('blue');
      two.classList.toggle('one', blueCard.hidden);
      if (touched('diff')) diff.update(items.get('diff')?.differences ?? []);
      if (touched('hook/')) hooks.update(all('hook/').sort(([, a], [, b]) => (a.startedAt ?? '') < (b.startedAt ?? '') ? -1 : 1));
      if (touched('alarm/')) alarms.update(all('alarm/'));
      if (touched('decision/')) decisions.update(all('decision/'));
      if (touched('event/')) events.update(all('event/'));
    },
  };
}

function tasks(side, cluster) {
  return table({
    caption: 'Tasks of the revision ' + side, empty: 'No tasks.',
    columns: [
      { head: 'Task', cell: (t) => [h('span.task-name', dot(t.lastStatus === 'STOPPED' ? 'calm' : t.healthy ? 'good' : t.health === 'UNHEALTHY' ? 'bad' : 'busy', t.healthy ? 'healthy' : t.health.toLowerCase()), h('a', { href: path('/ui/tasks', cluster, t.id) }, h('code', { title: t.id }, t.id.slice(0, 8))))] },
      { head: 'State', cell: (t) => [badge(t.lastStatus, t.lastStatus === 'RUNNING' && t.healthy ? 'good' : t.lastStatus === 'STOPPED' ? 'calm' : undefined), (t.why || t.stoppedReason) && h('p.dim.small', brief(t.why || t.stoppedReason))] },
      { head: 'Address', hide: 'phone', cell: (t) => t.ip && h('code.dim', t.ip) },
      { head: 'For', class: 'num', cell: (t) => t.lastStatus === 'STOPPED' ? when(t.stoppedAt) : since(t.startedAt ?? t.createdAt) },
      { head: 'Logs', class: 'num', cell: (t) => (t.containers ?? []).filter((c) => c.logGroup).map((c) => h('a.log-link', { href: logs(c), 'aria-label': `Log of ${c.name} in task ${t.id.slice(0, 8)}` }, icon('logs'), t.containers.length > 1 ? c.name : 'log')) },
    ],
  });
}

function hookTable() {
  return table({
    caption: 'Lifecycle hooks and their answers', empty: 'No hook was called.',
    columns: [
      { head: 'Hook', cell: (k) => [h('b', k.type === 'PAUSE' ? 'Approval' : short(k.target ?? words(k.type)).replace(/^function:/, '')), h('p.dim.small', k.undo && 'on the way back, ', words(k.stage))] },
      { head: 'Answer', cell: (k) => [badge(k.status), k.error && h('p.bad-text.small', brief(k.error)), k.calls > 1 && h('p.dim.small', `asked ${k.calls} times`)] },
      { head: 'Time', class: 'num', cell: (k) => k.endedAt ? duration((Date.parse(k.endedAt) - Date.parse(k.startedAt)) / 1000) : k.startedAt && since(k.startedAt) },
    ],
  });
}

const scroller = (name, label) => h('ul', { class: name, tabindex: 0, 'aria-label': label });

function listOf(name, label, empty, make, order = (a) => a) {
  const list = scroller(name, label), none = h('p.empty', empty), row = rows(make);
  return {
    el: h('div', { 'data-own': true }, list, none),
    update(entries) {
      const sorted = order([...entries]);
      patch(list, sorted.map(([key, doc]) => row(key, doc)));
      row.only(entries.map(([key]) => key));
      list.hidden = entries.length === 0;
      none.hidden = entries.length > 0;
    },
  };
}

const alarmList = () => listOf('alarms', 'Alarms', 'No alarm watches this deployment.', (a) => h('li.alarm',
  h('div.alarm-head', h('b', h('a', { href: path('/ui/alarms', a.name) }, a.name)), badge(a.state, a.state === 'INSUFFICIENT_DATA' ? 'calm' : undefined, a.state === 'INSUFFICIENT_DATA' ? 'No data' : undefined)),
  h('div.alarm-body', h('div.stack.small', h('span', a.metric ? a.metric.split(' ').pop() : a.reason),
    h('span.dim', a.composite ? a.reason : [a.statistic, ' ', h('b', { class: a.state === 'ALARM' ? 'bad-text' : '' }, compact(a.value)), a.threshold !== undefined && a.threshold !== null && ` against ${a.comparison ?? ''} ${compact(a.threshold)}`])),
  a.values?.length > 1 && spark(a.values, a.state === 'ALARM' ? 'red' : 'calm', `Last values of ${a.name}`))));

const decisionList = () => listOf('decisions', 'Decisions', 'Nobody decided anything.', (d) => h('li.decision',
  h('p', h('b', words(d.action)), ' by ', h('span', { title: d.by }, short(d.by)), d.from && h('span.dim', ' from ' + d.from), ' ', h('span.dim.small', when(d.at))),
  d.reason && h('blockquote', d.reason)));

// Events show newest first; the key orders those of the same moment.
const eventList = () => listOf('events', 'Events, newest first', 'No events yet.', (e) => h('li.event', { class: e.tone }, h('span.dim.small', when(e.at)), h('span', { title: e.message }, brief(e.message))),
  (entries) => entries.sort(([a, x], [b, y]) => (x.at === y.at ? (a < b ? 1 : -1) : x.at < y.at ? 1 : -1)));

function differences() {
  const list = listOf('diff', 'Differences', 'Both revisions are the same.', (d) => h('li.difference', h('code.dim', d.path),
    d.before !== null && h('del', { title: d.before }, h('span.unseen', 'before: '), brief(d.before || '(empty)')), d.after !== null && h('ins', { title: d.after }, h('span.unseen', 'after: '), brief(d.after || '(empty)'))));
  return { el: list.el, update: (all) => list.update(all.map((d) => [d.path, d])) };
}
