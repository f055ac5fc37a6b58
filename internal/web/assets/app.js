// What a page of the dashboard is made of. A page is a module in pages/ with a default export open(root, ctx):
//
//   import { h, patch, api, path, table, lines, ago } from '../app.js';
//   export default function open(root, ctx) {
//     ctx.title('Tasks');
//     const list = table({ caption: 'Tasks', columns: [{ head: 'Task', cell: (t) => t.id }] });
//     patch(root, h('h1', 'Tasks'), list.el);
//     ctx.live(path('tasks', ctx.params.cluster), (items) => list.update([...items]));
//   }
//
// It is registered in pages.js: page('/ui/tasks/:cluster', () => import('./pages/tasks.js'), 'tasks'). Links between pages are plain
// <a href="/ui/…">; path('/ui/tasks', cluster) escapes the parts. Styles: app.css holds the shell and everything shared (card, badge,
// table, button, chip, bar, grid); a page's own rules go into css/NAME.css, which app.css imports.
//
//   lib/dom.js      h, s        elements and SVG; only text and attributes, never markup
//                   patch       make an element's children equal to these, keeping focus and scroll
//                   rows        one element a key, built again only when its document changed
//                   frame       run in the next frame, once
//   lib/router.js   page, go    register a page, open an address; see page() for ctx (params, query, setQuery, title, live, onLeave, signal)
//   lib/live.js     live        a view of the server as a Map that stays true (use ctx.live)
//   lib/session.js  api         api('POST', path('/ui/api/…', x), body): JSON, CSRF and region are added; throws Failure {code, message, status}
//                   session     who is signed in; now() is the server's clock, path() escapes, within() adds the region
//   lib/format.js   count percent rate millis duration bytes words plural short revision brief image clock when ago since left
//   lib/table.js    table       rows of a view, cards on a phone; arrows: arrow keys in a list
//   lib/chart.js    lines       a live line chart with legend, crosshair and table; spark: a small line
//   lib/dialog.js   dialog      a modal dialog; decide: one that asks for a reason and acts
//   lib/toast.js    note        a short message; announce: for screen readers only
//   lib/parts.js    badge dot shares crumbs card icon copy problem   shared pieces

export { h, s, patch, rows, frame } from './lib/dom.js';
export { page, go, trouble } from './lib/router.js';
export { live } from './lib/live.js';
export { api, session, now, path, within, region, Failure } from './lib/session.js';
export { count, compact, percent, rate, millis, duration, bytes, words, plural, short, revision, brief, image, clock, when, ago, since, left } from './lib/format.js';
export { table, arrows } from './lib/table.js';
export { lines, spark } from './lib/chart.js';
export { dialog, decide } from './lib/dialog.js';
export { note, announce } from './lib/toast.js';
export { badge, dot, shares, crumbs, card, icon, copy, problem } from './lib/parts.js';
