// Rows that are drawn when they come near the screen. A thousand services change their rate once a second;
// only those that somebody can see are built again.

import { frame } from '../../app.js';

// lazy keeps one element a key: `start(doc, key)` makes it with what search and screen readers need, `fill(el, doc)` draws the rest.
// It returns row(key, doc), and row.only(keys) forgets the others.
export function lazy(start, fill) {
  const kept = new Map(), byElement = new WeakMap();
  const eye = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const one = byElement.get(entry.target);
      if (!one) continue;
      one.near = entry.isIntersecting;
      if (one.near && one.drawn !== one.doc) draw(one);
    }
  }, { rootMargin: '600px 0px' });

  function draw(one) {
    one.work ??= () => {
      if (one.drawn === one.doc) return;
      one.drawn = one.doc;
      fill(one.el, one.doc);
    };
    frame(one.work);
  }

  const row = (key, doc) => {
    let one = kept.get(key);
    if (!one) {
      one = { el: start(doc, key), doc, near: false };
      kept.set(key, one);
      byElement.set(one.el, one);
      eye.observe(one.el);
    } else if (one.doc !== doc) {
      one.doc = doc;
      if (one.near) draw(one);
    }
    return one.el;
  };
  row.only = (keys) => {
    const wanted = new Set(keys);
    for (const [key, one] of kept) if (!wanted.has(key)) { eye.unobserve(one.el); kept.delete(key); }
  };
  return row;
}
