// What both revisions answer, measured, and the weights over the whole deployment.

import { h, lines, rate, millis, percent, words, now } from '../../app.js';

const pair = (dash) => [{ name: 'blue', tone: 'blue', dash }, { name: 'green', tone: 'green', dash }];

// charts makes the four charts; update(head, traffic of blue, of green, weights, are there weights) draws them.
export function charts() {
  const weights = lines({ title: 'Weights', series: [{ name: 'green, production', tone: 'green', area: true }, { name: 'green, test', tone: 'amber', dash: true }], format: percent, max: 100, step: true });
  const requests = lines({ title: 'Requests', series: pair(), format: rate });
  const errors = lines({ title: 'Errors', series: [{ name: 'blue 5xx', tone: 'blue' }, { name: 'green 5xx', tone: 'green' }, { name: 'blue 4xx', tone: 'blue', dash: true }, { name: 'green 4xx', tone: 'green', dash: true }], format: rate });
  const latency = lines({ title: 'Latency', series: [...pair(), ...pair(true)], format: millis });
  const card = (chart) => h('div.card', chart.el);
  const first = card(weights);
  const el = h('section.charts', { 'aria-label': 'Traffic', 'data-own': true }, first, card(requests), card(errors), card(latency));
  return {
    el,
    update(doc, blue, green, shifts, weighed) {
      first.hidden = !weighed;
      el.classList.toggle('three', !weighed);
      weights.update(history(doc, shifts?.shifts ?? []));
      const both = align(blue, green);
      el.hidden = !weighed && ![blue, green].some((t) => t?.requests.some((n) => n > 0)); // nothing to measure
      if (!both) return;
      const marks = (shifts?.shifts ?? []).map((one) => ({ at: Date.parse(one.at), text: `Weights: ${percent(one.blue)} blue, ${percent(one.green)} green` }));
      requests.update({ ...both, marks, values: [both.of(blue, 'requests'), both.of(green, 'requests')] });
      errors.update({ ...both, marks, values: [both.of(blue, 'errors5xx'), both.of(green, 'errors5xx'), both.of(blue, 'errors4xx'), both.of(green, 'errors4xx')] });
      latency.update({ ...both, marks, names: ['blue p99', 'green p99', 'blue p50', 'green p50'], values: [both.of(blue, 'p99'), both.of(green, 'p99'), both.of(blue, 'p50'), both.of(green, 'p50')] });
    },
  };
}

// align gives both sides the same first moment; they have the same step.
function align(blue, green) {
  const one = blue ?? green;
  if (!one) return null;
  const step = one.step || 1;
  const ends = [blue, green].filter(Boolean).map((t) => Date.parse(t.from) / 1000 + t.requests.length * step);
  const n = Math.max(...[blue, green].filter(Boolean).map((t) => t.requests.length));
  const from = Math.max(...ends) - n * step;
  const of = (t, field) => {
    if (!t) return [];
    const shift = Math.round((Date.parse(t.from) / 1000 - from) / step);
    return [...Array(Math.max(0, shift)).fill(null), ...(t[field] ?? [])].slice(0, n);
  };
  return { from: from * 1000, step, of };
}

// history spreads the shifts over the time from the deployment's start to its end or now.
function history(doc, shifts) {
  const begin = Date.parse(doc.startedAt ?? doc.createdAt), end = doc.finishedAt ? Date.parse(doc.finishedAt) : now();
  const n = 240, step = Math.max(0.01, (end - begin) / 1000 / (n - 1));
  const green = [], test = [];
  let at = 0, last = { green: 0, test: 0 };
  const ordered = shifts.map((one) => ({ ...one, time: Date.parse(one.at) }));
  for (let i = 0; i < n; i++) {
    while (at < ordered.length && ordered[at].time <= begin + i * step * 1000 + 1) last = ordered[at++];
    green.push(last.green);
    test.push(last.test);
  }
  const marks = (doc.stages ?? []).filter((s) => s.startedAt && s.state !== 'skipped' && s.seconds > (end - begin) / 1000 / 20).map((s) => ({ at: Date.parse(s.startedAt), text: words(s.name) }));
  return { from: begin, step, values: [green, test], marks, done: Boolean(doc.finishedAt) };
}
