// The way back to an earlier revision, with a reason.

import { h, api, path, decide, image, revision } from '../../app.js';

export function rollBack(cluster, service, items, chosen) {
  const s = items.get('service');
  const can = [...items].filter(([key, r]) => key.startsWith('revision/') && s.canRollBackTo.includes(r.revision)).map(([, r]) => r)
    .sort((a, b) => ((a.createdAt ?? '') < (b.createdAt ?? '') ? 1 : -1));
  const first = chosen ?? (can.find((r) => r.live) ?? can.find((r) => r.rollout !== 'FAILED') ?? can[0])?.revision;
  const select = h('select.wide', { id: 'rollback-to' }, can.map((r) => h('option', { value: r.revision, selected: r.revision === first },
    `${revision(r.revision)} · ${r.taskDefinition} · ${(r.images ?? []).map((i) => image(i.image)).join(', ')}${r.live ? ' · last that succeeded' : r.rollout === 'FAILED' ? ' · failed' : ''}`)));
  select.value = first;
  decide({
    title: 'Roll ' + service + ' back', verb: 'Roll back', tone: 'bad',
    body: h('div.stack.rollback', h('label', { for: 'rollback-to' }, 'To revision'), select,
      h('p.dim.small', s.deployment ? 'The deployment in progress is replaced by one to that revision, with the strategy of the service.' : 'A new deployment begins, with the strategy of the service: hooks, alarms and bake times hold for it, too.')),
    suggestions: ['The new version has a fault', 'Errors after the deployment', 'Back until we know more'],
    act: (reason) => api('POST', path('/ui/api/services', cluster, service, 'rollback'), { revision: select.value, reason }),
    done: 'The rollback has begun.',
  });
}
