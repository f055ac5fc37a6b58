// How a page looks: a picture and axe in every size and colour.

import { desk, phone, fault, tell } from './browse.mjs';
import { shots } from './world.mjs';

const looks = [['desk', desk, 'light'], ['desk', desk, 'dark'], ['phone', phone, 'dark'], ['phone', phone, 'light']];

// look takes pictures of the page as it is, under a name, and has axe check it; the page then is as it was.
export async function look(page, name) {
  await page.evaluate(() => scrollTo(0, 0));
  const before = page.viewportSize();
  for (const [form, size, colours] of looks) {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme: colours });
    await painted(page);
    await inspect(page, `${name}, ${form}, ${colours}`);
    await page.screenshot({ path: `${shots}/${name}-${form}-${colours}.png`, fullPage: true });
  }
  await page.setViewportSize(before);
  await page.emulateMedia({ colorScheme: 'light' });
}

// painted waits for two frames: what the new size changes is drawn.
export const painted = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

async function inspect(page, where) {
  const { violations, wide } = await page.evaluate(async () => ({
    violations: (await window.axe.run(document, { resultTypes: ['violations'] })).violations
      .map((v) => ({ id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.slice(0, 3).map((n) => n.target.join(' ') + ' ' + (n.any[0]?.message ?? '')) })),
    wide: document.documentElement.scrollWidth - innerWidth,
  }));
  for (const v of violations) {
    const text = `axe on ${where}: ${v.impact} ${v.id}: ${v.help}: ${v.nodes.join('; ')}`;
    if (['serious', 'critical'].includes(v.impact)) fault(text);
    else tell(text);
  }
  if (wide > 0) fault(`${where} is ${wide} pixels wider than the screen`);
}

// paint tells when something was on the screen first.
export async function paint(page, name) {
  const ms = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime);
  tell(`first contentful paint of ${name}: ${ms === undefined ? 'unknown' : Math.round(ms) + ' ms'}`);
}
