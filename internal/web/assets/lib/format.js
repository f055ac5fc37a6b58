// Values as people read them. Every function takes null or undefined and answers '–'.

import { h } from './dom.js';
import { now } from './session.js';

const none = '–';
const gap = '\u00a0'; // a space at which no line ends
const missing = (v) => v === null || v === undefined || v === '' || Number.isNaN(v);

// count: 1234567 → "1,234,567".
export const count = (n) => missing(n) ? none : Math.round(n).toLocaleString('en');

// compact: 12345 → "12.3k", for charts.
export function compact(n) {
  if (missing(n)) return none;
  const size = Math.abs(n);
  if (size >= 1e6) return trim(n / 1e6) + 'M';
  if (size >= 1e4) return trim(n / 1e3) + 'k';
  return size >= 100 ? String(Math.round(n)) : trim(n);
}
const trim = (n) => String(Number(n.toFixed(Math.abs(n) >= 10 ? 1 : 2)));

// percent: 12.5 → "12.5 %". The value is per cent already.
export const percent = (n) => missing(n) ? none : Number(n.toFixed(n < 1 && n > 0 ? 2 : 1)) + gap + '%';

// rate: requests a second.
export const rate = (n) => missing(n) ? none : compact(n) + '/s';

// millis: 1234 → "1.23 s", 12.3 → "12.3 ms".
export function millis(n) {
  if (missing(n)) return none;
  return n >= 1000 ? trim(n / 1000) + gap + 's' : (n >= 100 ? Math.round(n) : trim(n)) + gap + 'ms';
}

// duration: seconds → "4.2 s", "2 m 05 s", "3 h 12 m", "2 d 4 h".
export function duration(seconds) {
  if (missing(seconds)) return none;
  const t = Math.max(0, seconds);
  if (t < 0.0005) return '0' + gap + 's';
  if (t < 0.95) return Math.max(1, Math.round(t * 1000)) + gap + 'ms';
  if (t < 10) return t.toFixed(1) + gap + 's';
  const whole = Math.round(t);
  const two = (big, small) => [Math.floor(whole / big[0]) + gap + big[1], small].join(gap);
  if (whole < 60) return whole + gap + 's';
  if (whole < 3600) return two([60, 'm'], String(whole % 60).padStart(2, '0') + gap + 's');
  if (whole < 86400) return two([3600, 'h'], Math.floor(whole % 3600 / 60) + gap + 'm');
  return two([86400, 'd'], Math.floor(whole % 86400 / 3600) + gap + 'h');
}

// bytes: 1536 → "1.5 KiB".
export function bytes(n) {
  if (missing(n)) return none;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let at = 0;
  for (; Math.abs(n) >= 1024 && at < units.length - 1; at++) n /= 1024;
  return trim(n) + ' ' + units[at];
}

// words: POST_TEST_TRAFFIC_SHIFT → "Post test traffic shift".
export function words(constant) {
  if (missing(constant)) return none;
  const text = String(constant).toLowerCase().replaceAll('_', ' ');
  return text[0].toUpperCase() + text.slice(1);
}

// plural: plural(2, 'task') → "2 tasks".
export const plural = (n, one, many = one + 's') => count(n) + ' ' + (n === 1 ? one : many);

// short: the telling end of an ARN or the start of a digest.
export function short(text) {
  if (missing(text)) return none;
  if (text.startsWith('sha256:')) return text.slice(7, 19);
  if (text.startsWith('arn:')) return text.slice(Math.max(text.lastIndexOf('/'), text.lastIndexOf(':')) + 1);
  return text;
}

// revision: ECS numbers revisions with 19 digits; their end tells them apart.
export const revision = (n) => missing(n) ? none : n.length > 8 ? '…' + n.slice(-5) : n;

// brief: a sentence of ECS without the length of its ARNs, ids and digests.
export const brief = (text) => missing(text) ? none : String(text)
  .replace(/arn:aws[\w-]*:[^\s,)\]"]+/g, (arn) => arn.replace(/\/[0-9a-f]{16}$/, '').split(/[:/]/).pop())
  .replace(/\b[0-9a-f]{32}\b/g, (id) => id.slice(0, 8)).replace(/\b\d{16,}\b/g, revision).replace(/sha256:[0-9a-f]{64}/g, (digest) => digest.slice(0, 19) + '…');

// image: the last part of an image's name with its tag.
export const image = (name) => missing(name) ? none : name.split('@')[0].split('/').pop();

// clock: the time of day, with the date when it is not today's.
export function clock(iso) {
  if (missing(iso)) return none;
  const at = new Date(iso);
  const time = at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
  return at.toDateString() === new Date(now()).toDateString() ? time : at.toLocaleDateString('en', { day: 'numeric', month: 'short' }) + ' ' + time;
}

// when: a moment as time of day, the full date in its title.
export const when = (iso) => missing(iso) ? none : h('time', { datetime: iso, title: new Date(iso).toString() }, clock(iso));

// ago: "3 m ago", kept true.
export const ago = (iso) => missing(iso) ? none : ticking('ago', iso);

// since: the time that passed since a moment, kept true.
export const since = (iso) => missing(iso) ? none : ticking('since', iso);

// left: the time until a moment, kept true; 0 when it passed.
export const left = (iso) => missing(iso) ? none : ticking('left', iso);

function ticking(kind, iso) {
  return h('time', { datetime: iso, 'data-tick': kind, title: new Date(iso).toString() }, say(kind, iso));
}

function say(kind, iso) {
  const passed = (now() - Date.parse(iso)) / 1000;
  if (kind === 'left') return coarse(Math.max(0, Math.ceil(-passed)));
  if (kind === 'since') return coarse(Math.max(0, Math.floor(passed)));
  if (passed < 3) return 'just now';
  return coarse(passed).split(gap).slice(0, 2).join(gap) + gap + 'ago';
}
const coarse = (t) => t < 60 ? Math.floor(t) + gap + 's' : duration(t);

// One clock for the whole page.
setInterval(() => {
  if (document.hidden) return;
  for (const el of document.querySelectorAll('time[data-tick]')) {
    const text = say(el.dataset.tick, el.dateTime);
    if (el.textContent !== text) el.textContent = text;
  }
}, 500);
