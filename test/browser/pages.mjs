// Logs, tasks, the history of a service, load balancers and the manual.

import { see, until, check } from './browse.mjs';
import { look, painted } from './looks.mjs';
import { url, evil, balancer, shots } from './world.mjs';

// logs reads lines as they come, and finds one.
export async function logs(page) {
  await page.goto(url + '/ui/services/default/talker');
  await page.getByRole('link', { name: 'Tasks and logs' }).click();
  await look(page, 'tasks');
  await page.locator('.tasks-win a').first().click();
  await see(page, '.log-text', evil);
  const newest = () => [...document.querySelectorAll('.log-text')].map((e) => e.textContent).findLast((t) => /^line \d+$/.test(t));
  const before = await (await until(page, newest)).jsonValue();
  await until(page, (was) => [...document.querySelectorAll('.log-text')].map((e) => e.textContent).findLast((t) => /^line \d+$/.test(t)) !== was, before);
  await see(page, '.chart', 'Memory');
  await look(page, 'task');
  await page.locator('.log').scrollIntoViewIfNeeded(); // lines that are not on the screen are not drawn
  await painted(page);
  await until(page, () => { const box = document.querySelector('.log'); return box.scrollHeight - box.scrollTop - box.clientHeight < 30; }); // it still follows
  await page.screenshot({ path: shots + '/task-log-desk-light.png' });

  await page.goto(url + '/ui/logs');
  await see(page, '.log-text', 'line');
  await page.locator('.logview input[type=search]').fill('img src=x');
  await see(page, '.log-text mark', 'img src=x');
  await until(page, () => [...document.querySelectorAll('.log-text')].every((e) => e.textContent.includes('img src=x')));
  check((await page.locator('.log-text').first().textContent()) === evil, 'the line is not shown as it was written');
  await look(page, 'logs-search');
  await page.locator('.logview input[type=search]').fill('no such line');
  await see(page, '.log-state', 'No line has it');
}

// history shows what all deployments came to, and compares revisions.
export async function history(page) {
  await page.goto(url + '/ui/services/default/shop');
  await see(page, '.table td', 'The colours are wrong');
  await see(page, '.table td', 'Prices are right ' + evil);
  await see(page, '.table td', 'shop-errors');
  await page.getByRole('button', { name: /^Failed or rolled back/ }).click();
  await until(page, () => document.querySelectorAll('table:has(a[href*="/deployments/"]) tbody tr').length === 2);
  await page.getByRole('button', { name: /^All/ }).click();
  await page.getByRole('button', { name: /^Compare revision/ }).first().click();
  await see(page, '#compare .difference, .diff .difference', 'GREETING');
  await look(page, 'service');
  const long = await page.evaluate(() => document.querySelector('main').innerText.match(/\d{16,}/g) ?? []);
  check(long.length === 0, 'revisions with all their digits: ' + long.join(' '));
}

// balancers asks which rule a request matches.
export async function balancers(page) {
  await page.goto(url + '/ui/balancers');
  await see(page, 'td a', balancer);
  await look(page, 'balancers');
  await page.locator('td a', { hasText: balancer }).first().click();
  await see(page, '.rule');
  await see(page, '.badge', /healthy/i);
  await page.locator('#match-url').fill('/orders?page=2');
  await page.getByRole('button', { name: 'Which rule?' }).click();
  await see(page, '.match-result', 'Default rule');
  await see(page, '.rule.hit');
  await look(page, 'balancer');
}

// manual opens the documentation.
export async function manual(page) {
  await page.goto(url + '/ui/docs');
  await see(page, 'h1');
  await look(page, 'docs');
  await page.locator('.docs-nav a').nth(1).click();
  await see(page, '.docs-text h1');
  await look(page, 'docs-page');
}
