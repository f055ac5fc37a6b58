// Blue and green side by side.

import { h, patch, short, revision, percent, rate, millis, image, copy } from '../../app.js';

// sides makes both cards; update(head, blue, green) draws them.
export function sides() {
  const blue = h('article.side.card.is-blue', { 'aria-label': 'Blue' }), green = h('article.side.card.is-green', { 'aria-label': 'Green' });
  const el = h('section.sides', { 'aria-label': 'Revisions', 'data-own': true }, blue, green);
  return {
    el,
    update(doc, b, g) {
      blue.hidden = !b;
      el.classList.toggle('one', !b);
      if (b) patch(blue, side(doc, b, 'Blue', 'revision that served before'));
      if (g) patch(green, side(doc, g, 'Green', 'new revision'));
    },
  };
}

function side(doc, one, name, what) {
  const failing = one.rate && one.rate.requests > 0 ? one.rate.errors / one.rate.requests * 100 : 0;
  return [
    h('div.side-head', h('div.stack', h('h2', h('span.side-name', name), ' ', short(one.taskDefinition)), h('span.dim.small', { title: one.revision }, what, ', ', revision(one.revision))),
      one.weighed !== false && h('div.weight', h('b', percent(one.production)), h('span', 'production'))),
    one.weighed !== false && bars(one, name),
    h('dl.figures',
      figure('Requests', one.rate ? rate(one.rate.requests) : '–'),
      figure('Errors', one.rate ? percent(failing) : '–', failing > 0 ? 'bad-text' : ''),
      figure('p99', one.rate?.p99 ? millis(one.rate.p99) : '–'),
      figure('Tasks', `${one.running} / ${one.desired}`, one.running < one.desired ? 'amber-text' : ''),
      figure('Healthy', one.healthy, one.healthy < one.desired ? 'amber-text' : ''),
      one.pending + one.stopping > 0 && figure(one.pending ? 'Pending' : 'Stopping', one.pending || one.stopping)),
    h('ul.images', (one.images ?? []).map((i) => h('li', { key: i.container }, h('span.dim', i.container), h('span.cut', { title: i.image }, image(i.image)),
      i.digest ? h('span.digest', h('code', { title: i.digest }, short(i.digest)), copy(i.digest, 'Copy the digest of ' + i.container)) : h('span.dim.small', 'not pulled yet')))),
  ];
}

const figure = (name, value, tone = '') => h('div', { key: name }, h('dt', name), h('dd', { class: tone }, value));

// bars are the weights of production and of test traffic.
function bars(one, name) {
  const tone = name.toLowerCase();
  const bar = (label, value) => h('div.bar-line', h('span.dim.small', label), h('span.bar', { role: 'img', 'aria-label': `${label}: ${percent(value)}` }, h('span', { class: tone, vars: { '--share': value } })), h('span.small', percent(value)));
  return h('div.bars', bar('Production', one.production), one.hasTest && bar('Test', one.test));
}
