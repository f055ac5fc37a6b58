// The start of the dashboard in a browser.

import './pages.js';
import { load, session } from './lib/session.js';
import { start, show } from './lib/router.js';
import { shell } from './lib/shell.js';
import { login } from './lib/login.js';

const main = document.getElementById('main');

async function begin() {
  try { await load(); } catch { /* the login tells it */ }
  if (!session.signedIn) await login(main);
  shell();
  await start(main);
  main.removeAttribute('aria-busy');
}

document.addEventListener('grue:expired', async () => {
  await login(main);
  shell();
  await show();
});

begin();
