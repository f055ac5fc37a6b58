// A deployment: how far it is, what it waits for, what both revisions answer, and the hands that steer it.

import { h, patch, path, words, short, revision, brief, crumbs, badge, since, duration, announce, when, count } from '../app.js';
import { line } from './deployment/stages.js';
import { sides } from './deployment/sides.js';
import { charts } from './deployment/charts.js';
import { lists } from './deployment/lists.js';
import { buttons, pause } from './deployment/actions.js';

export default function open(root, ctx) {
  const { cluster, service, id } = ctx.params;
  ctx.title(`Deployment of ${service}`);
  const head = h('div.stack'), actions = h('div.actions'), waits = h('div.urgent'), ends = h('div.urgent');
  const stages = line(), two = sides(), graphs = charts(), rest = lists({ cluster, service, id });
  patch(root,
    crumbs(['Services', '/ui/'], [service, path('/ui/services', cluster, service)], ['Deployment ' + id]),
    h('div.page-head', head, actions), waits, ends, stages.el, two.el, graphs.el, rest.el);
  let told = '';

  ctx.live(path('deployment', cluster, service, id), (items, changed) => {
    const doc = items.get('head');
    if (!doc) return;
    const touched = (...prefixes) => !changed || prefixes.some((p) => [...changed].some((key) => key.startsWith(p)));
    const all = (prefix) => [...items].filter(([key]) => key.startsWith(prefix));
    if (touched('head', 'hook/', 'blue')) {
      const hooks = all('hook/').map(([, hook]) => hook);
      patch(head, title(doc, items.get('blue')?.taskDefinition));
      patch(actions, buttons(doc, hooks, !waiting(hooks)));
      patch(waits, pause(doc, hooks));
      stages.update(doc);
      tell(doc);
    }
    if (touched('head', 'decision/')) patch(ends, outcome(doc, all('decision/').map(([, d]) => d)));
    if (touched('head', 'blue', 'green')) two.update(doc, items.get('blue'), items.get('green'));
    if (touched('traffic/', 'weights', 'head', 'green')) graphs.update(doc, items, items.get('green')?.weighed !== false);
    rest.update(doc, items, touched, all);
  });

  // tell reads stages and outcomes to screen readers, each once.
  function tell(doc) {
    const text = doc.finishedAt ? `The deployment ended: ${words(doc.status)}.` : `Stage ${words(doc.stage)}. ${doc.waiting ?? ''}`;
    const mark = doc.status + doc.stage;
    if (mark !== told && told) announce(text);
    told = mark;
    document.title = `${words(doc.finishedAt ? doc.status : doc.stage || doc.status)} · ${service} · grue`;
  }
}

const waiting = (hooks) => hooks.some((hook) => hook.status === 'AWAITING_ACTION');

// title names the service and its two task definitions; `old` is that of blue.
function title(doc, old) {
  return [
    h('h1', h('span', doc.service), ' ', h('span.dim.thin', { title: `revision ${doc.blue || doc.from || 'none'} → ${doc.green}` }, between(old, doc.taskDefinition))),
    h('p.facts-line', badge(doc.status), h('span', words(doc.strategy)),
      doc.finishedAt ? h('span', 'took ', h('b', duration(doc.seconds)), ', ended ', when(doc.finishedAt)) : h('span', 'since ', h('b', since(doc.startedAt ?? doc.createdAt))),
      doc.requests !== undefined && h('span', 'the new revision answered ', h('b', count(doc.requests)), ' requests, ', h('b', { class: doc.errors > 0 ? 'bad-text' : '' }, count(doc.errors ?? 0)), ' failed'),
      doc.breaker?.status && doc.breaker.status !== 'DISABLED' && h('span', { class: doc.breaker.failures > 0 ? 'amber-text' : '' }, `circuit breaker ${doc.breaker.failures} of ${doc.breaker.threshold}`)),
  ];
}

// between says which task definition replaces which: orders:1 → 2.
function between(old, next) {
  if (!old || old === next) return short(next);
  const [family, number] = short(next).split(':');
  return short(old).startsWith(family + ':') ? `${short(old)} → ${number}` : `${short(old)} → ${short(next)}`;
}

// outcome says why a deployment failed, went back or stands still; where a person decided that, in the words of that person.
function outcome(doc, decisions) {
  const parts = [];
  if (doc.halted) parts.push(box('halted', 'grue halted this deployment', `An invariant does not hold, and grue goes no further: ${doc.halted}`, 'bad'));
  const bad = /FAILED|ROLLBACK|STOP/.test(doc.status);
  const person = /by a user/.test(doc.cause ?? '') && decisions.filter((d) => ['rollback', 'stop'].includes(d.action)).sort((a, b) => (a.at < b.at ? -1 : 1)).pop();
  if (bad && (doc.reason || doc.cause)) {
    parts.push(box('cause', doc.rolledBackTo ? `Rolled back to revision ${revision(doc.rolledBackTo)}` : words(doc.status),
      person?.reason ? [h('b', `${short(person.by)} decided it`), person.from && ` (${person.from})`, ': ', h('q', person.reason), ' ', h('span.dim', brief(doc.reason))] : [doc.cause && h('b', doc.cause[0].toUpperCase() + doc.cause.slice(1) + '. '), brief(doc.reason)], doc.status === 'ROLLBACK_SUCCESSFUL' || doc.status === 'STOPPED' ? 'warn' : 'bad'));
  }
  return parts;
}

const box = (key, head, text, tone) => h('section.outcome', { key, class: tone }, h('h2', head), h('p', text));
