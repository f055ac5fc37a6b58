// A service: how it does, every deployment that it had, its revisions, what differs between them, and the way back.

import { h, patch, path, crumbs, card, badge, shares, words, percent, rate, millis, copy, image, since, revision } from '../app.js';
import { history } from './service/history.js';
import { revisions } from './service/revisions.js';
import { comparison } from './service/compare.js';
import { rollBack } from './service/rollback.js';
import { events } from './service/events.js';

const healths = { ok: ['good', 'Healthy'], starting: ['busy', 'Starting'], failing: ['bad', 'Failing'], idle: ['calm', 'Idle'], gone: ['calm', 'Gone'] };

export default function open(root, ctx) {
  const { cluster, service: name } = ctx.params;
  ctx.title(name);
  const head = h('div'), now = h('div.service-now'), config = h('div');
  const past = history(cluster, name), log = events();
  const compare = comparison(ctx, cluster, name);
  const list = revisions({ compare: (a, b) => compare.choose(a, b, true), back: (n) => rollBack(cluster, name, items, n) });
  const pastCard = card('Deployments', { tools: past.tools }, past.el);
  let items = null;
  patch(root, crumbs(['Services', '/ui/'], [cluster, path('/ui/tasks', cluster)], [name]), head, now, pastCard,
    h('div.service-columns', h('div.column', card('Revisions', {}, list.el), compare.el), h('div.column', card('Events', {}, log.el), card('Configuration', {}, config))));

  function draw(changed) {
    const s = items?.get('service');
    if (!s) return;
    const touched = (prefix) => !changed || [...changed].some((key) => key.startsWith(prefix));
    const of = (prefix) => [...items].filter(([key]) => key.startsWith(prefix)).map(([, doc]) => doc);
    if (touched('service')) { top(s); current(s); settings(s); }
    if (touched('deployment/')) past.update(of('deployment/'));
    if (touched('revision/') || touched('service')) {
      const all = of('revision/').sort((a, b) => ((a.createdAt ?? '') < (b.createdAt ?? '') ? 1 : -1));
      list.update(all, s);
      compare.revisions(all, s);
    }
    if (touched('event/')) log.update([...items].filter(([key]) => key.startsWith('event/')));
  }

  function top(s) {
    const [tone, health] = healths[s.health] ?? ['calm', s.health];
    patch(head, h('div.page-head', h('div', h('h1', name, ' ', copy(s.arn, 'Copy the ARN')),
      h('div.facts-line', badge(health, tone, health), h('span', h('b', words(s.strategy))), h('span', 'revision ', h('b', { title: s.revision }, revision(s.revision))),
        h('span', (s.images ?? []).map((i) => image(i.image)).join(', ')), h('a', { href: path('/ui/tasks', cluster) + '?q=' + encodeURIComponent(name) }, 'Tasks and logs')),
      s.why && s.health !== 'ok' && h('p', { class: s.health === 'failing' ? 'bad-text' : 'dim' }, s.why)),
    h('div.actions', s.deployment && h('a.button', { href: path('/ui/deployments', cluster, name, s.deployment.id) }, 'Watch the deployment'),
      s.canRollBackTo?.length > 0 && h('button', { type: 'button', onclick: () => rollBack(cluster, name, items) }, 'Roll back…'))),
    (s.alarms ?? []).map((alarm) => h('section.outcome.bad', { key: alarm }, h('p', 'Alarm ', h('a', { href: path('/ui/alarms', alarm) }, alarm), ' is in ALARM.'))));
  }

  function current(s) {
    const d = s.deployment, target = d?.revision;
    const parts = (s.shares ?? []).map((one) => ({ label: 'revision ' + revision(one.revision), weight: one.weight, tone: target && one.revision === target ? 'green' : 'blue' }));
    patch(now, h('section.card.now', { 'aria-label': 'Now' },
      h('dl.figures', figure('Running', [s.running, h('span.dim.thin', ' / ' + s.desired)]), figure('Healthy', s.healthy), figure('Pending', s.pending),
        figure('Requests', rate(s.rate?.requests)), figure('Errors', s.rate ? percent(s.rate.requests > 0 ? s.rate.errors / s.rate.requests * 100 : 0) : '–', s.rate?.errors > 0), figure('p50', millis(s.rate?.p50)), figure('p99', millis(s.rate?.p99))),
      parts.length > 0 && h('div.stack.wide', shares(parts), h('span.dim.small', parts.filter((p) => p.weight > 0).map((p) => `${p.label} ${percent(p.weight)}`).join(' · '))),
      d && h('p.waiting', badge(d.status, s.approvals > 0 ? 'warn' : 'busy', s.approvals > 0 ? 'Waits for approval' : words(d.stage || d.status)), d.waiting, h('span.dim', ' for ', since(d.startedAt ?? d.createdAt)), h('a', { href: path('/ui/deployments', cluster, name, d.id) }, 'Open'))));
  }

  function settings(s) {
    patch(config, (s.exposure ?? []).length > 0 && h('ul.exposure', s.exposure.map((text) => h('li', text))),
      s.launchType && h('p.dim.small', 'Launch type ' + s.launchType),
      h('details', h('summary', 'Deployment configuration'), h('pre.small', { tabindex: 0 }, h('code', JSON.stringify(s.deploymentConfiguration, null, 2)))));
  }

  ctx.live(path('service', cluster, name), (all, changed) => { items = all; draw(changed); });
}

const figure = (term, value, bad) => h('div', h('dt', term), h('dd', { class: bad ? 'bad-text' : null }, value));
