// One task: state and why, its containers, what it uses, what it writes.

import { h, patch, path, crumbs, card, badge, table, lines, short, bytes, duration, since, when, left, words, copy, image, compact, revision } from '../app.js';
import { logview } from '../lib/logview.js';

export default function open(root, ctx) {
  const { cluster, task: id } = ctx.params;
  ctx.title('Task ' + id.slice(0, 8));
  const head = h('div'), facts = h('dl.facts'), steps = h('ol.steps'), logs = logview({ label: 'Lines of the log' });
  ctx.onLeave(logs.close);
  let chosen = ctx.query.get('container') ?? '', shown = '', limits = {};
  const containers = table({ caption: 'Containers', columns: [
    { head: 'Container', cell: (c) => [h('b', c.name), !c.essential && h('span.dim.small', ' not essential')] },
    { head: 'State', cell: (c) => [badge(c.status, c.status === 'STOPPED' ? (c.exitCode === 0 ? 'calm' : 'bad') : c.health === 'UNHEALTHY' ? 'bad' : undefined, c.exitCode !== undefined ? 'Exit code ' + c.exitCode : undefined), c.health && c.health !== 'UNKNOWN' && h('span.small.dim', ' ' + c.health.toLowerCase()), c.reason && h('p.bad-text.small', c.reason)] },
    { head: 'Image', cell: (c) => [h('span', { title: c.image }, image(c.image)), c.digest && h('p.dim.small', h('code', { title: c.digest }, short(c.digest)), copy(c.digest, 'Copy the digest of ' + c.name))] },
    { head: 'Ports', hide: 'phone', cell: (c) => (c.ports ?? []).join(', ') },
    { head: 'Reserved', hide: 'phone', cell: (c) => [Number(c.cpu) > 0 && c.cpu + ' CPU units ', c.memory && c.memory + ' MiB'] },
    { head: 'Restarts', class: 'num', cell: (c) => c.restarts || '' },
    { head: 'Ran', class: 'num', cell: (c) => c.startedAt && (c.finishedAt ? duration((Date.parse(c.finishedAt) - Date.parse(c.startedAt)) / 1000) : since(c.startedAt)) },
  ] });
  const targets = table({ caption: 'Target groups', columns: [
    { head: 'Target group', cell: (t) => [t.group, t.balancer && h('p.small', h('a', { href: path('/ui/balancers', t.balancer) }, t.balancer))] },
    { head: 'Target', cell: (t) => h('code', t.id + ':' + t.port) },
    { head: 'Health', cell: (t) => [badge(t.state, { healthy: 'good', unhealthy: 'bad', initial: 'busy', draining: 'warn' }[t.state] ?? 'calm'), t.words && h('p.dim.small', t.words)] },
  ] });
  const cpu = lines({ title: 'Processors', series: [{ name: 'used', tone: 'blue', area: true }], format: (v) => (v > 0 && v < 0.1 ? String(Number(v.toFixed(4))) : compact(v)), height: 130 });
  const memory = lines({ title: 'Memory', series: [{ name: 'used', tone: 'green', area: true }], format: (v) => bytes(v === null || v === undefined ? v : v * 1048576), height: 130 });
  const unused = h('p.empty', 'Measures come with the second that it runs.');
  const charts = h('div.grid', { 'data-own': true, hidden: true }, cpu.el, memory.el);
  const targetCard = card('Traffic', {}, targets.el), resources = card('Resources', {}, unused, charts);
  const choice = h('div.chips', { role: 'group', 'aria-label': 'Container whose log is shown' });
  const silent = h('p.empty', { hidden: true });
  patch(root, crumbs(['Tasks', '/ui/tasks'], [cluster, path('/ui/tasks', cluster)], [id.slice(0, 12)]), head,
    h('div.task-top', card('What happened', {}, steps), card('Details', {}, facts)),
    card('Containers', {}, containers.el), targetCard,
    resources,
    card('Log', { tools: choice }, silent, logs.el));

  ctx.live(path('task', cluster, id), (items, changed) => {
    const touched = (prefix) => !changed || [...changed].some((key) => key.startsWith(prefix));
    const all = (prefix) => [...items].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1));
    const t = items.get('task');
    if (!t) return;
    if (touched('task')) {
      limits = t;
      top(t);
      targetCard.hidden = !(t.targets?.length > 0);
      targets.update((t.targets ?? []).map((x) => [x.group + x.id + x.port, x]));
    }
    if (touched('container/')) {
      containers.update(all('container/'));
      output(all('container/').map(([, c]) => c));
    }
    if (touched('usage/')) usage([...items].filter(([key]) => key.startsWith('usage/')).sort(([a], [b]) => a.slice(6) - b.slice(6)).flatMap(([, u]) => u.points));
  });

  function top(t) {
    const stopped = t.lastStatus === 'STOPPED';
    const bad = stopped ? t.stopCode === 'TaskFailedToStart' || (t.stopCode === 'EssentialContainerExited' && (t.containers ?? []).some((c) => c.exitCode)) : t.health === 'UNHEALTHY';
    patch(head, h('div.page-head', h('div', h('h1', 'Task ', h('code', id.slice(0, 12)), copy(t.arn, 'Copy the ARN')),
      h('div.facts-line', badge(t.lastStatus, bad ? 'bad' : stopped ? 'calm' : t.healthy ? 'good' : undefined),
        t.desiredStatus === 'STOPPED' && !stopped && badge('STOPPING'),
        t.service && h('span', 'of ', h('a', { href: path('/ui/services', cluster, t.service) }, t.service), ' revision ', h('b', { title: t.revision }, revision(t.revision))),
        h('span', h('b', t.taskDefinition)), t.protectedUntil && h('span', 'protected for ', left(t.protectedUntil))))),
    t.why && h('section.outcome', { class: bad ? 'bad' : stopped ? 'plainly' : 'warn', 'aria-label': 'Why' }, h('p', t.why)));
    const fact = (name, value) => value && [h('dt', name), h('dd', value)];
    patch(facts, fact('Group', t.group), fact('Started by', t.startedBy), fact('Runs on', t.capacityProvider || t.launchType), fact('Zone', t.zone),
      fact('Address', t.ip && [h('code', t.ip), copy(t.ip, 'Copy the address')]), fact('Network', t.networkMode),
      fact('Size', [t.cpuLimit > 0 && compact(t.cpuLimit) + ' processors', t.cpuLimit > 0 && t.memoryLimit > 0 && ', ', t.memoryLimit > 0 && bytes(t.memoryLimit)].some(Boolean) && [t.cpuLimit > 0 && compact(t.cpuLimit) + ' processors', t.cpuLimit > 0 && t.memoryLimit > 0 && ', ', t.memoryLimit > 0 && bytes(t.memoryLimit)]),
      fact('Service Connect', t.connect), fact('Cloud Map', t.registry), fact('Stop code', t.stopCode && words(t.stopCode.replace(/([a-z])([A-Z])/g, '$1_$2'))),
      fact('Shell', !stopped && (t.executeCommand ? [h('code', `grue exec ${id.slice(0, 12)}`)] : 'execute command is not enabled')));
    steps.classList.toggle('over', stopped);
    resources.hidden = stopped && charts.hidden;
    patch(steps, timeline(t));
  }

  // timeline is the life of the task with the time that each step took.
  function timeline(t) {
    const moments = [['Made', t.createdAt], ['Pull of images began', t.pullStartedAt], ['Images were there', t.pullStoppedAt], ['Ran', t.startedAt], ['Asked to stop', t.stoppingAt], ['Containers had ended', t.executionStoppedAt], ['Stopped', t.stoppedAt]]
      .filter(([, at]) => at);
    return moments.map(([text, at], i) => h('li', { key: text }, h('span', text), h('span.dim.small', when(at)), h('span.num.small', i > 0 && '+ ' + duration((Date.parse(at) - Date.parse(moments[i - 1][1])) / 1000))));
  }

  // usage brings measures of uneven distance onto a scale of seconds.
  function usage(points) {
    unused.hidden = points.length > 1;
    charts.hidden = points.length < 2;
    resources.hidden = charts.hidden && limits.lastStatus === 'STOPPED';
    if (points.length < 2) return;
    const at = points.map((p) => Date.parse(p.at));
    const end = at[at.length - 1], from = Math.max(at[0], end - 600000);
    const step = Math.max(1, Math.ceil((end - from) / 1000 / 300)), n = Math.floor((end - from) / 1000 / step) + 1;
    const use = [], held = [];
    for (let i = 0, k = 0; i < n; i++) {
      const now = end - (n - 1 - i) * step * 1000;
      while (k + 1 < at.length && at[k + 1] <= now + 500) k++;
      const stale = now - at[k] > 70000;
      use.push(stale ? null : points[k].cpu);
      held.push(stale ? null : points[k].memory / 1048576);
    }
    const start = end - (n - 1) * step * 1000, done = limits.lastStatus === 'STOPPED';
    // A limit far above what is used would press the line onto the floor: then it stands in the legend alone.
    const limit = (list, most) => (most > 0 && Math.max(...list) > most / 3 ? most : undefined);
    const size = limits.memoryLimit / 1048576;
    cpu.update({ from: start, step, values: [use], names: [limits.cpuLimit > 0 ? `of ${compact(limits.cpuLimit)} reserved` : 'used'], limit: limit(use, limits.cpuLimit), done });
    memory.update({ from: start, step, values: [held], names: [size > 0 ? `of ${bytes(limits.memoryLimit)} reserved` : 'used'], limit: limit(held, size), done });
  }

  function output(list) {
    if (!list.some((c) => c.name === chosen)) chosen = (list.find((c) => c.output && c.essential) ?? list.find((c) => c.output) ?? list[0])?.name ?? '';
    patch(choice, list.length > 1 && list.map((c) => h('button.chip', { type: 'button', key: c.name, 'aria-pressed': String(c.name === chosen), onclick: () => { chosen = c.name; ctx.setQuery({ container: c.name }); output(list); } }, c.name)));
    const c = list.find((one) => one.name === chosen);
    const query = !c?.output ? null : c.output === 'logs' ? { group: c.logGroup, stream: c.logStream } : { cluster, task: id, container: c.name };
    silent.hidden = Boolean(query);
    silent.textContent = c ? c.name + ' has not written anything yet.' : 'The task has no containers.';
    logs.el.hidden = !query;
    if (JSON.stringify(query) === shown) return;
    shown = JSON.stringify(query);
    if (query) logs.open(query);
  }
}
