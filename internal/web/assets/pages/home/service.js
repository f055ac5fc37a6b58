// One service as a line of the home page.

import { h, patch, path, badge, dot, shares, words, rate, percent, millis, image, ago, since, short, revision } from '../../app.js';

const healths = { ok: ['good', 'Healthy'], starting: ['busy', 'Starting'], failing: ['bad', 'Failing'], idle: ['calm', 'Idle'], gone: ['calm', 'Gone'] };

// sketch is the line of a service before it was ever near the screen.
export const sketch = (s, key) => h('li.service', { key, 'data-own': true }, name(s));

// fill draws the line of a ServiceItem. The focus stays on its name when that moves.
export function fill(el, s) {
  const held = el.querySelector('.service-name') === document.activeElement;
  const [tone, health] = healths[s.health] ?? ['calm', s.health];
  el.className = `service ${s.approvals > 0 ? 'waits' : s.health}`;
  patch(el,
    h('div.service-what', dot(tone, health), h('div.stack',
      name(s),
      h('span.dim.small.cut', (s.images ?? []).map((i) => image(i.image)).join(', ') || s.taskDefinition))),
    h('div.stack.service-revision', h('b.cut', { title: 'Revision ' + s.revision }, short(s.taskDefinition)), h('span.dim.small', words(s.strategy))),
    h('div.stack.service-traffic', traffic(s)),
    h('div.stack.service-tasks', h('span', h('b', { class: s.running < s.desired ? 'amber-text' : '' }, s.running), h('span.dim', ' / ' + s.desired), h('span.dim.small', ' running')),
      s.why && s.health !== 'ok' ? h('span.small', { class: s.health === 'failing' ? 'bad-text' : 'dim' }, s.why) : s.pending > 0 && h('span.dim.small', s.pending + ' pending')),
    h('div.stack.service-rate', measured(s.rate)),
    h('div.stack.service-last', deployment(s), (s.alarms ?? []).map((name) => badge('ALARM', 'bad', 'Alarm ' + name))));
  if (held) el.querySelector('.service-name').focus({ preventScroll: true });
}

const name = (s) => h('a.service-name', { href: path('/ui/services', s.cluster, s.name) }, s.name);

// traffic shows weights: while two revisions share them, the older is blue.
function traffic(s) {
  if (!s.shares?.length) return h('span.dim.small', s.rate ? 'not weighted' : 'no weighted traffic');
  const target = s.deployment?.revision;
  const parts = s.shares.map((one) => ({ ...one, tone: target && one.revision === target ? 'green' : 'blue' }));
  for (const p of parts) p.label = parts.length > 1 ? p.tone : 'revision ' + revision(p.revision);
  return [shares(parts), h('span.dim.small', parts.filter((p) => p.weight > 0).map((p) => `${p.label} ${percent(p.weight)}`).join(' · '))];
}

function measured(r) {
  if (!r) return h('span.dim.small', 'not measured');
  const failing = r.requests > 0 ? r.errors / r.requests * 100 : 0;
  return [h('span', h('b', rate(r.requests))),
    h('span.small', { class: failing > 0 ? 'bad-text' : 'dim' }, failing > 0 ? percent(failing) + ' errors' : r.p99 ? 'p99 ' + millis(r.p99) : 'no errors')];
}

function deployment(s) {
  const d = s.deployment, last = s.last;
  if (d) {
    const href = path('/ui/deployments', s.cluster, s.name, d.id);
    return [h('span.over', h('a.badge', { href, class: s.approvals > 0 ? 'warn' : 'busy' }, s.approvals > 0 ? 'Waits for approval' : words(d.stage || d.status))),
      h('span.dim.small', 'for ', since(d.startedAt ?? d.createdAt), d.waiting && ' · ' + d.waiting)];
  }
  if (!last) return h('span.dim.small', 'never deployed');
  return [h('span.over', h('a', { href: path('/ui/deployments', s.cluster, s.name, last.id), class: 'badge ' + tone(last.status) }, words(last.status))),
    h('span.dim.small', ago(last.finishedAt ?? last.createdAt))];
}

const tone = (status) => status === 'SUCCESSFUL' ? 'good' : status.startsWith('ROLLBACK_SUCC') ? 'warn' : status === 'STOPPED' ? 'calm' : 'bad';
