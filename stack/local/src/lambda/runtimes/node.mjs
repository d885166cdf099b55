// Runs a Node.js handler for the local cloud: the function's side of the Runtime API.
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { createRequire, register, syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import util from 'node:util';

const environment = process.env;
const [host, port] = environment.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const JSON_LOGS = environment.AWS_LAMBDA_LOG_FORMAT === 'JSON';
const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
// What the runtime of AWS brings along, and here the machine has to.
const BROUGHT = /^(@aws-sdk\/|@smithy\/|aws-sdk$)/;
let requestId;

// Makers of custom resources answer by HTTPS at the host of their ResponseURL, and many leave out its port. Here it answers
// without TLS, at the port of the cloud; nothing else is touched.
function answerHere() {
  if (!environment.AWS_ENDPOINT_URL) return;
  const cloud = new URL(environment.AWS_ENDPOINT_URL);
  const plain = http.request;
  for (const module of [https, http]) {
    const request = module.request;
    module.request = (target, ...rest) => {
      const asked = typeof target === 'string' ? new URL(target) : target;
      const location = String(asked.path ?? asked.pathname ?? '');
      if ((asked.hostname ?? asked.host) !== cloud.hostname || !location.startsWith('/_stack/cloudformation/')) {
        return request(target, ...rest);
      }
      const { agent, protocol, ...options } = asked instanceof URL ? {} : asked;
      const here = { ...options, hostname: cloud.hostname, port: cloud.port, path: asked.path ?? asked.pathname + asked.search };
      return plain(here, ...rest);
    };
  }
  syncBuiltinESMExports();
}

class Failure extends Error {
  constructor(name, message) {
    super(message);
    this.name = name;
  }
}

function call(method, location, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const options = { host, port, agent, method, path: `/2018-06-01/runtime${location}`, headers };
    const request = http.request(options, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks).toString() }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

function fail(location, told) {
  const headers = { 'content-type': 'application/json', 'lambda-runtime-function-error-type': told.errorType };
  return call('POST', location, JSON.stringify(told), headers);
}

function described(thrown) {
  if (!util.types.isNativeError(thrown) && !(thrown?.name && thrown?.message)) {
    return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
  }
  const stack = typeof thrown.stack === 'string' ? thrown.stack.split('\n') : [];
  const own = stack.filter((line) => !line.includes(import.meta.url) && !line.includes('node:internal/'));
  return { errorType: thrown.name, errorMessage: thrown.message, trace: own };
}

function write(level, message) {
  const threshold = LEVELS.indexOf(environment.AWS_LAMBDA_LOG_LEVEL);
  if (JSON_LOGS && LEVELS.indexOf(level) < threshold) return;
  const timestamp = new Date().toISOString();
  const line = JSON_LOGS
    ? JSON.stringify({ timestamp, level, requestId, message })
    : `${timestamp}\t${requestId ?? 'undefined'}\t${level}\t${message}`;
  try {
    fs.writeSync(1, `${line}\n`);
  } catch {
    // Nobody reads any more: the cloud is gone. Telling that would fail in the same way, without end.
    process.exit(1);
  }
}

function setUpConsole() {
  const writer = (level) => (...parts) => {
    const only = parts.length === 1 ? parts[0] : undefined;
    const asObject = JSON_LOGS && typeof only === 'object' && only !== null && !util.types.isNativeError(only);
    write(level, asObject ? only : util.format(...parts));
  };
  Object.assign(console, {
    log: writer('INFO'),
    info: writer('INFO'),
    debug: writer('DEBUG'),
    trace: writer('TRACE'),
    warn: writer('WARN'),
    error: writer('ERROR'),
  });
}

/** The file of a module that a handler names without its extension. */
function fileOf(base) {
  const isFile = (file) => fs.statSync(file, { throwIfNoEntry: false })?.isFile();
  return [base, `${base}.js`, `${base}.mjs`, `${base}.cjs`].find(isFile);
}

/** Whether the nearest package.json says that `.js` files are ES modules. */
function isModulePackage(directory) {
  for (let at = directory; ; at = path.dirname(at)) {
    try {
      return JSON.parse(fs.readFileSync(path.join(at, 'package.json'), 'utf8')).type === 'module';
    } catch {
      if (at === path.dirname(at) || at === environment.LAMBDA_TASK_ROOT) return false;
    }
  }
}

async function importFile(file) {
  const asModule = () => import(pathToFileURL(file).href);
  if (file.endsWith('.mjs') || (file.endsWith('.js') && isModulePackage(path.dirname(file)))) return asModule();
  try {
    return createRequire(file)(file);
  } catch (error) {
    // ES module syntax in a `.js` file, which newer versions of Node.js take as it is meant.
    if (error.code === 'ERR_REQUIRE_ESM' || error.code === 'ERR_REQUIRE_ASYNC_MODULE') return asModule();
    throw error;
  }
}

async function load() {
  const named = environment._HANDLER;
  const [, directory, module, names] = /^(.*\/)?([^/.]+)\.(.+)$/.exec(named) ?? [];
  if (!module || named.includes('..')) throw new Failure('Runtime.MalformedHandlerName', 'Bad handler');
  const base = path.resolve(environment.LAMBDA_TASK_ROOT, directory ?? '', module);
  const file = fileOf(base);
  if (!file) throw new Failure('Runtime.ImportModuleError', `Error: Cannot find module '${path.basename(base)}'`);
  let exported;
  try {
    exported = await importFile(file);
  } catch (error) {
    if (error instanceof SyntaxError) throw new Failure('Runtime.UserCodeSyntaxError', String(error));
    if (!['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'].includes(error?.code)) throw error;
    const missing = /Cannot find (?:module|package) '([^']+)'/.exec(error.message)?.[1] ?? '';
    const help = BROUGHT.test(missing)
      ? `. AWS brings \`${missing}\` along, here the machine has to: npm install --global ${missing}`
      : '';
    throw new Failure('Runtime.ImportModuleError', `${error}${help}`);
  }
  const find = (from) => names.split('.').reduce((value, name) => value?.[name], from);
  const handler = find(exported) ?? find(exported.default);
  if (handler === undefined) throw new Failure('Runtime.HandlerNotFound', `${named} is undefined or not exported`);
  if (typeof handler !== 'function') throw new Failure('Runtime.HandlerNotFound', `${named} is not a function`);
  return handler;
}

/** The second argument of a handler, and the promise of an answer that comes by callback. */
function contextOf(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  const parsed = (name) => (headers[name] ? JSON.parse(headers[name]) : undefined);
  let settle;
  const called = new Promise((resolve, reject) => {
    settle = (error, result) => (error ? reject(error) : resolve(result));
  });
  // Only a handler without a promise waits for it.
  called.catch(() => {});
  const context = {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: environment.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: environment.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: environment.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: environment.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parsed('lambda-runtime-client-context'),
    identity: parsed('lambda-runtime-cognito-identity'),
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    getRemainingTimeInMillis: () => Math.max(deadline - Date.now(), 0),
    done: (error, result) => settle(error, result),
    fail: (error) => settle(error ?? new Error('handled')),
    succeed: (result) => settle(null, result),
  };
  return { context, called, settle };
}

let idleWaiters = [];

function whenIdle() {
  return new Promise((resolve) => idleWaiters.push(resolve));
}

async function run(handler, event, headers) {
  const { context, called, settle } = contextOf(headers);
  const returned = handler(event, context, settle);
  if (typeof returned?.then === 'function') return returned;
  // A function that calls nobody back has answered when nothing is left to do.
  const idle = whenIdle();
  const answer = await Promise.race([called, idle.then(() => undefined)]);
  if (context.callbackWaitsForEmptyEventLoop) await idle;
  return answer;
}

function encoded(answer) {
  try {
    return JSON.stringify(answer === undefined ? null : answer) ?? 'null';
  } catch (error) {
    throw new Failure('Runtime.MarshalError', `Unable to stringify response body: ${error.message}`);
  }
}

/** Tells of an error that nobody caught, then ends: the state of the process is unknown. */
function setUpEnd() {
  // What the function writes by itself: as in write().
  process.stdout.on('error', () => process.exit(1));
  process.stderr.on('error', () => process.exit(1));
  const end = (kind, code) => async (thrown) => {
    const told = kind ? { ...described(thrown), errorType: kind, errorMessage: String(thrown) } : described(thrown);
    write('ERROR', `Uncaught Exception \t${JSON.stringify(told)}`);
    await fail(requestId ? `/invocation/${requestId}/error` : '/init/error', told).catch(() => {});
    process.exit(code);
  };
  process.on('uncaughtException', end(undefined, 129));
  process.on('unhandledRejection', end('Runtime.UnhandledPromiseRejection', 128));
}

async function main() {
  setUpConsole();
  answerHere();
  setUpEnd();
  process.on('beforeExit', () => {
    const waiters = idleWaiters;
    idleWaiters = [];
    waiters.forEach((resolve) => resolve());
  });
  register('./node_resolve.mjs', import.meta.url);
  globalThis.awslambda = {
    streamifyResponse() {
      throw new Failure('Runtime.StreamingUnserved', 'the local cloud does not stream the response of a managed runtime');
    },
  };
  let handler;
  try {
    handler = await load();
  } catch (error) {
    const told = described(error);
    write('ERROR', `Uncaught Exception \t${JSON.stringify(told)}`);
    await fail('/init/error', told);
    process.exit(1);
  }
  for (;;) {
    const { headers, body } = await call('GET', '/invocation/next').catch(() => process.exit(1));
    requestId = headers['lambda-runtime-aws-request-id'];
    environment._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'] ?? '';
    try {
      const answer = encoded(await run(handler, JSON.parse(body), headers));
      await call('POST', `/invocation/${requestId}/response`, answer, { 'content-type': 'application/json' });
    } catch (error) {
      const told = described(error);
      write('ERROR', `Invoke Error \t${JSON.stringify(told)}`);
      await fail(`/invocation/${requestId}/error`, told);
    }
    requestId = undefined;
  }
}

main();
