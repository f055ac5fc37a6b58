// A log that is read as it grows: search, pause, wrap, older lines, download.

import { h, patch, frame } from './dom.js';
import { session, within, api } from './session.js';
import { count, plural } from './format.js';
import { announce } from './toast.js';

const most = 5000; // lines in the page
const escapes = /\u001b\[[0-9;?]*[A-Za-z]/g; // colours of terminals

// logview({query, label, text, filter, onsearch}) shows what /ui/live/logs answers for a query: {group, stream} or {cluster, task,
// container}. It returns {el, open(query), close()}.
export function logview({ label = 'Log', text = '', filter = '', onsearch = () => {} } = {}) {
  let query = null, source = null, paused = false, held = [], follow = true, older = '', byPattern = Boolean(filter), lines = 0, missed = 0, timer = 0, known = new Set(), high = 0, top = 0;
  const list = h('ol.log-lines');
  const box = h('div.log', { tabindex: 0, role: 'log', 'aria-live': 'off', 'aria-label': label, 'data-own': true, onscroll: scrolled }, list);
  const state = h('span.log-state.dim.small', { role: 'status' });
  const trouble = h('div');
  const search = h('input', { type: 'search', value: filter || text, oninput: typed, onkeydown: (event) => { if (event.key === 'Escape') { search.value = ''; typed(); } } });
  const kind = h('select', { 'aria-label': 'Kind of search', onchange: () => { byPattern = kind.value === 'pattern'; typed(); } },
    h('option', { value: 'text', selected: !byPattern }, 'Text'), h('option', { value: 'pattern', selected: byPattern }, 'Pattern'));
  const pause = h('button', { type: 'button', 'aria-pressed': 'false', onclick: () => hold(!paused) }, 'Pause');
  const wrap = h('button', { type: 'button', 'aria-pressed': 'true', onclick: () => { const on = box.classList.toggle('unwrapped'); wrap.setAttribute('aria-pressed', String(!on)); } }, 'Wrap');
  const save = h('a.button', { download: true }, 'Download');
  const more = h('button', { type: 'button', hidden: true, onclick: loadOlder }, 'Older lines');
  const jump = h('button.log-jump', { type: 'button', hidden: true, onclick: () => { follow = true; bottom(); } });
  const el = h('div.logview', { 'data-own': true },
    h('div.log-tools', h('div.log-search', search, kind), h('div.log-buttons', more, pause, wrap, save), state), trouble, h('div.log-frame', box, jump));
  hint();
  const shape = new ResizeObserver(() => { if (follow) bottom(); });
  shape.observe(list);
  shape.observe(box);

  function hint() {
    search.setAttribute('aria-label', byPattern ? 'Filter pattern of CloudWatch Logs' : 'Search the log');
    search.setAttribute('placeholder', byPattern ? 'ERROR -debug   or   { $.level = "error" }' : 'Search: only lines with this text');
  }

  function typed() {
    hint();
    clearTimeout(timer);
    timer = setTimeout(() => { onsearch(byPattern ? { filter: search.value, text: '' } : { text: search.value, filter: '' }); start(); }, 250);
  }

  const asked = () => new URLSearchParams({ ...query, ...(search.value && { [byPattern ? 'filter' : 'text']: search.value }) });

  function start() {
    stop();
    if (!query || document.hidden) return;
    const words = asked();
    kind.hidden = !query.group;
    save.hidden = !query.group;
    if (query.group) save.setAttribute('href', within('/ui/api/logs/download?' + words));
    state.textContent = 'Loading…';
    source = new EventSource(within('/ui/live/logs?' + words));
    source.addEventListener('lines', (event) => take(JSON.parse(event.data)));
    source.addEventListener('gone', (event) => { const p = JSON.parse(event.data); stop(); patch(trouble, h('div.trouble', { role: 'alert' }, h('strong', p.code), h('span', p.message))); state.textContent = ''; });
    source.onerror = () => { if (source && session.signedIn) state.textContent = 'Connection lost, trying again…'; };
  }

  function stop() {
    source?.close();
    source = null;
  }

  function take(doc) {
    patch(trouble);
    if (doc.reset) {
      list.replaceChildren();
      known = new Set();
      held = [];
      lines = missed = 0;
      follow = true;
      older = doc.older ?? '';
      more.hidden = !older;
    }
    if (paused && !doc.reset) { held.push(...doc.lines); held = held.slice(-most); return tell(); }
    add(doc.lines);
  }

  function add(batch) {
    const fresh = batch.filter((l) => !known.has(l.id));
    for (const l of fresh) known.add(l.id);
    list.append(...fresh.map(line));
    lines += fresh.length;
    while (list.childElementCount > most) { known.delete(list.firstChild.dataset.id); list.firstChild.remove(); lines--; }
    if (!follow) missed += fresh.length;
    frame(() => { if (follow) bottom(); tell(); });
  }

  function tell() {
    state.textContent = (lines ? plural(lines, 'line') : search.value ? 'No line has it' : 'Nothing was written yet') + (paused ? `, paused, ${count(held.length)} more` : '');
    jump.hidden = follow || missed === 0;
    jump.textContent = `↓ ${count(missed)} new`;
  }

  function line(l) {
    const message = l.m.replace(escapes, '');
    const at = l.t ? new Date(l.t) : null;
    const tone = /\b(ERROR|FATAL|PANIC|CRITICAL)\b|\b(error|panic|fatal|exception)\b|"level":\s*"(error|fatal)"/.test(message) ? 'bad' : /\bWARN(ING)?\b|"level":\s*"warn/.test(message) ? 'warn' : '';
    return h('li', { class: tone, 'data-id': l.id },
      at && h('time', { datetime: at.toISOString(), title: at.toString() }, at.toLocaleTimeString('en-GB') + '.' + String(at.getMilliseconds()).padStart(3, '0')),
      l.s && h('span.log-stream', { title: l.s }, l.s.split('/').slice(-1)[0].slice(0, 12)), h('span.log-text', marked(message)));
  }

  // marked shows where a line has the text.
  function marked(message) {
    const word = byPattern ? '' : search.value.toLowerCase();
    if (!word) return message;
    const parts = [], low = message.toLowerCase();
    let from = 0;
    for (let i = low.indexOf(word); i >= 0 && parts.length < 100; i = low.indexOf(word, from)) {
      parts.push(message.slice(from, i), h('mark', message.slice(i, i + word.length)));
      from = i + word.length;
    }
    return [...parts, message.slice(from)];
  }

  // scrolled tells what a person did from what the browser does when lines get another height: only who moves up stops following.
  function scrolled() {
    const end = box.scrollHeight - box.scrollTop - box.clientHeight < 30, up = box.scrollTop < top && box.scrollHeight >= high;
    [top, high] = [box.scrollTop, box.scrollHeight];
    if (end) missed = 0;
    if (end ? !follow : follow && up) { follow = end; frame(tell); }
  }

  function bottom() {
    box.scrollTop = box.scrollHeight;
    missed = 0;
  }

  function hold(on) {
    paused = on;
    pause.setAttribute('aria-pressed', String(on));
    pause.textContent = on ? 'Go on' : 'Pause';
    if (!on) { const kept = held; held = []; add(kept); }
    tell();
    announce(on ? 'The log is paused' : 'The log goes on');
  }

  async function loadOlder() {
    more.disabled = true;
    try {
      const words = asked();
      words.set('token', older);
      const doc = await api('GET', '/ui/api/logs/older?' + words);
      const high = box.scrollHeight, top = box.scrollTop;
      const fresh = doc.lines.filter((l) => !known.has(l.id));
      for (const l of fresh) known.add(l.id);
      list.prepend(...fresh.map(line));
      lines += fresh.length;
      follow = false;
      box.scrollTop = top + box.scrollHeight - high;
      older = doc.older ?? '';
      more.hidden = !older;
      tell();
      announce(plural(fresh.length, 'older line'));
    } catch (err) {
      patch(trouble, h('div.trouble', { role: 'alert' }, h('strong', err.code || err.name), h('span', err.message)));
    }
    more.disabled = false;
  }

  let rest = 0;
  const seen = () => {
    clearTimeout(rest);
    if (document.hidden) rest = setTimeout(stop, 15000);
    else if (!source && query) start();
  };
  document.addEventListener('visibilitychange', seen);

  return {
    el,
    open(next) { query = next; list.replaceChildren(); held = []; hold(false); start(); },
    close() { stop(); shape.disconnect(); query = null; clearTimeout(timer); document.removeEventListener('visibilitychange', seen); },
  };
}
