// Elements without a framework. A page builds the tree that it wants with h()
// and hands it to patch(), which changes only what differs, so that focus,
// scroll positions and open details survive. Text and attributes are the only
// way in: nothing here parses markup.

const SVG = 'http://www.w3.org/2000/svg';
const handlers = Symbol('handlers');
const keyOf = Symbol('key');

// frames of work: everything that changes the page in one frame runs together.
const queue = new Set();
export function frame(work) {
  if (!queue.size) (document.hidden ? setTimeout : requestAnimationFrame)(flush);
  queue.add(work);
}
function flush() {
  const now = [...queue];
  queue.clear();
  for (const work of now) work();
}

// h makes an element: h('div.card.wide', {attributes}, ...children).
// Children are strings, numbers, nodes, lists of them, or null/false (nothing).
// Attributes: `key` names a child among its siblings, `class` adds classes
// (string or list), `vars` sets CSS custom properties, `onclick` and the like
// take functions, true/false set or leave out an attribute, `value` and
// `checked` set the property.
export function h(spec, attrs, ...children) {
  return build(document.createElement(spec.split('.')[0]), spec, attrs, children);
}

// s makes an element of SVG, as h does.
export function s(spec, attrs, ...children) {
  return build(document.createElementNS(SVG, spec.split('.')[0]), spec, attrs, children);
}

function build(el, spec, attrs, children) {
  if (attrs === null || attrs === undefined || typeof attrs !== 'object' || attrs instanceof Node || Array.isArray(attrs)) {
    children = [attrs, ...children];
    attrs = {};
  }
  const classes = spec.split('.').slice(1).concat(attrs.class ?? []).filter(Boolean);
  if (classes.length) el.setAttribute('class', classes.join(' '));
  for (const [name, value] of Object.entries(attrs)) if (name !== 'class') put(el, name, value);
  add(el, children);
  return el;
}

function put(el, name, value) {
  if (name === 'key') el[keyOf] = String(value);
  else if (typeof value === 'function') listen(el, name.slice(2), value);
  else if (name === 'vars') for (const [k, v] of Object.entries(value)) el.style.setProperty(k, v);
  else if (value === null || value === undefined || value === false) return;
  else if (name === 'value' || name === 'checked') { el[name] = value; if (name === 'checked') el.setAttribute(name, ''); }
  else if (name === 'style' || name.startsWith('on') || name === 'srcdoc') throw new Error(name + ' is not an attribute for h()');
  else if (name === 'href' && !safe(value)) return;
  else el.setAttribute(name, value === true ? '' : String(value));
}

// safe tells whether an address leads to a page and runs nothing.
function safe(href) {
  try { return ['http:', 'https:', 'mailto:'].includes(new URL(href, location.href).protocol); } catch { return false; }
}

// Handlers live in a table beside the element, so that patch() can renew them.
function listen(el, type, fn) {
  if (!el[handlers]) el[handlers] = {};
  if (!el[handlers][type]) el.addEventListener(type, dispatch);
  el[handlers][type] = fn;
}
function dispatch(event) {
  this[handlers][event.type]?.call(this, event);
}

function add(el, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false || child === true) continue;
    if (Array.isArray(child)) add(el, child);
    else el.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

// patch makes the children of an element equal to the given ones. A child that
// is in the page already (the same node) stays as it is: charts and dialogs
// live through it. Others are matched by key, or by their order and kind.
export function patch(parent, ...children) {
  const nodes = [];
  collect(children, nodes);
  const stay = new Set(nodes);
  const keys = new Set(nodes.map((node) => node[keyOf]));
  const named = new Map();
  for (const old of parent.childNodes) if (old[keyOf] !== undefined && !stay.has(old)) named.set(old[keyOf], old);
  let at = parent.firstChild;
  for (const node of nodes) {
    while (at && !stay.has(at) && at[keyOf] !== undefined && !keys.has(at[keyOf])) at = drop(at);
    let use = node;
    if (node.parentNode !== parent) {
      const have = node[keyOf] === undefined ? follower(at, node, stay) : named.get(node[keyOf]);
      if (have && alike(have, node)) {
        use = morph(have, node);
        stay.add(use);
      }
    }
    if (use === at) at = at.nextSibling;
    else parent.insertBefore(use, at);
  }
  for (const old of [...parent.childNodes]) if (!stay.has(old)) old.remove();
}

function drop(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

// follower is the next element without a key that a new one may become.
function follower(at, node, stay) {
  for (; at; at = at.nextSibling) if (at[keyOf] === undefined && !stay.has(at) && alike(at, node)) return at;
  return null;
}

function collect(children, into) {
  for (const child of children) {
    if (child === null || child === undefined || child === false || child === true) continue;
    if (Array.isArray(child)) collect(child, into);
    else into.push(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

function alike(a, b) {
  return a.nodeName === b.nodeName && a[keyOf] === b[keyOf] && !a.hasAttribute?.('data-own') && !b.hasAttribute?.('data-own');
}

// morph makes an element that is in the page equal to a new one.
export function morph(el, next) {
  if (el === next) return el;
  if (el.nodeType !== Node.ELEMENT_NODE) {
    if (el.nodeValue !== next.nodeValue) el.nodeValue = next.nodeValue;
    return el;
  }
  for (const { name } of [...el.attributes]) {
    if (!next.hasAttribute(name) && !(name === 'open' && (el.tagName === 'DETAILS' || el.tagName === 'DIALOG'))) el.removeAttribute(name);
  }
  for (const { name, value } of next.attributes) {
    if (name === 'style') continue;
    if (el.getAttribute(name) !== value) el.setAttribute(name, value);
  }
  for (const name of next.style ?? []) {
    const value = next.style.getPropertyValue(name);
    if (el.style.getPropertyValue(name) !== value) el.style.setProperty(name, value);
  }
  if ('value' in next && el.tagName !== 'LI' && el !== document.activeElement && el.value !== next.value) el.value = next.value;
  for (const [type, fn] of Object.entries(next[handlers] ?? {})) listen(el, type, fn);
  for (const type of Object.keys(el[handlers] ?? {})) if (!next[handlers]?.[type]) el[handlers][type] = undefined;
  patch(el, [...next.childNodes]);
  return el;
}

// rows keeps one element a key and builds it again only when its document is
// another object than last time (the live store keeps unchanged ones).
// `const row = rows((doc, key) => h(…))`, then `row(key, doc)`, and at the end of a
// round `row.only(keys)` forgets the others.
export function rows(make) {
  const kept = new Map();
  const row = (key, doc) => {
    const have = kept.get(key);
    if (have?.doc === doc) return have.el;
    const next = make(doc, key);
    next[keyOf] = String(key);
    const el = have && alike(have.el, next) ? morph(have.el, next) : next;
    kept.set(key, { doc, el });
    return el;
  };
  row.only = (keys) => { const set = new Set(keys); for (const key of kept.keys()) if (!set.has(key)) kept.delete(key); };
  return row;
}
