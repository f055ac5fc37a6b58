// Drives the dashboard through everything that a person does with it. The test in Go starts it, and ends it.

import { launch, close, tell, fault, verdict } from './browse.mjs';
import { canary } from './canary.mjs';
import { rolledBack, rejected } from './bad.mjs';
import { logs, history, balancers, manual } from './pages.mjs';
import { login } from './login.mjs';
import { crowd } from './crowd.mjs';

process.on('SIGINT', async () => { await close(); process.exit(130); });

let page;
const steps = { canary: async () => { page = await canary(); }, rolledBack, rejected, logs, history, balancers, manual, login, crowd };

await launch();
try {
  for (const [name, step] of Object.entries(steps)) {
    const began = Date.now();
    await step(page);
    tell(`${name} took ${((Date.now() - began) / 1000).toFixed(1)} s`);
  }
} catch (err) {
  fault(err.stack);
  await page?.screenshot({ path: process.env.SHOTS + '/failed.png', fullPage: true }).catch(() => {});
}
const faults = await verdict();
await close();
process.exit(faults.length ? 1 : 0);
