// The login of a grue that is reached from other machines.

import { open, see, check } from './browse.mjs';
import { look, paint } from './looks.mjs';
import { far, farID, farSecret } from './world.mjs';

export async function login() {
  if (!far) return;
  const page = await open({ expected: /\/ui\/api\/session$/ });
  await page.goto(far + '/ui/services/default/none?x=1');
  await see(page, 'form.login');
  await paint(page, 'the login');
  await look(page, 'login');
  const signIn = async (id, secret) => {
    await page.locator('#key').fill(id);
    await page.locator('#secret').fill(secret);
    const [answer] = await Promise.all([page.waitForResponse((r) => /\/ui\/api\/session$/.test(r.url()) && r.request().method() === 'POST'), page.keyboard.press('Enter')]);
    return answer.status();
  };
  const wrong = await signIn(farID, 'wrong');
  check(wrong >= 400 && wrong < 500, 'a wrong secret was answered with ' + wrong);
  await see(page, 'form.login .trouble', /\S/);
  await look(page, 'login-refused');
  const test = await signIn('test', 'test'); // the development key is for loopback
  check(test >= 400 && test < 500 && await page.locator('form.login').isVisible(), 'the development key opens a grue from elsewhere');
  await signIn(farID, farSecret);
  await page.locator('form.login').waitFor({ state: 'detached' });
  await page.goto(far + '/ui/');
  await see(page, '.first', 'Nothing is deployed');
  await look(page, 'empty');

  const cookie = (await page.context().cookies()).find((c) => c.name.startsWith('grue'));
  check(cookie?.secure && cookie.httpOnly && cookie.sameSite === 'Strict', 'the cookie: ' + JSON.stringify({ ...cookie, value: '…' }));
  const forged = await page.context().request.post(far + '/ui/api/match', { data: {}, ignoreHTTPSErrors: true });
  check(forged.status() === 403, 'a POST without the token of the session was answered with ' + forged.status());
  await page.getByRole('button', { name: 'Session' }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await see(page, 'form.login');
}
