// The login: the credentials of the API open a session.

import { h, patch } from './dom.js';
import { session, signIn } from './session.js';

// login shows the form and ends when somebody signed in.
export function login(main) {
  document.title = 'Sign in · grue';
  document.getElementById('nav').hidden = true;
  patch(document.getElementById('tools'));
  main.removeAttribute('aria-busy');
  return new Promise((signed) => {
    const trouble = h('div.trouble', { role: 'alert' });
    const id = h('input', { id: 'key', name: 'username', autocomplete: 'username', required: true, spellcheck: 'false', autocapitalize: 'off' });
    const secret = h('input', { id: 'secret', name: 'password', type: 'password', autocomplete: 'current-password', required: true });
    const token = h('input', { id: 'token', autocomplete: 'off', spellcheck: 'false' });
    const send = h('button.good', { type: 'submit' }, 'Sign in');
    const form = h('form.login.card', { onsubmit: async (event) => {
      event.preventDefault();
      patch(trouble);
      send.disabled = true;
      try {
        await signIn(id.value.trim(), secret.value, token.value.trim() || undefined);
        if (session.signedIn) return signed();
        patch(trouble, h('span', 'The server opened no session.'));
      } catch (err) {
        patch(trouble, h('strong', err.code), h('span', err.message));
        secret.select();
      } finally {
        send.disabled = false;
      }
    } },
    h('h1', 'Sign in'),
    h('p.dim', 'With the same access key as for the API. The session lasts eight hours from its last use.'),
    h('label', { for: 'key' }, 'Access key id'), id,
    h('label', { for: 'secret' }, 'Secret access key'), secret,
    h('details', h('summary', 'Temporary credentials'), h('label', { for: 'token' }, 'Session token'), token), trouble, send);
    patch(main, form);
    id.focus();
  });
}
