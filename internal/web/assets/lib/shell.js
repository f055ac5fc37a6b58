// The frame around every page: navigation, region, colours, who is signed in, keys.

import { h, patch } from './dom.js';
import { go, show } from './router.js';
import { session, signOut, region } from './session.js';
import { dialog } from './dialog.js';
import { icon } from './parts.js';

const links = [['services', '/ui/', 'Services'], ['tasks', '/ui/tasks', 'Tasks'], ['balancers', '/ui/balancers', 'Load balancers'], ['logs', '/ui/logs', 'Logs'], ['docs', '/ui/docs', 'Docs']];
const themes = { auto: ['auto', 'Colours follow the system'], light: ['sun', 'Light colours'], dark: ['moon', 'Dark colours'] };

// shell fills the header.
export function shell() {
  document.getElementById('nav').hidden = false;
  patch(document.getElementById('nav'), links.map(([nav, href, text]) => h('a', { href, 'data-nav': nav, key: nav }, icon(nav), h('span', text))));
  patch(document.getElementById('tools'),
    h('button.plain.find', { type: 'button', 'aria-label': 'Search services', title: 'Search services ( / )', onclick: find }, icon('search'), h('kbd', '/')),
    session.regions.length > 1 && regions(), themeButton(), account());
}

function regions() {
  return h('select', { 'aria-label': 'Region', onchange: (event) => {
    const query = new URLSearchParams({ region: event.target.value });
    if (event.target.value === session.region) query.delete('region');
    history.pushState({}, '', '/ui/' + (query.size ? '?' + query : ''));
    show();
  } }, session.regions.map((name) => h('option', { value: name, selected: name === region() }, name)));
}

const theme = () => document.documentElement.dataset.theme ?? 'auto';

function themeButton() {
  const [sign, text] = themes[theme()];
  return h('button.plain', { type: 'button', 'aria-label': text + '. Change', title: text, onclick: () => {
    const next = { auto: 'light', light: 'dark', dark: 'auto' }[theme()];
    if (next === 'auto') delete document.documentElement.dataset.theme; else document.documentElement.dataset.theme = next;
    try { next === 'auto' ? localStorage.removeItem('grue.theme') : localStorage.setItem('grue.theme', next); } catch { /* nothing is kept */ }
    shell();
    document.querySelector('#tools button[aria-label$="Change"]').focus();
  } }, icon(sign));
}

function account() {
  return h('button.plain', { type: 'button', 'aria-label': 'Session', title: session.who, onclick: () => {
    const box = dialog('Signed in', h('div.dialog-body', h('dl.facts',
      h('dt', 'Who'), h('dd', session.who), h('dt', 'Account'), h('dd', session.account), h('dt', 'Region'), h('dd', region()),
      h('dt', 'Version'), h('dd', 'grue ' + session.version),
      session.minute !== 60 && [h('dt', 'A minute'), h('dd', 'of bake times and alarms lasts ' + session.minute + ' s (--minute)')])),
    h('div.dialog-foot', h('button', { type: 'button', onclick: () => { box.close(); help(); } }, 'Keys'),
      h('button', { type: 'button', onclick: async () => { await signOut(); location.assign('/ui/'); } }, 'Sign out')));
  } }, icon('user'));
}

// find puts the focus into the search of the page, or of the home page.
async function find() {
  let field = document.querySelector('main input[type=search]');
  if (!field) {
    await go('/ui/');
    field = document.querySelector('main input[type=search]');
  }
  field?.focus();
  field?.select();
}

function help() {
  dialog('Keys', h('div.dialog-body', h('dl.facts.keys', [
    ['/', 'search'], ['↑ ↓ Home End', 'move in a list'], ['Enter', 'open'], ['Esc', 'close a dialog, empty the search'],
    ['g s', 'services'], ['g t', 'tasks'], ['g b', 'load balancers'], ['g l', 'logs'], ['?', 'this list']].map(([key, what]) => [h('dt', h('kbd', key)), h('dd', what)]))));
}

let lead = 0;
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, textarea, select, dialog') || !session.signedIn) return;
  const to = Date.now() - lead < 1000 && { s: '/ui/', t: '/ui/tasks', b: '/ui/balancers', l: '/ui/logs' }[event.key];
  lead = event.key === 'g' ? Date.now() : 0;
  if (to) go(to);
  else if (event.key === '/') { event.preventDefault(); find(); } else if (event.key === '?') help();
});
