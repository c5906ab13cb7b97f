// A key that works no more is refused everywhere, and its live calls end; nobody else's do (DESIGN
// section 6). Revoked by its bit, expired, disabled, removed: for a client it is the same.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, beforeEach } from 'node:test';
import { keyOf } from './config.mjs';
import { assertNothingIsOpen } from './ends.mjs';
import { registry } from './fixture.mjs';
import { assertAnthropicError, assertOpenAiError, startWeir, test, until } from './harness.mjs';
import { requestBytes } from './http.mjs';
import { openMemfds } from './proc.mjs';
import { Revocations, cellOf } from './revocation.mjs';
import { Upstream, completionStream, messageStream } from './upstream.mjs';

const OURS = 'weir_the-one-that-is-revoked-0000000000000000000';
const OTHERS = 'weir_the-one-that-goes-on-00000000000000000000000';
const FRESH = 'weir_a-key-that-comes-later-00000000000000000000';
const STREAMS_OF_EACH = 100;

const upstream = await Upstream.start();
after(() => upstream.stop());

/** `ours`: what is different about our key; undefined: it is not there. */
function config(ours = {}, { users = {}, keys = {}, ...rest } = {}) {
  const base = registry({ openai: upstream.url });
  return {
    ...base,
    users: { ...base.users, owner: { models: 'all' }, ...users },
    keys: { ...base.keys, ...(ours ? { ours: keyOf(OURS, { user: 'owner', ...ours }) } : {}), others: keyOf(OTHERS, { user: 'ada' }), ...keys },
    ...rest,
  };
}

const weir = await startWeir(config());
const bits = new Revocations(weir);
after(() => bits.close());

async function reload(next) {
  const { code, stdout, stderr } = await weir.reload(next);
  assert.equal(code, 0, `${stdout}${stderr}`);
}

/** Each test begins with a key that works. */
beforeEach(async () => {
  upstream.reset();
  bits.clear(cellOf(weir, OTHERS));
  await reload(config());
  bits.clear(cellOf(weir, OURS));
  assert.equal((await weir.get('/v1/models', OURS)).status, 200);
});

// --- a stream -------------------------------------------------------------------------------------

const PROTOCOLS = [
  {
    path: '/v1/chat/completions',
    slug: 'Zebra',
    text: (model) => completionStream(model, ['one ', 'two ', 'three'], { include_usage: true }),
    options: { stream_options: { include_usage: true } },
    terminator: '[DONE]',
    ended: /^data: \{"error":\{"message":"(?<message>[^"]+)","type":"authentication_error","param":null,"code":"invalid_api_key"\}\}\n\n$/,
    assertRefused: (answer) => assertOpenAiError(answer, 401, 'invalid_api_key'),
    unknownKey: 'Incorrect API key provided.',
  },
  {
    path: '/v1/messages',
    slug: 'claude-sonnet-4',
    text: (model) => messageStream(model, ['one ', 'two ', 'three']),
    options: {},
    terminator: 'message_stop',
    ended: /^event: error\ndata: \{"type":"error","error":\{"type":"authentication_error","message":"(?<message>[^"]+)"\},"request_id":"req_\w+"\}\n\n$/,
    assertRefused: (answer) => assertAnthropicError(answer, 401, 'authentication_error'),
    unknownKey: 'invalid x-api-key',
  },
];

/** Stands for the sentence that each protocol has for a key that nobody knows. */
const UNKNOWN_KEY = Symbol('unknown key');

function assertSays(said, protocol, message) {
  assert.equal(said, message === UNKNOWN_KEY ? protocol.unknownKey : message);
}

const UPSTREAM_MODEL = 'the-upstreams-own-name';

function callBytes(protocol, key, { stream = true, ...more } = {}) {
  const body = { model: protocol.slug, messages: [], ...(stream ? { stream, ...protocol.options } : {}), ...more };
  return requestBytes({ method: 'POST', path: protocol.path, headers: { 'x-api-key': key }, body: JSON.stringify(body) });
}

/** The upstream sends half of each stream, and the rest when it is told to. */
class Halves {
  begun = 0;
  closed = 0;
  #go;
  #told = new Promise((resolve) => { this.#go = resolve; });

  constructor() {
    upstream.answer = (request, reply) => this.#answer(request, reply);
  }

  static of(protocol) {
    const text = protocol.text(UPSTREAM_MODEL);
    const middle = text.indexOf('\n\n', text.indexOf('two ')) + 2;
    return [text.slice(0, middle), text.slice(middle)];
  }

  async #answer(request, reply) {
    const [first, second] = Halves.of(PROTOCOLS.find((each) => request.path === each.path));
    this.begun++;
    reply.gone.then(() => { this.closed++; });
    await reply.streamHead();
    await reply.chunk(first);
    await this.#told;
    if (reply.socket.destroyed) return;
    await reply.chunk(second);
    await reply.raw('0\r\n\r\n');
  }

  go() {
    this.#go();
  }
}

class Stream {
  bytes = Buffer.alloc(0);

  /** Has got its first half. */
  static async open(protocol, key) {
    const stream = new Stream();
    stream.protocol = protocol;
    stream.connection = await weir.connect();
    await stream.connection.write(callBytes(protocol, key));
    stream.head = await stream.connection.readHead();
    assert.equal(stream.head.status, 200);
    stream.pieces = stream.connection.bodyPieces(stream.head);
    while (stream.bytes.length < Buffer.byteLength(stream.expected[0])) {
      stream.bytes = Buffer.concat([stream.bytes, (await stream.pieces.next()).value]);
    }
    return stream;
  }

  get expected() {
    return Halves.of(this.protocol).map((half) => half.replaceAll(UPSTREAM_MODEL, this.protocol.slug));
  }

  async #readOn() {
    for await (const piece of this.pieces) this.bytes = Buffer.concat([this.bytes, piece]);
  }

  /** An error event with that sentence, no terminator, and the connection is closed. */
  async assertCut(message) {
    await assert.rejects(this.#readOn(), /ended/);
    const text = this.bytes.toString();
    assert.ok(text.startsWith(this.expected[0]), text);
    assert.ok(!text.includes(this.protocol.terminator), text);
    const event = text.slice(this.expected[0].length);
    const found = this.protocol.ended.exec(event) ?? assert.fail(`no error event: ${JSON.stringify(event)}`);
    assert.ok(await this.connection.ends());
    this.connection.close();
    assertSays(found.groups.message, this.protocol, message);
  }

  async assertWhole() {
    await this.#readOn();
    assert.equal(this.bytes.toString(), this.expected.join(''));
    await this.connection.write(requestBytes({ path: '/v1/models', headers: { 'x-api-key': OTHERS } }));
    assert.equal((await this.connection.readAnswer()).status, 200, 'its connection is kept');
    this.connection.close();
  }
}

// --- from then on ---------------------------------------------------------------------------------

const PLACES = [
  (key) => ({ headers: { authorization: `Bearer ${key}` } }),
  (key) => ({ headers: { 'x-api-key': key } }),
  (key) => ({ headers: { 'x-goog-api-key': key } }),
  (key) => ({ headers: { 'api-key': key } }),
  (key) => ({ query: `?key=${key}` }),
];

/** On every route, wherever the key stands. */
async function assertIsRefused(key, message) {
  for (const place of PLACES) {
    const { headers = {}, query = '' } = place(key);
    for (const path of ['/v1/models', '/v1/models/Zebra', '/v1/models/org%2Fmodel:tag', '/v1/models/no-such-model']) {
      const answer = await weir.fetch({ path: path + query, headers });
      assertOpenAiError(answer, 401, 'invalid_api_key');
      assertSays(answer.json.error.message, PROTOCOLS[0], message);
    }
    for (const protocol of PROTOCOLS) {
      const body = JSON.stringify({ model: protocol.slug, messages: [] });
      const answer = await weir.fetch({ method: 'POST', path: protocol.path + query, headers, body });
      protocol.assertRefused(answer);
      assertSays(answer.json.error.message, protocol, message);
    }
  }
}

async function assertWorks(key) {
  assert.equal((await weir.get('/v1/models', key)).status, 200);
  const { status } = await weir.post('/v1/chat/completions', key, { model: 'Zebra', messages: [] });
  assert.equal(status, 200);
}

function sweepLines() {
  return weir.log.split('\n').filter((line) => line.includes(' calls ended: their keys '));
}

const WAYS = [
  ['is revoked', async () => bits.set(cellOf(weir, OURS)), 'The API key has been revoked.'],
  ['is revoked by a steward that died before it said so', async () => bits.set(cellOf(weir, OURS), { announced: false }), 'The API key has been revoked.'],
  ['is disabled by a reload', () => reload(config({ disabled: true })), 'The API key is disabled.'],
  ['is disabled with its user by a reload', () => reload(config({}, { users: { owner: { models: 'all', disabled: true } } })), 'The API key is disabled.'],
  ['is removed by a reload', () => reload(config(null)), UNKNOWN_KEY],
  ['gets another text by a reload', () => reload(config({ sha256: keyOf(FRESH).sha256 })), UNKNOWN_KEY],
];

async function openStreams() {
  const halves = new Halves();
  const open = (key) => Promise.all(Array.from({ length: STREAMS_OF_EACH }, (_, i) => Stream.open(PROTOCOLS[i % 2], key)));
  const [ours, others] = await Promise.all([open(OURS), open(OTHERS)]);
  assert.equal(halves.begun, 2 * STREAMS_OF_EACH);
  return { halves, ours, others };
}

/** Our streams end, the others do not; what is counted and logged agrees. */
async function assertOursEnd({ halves, ours, others }, message, before, lines) {
  await Promise.all(ours.map((stream) => stream.assertCut(message)));
  await until(() => halves.closed === STREAMS_OF_EACH, 'the upstream\'s connections of our streams are closed');
  upstream.answer = new Upstream().answer;
  await assertIsRefused(OURS, message);
  await assertWorks(OTHERS);
  assert.equal(halves.closed, STREAMS_OF_EACH, 'and no other');
  halves.go();
  await Promise.all(others.map((stream) => stream.assertWhole()));
  await assertNothingIsOpen(weir);
  const { counters } = await weir.totals();
  const delta = (name) => counters[name] - before[name];
  assert.equal(delta('calls_revoked'), STREAMS_OF_EACH);
  assert.equal(delta('calls_truncated'), STREAMS_OF_EACH);
  assert.equal(delta('calls_completed'), STREAMS_OF_EACH + 1);
  assert.equal(delta('breakers_opened'), 0);
  const told = sweepLines().slice(lines);
  const sum = told.reduce((total, line) => total + Number(/(\d+) calls ended/.exec(line)[1]), 0);
  assert.equal(sum, STREAMS_OF_EACH, told.join('\n'));
  assert.ok(!weir.log.includes(OURS) && !/call failed/.test(weir.log), weir.log);
}

for (const [name, end, message] of WAYS) {
  test(`a key that ${name}: its streams end, all others go on`, async () => {
    const { counters: before } = await weir.totals();
    const lines = sweepLines().length;
    const streams = await openStreams();
    await end();
    await assertOursEnd(streams, message, before, lines);
  });
}

test('a key that expires: its streams end, all others go on', async () => {
  const inSeconds = (count) => new Date((Math.floor(Date.now() / 1000) + count) * 1000);
  const expires = (when) => ({ expires: when.toISOString().replace(/\.\d+Z$/, 'Z') });
  await reload(config(expires(inSeconds(3600))));
  const { counters: before } = await weir.totals();
  const lines = sweepLines().length;
  const streams = await openStreams();
  // However slow the machine is: they are open when they learn of their end.
  const end = inSeconds(2);
  await reload(config(expires(end)));
  await assertOursEnd(streams, 'The API key has expired.', before, lines);
  assert.ok(Date.now() >= end.getTime());
});

test('a revocation is found by a turn of the loop, not by the clock', async () => {
  const found = [];
  for (let round = 0; round < 5; round++) {
    const halves = new Halves();
    const stream = await Stream.open(PROTOCOLS[round % 2], OURS);
    const lines = sweepLines().length;
    bits.set(cellOf(weir, OURS));
    let isCut = false;
    const cut = stream.assertCut('The API key has been revoked.').finally(() => { isCut = true; });
    // Turns of every worker.
    while (!isCut) await weir.get('/v1/models', OTHERS);
    await cut;
    await until(() => halves.closed === 1, 'the upstream\'s connection is closed');
    found.push(await until(() => sweepLines()[lines], 'the sweep is told'));
    bits.clear(cellOf(weir, OURS));
  }
  // A second that ends at the same moment may come first.
  assert.ok(found.some((line) => line.endsWith('their keys are revoked')), found.join('\n'));
});

// --- calls in other states ------------------------------------------------------------------------

/** Opens a call of each protocol, revokes, and gives the answers. */
async function answersAfterRevocation(bytesOf, isReady) {
  const connections = await Promise.all(PROTOCOLS.map(() => weir.connect()));
  await Promise.all(PROTOCOLS.map((protocol, i) => connections[i].write(bytesOf(protocol))));
  await until(isReady, 'the calls are where they should be');
  bits.set(cellOf(weir, OURS));
  const answers = await Promise.all(connections.map((connection) => connection.readAnswer()));
  for (const [i, protocol] of PROTOCOLS.entries()) protocol.assertRefused(answers[i]);
  return { connections, answers };
}

async function assertAllIsClosed(connections) {
  for (const connection of connections) connection.close();
  await until(() => upstream.sockets.size === 0, 'the upstream\'s connections are closed');
  await assertNothingIsOpen(weir);
}

function forgetConnections() {
  for (const socket of upstream.sockets) socket.destroy();
  return until(() => upstream.sockets.size === 0, 'no connection is kept');
}

test('a call that waits for its answer is refused, and its connection is kept', async () => {
  await forgetConnections();
  upstream.answer = () => {};
  const { connections } = await answersAfterRevocation((protocol) => callBytes(protocol, OURS), () => upstream.requests.length === 2);
  for (const connection of connections) {
    await connection.write(requestBytes({ path: '/v1/models', headers: { 'x-api-key': OURS } }));
    assertOpenAiError(await connection.readAnswer(), 401, 'invalid_api_key');
    await connection.write(requestBytes({ path: '/v1/models', headers: { 'x-api-key': OTHERS } }));
    assert.equal((await connection.readAnswer()).status, 200);
  }
  await assertAllIsClosed(connections);
});

test('a call whose answer was held back is refused', async () => {
  await forgetConnections();
  let sent = 0;
  upstream.answer = async (_, reply) => {
    await reply.head(200, { 'content-type': 'application/json', 'content-length': '400' });
    await reply.raw('{"id":"x","choices":[');
    sent++;
  };
  const { connections } = await answersAfterRevocation((protocol) => callBytes(protocol, OURS, { stream: false }), () => sent === 2);
  await assertAllIsClosed(connections);
});

test('a call that pauses before its next attempt is refused, and there is none', async () => {
  await reload(config({}, { retries: { attempts_max: 3, pause_ms: 10_000, retry_percent: 100 } }));
  await forgetConnections();
  upstream.answer = (_, reply) => reply.json({ error: { message: 'no' } }, { status: 503 });
  const attempts = async () => (await weir.totals()).counters.attempts;
  const { connections, answers } = await answersAfterRevocation((protocol) => callBytes(protocol, OURS), () => upstream.requests.length === 2);
  const before = await attempts();
  for (const answer of answers) assert.match(answer.headers['x-weir-attempts'], /^\w+=broken, \w+=pending$/);
  for (const connection of connections) connection.close();
  await assertNothingIsOpen(weir);
  assert.equal(await attempts(), before);
});

test('a call that is being uploaded is refused, and its body is given back', async () => {
  const partial = (protocol) => {
    const bytes = callBytes(protocol, OURS, { padding: 'x'.repeat(1_000_000) });
    return bytes.subarray(0, bytes.length - 1000);
  };
  const isHeld = async () => (await weir.totals()).gauges.calls_open === 2 && (await weir.totals()).gauges.body_bytes > 1_900_000;
  const { connections } = await answersAfterRevocation(partial, isHeld);
  for (const connection of connections) assert.ok(await connection.ends(), 'the rest of the body is not waited for');
  assert.equal(upstream.requests.length, 0);
  for (const connection of connections) connection.close();
  await assertNothingIsOpen(weir);
});

test('a stream that is held for a slow client ends, and what was relayed is read first', async () => {
  await forgetConnections();
  const before = (await weir.totals()).counters.held;
  const [protocol] = PROTOCOLS;
  const event = `data: {"id":"1","model":"m","choices":[{"index":0,"delta":{"content":"${'x'.repeat(10_000)}"}}]}\n\n`;
  let isClosed = false;
  upstream.answer = async (_, reply) => {
    reply.gone.then(() => { isClosed = true; });
    await reply.streamHead();
    while (!reply.socket.destroyed) await Promise.race([reply.chunk(event), reply.gone]);
  };
  const connection = await weir.connect();
  await connection.write(callBytes(protocol, OURS));
  const head = await connection.readHead();
  await until(async () => (await weir.totals()).counters.held > before, 'the call is held');
  bits.set(cellOf(weir, OURS));
  await until(() => isClosed, 'the upstream\'s connection is closed while the client reads nothing');
  const pieces = [];
  await assert.rejects(async () => {
    for await (const piece of connection.bodyPieces(head)) pieces.push(piece);
  }, /ended/);
  const text = Buffer.concat(pieces).toString();
  assert.match(text.slice(text.lastIndexOf('data: ')), protocol.ended);
  assert.ok(!text.includes(protocol.terminator));
  await assertAllIsClosed([connection]);
});

test('a document that has begun ends such that nobody takes it for whole', async () => {
  await forgetConnections();
  const begun = `{"id":"x","choices":[{"text":"${'y'.repeat(100_000)}`;
  upstream.answer = async (_, reply) => {
    await reply.head(200, { 'content-type': 'application/json', 'content-length': String(begun.length + 100) });
    await reply.raw(begun);
  };
  const connection = await weir.connect();
  await connection.write(callBytes(PROTOCOLS[0], OURS, { stream: false }));
  const head = await connection.readHead();
  bits.set(cellOf(weir, OURS));
  let bytes = 0;
  await assert.rejects(async () => {
    for await (const piece of connection.bodyPieces(head)) bytes += piece.length;
  });
  assert.ok(bytes <= begun.length);
  await assertAllIsClosed([connection]);
});

// --- what goes on ---------------------------------------------------------------------------------

test('a key that loses the grant, or the scope, of a call that runs: the call goes on', async () => {
  for (const ours of [{ allowed_models: ['last'] }, { scopes: ['list'] }]) {
    const halves = new Halves();
    const streams = await Promise.all(PROTOCOLS.map((protocol) => Stream.open(protocol, OURS)));
    await reload(config(ours));
    for (const protocol of PROTOCOLS) {
      assert.equal((await weir.post(protocol.path, OURS, { model: protocol.slug, messages: [] })).status, 403);
    }
    halves.go();
    await Promise.all(streams.map((stream) => stream.assertWhole()));
    await reload(config());
  }
});

test('a revoked key stays revoked when it is removed and comes back', async () => {
  const cell = cellOf(weir, OURS);
  bits.set(cell);
  await reload(config(null));
  await reload(config());
  assert.equal(cellOf(weir, OURS), cell);
  await assertIsRefused(OURS, 'The API key has been revoked.');
});

test('who gets the cell of a revoked key is not revoked', async () => {
  const cell = cellOf(weir, OURS);
  bits.set(cell);
  await reload(config(null));
  await reload(config(null, { keys: { fresh: keyOf(FRESH, { user: 'owner' }) } }));
  assert.equal(cellOf(weir, FRESH), cell);
  await assertWorks(FRESH);
});

test('a worker that starts later refuses the key as well', async () => {
  weir.expectDeaths();
  bits.set(cellOf(weir, OURS));
  const before = weir.workers();
  for (const pid of before) process.kill(pid, 'SIGKILL');
  await until(() => {
    const now = weir.workers();
    return now.length === before.length && now.every((pid) => !before.includes(pid));
  }, 'others are there');
  await until(() => weir.get('/v1/models', OTHERS).then((answer) => answer.status === 200, () => false), 'they serve');
  await assertIsRefused(OURS, 'The API key has been revoked.');
});

test('workers can read the bits and the steward can write them', () => {
  const isWritable = (pid, fd) => {
    const flags = /^flags:\s*(\d+)$/m.exec(fs.readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1'))[1];
    return (Number.parseInt(flags, 8) & fs.constants.O_RDWR) !== 0;
  };
  const modes = (pid) => openMemfds(pid).filter((each) => each.name === 'weir-revocations').map((each) => isWritable(pid, each.fd));
  // What a process that is not dumpable has open is shown to root alone.
  if (process.getuid() === 0) {
    for (const pid of weir.workers()) assert.deepEqual(modes(pid), [false]);
  }
  for (const pid of weir.processes('steward')) assert.deepEqual(modes(pid), [true]);
  assert.deepEqual(modes(weir.pid).sort(), [false, true]);
});
