// Line charts in SVG. Each has a legend with the newest values, a crosshair, a sentence for screen readers and
// a table of the same values.

import { h, s, patch, frame } from './dom.js';
import { clock, compact, duration } from './format.js';
import { icon } from './parts.js';

const scale = parseFloat(getComputedStyle(document.documentElement).fontSize) / 15; // charts grow with the type
const left = 46 * scale, right = 8, top = 8, bottom = 20 * scale;

// lines({title, series, format, step, max, height}) makes a chart: series are {name, tone: 'blue'|'green'|'red'|'amber'|'calm', dash,
// area, optional: not shown while it has no values}; format turns a value into text; step draws stairs; max fixes the top of the scale. It returns {el, update({from, step, values,
// names, marks})}: from in milliseconds, step in seconds, one list of values a series (null = a gap), marks [{at, text, tone}] are vertical
// lines; limit is a horizontal one.
export function lines({ title, series, format = compact, step = false, max, height = 150, id }) {
  height *= scale;
  const plot = s('svg', { role: 'img', 'aria-label': title });
  const legend = h('ul.legend');
  const tip = h('div.tip', { hidden: true });
  const grid = h('div.chart-table', { hidden: true, tabindex: 0, role: 'region', 'aria-label': title + ', as a table' });
  const toggle = h('button.plain', { type: 'button', 'aria-pressed': 'false', 'aria-label': title + ' as a table', title: 'As a table',
    onclick: () => { grid.hidden = !grid.hidden; box.hidden = !grid.hidden; toggle.setAttribute('aria-pressed', String(!grid.hidden)); frame(draw); } }, icon('tasks'));
  const box = h('div.plot', { vars: { '--height': height + 'px' } }, plot, tip);
  const el = h('figure.chart', { 'data-own': true, id }, h('figcaption', h('span.chart-title', title), legend, toggle), box, grid);
  let data = null, width = 0, hover = -1;

  new ResizeObserver(([entry]) => {
    const size = Math.round(entry.contentRect.width);
    if (size && size !== width) { width = size; frame(draw); }
  }).observe(box);
  box.addEventListener('pointermove', (event) => { hover = event.clientX - plot.getBoundingClientRect().left; frame(point); });
  box.addEventListener('pointerleave', () => { hover = -1; frame(point); });

  const length = () => Math.max(...data.values.map((v) => v?.length ?? 0), 0);
  const x = (i) => left + (width - left - right) * (length() > 1 ? i / (length() - 1) : 1);
  const y = (v, peak) => top + (height - top - bottom) * (1 - Math.min(v, peak) / peak);

  function draw() {
    if (!data) return;
    const peak = highest();
    write();
    if (!grid.hidden) return list();
    if (!width) return;
    plot.setAttribute('viewBox', `0 0 ${width} ${height}`);
    patch(plot, axes(peak), marks(peak), series.map((one, i) => curve(one, i, data.values[i] ?? [], peak)), s('g.cross', { key: 'cross' }));
    point();
  }

  // highest is the top of the scale: a round number over everything shown.
  function highest() {
    if (max) return max;
    const peak = Math.max(data.limit ?? 0, ...data.values.flatMap((list) => (list ?? []).map((v) => v ?? 0)));
    if (peak <= 0) return 1;
    const unit = 10 ** Math.floor(Math.log10(peak));
    return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((m) => m * unit).find((m) => m >= peak * 1.04) ?? 15 * unit;
  }

  function axes(peak) {
    const span = (length() - 1) * data.step;
    return [0, 0.5, 1].map((part) => s('g', { key: 'y' + part },
      s('line.rule', { x1: left, x2: width - right, y1: y(part * peak, peak), y2: y(part * peak, peak) }),
      s('text', { x: left - 6, y: y(part * peak, peak) + 4, 'text-anchor': 'end' }, format(part * peak))))
      .concat([[0, 'start', '−' + duration(Math.round(span + data.step)).replace(/\u00a000\u00a0s$/, '').replace(/\.\d/, '')], [length() - 1, 'end', data.done ? clock(new Date(data.from + span * 1000).toISOString()) : 'now']].map(([i, anchor, text]) =>
        s('text', { key: 'x' + anchor, x: x(i), y: height - 5 * scale, 'text-anchor': anchor }, span > 0 ? text : '')));
  }

  function marks(peak) {
    const at = (time) => (time - data.from) / 1000 / data.step;
    const rules = (data.marks ?? []).filter((m) => at(m.at) >= 0 && at(m.at) <= length() - 1).map((m, i) =>
      s('line.mark', { key: 'm' + i, class: m.tone, x1: x(at(m.at)), x2: x(at(m.at)), y1: top, y2: height - bottom }, s('title', m.text)));
    if (data.limit !== undefined && data.limit !== null) rules.push(s('line.limit', { key: 'limit', x1: left, x2: width - right, y1: y(data.limit, peak), y2: y(data.limit, peak) }));
    return rules;
  }

  function curve(one, index, list, peak) {
    let d = '', open = false, first = -1, last = 0;
    list.forEach((v, i) => {
      if (v === null || v === undefined) { open = false; return; }
      const px = x(i).toFixed(1), py = y(v, peak).toFixed(1);
      d += open ? (step ? `H${px}V${py}` : `L${px} ${py}`) : `M${px} ${py}`;
      if (first < 0) first = i;
      last = i;
      open = true;
    });
    const floor = height - bottom;
    return s('g', { key: 'series' + index, class: one.tone },
      one.area && d && s('path.area', { d: `${d}L${x(last).toFixed(1)} ${floor}L${x(first).toFixed(1)} ${floor}Z` }),
      s('path.line', { d, class: one.dash ? 'dash' : null }));
  }

  const latest = (list) => { for (let i = (list?.length ?? 0) - 1; i >= Math.max(0, list.length - 3); i--) if (list[i] !== null && list[i] !== undefined) return list[i]; return null; };
  const shown = () => series.map((_, i) => i).filter((i) => !series[i].optional || data.values[i]?.length > 0);
  const named = (i) => data.names?.[i] ?? series[i].name;

  function write() {
    const now = shown().map((i) => [named(i), format(latest(data.values[i]))]);
    patch(legend, shown().map((i, at) => h('li', { class: [series[i].tone, series[i].dash ? 'dash' : ''] }, h('span', now[at][0]), ' ', h('b', now[at][1]))));
    plot.setAttribute('aria-label', `${title}. Now: ${now.map(([name, value]) => `${name} ${value}`).join(', ')}. The button beside it shows all values.`);
  }

  // point draws the crosshair and its values.
  function point() {
    const cross = plot.querySelector('.cross');
    if (!cross || !data) return;
    const n = length();
    const i = Math.round((hover - left) / Math.max(1, width - left - right) * (n - 1));
    const off = hover < 0 || i < 0 || i >= n;
    tip.hidden = off;
    if (off) return patch(cross);
    const peak = highest();
    patch(cross, s('line', { x1: x(i), x2: x(i), y1: top, y2: height - bottom }),
      series.map((one, k) => { const v = data.values[k]?.[i]; return v === null || v === undefined ? null : s('circle', { class: one.tone, cx: x(i), cy: y(v, peak), r: 3.5 }); }));
    patch(tip, h('b', clock(new Date(data.from + i * data.step * 1000).toISOString())), shown().map((k) => h('span', { class: series[k].tone }, named(k) + ' ', h('b', format(data.values[k]?.[i])))));
    tip.style.setProperty('--x', Math.min(Math.max(x(i), left + 60), width - 70) + 'px');
  }

  // list writes at most sixty rows, newest first.
  function list() {
    const n = length(), every = Math.max(1, Math.ceil(n / 60)), body = [];
    for (let i = n - 1; i >= 0; i -= every) {
      const at = clock(new Date(data.from + i * data.step * 1000).toISOString());
      body.push(h('tr', { key: at + i }, h('th', { scope: 'row' }, at), shown().map((k) => h('td.num', format(data.values[k]?.[i])))));
    }
    patch(grid, h('table', h('caption.unseen', title), h('thead', h('tr', h('th', { scope: 'col' }, 'Time'), shown().map((k) => h('th', { scope: 'col', class: 'num' }, named(k))))), h('tbody', body)));
  }

  return { el, update(next) { data = next; frame(draw); } };
}

// spark is a small line without axes: spark(values, tone, label).
export function spark(values, tone = 'blue', label = '') {
  const list = (values ?? []).map((v) => v ?? null);
  const peak = Math.max(1e-9, ...list.map((v) => v ?? 0));
  let d = '', open = false;
  list.forEach((v, i) => {
    if (v === null) { open = false; return; }
    d += `${open ? 'L' : 'M'}${(i / Math.max(1, list.length - 1) * 100).toFixed(1)} ${(22 - v / peak * 20).toFixed(1)}`;
    open = true;
  });
  return s('svg.spark', { viewBox: '0 0 100 24', preserveAspectRatio: 'none', class: tone, role: 'img', 'aria-label': label }, s('path', { d }));
}
