// A client of the Lambda Runtime API for nodejs* functions of grue.

import { existsSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const { env } = process;
const [host, port] = env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

function call(method, route, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const options = { host, port, agent, method, path: `/2018-06-01/runtime/${route}`, headers };
    if (body !== undefined) options.headers = { ...headers, 'Content-Length': Buffer.byteLength(body) };
    const request = http.request(options, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks) }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

class Failure extends Error {
  constructor(kind, message) {
    super(message);
    this.name = kind;
  }
}

function describe(error) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return {
    errorType: error.name || 'Error',
    errorMessage: error.message,
    trace: (error.stack || '').split('\n'),
  };
}

async function fail(route, error) {
  const doc = describe(error);
  console.error(JSON.stringify({ ...doc, trace: undefined, stack: doc.trace }));
  const kind = error instanceof Failure ? error.name : 'Runtime.UserError';
  await call('POST', route, JSON.stringify(doc), {
    'Content-Type': 'application/json', 'Lambda-Runtime-Function-Error-Type': kind,
  });
}

async function load(name) {
  const dot = name.indexOf('.', name.lastIndexOf('/') + 1);
  if (dot < 1) throw new Failure('Runtime.MalformedHandlerName', 'Bad handler');
  const file = path.join(env.LAMBDA_TASK_ROOT, name.slice(0, dot));
  const found = ['', '.js', '.mjs', '.cjs'].map((end) => file + end).find((f) => existsSync(f));
  if (!found) throw new Failure('Runtime.ImportModuleError', `Error: Cannot find module '${name.slice(0, dot)}'`);
  let module;
  try {
    module = found.endsWith('.cjs') || found === file ? createRequire(import.meta.url)(found) : await import(pathToFileURL(found));
  } catch (error) {
    const kind = error instanceof SyntaxError ? 'Runtime.UserCodeSyntaxError' : 'Runtime.ImportModuleError';
    throw new Failure(kind, `${error.name}: ${error.message}`);
  }
  const at = (from) => name.slice(dot + 1).split('.').reduce((m, key) => m?.[key], from);
  const handler = at(module) ?? at(module.default);
  if (typeof handler !== 'function') {
    throw new Failure('Runtime.HandlerNotFound', `${name} is undefined or not exported`);
  }
  return handler;
}

function contextOf(headers, done) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  const parse = (text) => (text ? JSON.parse(text) : undefined);
  return {
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    tenantId: headers['lambda-runtime-aws-tenant-id'],
    clientContext: parse(headers['lambda-runtime-client-context']),
    identity: parse(headers['lambda-runtime-cognito-identity']),
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    succeed: (value) => done(null, value),
    fail: (error) => done(error),
    done,
  };
}

// invoke settles with the promise of an async handler, with the callback, or
// with null when the handler left nothing to wait for.
let idle = () => {};
process.on('beforeExit', () => idle());

function invoke(handler, event, headers) {
  return new Promise((resolve, reject) => {
    idle = () => resolve(null);
    const done = (error, value) => (error ? reject(error) : resolve(value));
    const result = handler(event, contextOf(headers, done), done);
    if (typeof result?.then === 'function') result.then(resolve, reject);
  });
}

async function one(handler, { headers, body }) {
  const id = headers['lambda-runtime-aws-request-id'];
  env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'] ?? '';
  let answer;
  try {
    answer = JSON.stringify((await invoke(handler, JSON.parse(body), headers)) ?? null);
  } catch (error) {
    await fail(`invocation/${id}/error`, error);
    return;
  }
  await call('POST', `invocation/${id}/response`, answer, { 'Content-Type': 'application/json' });
}

let handler;
try {
  handler = await load(env._HANDLER);
} catch (error) {
  await fail('init/error', error);
  process.exit(1);
}
for (;;) await one(handler, await call('GET', 'invocation/next'));
