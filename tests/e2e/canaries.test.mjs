// Secrets of a known text go through every door; then everything that outlives a request is searched
// for them, in every common spelling. A client's key is nowhere once its request is answered, but
// for its SHA-256; a provider's key is in the secrets and on its way to the provider, and in no core.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after } from 'node:test';
import { Admin, ask } from './admin.mjs';
import { digest, keyOf } from './config.mjs';
import { registry } from './fixture.mjs';
import { freePort, startWeir, test, until } from './harness.mjs';
import { Connection, requestBytes } from './http.mjs';
import { pieces, processMemory } from './memory.mjs';
import { openMemfds } from './proc.mjs';
import { OWN_PAGE, sessionKeyFile } from './signin.mjs';
import { Upstream } from './upstream.mjs';

/** All secrets begin and end with it, so that half a secret is found too. */
const MARK = randomBytes(12).toString('hex').replace(/\d/g, (digit) => 'ghijkmnpqr'[digit]);
const secret = (name) => `${MARK}.${name}.${MARK}`;

/** What the mark looks like in each spelling. */
function spellings(text) {
  const bytes = Buffer.from(text);
  const hex = bytes.toString('hex');
  const percent = hex.replace(/../g, '%$&');
  const found = new Set([text, text.toUpperCase(), hex, hex.toUpperCase(), percent, percent.toUpperCase(), Buffer.from(text, 'utf16le').toString('latin1')]);
  for (const before of [0, 1, 2]) {
    // The characters at the ends depend on what stands beside them.
    const base64 = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64').replaceAll('=', '').slice(before === 0 ? 0 : before + 1, -2);
    found.add(base64).add(base64.replaceAll('+', '-').replaceAll('/', '_'));
  }
  return [...found].map((each) => Buffer.from(each, 'latin1'));
}
const NEEDLES = spellings(MARK);

/** What stands around each occurrence of a secret, in any spelling. */
function traces(bytes) {
  const found = [];
  for (const needle of NEEDLES) {
    for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + needle.length)) {
      const context = bytes.subarray(Math.max(0, at - 40), at + needle.length + 40).toString('latin1');
      found.push(context.replace(/[^\x20-\x7e]+/g, '·').replaceAll(MARK, '<mark>'));
    }
  }
  return found;
}

function assertClean(what, content) {
  assert.deepEqual(traces(Buffer.from(content)), [], what);
}

const PROVIDER_KEY = secret('provider');
const ROOT = process.getuid() === 0;

const upstream = await Upstream.start();
after(() => upstream.stop());
const config = registry({ openai: upstream.url });
for (const provider of Object.values(config.providers)) provider.api_key = PROVIDER_KEY;
config.keys.yaml = keyOf(secret('yaml'), { user: 'ada' });
const adminPort = await freePort();
const weir = await startWeir({ ...config, admin: { listen: `127.0.0.1:${adminPort}` } });
const admin = new Admin(weir);
await until(() => admin.describe().catch(() => false), 'the admin API answers');

const stateDir = path.join(weir.folder, 'state');
const call = (rest = {}) => ({ model: 'gpt-mini', messages: [{ role: 'user', content: 'hi' }], ...rest });
/** Connections that are left open: their buffers are not given back. */
const open = [];
after(() => open.forEach((each) => each.close()));

/** Every answer passes through here: none of them says a secret, but for the model that `repeated` was. */
async function send(request, repeated = '') {
  const connection = await Connection.open(weir.port);
  open.push(connection);
  await connection.write(Buffer.isBuffer(request) ? request : requestBytes(request));
  const answer = await connection.readAnswer(request.method);
  assertClean(`head ${answer.status}`, answer.lines.join('\n'));
  assertClean(`body ${answer.status}`, repeated === '' ? answer.body : answer.text.replace(`\`${repeated}\``, ''));
  return answer;
}

const json = { 'content-type': 'application/json' };
const PLACES = {
  authorization: (key) => ({ headers: { authorization: `Bearer ${key}` } }),
  'x-api-key': (key) => ({ headers: { 'x-api-key': key } }),
  'x-goog-api-key': (key) => ({ headers: { 'x-goog-api-key': key } }),
  'api-key': (key) => ({ headers: { 'api-key': key } }),
  parameter: (key) => ({ query: `?key=${key}` }),
  'encoded parameter': (key) => ({ query: `?key=${Buffer.from(key).toString('hex').replace(/../g, '%$&')}` }),
};

/** The form for signing in. */
const form = (key, headers = OWN_PAGE) => ({
  method: 'POST', path: '/signin', headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ key, next: '/connect' }).toString(),
});

/** Keys that work. */
const known = [secret('yaml'), secret('imported')];

test('keys are made, imported and used, in every place where a key may stand', async () => {
  await admin.post('/admin/users', { name: 'anna', models: ['gpt-mini'] });
  const imported = await admin.post('/admin/keys/import?wait=true', {
    keys: [{ name: 'imported', key: secret('imported'), user: 'anna' }, { name: 'boss', key: secret('admin'), user: 'anna', scopes: ['admin'] }],
  }, { 'idempotency-key': 'import-1' });
  assert.equal(imported.json.created, 2, imported.text);
  assertClean('answer of the import', imported.text);

  const boss = { port: adminPort, headers: { authorization: `Bearer ${secret('admin')}` } };
  await until(async () => (await ask({ ...boss, path: '/admin/keys' })).status === 200, 'the admin key works');

  for (const key of known) {
    for (const place of Object.values(PLACES)) {
      const { headers = {}, query = '' } = place(key);
      assert.equal((await send({ path: `/v1/models${query}`, headers })).status, 200);
      // A list that is asked for again is kept, with the query that it answers.
      for (let i = 0; i < 6; i++) assert.equal((await send({ path: `/v1beta/models${query}`, headers })).status, 200);
      const answer = await send({ method: 'POST', path: `/v1/chat/completions${query}`, headers: { ...headers, ...json }, body: JSON.stringify(call()) });
      assert.equal(answer.status, 200, answer.text);
    }
    const signedIn = await send(form(key));
    assert.equal(signedIn.status, 303, signedIn.text);
    const [cookie] = signedIn.headers['set-cookie'].split(';');
    assert.equal((await send({ path: '/v1/models', headers: { cookie } })).status, 200);
  }
  assert.equal((await send(form(secret('form-unknown')))).headers.location, '/connect?signin=failed');
  for (const { head } of upstream.requests) {
    const text = head.toString('latin1');
    assert.ok(text.includes(PROVIDER_KEY), 'the provider gets its key');
    assertClean('what the provider gets besides', text.replace(PROVIDER_KEY, ''));
  }
});

/** What a core of the master or a worker would have of secrets: [text around it]. */
function inCores() {
  const dumped = [];
  for (const pid of [weir.pid, ...weir.workers()]) {
    let kept = 0;
    for (const { name, isDumped, bytes } of processMemory(pid)) {
      if (isDumped) dumped.push(...traces(bytes).map((each) => `${pid} ${name}: ${each}`));
      else kept += traces(bytes).length;
    }
    if (pid !== weir.pid) assert.ok(kept > 0, 'the search finds what is there: the secrets that a worker maps');
  }
  return dumped;
}

test('a core of the master or of a worker has no key of a client or provider', () => {
  assert.deepEqual(inCores(), []);
}, { skip: !ROOT && 'reads memory of others: needs root' });

/** Requests that are refused, each with a secret in it. */
function refusals() {
  const bad = {};
  for (const [where, place] of Object.entries(PLACES)) {
    const named = (what) => place(secret(`${what} ${where}`.replaceAll(' ', '-')));
    const { headers = {}, query = '' } = named('unknown');
    bad[`an unknown key in ${where}`] = { path: `/v1/models${query}`, headers };
    const early = named('early');
    const lines = Object.entries(early.headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const url = `/v1/models${early.query ?? ''}`;
    for (const [what, text] of Object.entries({
      'a bad field after it': `GET ${url} HTTP/1.1\r\nhost: weir.test\r\n${lines}bad field\r\n\r\n`,
      'a bad field before it': `GET ${url} HTTP/1.1\r\nhost: weir.test\r\nbad field\r\n${lines}\r\n`,
      'no host': `GET ${url} HTTP/1.1\r\n${lines}\r\n`,
      'an unknown method': `BREW ${url} HTTP/1.1\r\nhost: weir.test\r\n${lines}\r\n`,
      'another version': `GET ${url} HTTP/3.7\r\nhost: weir.test\r\n${lines}\r\n`,
      'a body that is too long': `POST /v1/chat/completions${early.query ?? ''} HTTP/1.1\r\nhost: weir.test\r\n${lines}content-length: 99999999999\r\n\r\n`,
      'no such route': `GET /v1/none${early.query ?? ''} HTTP/1.1\r\nhost: weir.test\r\n${lines}\r\n`,
      'a method that the route has not': `DELETE ${url} HTTP/1.1\r\nhost: weir.test\r\n${lines}\r\n`,
    })) bad[`${what}, and a key in ${where}`] = Buffer.from(text);
  }
  const both = { authorization: `Bearer ${secret('one')}`, 'x-api-key': secret('other') };
  bad['an unknown key in a foreign form'] = form(secret('form-foreign'), { origin: 'https://evil.test' });
  bad['a key in a form that is too long'] = form(secret('form-long').repeat(200));
  bad['a key in what is no form'] = { ...form(secret('form-type')), headers: OWN_PAGE };
  bad['a key in a broken form'] = { ...form(''), body: `key=${secret('form-broken')}&next=%` };
  bad['two keys'] = { path: '/v1/models', headers: both };
  bad['another scheme'] = { path: '/v1/models', headers: { authorization: `Basic ${Buffer.from(secret('basic')).toString('base64')}` } };
  return bad;
}

/** A secret where no key belongs: it is data of the request, and may be in memory while it is open. */
function misplaced() {
  const post = (body, url = '/v1/chat/completions') => ({
    method: 'POST', path: url, headers: { ...json, authorization: `Bearer ${secret('yaml')}` }, body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return {
    'as model': post(call({ model: secret('model') })),
    'as messages': post(call({ messages: secret('messages') })),
    'as a member': post({ [secret('member')]: 1 }),
    'in broken JSON': post(`{"model": "${secret('broken')}", oh`),
    'twice as a member': post(`{"model": "gpt-mini", "${secret('twice')}": 1, "${secret('twice')}": 2, "model": 3}`),
    'as max_tokens': post(call({ max_tokens: secret('tokens') })),
    'in the path': { path: `/v1/${secret('path')}`, headers: { authorization: `Bearer ${secret('yaml')}` } },
    'in a path before': { path: `/${secret('path')}/v1/models` },
    'in another parameter': { path: `/v1/models?token=${secret('parameter')}` },
    'as a method': Buffer.from(`${secret('method')} / HTTP/1.1\r\nhost: weir.test\r\n\r\n`),
    'as host': Buffer.from(`GET /v1/models HTTP/1.1\r\nhost: ${secret('host')} x\r\n\r\n`),
  };
}

/** What a core of the master or a worker would have of these bytes: [where]. */
function dumpedOf(needle) {
  const dumped = [];
  for (const pid of [weir.pid, ...weir.workers(), ...weir.processes('steward')]) {
    for (const { name, at, isDumped, bytes } of processMemory(pid)) {
      if (isDumped && bytes.includes(needle)) dumped.push(`${pid} ${name} ${(at + bytes.indexOf(needle)).toString(16)}`);
    }
  }
  return dumped;
}

test('the key of sessions is in its file and in the secrets of workers alone', async () => {
  const key = fs.readFileSync(sessionKeyFile(weir));
  assert.deepEqual(dumpedOf(key), []);
  const holders = [];
  for (const pid of [weir.pid, ...weir.workers(), ...weir.processes('steward')]) {
    for (const { name, path: file } of openMemfds(pid)) {
      for (const piece of pieces(file)) if (piece.includes(key)) holders.push(name);
    }
  }
  assert.ok(holders.length > 0);
  assert.deepEqual(holders.filter((name) => !/^weir-secrets-\d+$/.test(name)), []);
  for (const name of fs.readdirSync(stateDir)) {
    const file = path.join(stateDir, name);
    if (fs.statSync(file).isFile()) assert.equal(fs.readFileSync(file).includes(key), name === 'session-key', name);
  }
  const { bytes } = await admin.get('/admin/backup');
  assert.ok(!bytes.includes(key), 'a backup');
}, { skip: !ROOT && 'reads memory of others: needs root' });

test('no refusal says the key that was sent', async () => {
  for (const [what, request] of Object.entries(refusals())) {
    const answer = await send(request);
    assert.ok(answer.status >= 400, `${what}: ${answer.status}`);
  }
});

test('a head that comes in pieces, is long or never ends leaves no key behind', async () => {
  const head = (key, rest = '') => `GET /v1/models HTTP/1.1\r\nhost: weir.test\r\nauthorization: Bearer ${key}\r\n${rest}`;
  for (const [text, cuts] of [
    [`${head(secret('yaml'))}\r\n`, [30, 80, 100]],
    [`${head(secret('yaml'), `x-long: ${'x'.repeat(20_000)}\r\n`)}\r\n`, [90, 15_000, 18_000]],
    [`${head(secret('yaml'))}\r\n${head(secret('yaml'))}\r\n`, [120, 200]],
  ]) {
    const connection = await Connection.open(weir.port);
    open.push(connection);
    for (const [n, end] of [...cuts, text.length].entries()) {
      await connection.write(text.slice(n === 0 ? 0 : cuts[n - 1], end));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal((await connection.readAnswer('GET')).status, 200);
  }
  for (const end of [90, 120]) {
    const connection = await Connection.open(weir.port);
    await connection.write(head(secret('never')).slice(0, end));
    await new Promise((resolve) => setTimeout(resolve, 20));
    connection.close();
  }
});

test('a session is nowhere once the browser has it', async () => {
  const signedIn = await send(form(known[0]));
  const token = Buffer.from(/=([^;]+)/.exec(signedIn.headers['set-cookie'])[1]);
  assert.ok(token.length > 60);
  await until(() => dumpedOf(token).length === 0, 'it is wiped').catch(() => assert.deepEqual(dumpedOf(token), []));
}, { skip: !ROOT && 'reads memory of others: needs root' });

test('nor is a key in a core after refusals and pieces', async () => {
  // The end of a connection is noticed in a turn of its own.
  await until(() => inCores().length === 0, 'no key is left').catch(() => assert.deepEqual(inCores(), []));
}, { skip: !ROOT && 'reads memory of others: needs root' });

// The protocols name the model that is not there to whoever asked for it, and to nobody else.
test('no refusal says what was sent in the wrong place', async () => {
  for (const [what, request] of Object.entries(misplaced())) {
    const answer = await send(request, what === 'as model' ? secret('model') : '');
    // Members that weir does not know are the provider's business.
    assert.ok(answer.status >= 200, `${what}: ${answer.status}`);
  }
});

/** Keys that weir chose itself: [text], for who knows no mark in them. */
const made = [];

test('the admin API shows a key once, and no refusal of it says one', async () => {
  const headers = { 'idempotency-key': 'create-1' };
  const first = await admin.post('/admin/keys?wait=true', { name: 'made', user: 'anna' }, headers);
  const again = await admin.post('/admin/keys?wait=true', { name: 'made', user: 'anna' }, headers);
  assert.equal(again.headers['idempotency-replayed'], 'true');
  assert.equal(again.json.key, null);
  const rotated = await admin.post('/admin/keys/made/rotate?wait=true', { grace: 3600 });
  made.push(first.json.key, rotated.json.key);
  for (const key of made) assert.equal((await weir.get('/v1/models', key)).status, 200);

  const bearer = (key) => ({ port: adminPort, headers: { authorization: `Bearer ${key}` } });
  const asked = [
    ask({ ...bearer(secret('admin-unknown')), path: '/admin/keys' }),
    ask({ ...bearer(secret('yaml')), path: '/admin/keys' }),
    ask({ ...bearer(made[1]), path: '/admin/keys' }),
    ask({ ...bearer(secret('admin')), method: 'POST', path: '/admin/keys', body: { name: 'x', key: secret('admin-key') } }),
    ask({ ...admin.where, path: `/admin/keys/${secret('admin-path')}` }),
    ask({ ...admin.where, path: `/admin/keys?secret=${secret('admin-parameter')}` }),
    ask({ ...admin.where, path: `/admin/keys?user=${secret('admin-user')}%zz` }),
    ask({ ...admin.where, method: 'POST', path: '/admin/keys', body: { name: secret('admin-name').toUpperCase() } }),
    ask({ ...admin.where, method: 'POST', path: '/admin/keys', body: `{"name": "${secret('admin-json')}` }),
    ask({ ...admin.where, method: 'POST', path: '/admin/keys/import', body: { keys: [{ name: 'y', key: secret('admin-import'), user: 'nobody' }] } }),
    ask({ ...admin.where, method: 'POST', path: '/admin/keys/import', body: { keys: [{ name: 'y', key: `${secret('admin blank')}` }] } }),
  ];
  for (const [n, answer] of (await Promise.all(asked)).entries()) {
    assert.ok(answer.status >= 400 || answer.json.refused === 1, `${n}: ${answer.status} ${answer.text}`);
    assertClean(`answer ${n}`, answer.bytes);
    for (const key of made) assert.ok(!answer.text.includes(key), `answer ${n}`);
  }
});

test('the steward has no key in its memory once it has said it, or was told it', async () => {
  const keys = [...made, secret('imported'), secret('admin'), secret('admin-import')];
  const held = () => weir.processes('steward').flatMap((pid) => [...processMemory(pid)].flatMap(({ name, bytes }) => keys
    .filter((key) => bytes.includes(key)).map((key) => `${name}: ${made.includes(key) ? 'a key that was made' : key.replaceAll(MARK, '<mark>')}`)));
  assert.equal(weir.processes('steward').length, 1);
  await until(() => held().length === 0, 'no key is left').catch(() => assert.deepEqual(held(), []));
}, { skip: !ROOT && 'reads memory of others: needs root' });

/** Also for the keys that weir made. */
function assertNothing(what, content) {
  const bytes = Buffer.from(content);
  assertClean(what, bytes);
  for (const key of made) {
    for (const needle of spellings(key.slice(5))) assert.ok(!bytes.includes(needle), `${what} has a key that was made`);
  }
}

/** What is kept of the keys: else nothing was looked into. */
function assertDigests(what, content) {
  for (const key of [secret('imported'), made[1]]) {
    assert.ok(Buffer.from(content).includes(Buffer.from(digest(key), 'hex')), `${what} has the digest of a key`);
  }
}

test('the log, the status and the trail say no key', async () => {
  assert.ok(weir.log.length > 0);
  assertNothing('log', weir.log);
  for (const options of [[], ['--json']]) {
    const { stdout, stderr } = await weir.run('status', ...options);
    assert.ok(stdout.length > 100);
    assertNothing('status', stdout + stderr);
  }
  for (const url of ['audit?limit=100', 'keys', 'status', 'users', 'keys/made', 'openapi.json']) {
    const answer = await admin.get(`/admin/${url}`);
    assert.equal(answer.status, 200);
    assertNothing(url, answer.bytes);
  }
});

test('the files of the state folder and a backup have digests only', async () => {
  const { bytes } = await admin.get('/admin/backup');
  assertNothing('backup', bytes);
  assertDigests('backup', bytes);
  const names = fs.readdirSync(stateDir, { recursive: true });
  for (const name of ['weir.db', 'weir.db-wal', 'weir.db-shm', 'directory']) assert.ok(names.includes(name), `${name} of ${names}`);
  for (const name of names) {
    const file = path.join(stateDir, name);
    if (fs.statSync(file).isFile()) assertNothing(name, fs.readFileSync(file));
  }
  assertDigests('export', fs.readFileSync(path.join(stateDir, 'directory')));
});

test('of what processes share only the secrets have the key of the provider', () => {
  const seen = new Map();
  const looked = new Set();
  for (const pid of [weir.pid, ...weir.workers(), ...weir.processes('steward')]) {
    for (const { name, path: file } of openMemfds(pid)) {
      const { ino } = fs.statSync(file);
      if (looked.has(ino)) continue;
      looked.add(ino);
      const kind = name.replace(/-?\d+$/, '');
      for (const piece of pieces(file)) {
        if (kind !== 'weir-secrets') assertNothing(name, piece);
        seen.set(kind, (seen.get(kind) ?? '') + (kind === 'weir-state' ? '' : piece.toString('latin1')));
      }
    }
  }
  assert.ok(seen.get('weir-secrets').includes(PROVIDER_KEY), 'the secrets have the key');
  assertDigests('snapshot', Buffer.from(seen.get('weir-snapshot'), 'latin1'));
  for (const kind of ['weir-snapshot', 'weir-secrets', 'weir-state', 'weir-revocations']) assert.ok(seen.has(kind), `${kind} of ${[...seen.keys()]}`);
}, { skip: !ROOT && 'reads memory of others: needs root' });
