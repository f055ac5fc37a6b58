// The world outside the browser: the test in Go does what is wished here.

import { createInterface } from 'node:readline';

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

// wish asks, waits until it is done, and returns what the test says to it.
export async function wish(doing, more = {}) {
  process.stdout.write('? ' + JSON.stringify({ do: doing, ...more }) + '\n');
  const answer = await answers.next();
  if (answer.done) throw new Error('the test has ended');
  return answer.value;
}

export const { URL: url, FAR: far, FAR_ID: farID, FAR_SECRET: farSecret, EVIL: evil, BALANCER: balancer, SHOTS: shots } = process.env;
