// Views that stay true: a keyed document over server-sent events, see
// internal/web. The server sends the whole once and then what changed.

import { frame } from './dom.js';
import { within, session, load, expired } from './session.js';
import { note } from './toast.js';

const streams = new Set(); // every open subscription

// live subscribes to a view and calls onItems(items, changed) in a frame of the browser whenever it
// changed: `items` is a Map from key to document (unchanged documents stay the same objects), `changed`
// the set of keys that were set or removed, null for the first time. `onGone({code, message})` is called
// when the subject does not exist. The stream ends with close(); a page uses ctx.live, which closes
// it when the page is left. Hidden pages hold no stream: browsers allow six a server.
export function live(view, onItems, onGone = () => {}) {
  const stream = new Stream('/ui/live/' + view, onItems, onGone);
  streams.add(stream);
  if (!document.hidden) stream.open();
  return { close: () => { streams.delete(stream); stream.close(); show(); }, items: stream.items };
}

class Stream {
  constructor(address, onItems, onGone) {
    Object.assign(this, { address, onItems, onGone, items: new Map(), changed: null, failures: 0, first: true });
  }

  open() {
    if (this.source || this.closed) return;
    const source = this.source = new EventSource(within(this.address));
    source.addEventListener('full', (event) => this.full(JSON.parse(event.data).items ?? {}));
    source.addEventListener('delta', (event) => this.delta(JSON.parse(event.data)));
    source.addEventListener('gone', (event) => { this.pause(); this.up(); this.onGone(JSON.parse(event.data)); });
    source.onerror = () => this.fail(source);
  }

  // pause ends the connection and keeps what was read.
  pause() {
    this.source?.close();
    this.source = null;
    clearTimeout(this.timer);
  }

  close() {
    this.closed = true;
    this.pause();
  }

  full(items) {
    this.up();
    for (const key of [...this.items.keys()]) if (!(key in items)) { this.items.delete(key); this.changed?.add(key); }
    for (const [key, doc] of Object.entries(items)) {
      const have = this.items.get(key);
      if (have === undefined || JSON.stringify(have) !== JSON.stringify(doc)) this.set(key, doc);
    }
    this.deliver();
  }

  delta({ set = {}, gone = [] }) {
    for (const [key, doc] of Object.entries(set ?? {})) this.set(key, doc);
    for (const key of gone ?? []) if (this.items.delete(key)) this.changed?.add(key);
    this.deliver();
  }

  set(key, doc) {
    this.items.set(key, doc);
    this.changed?.add(key);
  }

  deliver() {
    this.work ??= () => {
      if (this.closed) return;
      const changed = this.first ? null : this.changed;
      this.first = false;
      this.changed = new Set();
      this.onItems(this.items, changed);
    };
    this.changed ??= new Set();
    frame(this.work);
  }

  up() {
    this.failures = 0;
    if (this.down) { this.down = false; show(); }
  }

  async fail(source) {
    if (source !== this.source) return;
    this.pause();
    if (!this.down) { this.down = true; setTimeout(show, 1200); }
    const wait = Math.min(5000, 400 * 2 ** this.failures++);
    this.timer = setTimeout(async () => {
      try {
        const was = session.signedIn;
        await load();
        if (was && !session.signedIn) { session.signedIn = true; return expired(); }
      } catch { return this.fail(this.source); }
      if (!this.closed && streams.has(this) && !document.hidden) this.open();
    }, wait);
  }
}

let told = false;

// show tells that the connection was lost, and that it is back.
function show() {
  const down = [...streams].some((stream) => stream.down);
  if (down === told) return;
  told = down;
  document.documentElement.toggleAttribute('data-offline', down);
  document.getElementById('offline').textContent = down ? 'Connection to grue lost. What you see is of the moment before; trying again…' : '';
  if (!down && streams.size) note('Connected again. Everything here is up to date.', 'good');
}

document.addEventListener('visibilitychange', () => {
  for (const stream of streams) {
    clearTimeout(stream.rest);
    if (document.hidden) stream.rest = setTimeout(() => stream.pause(), 15000);
    else stream.open();
  }
});
