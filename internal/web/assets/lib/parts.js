// Small pieces that many pages show.

import { h, s } from './dom.js';
import { percent } from './format.js';
import { note } from './toast.js';

// tones of words of AWS: how good a state is. Unknown words are neutral.
const tones = {
  SUCCESSFUL: 'good', SUCCEEDED: 'good', COMPLETED: 'good', OK: 'good', HEALTHY: 'good', RUNNING: 'good', ACTIVE: 'good', ok: 'good',
  IN_PROGRESS: 'busy', PENDING: 'busy', PROVISIONING: 'busy', ACTIVATING: 'busy', starting: 'busy', MONITORING: 'busy',
  AWAITING_ACTION: 'warn', STOP_REQUESTED: 'warn', ROLLBACK_REQUESTED: 'warn', ROLLBACK_IN_PROGRESS: 'warn', DRAINING: 'warn',
  DEPROVISIONING: 'warn', STOPPING: 'warn', DEACTIVATING: 'warn', ROLLBACK_SUCCESSFUL: 'warn', TIMED_OUT: 'bad',
  FAILED: 'bad', ROLLBACK_FAILED: 'bad', ALARM: 'bad', UNHEALTHY: 'bad', TRIGGERED: 'bad', failing: 'bad',
};
export const toneOf = (word) => tones[word] ?? 'calm';

// badge shows a state; its colour follows the word, or the tone given: good, busy, warn, bad, calm.
export function badge(word, tone = toneOf(word), text = say(word)) {
  return h('span.badge', { class: tone }, text);
}
const say = (word) => /^[A-Z_]+$/.test(word ?? '') && word.length > 3 ? word[0] + word.slice(1).toLowerCase().replaceAll('_', ' ') : word;

// dot is a coloured point with a name for who cannot see it.
export const dot = (tone, label) => h('span.dot', { class: tone, role: 'img', 'aria-label': label, title: label });

// shares is a bar of weights that sum to 100: [{label, weight, tone: 'blue'|'green'|'calm'}].
export function shares(parts) {
  const text = parts.map((p) => `${p.label} ${percent(p.weight)}`).join(', ');
  return h('span.shares', { role: 'img', 'aria-label': 'Share of traffic: ' + text, title: text },
    parts.filter((p) => p.weight > 0).map((p) => h('span', { class: p.tone, vars: { '--share': p.weight } })));
}

// crumbs is the way to a page: crumbs(['Services', '/ui/'], ['orders', '/ui/…'], ['now']).
export function crumbs(...steps) {
  return h('nav.crumbs', { 'aria-label': 'Breadcrumb' }, h('ol', steps.map(([text, href]) =>
    h('li', href ? h('a', { href }, text) : h('span', { 'aria-current': 'page' }, text)))));
}

// card is a titled section; `tools` stand at the right of its title.
export function card(title, { class: names, tools, id, key } = {}, ...content) {
  const name = id ?? 'c-' + title.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return h('section.card', { class: names, 'aria-labelledby': name, key },
    h('div.card-head', h('h2', { id: name }, title), tools && h('div.tools', tools)), content);
}

// icons are drawn with lines on a field of 16 × 16.
const icons = {
  search: ['M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9', 'm10.5 10.5 3 3'],
  sun: ['M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6', 'M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1'],
  moon: ['M13 9.6A5.6 5.6 0 0 1 6.4 3 5.6 5.6 0 1 0 13 9.6Z'],
  auto: ['M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11', 'M8 2.5v11M8 5h3.5M8 8h5M8 11h3.5'],
  user: ['M8 2.5a2.75 2.75 0 1 1 0 5.5 2.75 2.75 0 0 1 0-5.5', 'M2.5 14c.6-3 2.7-4.3 5.5-4.3s4.9 1.3 5.5 4.3'],
  services: ['M2.5 2.5h4.5v4.5h-4.5zM9 2.5h4.5v4.5H9zM2.5 9h4.5v4.5h-4.5zM9 9h4.5v4.5H9z'],
  tasks: ['M2.5 4h1M6 4h7.5M2.5 8h1M6 8h7.5M2.5 12h1M6 12h7.5'],
  balancers: ['M8 2.5v4M8 6.5 3.5 11M8 6.5v4.5M8 6.5l4.5 4.5', 'M2 11.5h3v2H2zM6.5 11.5h3v2h-3zM11 11.5h3v2h-3z'],
  docs: ['M3 2.5h7l3 3v8H3z', 'M5.5 7h5M5.5 9.5h5'],
  done: ['m3 8.5 3.2 3.2L13 4.8'],
  cross: ['m4 4 8 8M12 4l-8 8'],
  wait: ['M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11', 'M8 5v3.3l2.2 1.4'],
  hand: ['M5.5 3.5v9M10.5 3.5v9'],
  back: ['M6 4 2.5 7.5 6 11', 'M3 7.5h6.5a3.5 3.5 0 0 1 0 7H8'],
  stop: ['M4 4h8v8H4z'],
  retry: ['M13 8a5 5 0 1 1-1.6-3.7M13 2v3h-3'],
  go: ['M3 8h9.5M9 4.5 12.5 8 9 11.5'],
  alarm: ['M8 2.5 14 13H2zM8 6.5v3M8 11.2v.3'],
  copy: ['M5.5 5.5h8v8h-8z', 'M10.5 5.5v-3h-8v8h3'],
  logs: ['M2.5 3h11v10h-11z', 'm5 6.5 2 1.5-2 1.5M8.5 10h2.5'],
};

// icon draws one of the icons above; it is decoration and has no name.
export const icon = (name) => s('svg.icon', { viewBox: '0 0 16 16', 'aria-hidden': 'true', focusable: 'false' }, (icons[name] ?? []).map((d) => s('path', { d })));

// copy is a button that copies a text.
export function copy(text, label = 'Copy') {
  return h('button.plain.copy', { type: 'button', 'aria-label': label, title: label, onclick: async (event) => {
    event.preventDefault();
    try { await navigator.clipboard.writeText(text); note('Copied: ' + text); } catch { note('The browser did not let grue copy: ' + text, 'warn'); }
  } }, icon('copy'));
}

// problem shows a Failure in the page.
export const problem = (err) => h('div.trouble', { role: 'alert' }, h('strong', err.code || err.name), h('span', err.message));
