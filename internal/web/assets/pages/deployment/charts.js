// What both revisions answer, measured, and the weights over the whole deployment.

import { h, lines, rate, millis, percent, words, now } from '../../app.js';

// sides are the revisions of the charts. 'both' is what nobody can tell apart: a rolling deployment has one target group for old and new tasks.
const sides = [['blue', 'blue'], ['green', 'green'], ['both', 'calm']];
const series = (kinds) => kinds.flatMap(([kind, dash]) => sides.map(([name, tone]) => ({ name: kind ? `${name} ${kind}` : name, tone, dash, optional: true })));

// charts makes the four charts; update(head, items, are there weights) draws them from the items of the view.
export function charts() {
  const weights = lines({ title: 'Weights', series: [{ name: 'green, production', tone: 'green', area: true }, { name: 'green, test', tone: 'amber', dash: true }], format: percent, max: 100, step: true });
  const requests = lines({ title: 'Requests', series: series([['', false]]), format: rate });
  const errors = lines({ title: 'Errors', series: series([['5xx', false], ['4xx', true]]), format: rate });
  const latency = lines({ title: 'Latency', series: series([['p99', false], ['p50', true]]), format: millis });
  const card = (chart) => h('div.card', chart.el);
  const first = card(weights);
  const el = h('section.charts', { 'aria-label': 'Traffic', 'data-own': true }, first, card(requests), card(errors), card(latency));
  return {
    el,
    update(doc, items, weighed) {
      const shifts = items.get('weights')?.shifts ?? [];
      first.hidden = !weighed;
      el.classList.toggle('three', !weighed);
      weights.update(history(doc, shifts));
      const flows = measured(items);
      el.hidden = !weighed && !flows.some(busy); // nothing to measure
      const time = align(flows);
      if (!time) return;
      const marks = shifts.map((one) => ({ at: Date.parse(one.at), text: `Weights: ${percent(one.blue)} blue, ${percent(one.green)} green` }));
      const draw = (chart, ...fields) => chart.update({ ...time, marks, values: fields.flatMap((field) => flows.map((flow) => time.of(flow, field))) });
      draw(requests, 'requests');
      draw(errors, 'errors5xx', 'errors4xx');
      draw(latency, 'p99', 'p50');
    },
  };
}

const busy = (flow) => Boolean(flow?.requests.some((n) => n > 0));

// measured is the traffic of blue, of green and of both together; where the latter has any, the former show only if they have, too.
function measured(items) {
  const mixed = items.get('traffic/mixed');
  const own = ['blue', 'green'].map((side) => items.get('traffic/' + side)).map((flow) => busy(mixed) && !busy(flow) ? undefined : flow);
  return [...own, busy(mixed) ? mixed : undefined];
}

// align gives all flows the same first moment; they have the same step.
function align(flows) {
  const all = flows.filter(Boolean);
  if (!all.length) return null;
  const step = all[0].step || 1;
  const n = Math.max(...all.map((flow) => flow.requests.length));
  const from = Math.max(...all.map((flow) => Date.parse(flow.from) / 1000 + flow.requests.length * step)) - n * step;
  const of = (flow, field) => {
    if (!flow) return [];
    const shift = Math.round((Date.parse(flow.from) / 1000 - from) / step);
    return [...Array(Math.max(0, shift)).fill(null), ...(flow[field] ?? [])].slice(0, n);
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
