// The revisions of a service, newest first.

import { h, table, badge, short, image, when, rate, copy, revision } from '../../app.js';

const page = 15;

export function revisions({ compare, back }) {
  let all = [], service = {}, shown = page;
  const joined = new Map();
  const more = h('button', { type: 'button', hidden: true, onclick: () => { shown += 4 * page; draw(); } }, 'Show more');
  const list = table({ caption: 'Revisions, newest first', empty: 'There is no revision.', columns: [
    { head: 'Revision', cell: ({ r }) => [h('span.nowrap', h('b', { title: r.revision }, revision(r.revision)), copy(r.revision, 'Copy the number of the revision')), h('p.dim.small', when(r.createdAt))] },
    { head: 'Runs', cell: ({ r }) => [r.taskDefinition, (r.images ?? []).map((i) => h('p.dim.small', { title: i.digest || i.image }, image(i.image), i.digest && ' ' + short(i.digest)))] },
    { head: 'State', cell: ({ r }) => (r.primary || r.live || r.rollout !== 'COMPLETED') && h('span.badges', r.primary && badge('primary', 'good'), r.live && !r.primary && badge('live', 'busy'), r.rollout === 'FAILED' && badge('FAILED'), r.rollout === 'IN_PROGRESS' && badge('IN_PROGRESS')) },
    { head: 'Tasks', class: 'num', cell: ({ r }) => r.running > 0 && [`${r.healthy} of ${r.running} healthy`, r.rate && h('p.dim.small', rate(r.rate.requests))] },
    { head: 'Do', class: 'num', cell: ({ r, before, can }) => h('span.row-actions', before && h('button', { type: 'button', 'aria-label': 'Compare revision ' + revision(r.revision) + ' with the one before', onclick: () => compare(before, r.revision) }, 'Compare'),
      can && h('button', { type: 'button', 'aria-label': 'Roll back to revision ' + revision(r.revision), onclick: () => back(r.revision) }, 'Roll back to')) },
  ] });

  function draw() {
    list.update(all.slice(0, shown).map((r, i) => [r.revision, join(r, all[i + 1]?.revision, service.canRollBackTo?.includes(r.revision) ?? false)]));
    more.hidden = all.length <= shown;
  }

  // join gives the same object as long as nothing in it changed.
  function join(r, before, can) {
    const have = joined.get(r.revision);
    if (have && have.r === r && have.before === before && have.can === can) return have;
    const next = { r, before, can };
    joined.set(r.revision, next);
    return next;
  }

  return { el: h('div', { 'data-own': true }, list.el, more), update(docs, s) { all = docs; service = s; draw(); } };
}
