// A canary: seen to begin, watched, approved twice.

import { open, see, until, check, phone, tell } from './browse.mjs';
import { look, paint } from './looks.mjs';
import { wish, url, evil } from './world.mjs';

// watched keeps what an element's text was, each change once.
const watch = (page) => page.evaluate(() => {
  window.weights = [];
  const note = () => {
    const at = (side) => document.querySelector(`.side.is-${side} .weight b`)?.textContent.replace(/\s/g, '') ?? '';
    const now = at('blue') + '/' + at('green');
    if (now !== '/' && window.weights.at(-1) !== now) window.weights.push(now);
  };
  note();
  new MutationObserver(note).observe(document.querySelector('main'), { subtree: true, childList: true, characterData: true });
});

// press goes with the Tab key to a button whose name begins with a text, and presses Enter.
export async function press(page, text) {
  for (let i = 0; i < 80; i++) {
    if (await page.evaluate((t) => document.activeElement?.matches('button') && document.activeElement.textContent.trim().startsWith(t), text)) return page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
  }
  throw new Error(`the Tab key does not reach ${text}`);
}

export async function canary() {
  const page = await open();
  await page.goto(url + '/ui/');
  await see(page, 'a.service-name', 'shop');
  await paint(page, 'the home page');
  check(await page.locator('form.login').count() === 0, 'a login on loopback');
  await see(page, '.service', 'Successful');
  await look(page, 'home-quiet');

  await page.evaluate(() => { window.same = true; });
  await wish('deploy', { version: 'v2' });
  await see(page, '.service a.badge', 'Waits for approval');
  await see(page, '.approval', 'waits for your approval');
  check(await page.evaluate(() => window.same === true), 'the home page was loaded again');
  await look(page, 'home-approval');
  await page.getByRole('link', { name: 'Review' }).click();

  await see(page, '.approval', 'Waits for your decision');
  await watch(page);
  const address = page.url();
  await see(page, '.difference', evil); // of the environment, as text
  await until(page, () => [...document.querySelectorAll('.charts .legend')].some((l) => /\d req\/s|\d\/s/.test(l.textContent)));
  await look(page, 'deployment-waits');

  // The first step is approved with the keyboard alone.
  await page.evaluate(() => document.activeElement?.blur());
  await press(page, 'Continue');
  await see(page, 'dialog textarea');
  check(await page.evaluate(() => document.activeElement.id) === 'reason', 'the dialog does not put the cursor into the reason');
  await look(page, 'dialog');
  await page.keyboard.type(' ');
  await page.keyboard.press('Control+Enter');
  await see(page, 'dialog .trouble', 'say why');
  await page.keyboard.type('Prices are right ' + evil);
  await press(page, 'Continue');
  await see(page, '.decision', 'Prices are right ' + evil);
  const told = await page.locator('.decision', { hasText: 'Prices are right' }).textContent();
  check(/Continue.* by .+ from .*(dashboard|127\.0\.0\.1|::1)/i.test(told), 'who decided from where: ' + told);
  tell('decision: ' + told);

  // A tenth of the traffic; the second step is approved on a phone.
  await see(page, '.side.is-green .weight b', '10');
  const small = await open({ size: phone, colours: 'dark' });
  await small.goto(address);
  await see(small, '.approval', 'Waits for your decision');
  await look(page, 'deployment-canary');
  await small.getByRole('button', { name: 'Continue', exact: true }).click();
  await small.getByRole('button', { name: 'Looks good' }).click();
  await small.locator('dialog button[type=submit]').click();
  await small.locator('dialog').waitFor({ state: 'detached' });
  await small.context().close();

  await see(page, 'h1 + .facts-line .badge', 'Successful');
  const weights = await page.evaluate(() => window.weights);
  tell('weights blue/green: ' + weights.join(' → '));
  check(/^100%\/0% 90%\/10% 0%\/100%/.test(weights.join(' ')), 'the weights went ' + weights.join(' → '));
  check(await page.evaluate(() => window.same === true), 'the page was loaded again');
  await look(page, 'deployment-done');
  return page;
}
