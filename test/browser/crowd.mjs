// A thousand services: all there, found at once, and only those near the screen are drawn.

import { open, see, until, check, tell } from './browse.mjs';
import { paint } from './looks.mjs';
import { wish } from './world.mjs';

export async function crowd() {
  const url = await wish('crowd');
  const page = await open();
  await page.goto(url + '/ui/');
  await see(page, 'p', '1,000 services');
  await paint(page, 'a thousand services');
  await until(page, () => document.querySelectorAll('a.service-name').length === 1000);
  await page.evaluate(() => {
    window.slow = [];
    new PerformanceObserver((list) => window.slow.push(...list.getEntries().map((e) => Math.round(e.duration)))).observe({ entryTypes: ['longtask'] });
  });
  await page.locator('a.service-name').first().focus();
  await page.keyboard.press('End'); // to a line that was never drawn
  await until(page, () => [...document.querySelectorAll('.service')].at(-1).textContent.includes('Rolling'));
  check(await page.evaluate(() => document.activeElement.textContent) === 'service-0999', 'the focus is lost on the way to the last service');
  await page.keyboard.press('/');
  await page.keyboard.type('0777', { delay: 40 });
  await until(page, () => document.querySelectorAll('.service').length === 1);
  check((await page.locator('.service').textContent()).includes('service-0777'), 'the search finds another service');
  await page.keyboard.press('ArrowDown');
  check(await page.evaluate(() => document.activeElement.textContent) === 'service-0777', 'the arrow key does not reach what was found');
  tell('tasks of more than 50 ms while a thousand services scroll and are searched: ' + (await page.evaluate(() => window.slow)).join(', '));
  await page.keyboard.press('/');
  await page.keyboard.press('Escape');
  await until(page, () => document.querySelectorAll('.service').length === 1000);
}
