// Addresses and pages: the history of the browser, one page at a time.

import { h, patch } from './dom.js';
import { live } from './live.js';
import { within } from './session.js';
import { announce } from './toast.js';

const routes = [];
let leave = () => {};
let outlet;
let shown = '';

// page registers a page: page('/ui/services/:cluster/:service', () => import('./pages/service.js')). The module's default
// export is called as open(root, ctx) and fills root. ctx has:
//   params   the named parts of the path, decoded
//   query    URLSearchParams of the address; setQuery({name: value}) changes it in place (null removes)
//   title(t) names the page
//   live(view, onItems, onGone)   as in live.js, closed when the page is left
//   onLeave(fn)                   called then, too
//   signal                        an AbortSignal that fires then
// `nav` names the entry of the navigation that is lit.
export function page(pattern, module, nav = '') {
  const names = [];
  const source = pattern.replace(/:([a-z]+)/g, (_, name) => { names.push(name); return '([^/]+)'; });
  routes.push({ expression: new RegExp('^' + source + '/?$'), names, module, nav });
}

function find(path) {
  for (const route of routes) {
    const match = route.expression.exec(path);
    if (match) return { route, params: Object.fromEntries(route.names.map((name, i) => [name, decodeURIComponent(match[i + 1])])) };
  }
  return null;
}

// go opens an address of the dashboard; go(address, {replace: true}) without a new entry in the history.
export function go(address, { replace = false } = {}) {
  history[replace ? 'replaceState' : 'pushState']({}, '', within(address));
  return show();
}

// start shows the page of the present address in the element and follows links from then on.
export function start(element) {
  outlet = element;
  addEventListener('popstate', () => show(true));
  document.addEventListener('click', follow);
  return show();
}

function follow(event) {
  const link = event.target.closest?.('a[href]');
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const to = new URL(link.href);
  if (link.target || to.origin !== location.origin || !find(to.pathname)) return;
  if (to.pathname === location.pathname && to.hash) return;
  event.preventDefault();
  go(to.pathname + to.search + to.hash);
}

// show opens the page of the address.
export async function show(back = false) {
  const address = location.pathname;
  const found = find(address);
  const same = shown === address, begins = shown === '';
  leave();
  const end = new AbortController();
  const root = h('div.page', { 'data-own': true });
  const ctx = {
    params: found?.params ?? {},
    query: new URLSearchParams(location.search),
    setQuery: change,
    title: (text) => { document.title = text + ' · grue'; if (!begins && !same) announce(text); },
    live: (view, onItems, onGone) => {
      const one = live(view, onItems, onGone ?? ((problem) => trouble(root, problem)));
      end.signal.addEventListener('abort', () => one.close());
      return one;
    },
    onLeave: (fn) => end.signal.addEventListener('abort', fn),
    signal: end.signal,
  };
  leave = () => end.abort();
  shown = address;
  light(found?.route.nav);
  try {
    const open = found ? (await found.route.module()).default : missing;
    if (end.signal.aborted) return;
    patch(outlet, root);
    await open(root, ctx);
  } catch (err) {
    if (err.name === 'AbortError' || end.signal.aborted) return;
    console.error(err);
    trouble(root, { code: err.code || 'This page could not be shown', message: err.message });
    patch(outlet, root);
  }
  if (!back && !same) scrollTo(0, 0);
  if (!same && !begins && !root.contains(document.activeElement)) outlet.focus({ preventScroll: true });
}

// trouble fills a page with what is wrong.
export function trouble(root, { code, message }) {
  patch(root, h('section.nothing', h('h1', code), h('p', message), h('p', h('a.button', { href: '/ui/' }, 'All services'))));
}

function missing(root, ctx) {
  ctx.title('No such page');
  trouble(root, { code: 'No such page', message: 'Nothing is shown at ' + location.pathname + '.' });
}

// change writes parameters of the address without opening the page again.
function change(values) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(values)) if (value === null || value === '') query.delete(name); else query.set(name, value);
  const text = query.toString();
  history.replaceState(history.state, '', location.pathname + (text ? '?' + text : ''));
}

function light(nav) {
  for (const link of document.querySelectorAll('[data-nav]')) {
    if (nav && link.dataset.nav === nav) link.setAttribute('aria-current', 'page'); else link.removeAttribute('aria-current');
  }
}

