// What asks for a person: pending approvals, alarms, and an empty installation.

import { h, path, words, image, left, since, compact, spark, icon, revision } from '../../app.js';

// approvals are the PAUSE hooks that wait, as cards.
export function approvals(list) {
  if (!list.length) return null;
  return h('section.approvals', { key: 'approvals', 'aria-label': 'Pending approvals' }, list.map(([key, a]) =>
    h('article.approval', { key },
      h('div.approval-sign', icon('hand')),
      h('div.stack', h('h2', h('b', a.service), ' waits for your approval'),
        h('p', a.images?.length > 0 ? a.images.map((i) => image(i.image)).join(', ') : 'Revision ' + revision(a.revision), ` in cluster ${a.cluster} is at “${words(a.stage)}”.`,
          a.expiresAt && h('span.dim', a.onTimeout === 'CONTINUE' ? ' It goes on by itself in ' : ' It is rolled back in ', left(a.expiresAt), '.'))),
      h('a.button', { href: path('/ui/deployments', a.cluster, a.service, a.deployment) }, 'Review', icon('go')))));
}

// alarms are those in ALARM.
export function alarms(list) {
  const ringing = list.filter(([, a]) => a.state === 'ALARM');
  if (!ringing.length) return null;
  return h('section.ringing', { key: 'alarms', 'aria-label': 'Alarms' }, ringing.map(([key, a]) =>
    h('article.ring', { key }, icon('alarm'), h('div.stack', h('h2', h('a', { href: path('/ui/alarms', a.name) }, a.name)), h('p.small', sentence(a))), a.values?.length > 1 && spark(a.values, 'red', 'Last values of ' + a.name))));
}

// sentence says what an alarm sees.
function sentence(a) {
  const value = a.value === undefined || a.value === null ? '' : ' is ' + compact(a.value);
  const limit = a.threshold === undefined || a.threshold === null ? '' : ` (alarm at ${a.comparison ?? ''} ${compact(a.threshold)})`;
  return [a.metric ? `${a.metric.split(' ').pop()}${value}${limit}` : a.reason, a.since && [' · for ', since(a.since)]];
}

// firstSteps is shown while there is no cluster.
export function firstSteps(region) {
  return h('section.card.first', { key: 'first' }, h('h2', 'Nothing is deployed in ' + region + ' yet'),
    h('p', 'Deploy with any AWS tool that points here, or look at a sample under load:'),
    h('pre', { tabindex: 0 }, h('code', `export AWS_ENDPOINT_URL=${location.origin}\naws ecs create-cluster --cluster-name prod\n\ngrue demo        # or: a sample service, deployed under load`)),
    h('p', h('a', { href: '/ui/docs' }, 'Read the documentation')));
}
