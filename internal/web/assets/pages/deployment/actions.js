// The buttons of a deployment. Each asks for a reason, which is kept with who pressed it and when.

import { h, api, path, words, revision, decide, icon, left, within, note, go } from '../../app.js';

// verbs are the actions: name, sign, tone, what the dialog says.
const verbs = {
  continue: ['Continue', 'go', 'good', (d) => `Revision ${revision(d.green)} goes on from “${words(d.stage)}”.`, ['Looks good', 'Checked the test traffic']],
  rollback: ['Roll back', 'back', 'bad', (d) => d.blue ? `Production and test traffic go back to revision ${revision(d.blue)}, and the tasks of revision ${revision(d.green)} stop.` : `The deployment is rolled back.`, ['Errors on the new revision', 'Wrong version']],
  stop: ['Stop', 'stop', '', () => 'The deployment ends as it stands: tasks and weights stay where they are now.', ['Deployed by mistake']],
  retry: ['Retry', 'retry', 'good', (d) => `Revision ${revision(d.green)} is deployed once more.`, ['The cause is mended']],
};

// buttons are the actions that are allowed now. While a hook waits, continue and rollback stand in its card.
export function buttons(doc, hooks, free) {
  return (doc.actions ?? []).filter((name) => verbs[name] && (free || !['continue', 'rollback'].includes(name))).map((name) => button(name, doc));
}

function button(name, doc, hook, label = verbs[name][0], prime = false) {
  const [, sign, tone] = verbs[name];
  return h('button', { type: 'button', key: name + (hook?.id ?? ''), class: prime || name === 'retry' ? tone : '', onclick: () => ask(name, doc, hook, label) }, icon(sign), label);
}

function ask(name, doc, hook, label) {
  const [, , tone, says, suggestions] = verbs[name];
  decide({
    title: `${label}: ${doc.service}`, body: h('p', says(doc)), verb: label, tone, suggestions,
    act: async (reason) => {
      const out = await api('POST', path('/ui/api/deployments', doc.cluster, doc.service, doc.id, name), hook ? { reason, hookId: hook.id } : { reason });
      for (const one of out.notes ?? []) note(one, 'warn');
      if (name === 'retry') go(path('/ui/services', doc.cluster, doc.service));
    },
    done: `${label}: grue took your decision.`,
  });
}

// pause is the card of each hook that waits for a person.
export function pause(doc, hooks) {
  const allowed = doc.actions ?? [];
  return hooks.filter((hook) => hook.status === 'AWAITING_ACTION').map((hook) => h('section.approval', { key: hook.id, 'aria-label': 'Approval' },
    h('div.approval-sign', icon('hand')),
    h('div.stack', h('h2', h('b', 'Waits for your decision'), ` at “${words(hook.stage)}”`),
      h('p', details(hook), hook.expiresAt && h('span.dim', 'Time is up in ', left(hook.expiresAt), '.'))),
    h('div.actions', allowed.includes('continue') && button('continue', doc, hook, 'Continue', true),
      allowed.includes('rollback') && button('rollback', doc, hook, 'Reject and roll back', true))));
}

// details shows what the author of the hook wrote for whoever decides.
function details(hook) {
  if (!hook.details || typeof hook.details !== 'object') return hook.details ? String(hook.details) + ' ' : null;
  const parts = Object.entries(hook.details).filter(([, v]) => typeof v !== 'object').map(([k, v]) => `${k}: ${v}`);
  return parts.length ? parts.join(', ') + '. ' : null;
}

// logs is the address of a container's log.
export const logs = (container) => within('/ui/logs?' + new URLSearchParams({ group: container.logGroup, stream: container.logStream }));
