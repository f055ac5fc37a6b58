// Short messages at the edge of the page, read out by screen readers.

import { h } from './dom.js';

// note shows a message for some seconds; tone is info, good, warn or bad. Bad ones stay longer.
export function note(message, tone = 'info') {
  const stack = document.getElementById('toasts');
  const toast = h('div.toast', { class: tone },
    h('span.toast-text', message),
    h('button.plain', { type: 'button', 'aria-label': 'Dismiss', onclick: () => toast.remove() }, '×'));
  stack.append(toast);
  while (stack.children.length > 4) stack.firstChild.remove();
  setTimeout(() => toast.remove(), tone === 'bad' ? 12000 : 6000);
}

// announce reads a sentence to screen readers and shows nothing.
export function announce(sentence) {
  const spoken = document.getElementById('spoken');
  if (spoken.textContent !== sentence) spoken.textContent = sentence;
}
