// A bad version goes back by itself, and a person rejects another.

import { see, check, phone, desk } from './browse.mjs';
import { look } from './looks.mjs';
import { wish, url } from './world.mjs';

const ended = 'h1 + .facts-line .badge';

// deployed waits on the home page for the next deployment and opens it.
async function deployed(page, version, mode = '') {
  await page.goto(url + '/ui/');
  await see(page, '.service', 'Successful');
  await wish('deploy', { version, mode });
  const link = await see(page, '.service a.badge', /Waits for approval/);
  await link.click();
  await see(page, '.approval', 'Waits for your decision');
}

// rolledBack has test traffic find errors: the alarm fires before production sees any.
export async function rolledBack(page) {
  await deployed(page, 'v3', 'faulty');
  await wish('test traffic');
  await see(page, ended, /rollback successful|rolled back/i);
  const cause = await see(page, '.outcome', 'shop-errors');
  check(/alarm/i.test(await cause.textContent()), 'the cause is told as ' + await cause.textContent());
  await see(page, '.event', /roll/i);
  await look(page, 'deployment-rolled-back');
  await page.goto(url + '/ui/alarms/shop-errors');
  await see(page, 'h1', 'shop-errors');
  await see(page, '.event', 'ALARM');
  await look(page, 'alarm');
  await wish('no test traffic');
  await wish('settled');
  await page.goto(url + '/ui/alarms');
  await see(page, 'tr', 'shop-errors');
  await see(page, 'tr:has-text("shop-errors") .badge', /^OK$/i);
  await look(page, 'alarms');
}

// rejected sends a version back on a phone.
export async function rejected(page) {
  await page.setViewportSize(phone);
  await page.goto(url + '/ui/');
  await wish('deploy', { version: 'v4' });
  await (await see(page, '.approval a.button', 'Review')).click();
  await page.getByRole('button', { name: 'Reject and roll back' }).click();
  await page.locator('#reason').fill('The colours are wrong');
  await page.locator('dialog button[type=submit]').click();
  await see(page, ended, /rollback successful|rolled back/i);
  await see(page, '.outcome', 'root decided it (dashboard 127.0.0.1): The colours are wrong');
  await see(page, '.decision', 'The colours are wrong');
  await look(page, 'deployment-rejected');
  await page.setViewportSize(desk);
  await wish('settled');
}
