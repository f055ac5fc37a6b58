// Dialogs: the browser's own, so that Esc closes them and the focus stays inside.

import { h, patch } from './dom.js';
import { note } from './toast.js';

// dialog shows a modal dialog and returns it; it removes itself when it closes.
export function dialog(title, ...content) {
  const id = 'd' + Math.random().toString(36).slice(2);
  const box = h('dialog.dialog', { 'aria-labelledby': id, 'data-own': true },
    h('div.dialog-head', h('h2', { id }, title),
      h('button.plain', { type: 'button', 'aria-label': 'Close', onclick: () => box.close() }, '×')),
    content);
  box.addEventListener('close', () => box.remove());
  box.addEventListener('click', (event) => { if (event.target === box) box.close(); });
  document.body.append(box);
  box.showModal();
  return box;
}

// decide asks for a reason and does something with it. `act(reason)` calls the server; its failure is shown
// in the dialog, with AWS's code and message, and what was written stays.
// decide({title, body, verb, tone: 'good'|'bad', suggestions: [], act, done})
export function decide({ title, body, verb, tone = 'good', suggestions = [], act, done }) {
  const trouble = h('div.trouble', { role: 'alert' });
  const field = h('textarea', { id: 'reason', rows: 3, maxlength: 1000, required: true, placeholder: 'For the record: it is kept with your name and the time.' });
  const send = h('button', { type: 'submit', class: tone }, verb);
  const form = h('form', {
    onsubmit: async (event) => {
      event.preventDefault();
      const reason = field.value.trim();
      if (!reason) { patch(trouble, 'Please say why, in a few words.'); field.focus(); return; }
      send.disabled = true;
      form.setAttribute('aria-busy', 'true');
      patch(trouble);
      try {
        await act(reason);
        box.close();
        if (done) note(done, 'good');
      } catch (err) {
        patch(trouble, h('strong', err.code || err.name), h('span', err.message));
      } finally {
        send.disabled = false;
        form.removeAttribute('aria-busy');
      }
    },
    onkeydown: (event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit(); },
  },
  h('div.dialog-body', body && h('div', body),
    h('label', { for: 'reason' }, 'Reason'), field,
    suggestions.length > 0 && h('div.suggestions', suggestions.map((text) =>
      h('button.chip', { type: 'button', onclick: () => { field.value = text; field.focus(); } }, text))),
    trouble),
  h('div.dialog-foot', h('button', { type: 'button', onclick: () => box.close() }, 'Cancel'), send));
  const box = dialog(title, form);
  field.focus();
  return box;
}
