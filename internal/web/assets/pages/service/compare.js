// What differs between two revisions.

import { h, patch, api, card, image, problem, plural, announce, revision } from '../../app.js';

export function comparison(ctx, cluster, service) {
  let a = ctx.query.get('a') ?? '', b = ctx.query.get('b') ?? '', all = [], asked = '';
  const before = h('select', { id: 'compare-a', onchange: () => choose(before.value, b) });
  const after = h('select', { id: 'compare-b', onchange: () => choose(a, after.value) });
  const swap = h('button', { type: 'button', 'aria-label': 'Exchange the two revisions', onclick: () => choose(b, a) }, '⇄');
  const out = h('div', { role: 'region', 'aria-label': 'Differences' });
  const el = card('Compare two revisions', { id: 'compare' },
    h('div.compare-line', h('div', h('label', { for: 'compare-a' }, 'From'), before), swap, h('div', h('label', { for: 'compare-b' }, 'to'), after)), out);
  el.setAttribute('data-own', '');

  function fill(select, value) {
    patch(select, all.map((r) => h('option', { value: r.revision, selected: r.revision === value }, `${revision(r.revision)} · ${r.taskDefinition} · ${(r.images ?? []).map((i) => image(i.image)).join(', ')}${r.primary ? ' · primary' : ''}`)));
    select.value = value;
  }

  async function choose(from, to, show = false) {
    [a, b] = [from, to];
    ctx.setQuery({ a, b });
    fill(before, a);
    fill(after, b);
    if (show) { el.scrollIntoView({ block: 'nearest' }); after.focus({ preventScroll: true }); }
    await ask();
  }

  async function ask() {
    const question = a + '/' + b;
    if (!a || !b || question === asked) return;
    asked = question;
    try {
      const { differences } = await api('GET', '/ui/api/compare?' + new URLSearchParams({ cluster, service, a, b }), undefined, { signal: ctx.signal });
      if (question !== asked) return;
      patch(out, h('p.dim.small', differences.length ? plural(differences.length, 'difference') : 'Nothing differs.'), h('ul.diff', { tabindex: 0, 'aria-label': 'Differences' }, differences.map(difference)));
      announce(differences.length ? plural(differences.length, 'difference') : 'Nothing differs');
    } catch (err) {
      if (err.name !== 'AbortError') patch(out, problem(err));
      asked = '';
    }
  }

  return {
    el, choose,
    revisions(docs, s) {
      all = docs;
      el.hidden = all.length < 2;
      if (el.hidden) return;
      const known = (n) => all.some((r) => r.revision === n);
      if (!known(b)) b = known(s.revision) ? s.revision : all[0].revision;
      if (!known(a)) a = all[all.findIndex((r) => r.revision === b) + 1]?.revision ?? all.find((r) => r.revision !== b).revision;
      fill(before, a);
      fill(after, b);
      ask();
    },
  };
}

// difference shows one: the path, what it was, what it is.
export const difference = (d) => h('li.difference', h('code.dim', d.path),
  d.before !== null && h('del', h('span.unseen', 'before: '), d.before || '(empty)'), d.after !== null && h('ins', h('span.unseen', 'after: '), d.after || '(empty)'));
