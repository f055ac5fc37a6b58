// "Which rule would this request match?": asked of the matcher of the proxies.

import { h, patch, api, card, badge, problem, announce } from '../../app.js';

export function matcher(name, show) {
  const port = h('select', { id: 'match-port' });
  const method = h('input', { id: 'match-method', value: 'GET', list: 'match-methods', autocomplete: 'off', spellcheck: 'false' });
  const url = h('input', { id: 'match-url', placeholder: '/api/orders?page=2  or  //shop.example/api/orders', autocomplete: 'off', spellcheck: 'false', required: true, value: '/' });
  const headers = h('textarea', { id: 'match-headers', rows: 3, placeholder: 'X-Canary: always\nCookie: a=b', spellcheck: 'false' });
  const source = h('input', { id: 'match-source', placeholder: 'of this browser', autocomplete: 'off', spellcheck: 'false' });
  const out = h('div.match-answer', { role: 'status' });
  const clear = h('button', { type: 'button', hidden: true, onclick: () => { patch(out); clear.hidden = true; show(null); } }, 'Clear');
  const form = h('form.match', { onsubmit: (event) => { event.preventDefault(); ask(); } },
    h('div.match-line', field('Listener', port, 'match-port'), field('Method', method, 'match-method'), h('div.match-url', h('label', { for: 'match-url' }, 'URL or path'), url)),
    h('datalist', { id: 'match-methods' }, ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'].map((m) => h('option', { value: m }))),
    h('details', h('summary', 'Headers and source address'), h('div.match-more', field('Headers, one a line', headers, 'match-headers'), field('Source address', source, 'match-source'))),
    h('div.actions', h('button.good', { type: 'submit' }, 'Which rule?'), clear), out);
  const el = card('Which rule would this request match?', { id: 'match-title' }, form);
  el.setAttribute('data-own', '');

  async function ask() {
    const at = parse(url.value.trim());
    const pairs = headers.value.split('\n').map((line) => line.trim()).filter(Boolean).map((line) => {
      const i = line.indexOf(':');
      return i < 0 ? { name: line, value: '' } : { name: line.slice(0, i), value: line.slice(i + 1).trim() };
    });
    try {
      const answer = await api('POST', '/ui/api/match', { lb: name, port: Number(port.value), method: method.value.trim() || 'GET', host: at.host, path: at.path, query: at.query, headers: pairs, sourceIp: source.value.trim() });
      tell(answer);
      clear.hidden = false;
      show(answer);
    } catch (err) {
      patch(out, problem(err));
      show(null);
    }
  }

  function tell(a) {
    patch(out, h('p.match-result', badge(a.priority, 'good', a.priority === 'default' ? 'Default rule' : 'Rule ' + a.priority), h('span', a.action.words, '.'),
      a.location && h('span', ' It leads to ', h('code', a.location), '.'), a.rewritten && h('span', ' The target is asked for ', h('code', a.rewritten), '.')),
    h('ol.match-steps', a.why.map((w) => h('li', { class: w.matched ? 'hit' : 'miss' }, h('b', w.priority === 'default' ? 'Default' : 'Rule ' + w.priority),
      h('span', w.matched ? ['matches: ', w.wanted] : ['wants: ', w.wanted, h('span.dim', ', but ' + w.got)])))));
    announce(`${a.priority === 'default' ? 'The default rule' : 'Rule ' + a.priority} matches and ${a.action.words}`);
  }

  return {
    el,
    listeners(list) {
      const have = port.value;
      patch(port, list.map((l) => h('option', { value: String(l.port) }, `${l.protocol} ${l.port}`)));
      if (have) port.value = have;
      el.hidden = list.length === 0;
    },
  };
}

const field = (label, control, id) => h('div', h('label', { for: id }, label), control);

// parse takes an address apart without decoding anything: rules see it as it is sent.
function parse(text) {
  const match = /^(?:[a-z]+:)?\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?/i.exec(text);
  if (match) return { host: match[1], path: match[2] || '/', query: match[3] ?? '' };
  const [, at, query] = /^([^?#]*)(?:\?([^#]*))?/.exec(text);
  return { host: '', path: at.startsWith('/') || !at ? at || '/' : '/' + at, query: query ?? '' };
}
