// One load balancer: listeners, rules in order, target groups, and which rule a request would match.

import { h, patch, path, crumbs, card, badge, shares, table, count, rate, millis, percent, when, since, left, copy, short, rows, revision } from '../app.js';
import { health } from './balancers.js';
import { matcher } from './balancer/match.js';

export default function open(root, ctx) {
  const { name } = ctx.params;
  ctx.title(name);
  const head = h('div'), listeners = h('div.column', { 'data-own': true }), groups = h('div.column', { 'data-own': true });
  const match = matcher(name, (answer) => { matched = answer; draw(null); });
  let items = null, matched = null;
  patch(root, crumbs(['Load balancers', '/ui/balancers'], [name]), head, h('div.lb-columns', h('div.column', match.el, listeners), groups));
  const groupRow = rows(group), kept = new Map();

  function draw(changed) {
    if (!items?.get('lb')) return;
    const measured = changed && [...changed].every((key) => key.startsWith('rate'));
    const lb = items.get('lb'), r = items.get('rate');
    patch(head, h('div.page-head', h('div', h('h1', name, ' ', copy(lb.arn, 'Copy the ARN')),
      h('div.facts-line', h('span', h('b', lb.type)), h('span', lb.scheme), h('span', h('code', lb.address), copy(lb.address, 'Copy the address')),
        h('span', { title: 'Its name inside tasks' }, h('code', lb.dnsName)), health(lb.targets))),
    h('dl.figures', figure('Requests', r ? rate(r.requests) : '–'), figure('5xx', r ? percent(r.requests > 0 ? r.errors5xx / r.requests * 100 : 0) : '–', r?.errors5xx > 0), figure('p50', r ? millis(r.p50) : '–'), figure('p99', r ? millis(r.p99) : '–'), figure('Since start', r ? count(r.total) : '–'))),
    lb.impaired && h('section.outcome.bad', h('p', lb.impaired)));
    const of = (prefix) => [...items].filter(([key]) => key.startsWith(prefix)).map(([, doc]) => doc);
    const ports = of('listener/').sort((a, b) => a.port - b.port), rules = of('rule/');
    if (!measured) match.listeners(ports);
    if (!measured) patch(listeners, ports.length ? ports.map((l) => listener(l, rules.filter((x) => x.listener === l.arn).sort((a, b) => a.order - b.order))) : h('section.card', h('p.empty', 'It has no listeners.')));
    const targets = Map.groupBy ? Map.groupBy(of('target/'), (t) => t.group) : of('target/').reduce((m, t) => m.set(t.group, [...(m.get(t.group) ?? []), t]), new Map());
    patch(groups, of('group/').sort((a, b) => (a.name < b.name ? -1 : 1)).map((g) => groupRow(g.arn, joined(g, items.get('rate/' + g.arn), targets.get(g.arn) ?? []))));
  }

  function joined(g, r, list) {
    const have = kept.get(g.arn);
    if (have && have.g === g && have.r === r && have.list.length === list.length && have.list.every((t, i) => t === list[i])) return have;
    const next = { g, r, list };
    kept.set(g.arn, next);
    return next;
  }

  function listener(l, rules) {
    return card(`${l.protocol} on port ${l.port}`, { key: l.arn, id: 'l' + l.port, tools: l.certificate && h('span.dim.small', { title: l.certificate }, 'certificate ' + short(l.certificate)) },
      h('ol.rules', rules.map((r) => rule(r))));
  }

  function rule(r) {
    const step = matched?.why.find((w) => w.rule === r.arn);
    return h('li.rule', { key: r.arn, class: step && (step.matched ? 'hit' : 'miss'), id: 'rule-' + short(r.arn) },
      h('span.rule-number', { title: r.default ? 'The default rule: when no other matches' : 'Priority ' + r.priority }, r.default ? 'default' : r.priority),
      h('div.stack', r.conditions.length ? r.conditions.map((c, i) => h('span', i > 0 && h('span.dim', 'and '), c)) : h('span.dim', 'anything else'),
        r.transforms?.map((t) => h('span.dim.small', t))),
      h('div.stack', r.action.groups ? [r.action.groups.length > 1 && shares(r.action.groups.map((g, i) => ({ label: g.name, weight: g.share, tone: i ? 'green' : 'blue' }))), r.action.groups.map((g) => h('span', h('b', percent(g.share)), ' to ', h('a', { href: '#g-' + g.name }, g.name), h('span.dim.small', ' weight ' + g.weight)))] : h('span', r.action.words),
        r.action.sticky > 0 && h('span.dim.small', `a client stays with its group for ${r.action.sticky} s`), r.governed && h('span.dim.small', 'weights are set by deployments')));
  }

  ctx.live(path('balancer', name), (all, changed) => { items = all; draw(changed); });
}

const figure = (term, value, bad) => h('div', h('dt', term), h('dd', { class: bad ? 'bad-text' : null }, value));
const tones = { healthy: 'good', unhealthy: 'bad', initial: 'busy', draining: 'warn' };
const rank = { unhealthy: 0, initial: 1, draining: 2, healthy: 3, unused: 4 };

// group is a target group with its targets, those first that are not healthy.
function group({ g, r, list }) {
  const sorted = [...list].sort((a, b) => (rank[a.state] - rank[b.state]) || (a.id + a.port < b.id + b.port ? -1 : 1));
  const targets = table({ caption: 'Targets of ' + g.name, empty: 'No targets are registered.', columns: [
    { head: 'Target', cell: (t) => h('code', t.id + ':' + t.port) },
    { head: 'Health', cell: (t) => [badge(t.state, tones[t.state] ?? 'calm'), t.words && h('p.small.dim', { title: t.reason }, t.words)] },
    { head: 'Task', cell: (t) => t.task && [h('a', { href: path('/ui/tasks', ...t.task.split('/')) }, h('code', t.task.split('/')[1].slice(0, 8))), t.revision && h('p.dim.small', 'rev ' + revision(t.revision))] },
    { head: 'For', class: 'num', cell: (t) => (t.untilAt ?? t.until ? ['ends in ', left(t.until)] : t.since && since(t.since)) },
  ] });
  const some = 40;
  targets.update(sorted.slice(0, some).map((t) => [t.id + ':' + t.port, t]));
  const rest = sorted.length > some && h('button', { type: 'button', onclick: (event) => { targets.update(sorted.map((t) => [t.id + ':' + t.port, t])); event.target.remove(); } }, `Show all ${count(sorted.length)} targets`);
  return card(g.name, { id: 'g-' + g.name, tools: health(g.targets) },
    h('p.dim.small', `${g.protocol}${g.version && g.version !== 'HTTP1' ? ' ' + g.version : ''}, port ${g.port}, targets by ${g.type === 'ip' ? 'address' : g.type}. Health check: ${g.check}.`),
    h('p.small', g.service && ['Tasks of ', h('a', { href: path('/ui/services', ...g.service.split('/')) }, g.service.split('/')[1]), '. '], r && [h('b', rate(r.requests)), r.errors5xx > 0 && h('span.bad-text', ' ' + rate(r.errors5xx) + ' errors'), h('span.dim', ', p99 ' + millis(r.p99))]),
    targets.el, rest);
}
