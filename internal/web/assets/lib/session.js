// Who is signed in, in which region, and calls of the server.

import { note } from './toast.js';

// session is what GET /ui/api/session answered last.
export const session = { signedIn: false, who: '', account: '', region: '', regions: [], csrf: '', version: '', minute: 60 };

let skew = 0; // milliseconds that the server's clock is ahead of this one's

// now is the server's time, in milliseconds since 1970.
export function now() { return Date.now() + skew; }

// Failure is an error of the server in AWS's form: a code and a message.
export class Failure extends Error {
  constructor(code, message, status) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

// load asks who is signed in.
export async function load() {
  const asked = Date.now();
  const answer = await fetch('/ui/api/session', { headers: { accept: 'application/json' } });
  const date = Date.parse(answer.headers.get('date') ?? '');
  if (date && Math.abs(date - asked) > 3000) skew = date - asked; // the header has whole seconds
  if (!answer.ok) throw new Failure('HTTP ' + answer.status, 'grue is not ready yet', answer.status);
  const before = session.version;
  Object.assign(session, { signedIn: false, regions: [] }, await answer.json());
  if (before && before !== session.version) note(`grue is ${session.version} now, this page is of ${before}: load it again.`, 'warn');
  return session;
}

// signIn opens a session with the credentials of the API; temporary ones have a token.
export async function signIn(accessKeyId, secretAccessKey, sessionToken) {
  await api('POST', '/ui/api/session', { accessKeyId, secretAccessKey, sessionToken });
  return load();
}

export async function signOut() {
  await api('DELETE', '/ui/api/session');
  session.signedIn = false;
}

// region is the one that the address names, else the session's.
export function region() {
  return new URLSearchParams(location.search).get('region') || session.region;
}

// within adds the region of this page to an address, unless it is the session's.
export function within(path) {
  if (region() === session.region || /[?&]region=/.test(path)) return path;
  return path + (path.includes('?') ? '&' : '?') + 'region=' + encodeURIComponent(region());
}

// path joins segments of an address and escapes each: path('/ui/services', cluster, name).
export function path(base, ...segments) {
  return [base, ...segments.map((one) => encodeURIComponent(one))].join('/');
}

// api calls the server and returns its JSON. It throws a Failure with the code and the
// message of the server. `signal` cancels.
export async function api(method, address, body, { signal } = {}) {
  const headers = { accept: 'application/json' };
  if (method !== 'GET') headers['x-grue-csrf'] = session.csrf;
  if (body !== undefined) headers['content-type'] = 'application/json';
  let answer;
  try {
    answer = await fetch(within(address), { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (err) {
    if (err.name === 'AbortError') throw err;
    throw new Failure('Unreachable', 'grue does not answer. Is it running? Nothing was changed unless the page says so once it is back.', 0);
  }
  const text = await answer.text();
  let doc = {};
  try { doc = text ? JSON.parse(text) : {}; } catch { doc = { message: text.slice(0, 300) }; }
  if (answer.ok) return doc;
  if (answer.status === 401 && session.signedIn) expired();
  throw new Failure(doc.code || 'HTTP ' + answer.status, doc.message || answer.statusText || 'The server answered ' + answer.status, answer.status);
}

// expired tells that the session is over, and the shell shows the login.
export function expired() {
  if (!session.signedIn) return;
  session.signedIn = false;
  note('Your session is over. Sign in again to go on.', 'warn');
  document.dispatchEvent(new CustomEvent('grue:expired'));
}
