// Starts a real weir in a folder of its own, and sees that it leaves nothing behind.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, test as nodeTest } from 'node:test';
import { toYaml } from './config.mjs';
import { Connection, fetchOnce } from './http.mjs';
import { children, isAlive, title } from './proc.mjs';

export const WEIR = process.env.WEIR ?? new URL('../../build/dev/weir', import.meta.url).pathname;
export const IS_LONG = process.env.WEIR_LONG === '1';

const DEADLINE_MS = 20_000;

/** A test with a deadline, so that a hang is a failure with a name. The options come last. */
export function test(name, body, { timeout = 120_000, ...options } = {}) {
  // node:test takes what is no function for a test that passes.
  assert.equal(typeof body, 'function', name);
  return nodeTest(name, { timeout, ...options }, body);
}

export function turn() {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Wait until `condition` gives something true; give it back. */
export async function until(condition, what, deadlineMs = DEADLINE_MS) {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A port that was free a moment ago. */
export async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Run weir with arguments to its end: {code, stdout, stderr}. */
export function runWeir(args, options = {}) {
  return new Promise((resolve) => {
    execFile(WEIR, args, { maxBuffer: 64 << 20, ...options }, (error, stdout, stderr) => {
      resolve({ code: error ? (error.code ?? error.signal) : 0, stdout, stderr });
    });
  });
}

export class Weir {
  #seen = new Set();
  #expectsDeaths = false;

  /** `uid`: whom to run as; `env`: beside ours; `files`: texts by name, beside the configuration. */
  constructor(config, { env = {}, uid, files = {} } = {}) {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'weir-test-'));
    this.file = path.join(this.folder, 'weir.yaml');
    this.socket = path.join(this.folder, 'control.sock');
    this.env = env;
    this.uid = uid;
    this.given = config;
    this.log = '';
    fs.mkdirSync(path.join(this.folder, 'state'));
    for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(this.folder, name), text);
    this.binary = WEIR;
    if (uid !== undefined) {
      // Somebody else may not be able to reach the build.
      this.binary = path.join(this.folder, 'weir');
      fs.copyFileSync(WEIR, this.binary);
      for (const each of [this.folder, path.join(this.folder, 'state')]) fs.chownSync(each, uid, uid);
    }
  }

  /** The configuration with what every weir of a test needs. */
  get config() {
    return {
      listen: [`127.0.0.1:${this.port}`],
      workers: 2,
      state_dir: path.join(this.folder, 'state'),
      control_socket: this.socket,
      drain_ms: 10_000,
      ...this.given,
    };
  }

  configure(config) {
    this.given = config;
    this.writeText(toYaml(this.config));
  }

  /** Replace the file as an editor does: whole, by a rename. */
  writeText(text) {
    fs.writeFileSync(`${this.file}.new`, text);
    fs.renameSync(`${this.file}.new`, this.file);
  }

  async start() {
    this.port = await freePort();
    this.configure(this.given);
    this.child = spawn(this.binary, ['serve', '--config', this.file], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...this.env },
      ...(this.uid === undefined ? {} : { uid: this.uid, gid: this.uid }),
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => { this.log += text; });
    }
    this.exit = once(this.child, 'exit').then(([code, signal]) => {
      this.ended = { code, signal };
      return this.ended;
    });
    await until(() => this.isServing(), 'weir serves');
    await until(async () => (await this.status()).stdout.includes('state=running'), 'all workers serve');
    return this;
  }

  get pid() {
    return this.child.pid;
  }

  /** A generation is published and somebody accepts. */
  async isServing() {
    if (this.ended) throw new Error(`weir ended with ${JSON.stringify(this.ended)}:\n${this.log}`);
    try {
      const answer = await this.fetch({ path: '/v1/models' });
      this.#note();
      return answer.status !== 503;
    } catch {
      return false;
    }
  }

  fetch(request) {
    return fetchOnce(this.port, request);
  }

  /** GET with a key. */
  get(url, key, headers = {}) {
    return this.fetch({ path: url, headers: { ...(key ? { authorization: `Bearer ${key}` } : {}), ...headers } });
  }

  /** POST a JSON text (or an object) with a key. */
  post(url, key, body, headers = {}) {
    return this.fetch({
      method: 'POST', path: url, body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
      headers: { ...(key ? { authorization: `Bearer ${key}` } : {}), 'content-type': 'application/json', ...headers },
    });
  }

  connect() {
    return Connection.open(this.port);
  }

  run(...args) {
    return runWeir([...args, '--socket', this.socket]);
  }

  status() {
    return this.run('status');
  }

  /** The sums over all workers: {counters, gauges}. */
  async totals() {
    return JSON.parse((await this.run('status', '--json')).stdout).totals;
  }

  /** `weir reload`, after the configuration was replaced when one is given. */
  reload(config) {
    if (config) this.configure(config);
    return this.run('reload');
  }

  hup() {
    process.kill(this.pid, 'SIGHUP');
  }

  /** The number in the header of an answer of now. */
  async generation() {
    const answer = await this.get('/v1/models');
    return generationOf(answer);
  }

  #note() {
    const pids = children(this.pid);
    for (const pid of [this.pid, ...pids]) this.#seen.add(pid);
    return pids;
  }

  /** Pids of the processes with that word in their title, by title: `worker`, `steward`. */
  processes(word) {
    return this.#note()
      .map((pid) => ({ pid, title: title(pid) }))
      .filter((each) => each.title.startsWith(`weir: ${word}`))
      .sort((a, b) => a.title.localeCompare(b.title))
      .map((each) => each.pid);
  }

  workers() {
    return this.processes('worker');
  }

  /** For tests that kill a child themselves. */
  expectDeaths() {
    this.#expectsDeaths = true;
  }

  /** Stop; every process that was seen is gone, and no sanitizer or invariant spoke. */
  async stop() {
    if (!this.ended) {
      if (!this.#expectsDeaths) await this.#assertNothingIsHeld();
      this.#note();
      process.kill(this.pid, 'SIGTERM');
      await until(() => this.ended, `weir ends after SIGTERM; it said:\n${this.log}`, 30_000);
      assert.deepEqual(this.ended, { code: 0, signal: null }, this.log);
    }
    await until(() => [...this.#seen].every((pid) => !isAlive(pid)), 'no process is left', 15_000);
    this.#assertCleanLog();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  /** Who has no request open holds no body, no call and no generation but the live one. */
  async #assertNothingIsHeld() {
    const workers = this.workers().length;
    let gauges;
    await until(async () => {
      ({ gauges } = await this.totals());
      return gauges.calls_open === 0 && gauges.body_bytes === 0 && gauges.generations_held === workers;
    }, 'nothing is held').catch((error) => assert.fail(`${error.message}: ${JSON.stringify(gauges)}`));
  }

  #assertCleanLog() {
    assert.ok(!/Sanitizer|runtime error|invariant failed/.test(this.log), this.log);
    if (!this.#expectsDeaths) assert.ok(!/was ended by signal|: killed$/m.test(this.log), this.log);
  }
}

/** A weir for a whole file; it is stopped after the last test. */
export async function startWeir(config, options) {
  const weir = await new Weir(config, options).start();
  after(() => weir.stop());
  return weir;
}

/** A weir for one test. */
export async function withWeir(config, body, options) {
  const weir = await new Weir(config, options).start();
  let failed = true;
  try {
    await body(weir);
    failed = false;
  } finally {
    if (failed) {
      // What went wrong is what the test says, not how the cleaning up went.
      await weir.stop().catch(() => weir.child.kill('SIGKILL'));
    } else {
      await weir.stop();
    }
  }
}

export function generationOf(answer) {
  const [, number] = /^(\d+)-[0-9a-f]{8}$/.exec(answer.headers['x-weir-generation'] ?? '')
    ?? assert.fail(`x-weir-generation: ${answer.headers['x-weir-generation']}`);
  return Number(number);
}

/** Is it the OpenAI envelope, with this code? */
export function assertOpenAiError(answer, status, code) {
  assert.equal(answer.status, status, answer.text);
  assert.match(answer.headers['content-type'], /^application\/json/);
  const { error, ...rest } = answer.json;
  assert.deepEqual(Object.keys(rest), [], 'nothing beside error');
  assert.deepEqual(Object.keys(error), ['message', 'type', 'param', 'code']);
  assert.equal(typeof error.message, 'string');
  assert.equal(typeof error.type, 'string');
  if (code !== undefined) assert.equal(error.code, code);
  assert.ok(answer.headers['x-request-id'], 'x-request-id');
}

/** Is it the Anthropic envelope, with this type? */
export function assertAnthropicError(answer, status, type) {
  assert.equal(answer.status, status, answer.text);
  const body = answer.json;
  assert.equal(body.type, 'error');
  assert.equal(typeof body.error.message, 'string');
  assert.equal(body.error.type, type);
  assert.equal(body.request_id, answer.headers['request-id'], 'request_id is the header');
}
