// Chromium, and pages of it that are watched: an error on the console, a violation of the content security policy, an exception or a
// request that fails is kept, and ends the test.

import { createRequire } from 'node:module';

const require = createRequire(process.env.MODULES + '/');
const { chromium } = require('playwright-core');
const axe = require.resolve('axe-core/axe.min.js');

export const limit = Number(process.env.LIMIT ?? 180_000); // milliseconds that anything may take on a slow machine
export const desk = { width: 1440, height: 900 }, phone = { width: 390, height: 844 };

let browser;
const faults = [], pages = [];

export async function launch() {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
}

export const close = () => browser?.close();

// tell writes a line for the log of the test.
export const tell = (text) => process.stdout.write(text + '\n');

// fault keeps what is wrong; the program goes on, so that one run shows all.
export function fault(text) {
  faults.push(text);
  tell('FAULT ' + text);
}

// check keeps a fault unless ok.
export const check = (ok, text) => { if (!ok) fault(text); };

// verdict says what was found, and that no page ran a script of its data.
export async function verdict() {
  for (const page of pages) if (!page.isClosed() && await page.evaluate(() => 'hacked' in window)) fault('text became markup on ' + page.url());
  return faults;
}

// A page that is left ends its event streams and what it still asked for; and Chromium drops connections when the machine gets another
// interface, which every task is, and opens streams again.
const harmless = /net::ERR_(ABORTED|NETWORK_CHANGED)/;

// open makes a page in a context of its own; expected is a pattern of addresses whose refusals belong to the test.
export async function open({ size = desk, colours = 'light', expected = null } = {}) {
  const context = await browser.newContext({ viewport: size, colorScheme: colours, ignoreHTTPSErrors: true, reducedMotion: 'reduce' });
  context.setDefaultTimeout(limit);
  await context.addInitScript({ path: axe });
  await context.addInitScript(() => document.addEventListener('securitypolicyviolation', (e) => console.error(`CSP: ${e.violatedDirective} ${e.blockedURI}`)));
  const page = await context.newPage();
  page.on('pageerror', (err) => fault(`exception on ${page.url()}: ${err.stack}`));
  page.on('console', (m) => { if (m.type() === 'error' && !expected?.test(m.location().url) && !harmless.test(m.text())) fault(`console on ${page.url()}: ${m.text()}`); });
  page.on('response', (r) => { if (r.status() >= 400 && !expected?.test(r.url())) fault(`${r.status()} of ${r.url()}`); });
  page.on('requestfailed', (r) => { const why = String(r.failure()?.errorText); if (!harmless.test(why)) fault(`${why} of ${r.url()}`); });
  pages.push(page);
  return page;
}

// see waits until an element with a text shows.
export async function see(page, selector, text) {
  const found = text === undefined ? page.locator(selector) : page.locator(selector, { hasText: text });
  await found.first().waitFor({ state: 'visible' });
  return found.first();
}

// until waits for a condition inside the page.
export const until = (page, condition, argument) => page.waitForFunction(condition, argument, { timeout: limit, polling: 100 });
