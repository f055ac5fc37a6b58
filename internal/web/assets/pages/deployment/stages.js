// The stages of a deployment as a line.

import { h, patch, words, duration, since, left, percent, icon } from '../../app.js';

const signs = { done: 'done', now: 'wait', failed: 'cross', skipped: '', todo: '' };
const states = { done: 'done', now: 'in progress', failed: 'failed', skipped: 'skipped', todo: 'to do' };

// names are the stages as a person says them; what is not listed is spelled out.
const names = {
  PRE_PRODUCTION_TRAFFIC_SHIFT: 'Before shift', PRODUCTION_TRAFFIC_SHIFT: 'Production shift', POST_PRODUCTION_TRAFFIC_SHIFT: 'After shift',
  TEST_TRAFFIC_SHIFT: 'Test shift', POST_TEST_TRAFFIC_SHIFT: 'After test shift', PRE_SCALE_UP: 'Before scale-up', SCALE_UP: 'Scale-up',
  POST_SCALE_UP: 'After scale-up', BAKE_TIME: 'Bake', CLEAN_UP: 'Clean-up', RECONCILE_SERVICE: 'Reconcile',
};

// line makes the card; update(head) draws it.
export function line() {
  const list = h('ol.stages', { tabindex: 0, 'aria-label': 'Stages' }), waiting = h('p.waiting');
  const el = h('section.card.progress', { 'aria-label': 'Progress', 'data-own': true }, list, waiting);
  let seen = '';
  return {
    el,
    update(doc) {
      const stages = doc.stages ?? [];
      patch(list, stages.map((one, i) => stage(one, i)));
      list.classList.toggle('many', stages.length > 13);
      patch(waiting, says(doc));
      const now = list.querySelector('.now');
      const mark = stages.findIndex((one) => one.state === 'now') + '/' + stages.length;
      if (now && mark !== seen && list.scrollWidth > list.clientWidth) list.scrollTo({ left: now.offsetLeft - list.offsetLeft - list.clientWidth / 2 + now.clientWidth / 2, behavior: seen ? 'smooth' : 'auto' });
      seen = mark;
    },
  };
}

function stage(one, i) {
  return h('li.stage', { key: i + one.name + one.undo, class: [one.state, one.undo ? 'undo' : ''], 'aria-current': one.state === 'now' ? 'step' : null, title: words(one.name) },
    h('span.stage-mark', signs[one.state] ? icon(one.undo && one.state !== 'failed' ? 'back' : signs[one.state]) : null),
    h('span.stage-name', one.undo && 'Back: ', names[one.name] ?? words(one.name), one.share > 0 && h('b', ' ' + percent(one.share))),
    h('span.stage-time', h('span.unseen', states[one.state] + ' '), one.state === 'now' && one.startedAt ? since(one.startedAt) : ['done', 'failed'].includes(one.state) ? duration(one.seconds) : one.state === 'skipped' ? 'skipped' : ''));
}

function says(doc) {
  if (doc.finishedAt) return null;
  return [h('span', doc.waiting || 'In progress.'), doc.until && h('span.countdown', h('b', left(doc.until)), ' left')];
}
