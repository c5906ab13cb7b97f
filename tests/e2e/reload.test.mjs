// Reload never drops a request: it publishes a whole valid generation or changes nothing and says
// why (DESIGN section 1, promise 3).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, beforeEach } from 'node:test';
import { keyOf, toYaml } from './config.mjs';
import { KEYS, registry } from './fixture.mjs';
import { IS_LONG, assertOpenAiError, generationOf, startWeir, test, until, withWeir } from './harness.mjs';
import { requestBytes } from './http.mjs';
import { Load } from './load.mjs';
import { mappedMemfds, openMemfds } from './proc.mjs';
import { Upstream } from './upstream.mjs';

const upstream = await Upstream.start();
after(() => upstream.stop());
beforeEach(() => upstream.reset());

const CELLS_MAX = 32_768;
const STATE_HEADER_BYTES = 128;
const base = () => ({ ...registry({ openai: upstream.url }), state: { cells_max: CELLS_MAX } });
const weir = await startWeir(base());

/** The registry with one word that differs in each round. */
function round(number) {
  const config = base();
  config.models.Zebra.description = `round ${number}`;
  return config;
}

async function reloaded(config) {
  const { code, stdout, stderr } = await weir.reload(config);
  assert.equal(code, 0, `${stdout}${stderr}`);
  return stdout;
}

/** Each worker has one generation mapped, and the same one. */
async function assertOneGenerationMapped() {
  const generation = await weir.generation();
  await until(async () => (await weir.totals()).gauges.generations_held === weir.workers().length, 'one generation is held');
  // What a process that is not dumpable maps is shown to root alone.
  if (process.getuid() !== 0) return;
  const expected = ['weir-revocations', `weir-secrets-${generation}`, `weir-snapshot-${generation}`, 'weir-state'];
  for (const pid of weir.workers()) {
    await until(() => mappedMemfds(pid).length === expected.length, `worker ${pid} maps ${mappedMemfds(pid)}`);
    assert.deepEqual(mappedMemfds(pid).sort(), expected);
  }
}

/** What a refused reload must leave alone: the segment's header and its cells. */
function stateOf() {
  const [{ path: file }] = openMemfds(weir.pid).filter((each) => each.name === 'weir-state');
  const fd = fs.openSync(file, 'r');
  const read = (bytes, at) => { const into = Buffer.alloc(bytes); fs.readSync(fd, into, 0, bytes, at); return into.toString('hex'); };
  const { size } = fs.fstatSync(fd);
  const state = [size, read(STATE_HEADER_BYTES, 0), read(CELLS_MAX * 64, size - CELLS_MAX * 64)];
  fs.closeSync(fd);
  return state;
}

/** Ask for a reload that must fail, and see that nothing changed. @return its standard error */
async function refused(ask = () => weir.run('reload')) {
  const before = [await weir.get('/v1/models', KEYS.all), stateOf()];
  const { code, stderr } = await ask();
  assert.equal(code, 1, stderr);
  const [list, state] = [await weir.get('/v1/models', KEYS.all), stateOf()];
  assert.equal(list.headers['x-weir-generation'], before[0].headers['x-weir-generation']);
  assert.equal(list.text, before[0].text);
  assert.deepEqual(state, before[1], 'the state segment is untouched');
  return stderr;
}

test(`${IS_LONG ? 1000 : 40} differing reloads under load: each raises the generation, nothing fails`, async () => {
  const rounds = IS_LONG ? 1000 : 40;
  const load = new Load(weir).lists().lists().streams().streams().connections();
  const first = await weir.generation();
  for (let i = 1; i <= rounds; i++) {
    weir.configure(round(i));
    if (i % 4 === 0) weir.hup();
    else await reloaded();
    await until(async () => (await weir.generation()) === first + i, `generation ${first + i}`);
  }
  await load.stop();
  assert.deepEqual(load.failures, []);
  assert.ok(load.answers > rounds, `${load.answers} answers`);
  assert.equal(await weir.generation(), first + rounds);
  assert.equal((await weir.get('/v1/models/Zebra', KEYS.all)).json.metadata.description, `round ${rounds}`);
  await assertOneGenerationMapped();
}, { timeout: IS_LONG ? 1_800_000 : 180_000 });

test('after `weir reload` no answer is of the old generation', async () => {
  for (let i = 0; i < 10; i++) {
    const before = await weir.generation();
    await reloaded(round(`strict ${i}`));
    for (let each = 0; each < 10; each++) assert.equal(await weir.generation(), before + 1);
  }
});

test('an equal reload says unchanged, and keeps generation, ETag and created', async () => {
  const before = await weir.get('/v1/models', KEYS.all);
  assert.match(await reloaded(), /unchanged/);
  fs.appendFileSync(weir.file, '# a comment\n');
  assert.match(await reloaded(), /unchanged/);
  const again = await weir.get('/v1/models', KEYS.all);
  for (const name of ['etag', 'x-weir-generation']) assert.equal(again.headers[name], before.headers[name]);
  assert.equal(again.text, before.text);
  await assertOneGenerationMapped();
});

test('a model that did not change keeps its created, whatever else changes', async () => {
  const created = async () => (await weir.get('/v1/models/last', KEYS.all)).json.created;
  const before = await created();
  await until(() => Math.floor(Date.now() / 1000) > before, 'another second');
  await reloaded(round('created'));
  assert.equal(await created(), before);
  assert.ok((await weir.get('/v1/models/Zebra', KEYS.all)).json.created > before);
});

test('a stream that began before a reload ends normally after it, even when its model is gone', async () => {
  let goOn;
  const mayGoOn = new Promise((resolve) => { goOn = resolve; });
  upstream.answer = async (request, reply) => {
    await reply.streamHead();
    await reply.chunk('data: {"model":"zebra","n":1,"choices":[{}]}\n\n');
    await mayGoOn;
    await reply.chunk('data: {"model":"zebra","n":2,"choices":[{}]}\n\ndata: [DONE]\n\n');
    await reply.raw('0\r\n\r\n');
  };
  const connection = await weir.connect();
  await connection.write(requestBytes({ method: 'POST', path: '/v1/chat/completions', headers: { 'x-api-key': KEYS.all }, body: '{"model":"Zebra","stream":true}' }));
  const head = await connection.readHead();
  const without = base();
  delete without.models.Zebra;
  delete without.groups.zebras;
  without.users.bob.groups = ['minis'];
  without.keys['bob-one'].allowed_models = ['last'];
  await reloaded(without);
  assertOpenAiError(await weir.get('/v1/models/Zebra', KEYS.all), 404, 'model_not_found');
  // The stream has let go of the generation that it began with.
  await assertOneGenerationMapped();
  goOn();
  assert.equal((await connection.readBody(head)).toString(),
    'data: {"model":"Zebra","n":1,"choices":[{}]}\n\ndata: {"model":"Zebra","n":2,"choices":[{}]}\n\ndata: [DONE]\n\n');
  // The connection is kept, and its next request is of the new generation.
  await connection.write(requestBytes({ path: '/v1/models/Zebra', headers: { 'x-api-key': KEYS.all } }));
  assertOpenAiError(await connection.readAnswer(), 404, 'model_not_found');
  connection.close();
  await reloaded(base());
});

test('a bad file is refused with every error at its place, by reload and by SIGHUP', async () => {
  const bad = base();
  bad.models.Zebra.deployments[0].provider = 'plian';
  bad.models.last.context_window = -5;
  bad.users.ada.modells = 'all';
  delete bad.keys['eve-none'].sha256;
  const lines = toYaml({ ...weir.config, ...bad }).split('\n');
  const placeOf = (text) => {
    const at = lines.findIndex((line) => line.includes(text));
    return `weir.yaml:${at + 1}:`;
  };
  weir.configure(bad);
  const stderr = await refused();
  const { stdout } = await weir.run('status');
  assert.match(stdout, / last_reload=refused last_reload_age=\d+ /);
  for (const [place, words] of [
    [placeOf('"plian"'), 'did you mean "plain"'], [placeOf('context_window: -5'), 'models.last.context_window'],
    [placeOf('modells'), 'users.ada'], ['weir.yaml:', 'keys.eve-none'],
  ]) {
    assert.ok(stderr.split('\n').some((line) => line.includes(place) && line.includes(words)), `${place} … ${words} in:\n${stderr}`);
  }
  const said = weir.log.length;
  await refused(async () => {
    weir.hup();
    await until(() => weir.log.slice(said).includes('modells'), 'the log says what is wrong');
    return { code: 1, stderr: '' };
  });
  await reloaded(base());
  assert.match((await weir.run('status')).stdout, / last_reload=unchanged last_reload_age=\d+ /);
});

test('a file that is gone, empty or not YAML is refused', async () => {
  for (const text of ['', 'a: [', 'models: {}\nmodels: {}\n', '\t', '&a [*a]', '\xff\xfe']) {
    fs.writeFileSync(weir.file, text, 'latin1');
    assert.match(await refused(), /weir\.yaml/);
  }
  fs.rmSync(weir.file);
  assert.match(await refused(), /weir\.yaml/);
  weir.configure(base());
  assert.match(await reloaded(), /unchanged/);
});

for (const [name, change] of [
  ['cells_max', { state: { cells_max: 2048 } }],
  ['listen', { listen: ['127.0.0.1:1'] }],
  ['state_dir', { state_dir: '/nowhere' }],
  ['control_socket', { control_socket: '/nowhere/control.sock' }],
]) {
  test(`a setting that needs a restart is refused by its name: ${name}`, async () => {
    weir.configure({ ...base(), ...change });
    assert.match(await refused(), new RegExp(`weir\\.yaml:\\d+:\\d+: error: .*${name}`));
    weir.configure(base());
  });
}

/** A registry that takes its time to load, so that the loader can be caught at it. */
function slow(number, loadMs) {
  const config = { ...round(number), reload: { load_ms: loadMs } };
  for (let i = 0; i < 20_000; i++) config.keys[`extra-${i}`] = keyOf(`weir_extra-${i}`, { user: 'bob' });
  return config;
}

/** Ask for a reload, and send the loader a signal as soon as there is one. */
async function reloadWith(signal) {
  const ended = weir.run('reload');
  const [loader] = await until(() => { const found = weir.processes('loader'); return found.length > 0 && found; }, 'a loader');
  process.kill(loader, signal);
  return ended;
}

test('a loader that is killed, or hangs, leaves everything as it was', async () => {
  weir.expectDeaths();
  await reloaded({ ...base(), reload: { load_ms: 2000 } });
  weir.configure(slow('slow', 3000));
  await refused(() => reloadWith('SIGKILL'));
  await refused(() => reloadWith('SIGSTOP'));
  await until(() => weir.processes('loader').length === 0, 'the hung loader is gone');
  await reloaded(slow('slow', 60_000));
  assert.equal((await weir.get('/v1/models', 'weir_extra-19999')).status, 200);
  await reloaded(base());
});

test('a storm of SIGHUPs while one is loading makes one more', async () => {
  const before = await weir.generation();
  weir.configure(round('storm'));
  for (let i = 0; i < 50; i++) weir.hup();
  await until(async () => (await weir.generation()) === before + 1, 'the change is published');
  assert.match(await reloaded(), /unchanged/);
  assert.equal(await weir.generation(), before + 1);
});

test('workers come and go under connection load without a failure', async () => {
  const load = new Load(weir).connections().connections().connections().connections();
  for (const count of [3, 1, 4, 2, 1, 4, 1, 3, 2]) {
    await reloaded({ ...base(), workers: count });
    await until(() => weir.workers().length === count, `${count} workers`);
    const answers = load.answers;
    await until(() => load.answers > answers + 100, 'a hundred answers more');
  }
  await load.stop();
  assert.deepEqual(load.failures, []);
  await reloaded(base());
});

test('a key that is removed is 401 after the reload, one that is added works', async () => {
  const changed = base();
  delete changed.keys['bob-some'];
  changed.keys.fresh = keyOf('weir_fresh', { user: 'bob' });
  await reloaded(changed);
  assertOpenAiError(await weir.get('/v1/models', KEYS.some), 401, 'invalid_api_key');
  assert.equal((await weir.get('/v1/models', 'weir_fresh')).status, 200);
  await reloaded(base());
  assertOpenAiError(await weir.get('/v1/models', 'weir_fresh'), 401, 'invalid_api_key');
});

test('a provider key in a file is read again at each reload', async () => {
  const file = path.join(weir.folder, 'provider-key');
  const config = base();
  config.providers.plain.api_key = `\${file:${file}}`;
  for (const key of ['sk-first', 'sk-second']) {
    fs.writeFileSync(file, `${key}\n`);
    assert.doesNotMatch(await reloaded(config), /unchanged/);
    assert.equal((await weir.post('/v1/chat/completions', KEYS.all, '{"model":"Zebra"}')).status, 200);
    assert.equal(upstream.last.headers.authorization, `Bearer ${key}`);
  }
  await reloaded(base());
});

test('weir does not start on a bad file, and says every error', async () => {
  const bad = base();
  bad.models.last.context_window = 'many';
  bad.keys['eve-none'].user = 'nobody-here';
  const started = withWeir(bad, () => {});
  await assert.rejects(started, (error) => /models\.last\.context_window/.test(error.message) && /keys\.eve-none\.user/.test(error.message));
});

test('the generation of an answer is the one its content is from', async () => {
  const load = [];
  let isDone = false;
  const reader = (async () => {
    while (!isDone) load.push(await weir.get('/v1/models/Zebra', KEYS.all));
  })();
  const expected = new Map();
  for (let i = 0; i < 10; i++) {
    await reloaded(round(`matched ${i}`));
    expected.set(await weir.generation(), `matched ${i}`);
  }
  isDone = true;
  await reader;
  for (const answer of load) {
    const words = expected.get(generationOf(answer));
    if (words !== undefined) assert.equal(answer.json.metadata.description, `round ${words}`);
  }
});
