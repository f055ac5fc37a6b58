// Every deployment of a service, newest first: a strip of outcomes, and a table.

import { h, patch, path, table, badge, words, short, when, ago, duration, count, percent, since, revision, brief } from '../../app.js';

const page = 25;
const decided = (d) => (d.decisions ?? []).some((x) => x.action !== 'start');
export const outcome = (d) => (d.status === 'SUCCESSFUL' ? 'good' : d.status === 'STOPPED' ? 'calm' : /^(PENDING|IN_PROGRESS)$/.test(d.status) ? 'busy' : /FAILED|STOP_REQ/.test(d.status) ? 'bad' : 'warn');

export function history(cluster, service) {
  const at = (d) => path('/ui/deployments', cluster, service, d.id);
  const strip = h('ol.strip', { 'aria-label': 'Outcomes of the last deployments, oldest first' });
  const more = h('button', { type: 'button', hidden: true, onclick: () => { shown += 4 * page; draw(); } });
  const filter = h('div.chips', { role: 'group', 'aria-label': 'Show' });
  let all = [], shown = page, only = 'all';
  const list = table({ caption: 'Deployments, newest first', empty: 'Nothing was deployed like this.', columns: [
    { head: 'Deployment', cell: (d) => [h('a', { href: at(d) }, when(d.startedAt ?? d.createdAt)), h('p.dim.small', ago(d.finishedAt ?? d.createdAt))] },
    { head: 'Outcome', cell: (d) => [badge(d.status, outcome(d), d.status === 'IN_PROGRESS' ? words(d.stage) : undefined), h('p.dim.small', words(d.strategy))] },
    { head: 'Revision', cell: (d) => [h('b', { title: d.revision }, revision(d.revision)), ' ', h('span.dim', d.taskDefinition), d.rolledBackTo ? h('p.small', 'back to ', h('span', { title: d.rolledBackTo }, revision(d.rolledBackTo))) : d.from && h('p.dim.small', 'after ', h('span', { title: d.from }, revision(d.from)))] },
    { head: 'Took', class: 'num', cell: (d) => (d.finishedAt ? duration(d.seconds) : d.startedAt && since(d.startedAt)) },
    { head: 'It answered', class: 'num', cell: (d) => seen(d) },
    { head: 'Why', cell: (d) => why(d) },
  ] });

  function draw() {
    const counts = { all: all.length, bad: all.filter((d) => ['bad', 'warn'].includes(outcome(d))).length, decided: all.filter(decided).length };
    patch(filter, [['all', 'All'], ['bad', 'Failed or rolled back'], ['decided', 'Decided by people']].map(([name, text]) =>
      h('button.chip', { type: 'button', key: name, 'aria-pressed': String(only === name), onclick: () => { only = name; draw(); } }, text, ' ', h('b', count(counts[name])))));
    const kept = all.filter((d) => only === 'all' || (only === 'bad' ? ['bad', 'warn'].includes(outcome(d)) : decided(d)));
    list.update(kept.slice(0, shown).map((d) => [d.id, d]));
    more.hidden = kept.length <= shown;
    more.textContent = `Show more of ${count(kept.length)}`;
    const last = all.slice(0, 40).reverse(), longest = Math.max(1, ...last.map((d) => d.seconds));
    patch(strip, last.map((d) => h('li', { key: d.id }, h('a', { href: at(d), class: outcome(d), vars: { '--part': Math.max(0.12, Math.sqrt(d.seconds / longest)) }, title: named(d), 'aria-label': named(d) }))));
    strip.hidden = last.length < 3;
  }

  const named = (d) => `${new Date(d.startedAt ?? d.createdAt).toLocaleString()}: revision ${revision(d.revision)}, ${words(d.status).toLowerCase()} after ${duration(d.seconds)}`;

  return {
    el: h('div', { 'data-own': true }, strip, list.el, more), tools: filter,
    update(docs) { all = docs.sort((a, b) => ((a.createdAt ?? '') < (b.createdAt ?? '') ? 1 : -1)); draw(); },
  };
}

// seen is what the new revision answered while the deployment ran.
function seen(d) {
  if (d.requests === undefined || d.requests === null) return h('span.dim.small', 'not measured');
  return [h('span', count(d.requests), h('span.dim.small', d.requests === 1 ? ' request' : ' requests')),
    d.errors > 0 && h('p.bad-text.small', `${count(d.errors)} failed` + (d.requests > 0 ? ` (${percent(d.errors / d.requests * 100)})` : ''))];
}

const said = { start: 'Started', continue: 'Continued', rollback: 'Rolled back', stop: 'Stopped', retry: 'Tried again', revision: 'Back to this revision' };

// together makes one line out of the same decision taken several times without a reason.
function together(decisions) {
  const out = [];
  for (const x of decisions) {
    const last = out[out.length - 1];
    if (last && !x.reason && !last.reason && last.action === x.action && last.by === x.by && last.from === x.from) Object.assign(last, { times: last.times + 1, at: x.at });
    else out.push({ ...x, times: 1 });
  }
  return out;
}

// why is the cause of a rollback, and who decided what.
function why(d) {
  const good = outcome(d) === 'good';
  return [d.cause && h('b.small', { class: good ? null : 'bad-text' }, d.cause[0].toUpperCase() + d.cause.slice(1) + '. '), d.reason && !good && h('span.small', { title: d.reason }, brief(d.reason)),
    together(d.decisions ?? []).map((x) => h('p.small', { class: x.action === 'start' ? 'dim' : null }, h(x.action === 'start' ? 'span' : 'b', said[x.action] ?? words(x.action), x.times > 1 && ` × ${x.times}`), ' by ', h('span', { title: x.by }, short(x.by)), x.from && h('span.dim', ' from ' + x.from), x.reason && [': ', h('q', x.reason)], ' ', h('span.dim', when(x.at))))];
}
