// Attempts: another deployment answers, and the client does not notice. DESIGN section 9.
import assert from 'node:assert/strict';
import { after, beforeEach } from 'node:test';
import { keyOf } from './config.mjs';
import { assertAnthropicError, assertOpenAiError, freePort, startWeir, test, until, withWeir } from './harness.mjs';
import { requestBytes } from './http.mjs';
import { Upstream, completion, completionStream, message, messageStream } from './upstream.mjs';

const KEY = 'weir_failover-000000000000000000000000000000000';
const [first, second] = [await Upstream.start(), await Upstream.start()];
after(() => Promise.all([first.stop(), second.stop()]));
const deadPort = await freePort();

const RETRIES = { attempts_max: 3, pause_ms: 1, retry_percent: 100, retry_after_max_ms: 60_000 };

function provider(upstream, kind = 'openai_compatible') {
  const base = kind === 'anthropic' ? upstream.url.replace(/\/v1$/, '') : upstream.url;
  return { kind, base_url: base, api_key: 'sk-x' };
}

function model(...deployments) {
  return { context_window: 1000, deployments };
}

/** A registry in which every model's first choice is `a` and its second `b`. */
function registry(rest = {}) {
  return {
    workers: 1,
    retries: RETRIES,
    breaker: { failures: 255, open_ms: 600_000 },
    timeouts: { connect_ms: 2000, first_byte_ms: 300, between_events_ms: 300 },
    providers: {
      a: provider(first), b: provider(second), dead: { kind: 'openai_compatible', base_url: `http://127.0.0.1:${deadPort}/v1`, api_key: 'x' },
      claude: provider(first, 'anthropic'), 'claude-b': provider(second, 'anthropic'),
    },
    models: {
      pair: model({ provider: 'a', model: 'm-a', tier: 1 }, { provider: 'b', model: 'a-longer-name', tier: 2 }),
      single: model({ provider: 'a', model: 'm-a' }),
      'dead-first': model({ provider: 'dead', model: 'm', tier: 1 }, { provider: 'b', model: 'm-b', tier: 2 }),
      claude: model({ provider: 'claude', model: 'c-a', tier: 1 }, { provider: 'claude-b', model: 'c-b', tier: 2 }),
      both: model({ provider: 'claude', model: 'c', tier: 1 }, { provider: 'b', model: 'm-b', tier: 2 }),
    },
    users: { u: { models: 'all' } },
    keys: { k: keyOf(KEY, { user: 'u' }) },
    ...rest,
  };
}

const weir = await startWeir(registry());
beforeEach(() => { first.reset(); second.reset(); });

const CHAT = '/v1/chat/completions';
const MESSAGES = '/v1/messages';

const protocols = {
  OpenAI: { path: CHAT, slug: 'pair', document: () => completion('m'), stream: () => completionStream('m', ['Hel', 'lo']), assertError: assertOpenAiError,
    words: 'a=', errorEvent: 'data: {"error":{"message":"overloaded","code":503}}\n\n' },
  Anthropic: { path: MESSAGES, slug: 'claude', document: () => message('m'), stream: () => messageStream('m', ['Hel', 'lo']), assertError: assertAnthropicError,
    words: 'claude=', errorEvent: 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"x"}}\n\n' },
};

/** What the first deployment does; `word`: how it is told. */
const FAILURES = {
  'answers 429': { word: 'busy', answer: (request, reply) => reply.json({ error: {} }, { status: 429 }) },
  'answers 408': { word: 'unready', answer: (request, reply) => reply.json({ error: {} }, { status: 408 }) },
  'answers 500': { word: 'broken', answer: (request, reply) => reply.json({ error: {} }, { status: 500 }) },
  'answers 529': { word: 'broken', answer: (request, reply) => reply.json({ error: {} }, { status: 529 }) },
  'refuses the key': { word: 'refused', answer: (request, reply) => reply.json({ error: {} }, { status: 401 }) },
  'does not know the model': { word: 'missing', answer: (request, reply) => reply.json({ error: {} }, { status: 404 }) },
  'redirects': { word: 'malformed', answer: (request, reply) => reply.json('', { status: 302, location: 'http://127.0.0.1/' }) },
  'says 200 with an error document': { word: 'error_body', answer: (request, reply) => reply.json({ type: 'error', error: { type: 'x' } }) },
  'says so in pieces': { word: 'error_body', isKept: true, answer: (request, reply) => reply.json({ type: 'error', error: { type: 'x' } }, { chunkBytes: 3 }) },
  'errs in its first event': { word: 'error_body', streams: true, answer: (request, reply, protocol) => reply.stream(protocol.errorEvent) },
  'errs after comments, in pieces': { word: 'error_body', streams: true, answer: (request, reply, protocol) => reply.stream(`: hm\n\n${protocol.errorEvent}`, { pieceBytes: 5 }) },
  'stays silent': { word: 'timeout', answer: () => {} },
  'stays silent after its head': { word: 'timeout', streams: true, answer: (request, reply) => reply.streamHead() },
  'cuts before its head': { word: 'connect|cut', answer: (request, reply) => reply.cut() },
  'cuts in its head': { word: 'cut', answer: async (request, reply) => { await reply.raw('HTTP/1.1 200 OK\r\ncontent-'); reply.cut(); } },
  'cuts before its first event': { word: 'cut', streams: true, answer: async (request, reply) => { await reply.streamHead(); await reply.chunk(': hm\n\ndata: {"a'); reply.cut(); } },
  'speaks no HTTP': { word: 'malformed', answer: async (request, reply) => { await reply.raw('SSH-2.0-x\r\n'); } },
  'frames its first bytes wrongly': { word: 'malformed', answer: async (request, reply) => { await reply.streamHead(); await reply.raw('zz\r\n'); } },
};

function matches(words, text) {
  return new RegExp(`^(?:${words})$`).test(text);
}

for (const [title, protocol] of Object.entries(protocols)) {
  for (const [name, failure] of Object.entries(FAILURES)) {
    for (const stream of failure.streams ? [true] : [false, true]) {
      test(`${title}, ${stream ? 'streamed' : 'plain'}: the first deployment ${name}, and the second answers`, async () => {
        first.answer = (request, reply) => failure.answer(request, reply, protocol);
        const whole = stream ? protocol.stream() : JSON.stringify(protocol.document());
        second.answer = (request, reply) => (stream ? reply.stream(protocol.stream()) : reply.json(protocol.document()));
        const answer = await weir.post(protocol.path, KEY, { model: protocol.slug, max_tokens: 1, messages: [], stream });
        assert.equal(answer.status, 200, answer.text);
        assert.equal(first.requests.length, 1);
        assert.equal(second.requests.length, 1);
        assert.equal(second.last.json.model, title === 'OpenAI' ? 'a-longer-name' : 'c-b');
        assert.deepEqual({ ...second.last.json, model: 0 }, { ...first.last.json, model: 0 });
        const [told, then] = answer.headers['x-weir-attempts'].split(', ');
        const [who, word] = told.split('=');
        assert.equal(`${who}=`, protocol.words);
        assert.ok(matches(failure.word, word), told);
        assert.match(then, /^(b|claude-b)=ok$/);
        if (stream) assert.ok(answer.text.length >= whole.length / 2 && !answer.text.includes('error'), answer.text);
        else assert.equal(answer.json.model, protocol.slug);
        if (!failure.isKept) await until(() => first.sockets.size === 0, 'the failed attempt is closed');
      });
    }
  }
}

test('a deployment that refuses the connection is passed over, and the log says so', async () => {
  // The tests before may have used up the lines of this second.
  await until(async () => {
    const answer = await weir.post(CHAT, KEY, { model: 'dead-first', messages: [] });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers['x-weir-attempts'], 'dead=connect, b=ok');
    return weir.log.includes(`request=${answer.headers['x-request-id']} model="dead-first" attempts=[dead=connect, b=ok]`);
  }, 'a line in the log');
});

test('a large request is sent again from its beginning', async () => {
  const text = 'x'.repeat(300_000);
  first.answer = (request, reply) => reply.json({ error: {} }, { status: 503 });
  const answer = await weir.post(CHAT, KEY, { model: 'pair', messages: [{ role: 'user', content: text }] });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(second.last.json.messages[0].content, text);
  assert.equal(second.last.body.length, first.last.body.length + 'a-longer-name'.length - 'm-a'.length);
});

test('what the client did wrong is not tried again', async () => {
  const body = { error: { message: 'max_tokens is too large', type: 'invalid_request_error', param: 'max_tokens', code: null } };
  for (const status of [400, 413, 422]) {
    first.answer = (request, reply) => reply.json(body, { status });
    const answer = await weir.post(CHAT, KEY, { model: 'pair', messages: [] });
    assert.equal(answer.status, status);
    assert.deepEqual(answer.json, body);
    assert.equal(answer.headers['x-weir-attempts'], 'a=rejected');
  }
  assert.equal(second.requests.length, 0);
});

test('with nothing left, the last failure is the answer', async () => {
  first.answer = (request, reply) => reply.json({ error: { message: 'first' } }, { status: 500 });
  second.answer = (request, reply) => reply.json({ error: { message: 'second' } }, { status: 429, 'retry-after': '7' });
  const answer = await weir.reload(registry({ retries: { ...RETRIES, attempts_max: 2 } })).then(() => weir.post(CHAT, KEY, { model: 'pair', messages: [] }));
  assert.equal(answer.status, 429);
  assert.equal(answer.json.error.message, 'second');
  assert.equal(answer.headers['retry-after'], '7');
  assert.equal(answer.headers['x-weir-attempts'], 'a=broken, b=busy');
});

test('a provider that refuses our key, and no other, is a 502 that says so', async () => {
  await weir.reload(registry());
  for (const status of [401, 403, 404]) {
    first.answer = (request, reply) => reply.json({ error: { message: 'sk-secret is not valid' } }, { status });
    const answer = await weir.post(CHAT, KEY, { model: 'single', messages: [] });
    assertOpenAiError(answer, 502, status === 404 ? 'upstream_model_error' : 'upstream_auth_error');
    assert.ok(!answer.text.includes('sk-secret'));
    assert.equal(answer.headers['x-weir-attempts'], status === 404 ? 'a=missing' : 'a=refused');
  }
});

test('a single deployment is tried again after a pause', async () => {
  let count = 0;
  first.answer = (request, reply) => (++count < 3 ? reply.json({ error: {} }, { status: 503 }) : reply.json(completion('m')));
  const answer = await weir.post(CHAT, KEY, { model: 'single', messages: [] });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers['x-weir-attempts'], 'a=broken, a=broken, a=ok');
});

test('once the client has seen a byte, nothing is tried again', async () => {
  first.answer = async (request, reply) => {
    await reply.streamHead();
    await reply.chunk('data: {"choices":[{"delta":{"content":"Hel"}}]}\n\n');
    reply.cut();
  };
  const connection = await weir.connect();
  connection.write(requestBytes({ method: 'POST', path: CHAT, body: '{"model":"pair","stream":true}', headers: { authorization: `Bearer ${KEY}` } }));
  const text = (await connection.readToEnd()).toString();
  assert.match(text, /^HTTP\/1.1 200 [^]*"Hel"[^]*"error"/);
  assert.ok(!text.includes('[DONE]') && !text.endsWith('\r\n0\r\n\r\n'), text);
  assert.equal(second.requests.length, 0);
});

test('a deployment of another protocol is as good as any', async () => {
  first.answer = (request, reply) => reply.json({ error: {} }, { status: 503 });
  const answer = await weir.post(CHAT, KEY, { model: 'both', messages: [{ role: 'user', content: 'Hi' }] });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers['x-weir-attempts'], 'claude=broken, b=ok');
  assert.match(first.last.path, /\/messages$/);
});

test('a client that leaves during the pause ends the call', async () => {
  await weir.reload(registry({ retries: { ...RETRIES, pause_ms: 10_000 } }));
  first.answer = (request, reply) => reply.json({ error: {} }, { status: 503 });
  const connection = await weir.connect();
  connection.write(requestBytes({ method: 'POST', path: CHAT, body: '{"model":"single"}', headers: { authorization: `Bearer ${KEY}` } }));
  await until(() => first.requests.length === 1, 'the first attempt');
  await until(() => first.sockets.size === 0, 'its end');
  const before = (await weir.totals()).counters.calls_client_gone;
  connection.close();
  await until(async () => (await weir.totals()).counters.calls_client_gone === before + 1, 'the call has ended');
});

/** A call that has failed once and waits for its next attempt, on a connection of its own. */
async function startPausing(server) {
  first.answer = (request, reply) => reply.json({ error: {} }, { status: 503 });
  const others = first.sockets.size;
  const connection = await server.connect();
  await connection.write(requestBytes({ method: 'POST', path: CHAT, body: '{"model":"single"}', headers: { authorization: `Bearer ${KEY}` } }));
  await until(() => first.requests.length === 1, 'the first attempt');
  await until(() => first.sockets.size <= others, 'its end');
  return connection;
}

const LONG_PAUSE = { timeouts: { first_byte_ms: 20_000 }, retries: { ...RETRIES, pause_ms: 1500 } };

test('a call that pauses goes on in its own generation, which is held until then', async () => {
  await weir.reload(registry(LONG_PAUSE));
  const connection = await startPausing(weir);
  const generation = await weir.generation();
  const { models, ...rest } = registry();
  delete models.single;
  await weir.reload({ ...rest, models });
  assert.notEqual(await weir.generation(), generation);
  await until(async () => (await weir.totals()).gauges.generations_held === 2, 'the old one is held');
  first.reset();
  const answer = await connection.readAnswer();
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers['x-weir-attempts'], 'a=broken, a=ok');
  assert.equal(answer.headers['x-weir-generation'].split('-')[0], String(generation));
  await until(async () => (await weir.totals()).gauges.generations_held === 1, 'and let go');
  connection.close();
});

test('requests behind a call that pauses are answered after it, in their order', async () => {
  await weir.reload(registry(LONG_PAUSE));
  const connection = await startPausing(weir);
  await connection.write(requestBytes({ path: '/v1/models', headers: { authorization: `Bearer ${KEY}` } }));
  await connection.write(requestBytes({ method: 'POST', path: CHAT, body: '{"model":"pair"}', headers: { authorization: `Bearer ${KEY}` } }));
  first.reset();
  assert.equal((await connection.readAnswer()).headers['x-weir-attempts'], 'a=broken, a=ok');
  assert.equal((await connection.readAnswer()).json.data.length, Object.keys(registry().models).length);
  assert.equal((await connection.readAnswer()).headers['x-weir-attempts'], 'a=ok');
  connection.close();
});

test('a drain waits for a call that pauses', async () => {
  await withWeir(registry(LONG_PAUSE), async (server) => {
    const connection = await startPausing(server);
    process.kill(server.pid, 'SIGTERM');
    first.reset();
    const answer = await connection.readAnswer();
    assert.equal(answer.headers['x-weir-attempts'], 'a=broken, a=ok');
    assert.equal(answer.headers.connection, 'close');
    await until(() => server.ended, 'weir ends');
    assert.deepEqual(server.ended, { code: 0, signal: null });
  });
});

test('a drain ends a call that pauses when its time is over', async () => {
  await withWeir(registry({ drain_ms: 500, retries: { ...RETRIES, pause_ms: 10_000 } }), async (server) => {
    const connection = await startPausing(server);
    process.kill(server.pid, 'SIGTERM');
    assert.ok(await connection.ends(), 'the connection is cut');
    await until(() => server.ended, 'weir ends');
    assert.deepEqual(server.ended, { code: 0, signal: null });
    assert.equal(first.requests.length, 1);
    assert.ok(!/INVARIANT|Sanitizer/.test(server.log), server.log);
  });
});

test('HTTP/1.0: a call moves on, and its answer ends with the connection', async () => {
  // A model of its own: deployments of others may be held back by what they were told before.
  await weir.reload(registry({
    timeouts: { first_byte_ms: 20_000 },
    models: { old: model({ provider: 'a', model: 'o-a', tier: 1 }, { provider: 'b', model: 'o-b', tier: 2 }) },
  }));
  for (const stream of [false, true]) {
    first.answer = (request, reply) => reply.json({ error: {} }, { status: 503 });
    second.answer = (request, reply) => (stream ? reply.stream(completionStream('m', ['Hel', 'lo'])) : reply.json(completion('m')));
    const connection = await weir.connect();
    const body = JSON.stringify({ model: 'old', stream });
    await connection.write(`POST ${CHAT} HTTP/1.0\r\nAuthorization: Bearer ${KEY}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    const text = (await connection.readToEnd()).toString();
    assert.match(text, /^HTTP\/1.1 200 [^]*\r\nx-weir-attempts: a=broken, b=ok\r\n/);
    assert.ok(!/transfer-encoding/.test(text) && text.endsWith(stream ? 'data: [DONE]\n\n' : '}'), text);
  }
});

test('a breaker opens once for all workers, and lets one probe through', async () => {
  const opened = async () => (await weir.totals()).counters.breakers_opened;
  await weir.reload(registry({
    workers: 2, breaker: { failures: 4, open_ms: 600_000 }, retries: { ...RETRIES, attempts_max: 2 },
    models: { breaking: model({ provider: 'a', model: 'x-a', tier: 1 }, { provider: 'b', model: 'x-b', tier: 2 }) },
  }));
  const before = await opened();
  first.answer = (request, reply) => reply.json({ error: {} }, { status: 503 });
  for (let i = 0; i < 40; i++) {
    const answer = await weir.post(CHAT, KEY, { model: 'breaking', messages: [] });
    assert.equal(answer.status, 200, 'no client sees it');
  }
  assert.ok(first.requests.length <= 4, `${first.requests.length} calls reached it`);
  assert.equal(await opened(), before + 1);
  // All that is left of the model is open: the client is told when to come back.
  second.answer = first.answer;
  let answer;
  for (let i = 0; i < 6; i++) answer = await weir.post(CHAT, KEY, { model: 'breaking', messages: [] });
  assertOpenAiError(answer, 503, 'upstream_unavailable');
  assert.ok(Number(answer.headers['retry-after']) > 1);
  assert.equal(answer.headers['x-weir-attempts'], undefined);
  assert.match(weir.log, /breaker opened: model="breaking" provider=a last=broken/);
});

test('a probe that succeeds closes the breaker', async () => {
  await weir.reload(registry({
    breaker: { failures: 2, open_ms: 300 }, retries: { ...RETRIES, attempts_max: 1 },
    models: { probed: model({ provider: 'a', model: 'p-a' }) },
  }));
  first.answer = (request, reply) => reply.json({ error: {} }, { status: 503 });
  const call = () => weir.post(CHAT, KEY, { model: 'probed', messages: [] });
  await call();
  await call();
  assertOpenAiError(await call(), 503, 'upstream_unavailable');
  assert.equal(first.requests.length, 2);
  first.reset();
  await until(async () => (await call()).status === 200, 'the probe');
  for (let i = 0; i < 3; i++) assert.equal((await call()).status, 200);
});

/** A breaker of two failures, and calls of one attempt: each gives the bytes of its answer. */
async function startBreaking(slug, rest = {}) {
  await weir.reload(registry({
    breaker: { failures: 2, open_ms: 600_000 }, retries: { ...RETRIES, attempts_max: 1 },
    models: { [slug]: model({ provider: 'a', model: slug }) }, ...rest,
  }));
  return async () => {
    const connection = await weir.connect();
    const body = JSON.stringify({ model: slug, stream: true, messages: [] });
    connection.write(requestBytes({ method: 'POST', path: CHAT, body, headers: { authorization: `Bearer ${KEY}`, connection: 'close' } }));
    return (await connection.readToEnd()).toString();
  };
}

test('a deployment that cuts each of its answers is left alone', async () => {
  const call = await startBreaking('cutting');
  first.answer = async (request, reply) => {
    await reply.streamHead();
    await reply.chunk('data: {"choices":[{"delta":{"content":"Hel"}}]}\n\n');
    reply.cut();
  };
  for (let i = 0; i < 2; i++) {
    assert.match(await call(), /x-weir-attempts: a=ok\r\n[^]*"Hel"[^]*"error"/);
  }
  assert.match(await call(), /^HTTP\/1.1 503 [^]*upstream_unavailable/);
  assert.match(weir.log, /breaker opened: model="cutting" provider=a last=cut/);
});

test('an error that stands, and is an answer without an end, is one failure', async () => {
  const call = await startBreaking('erring');
  first.answer = (request, reply) => reply.stream('data: {"error":{"message":"overloaded","code":503}}\n\n');
  assert.match(await call(), /overloaded/);
  first.reset();
  assert.match(await call(), /^HTTP\/1.1 200 /);
});

test('a whole answer ends the row of failures, the beginning of one does not', async () => {
  const call = await startBreaking('mixed');
  const good = first.answer;
  const bad = (request, reply) => reply.json({ error: {} }, { status: 503 });
  for (const answer of [bad, good, bad, good, bad]) {
    first.answer = answer;
    assert.match(await call(), answer === good ? /^HTTP\/1.1 200 / : /^HTTP\/1.1 503 /);
  }
  assert.equal(first.requests.length, 5);
});

test('a stream that is well when its time is over is no failure', async () => {
  const call = await startBreaking('long', { breaker: { failures: 1, open_ms: 600_000 }, timeouts: { total_ms: 300, between_events_ms: 60_000 } });
  first.answer = async (request, reply) => {
    await reply.streamHead();
    await reply.chunk('data: {"choices":[{"delta":{"content":"Hel"}}]}\n\n');
  };
  for (let i = 0; i < 3; i++) assert.match(await call(), /"Hel"[^]*upstream_timeout/);
});

test('an attempt that could not begin in time is not waited for', async () => {
  await startBreaking('hurried', { retries: { ...RETRIES, pause_ms: 10_000 }, timeouts: { total_ms: 5000 } });
  first.answer = (request, reply) => reply.json({ error: {} }, { status: 503 });
  const answer = await weir.post(CHAT, KEY, { model: 'hurried', messages: [] });
  assert.equal(answer.status, 503);
  assert.equal(answer.headers['x-weir-attempts'], 'a=broken');
});

test('Retry-After keeps a deployment out of use, and its neighbour answers', async () => {
  await weir.reload(registry({ models: { fresh: model({ provider: 'a', model: 'f-a', tier: 1 }, { provider: 'b', model: 'f-b', tier: 2 }) } }));
  first.answer = (request, reply) => reply.json({ error: {} }, { status: 429, 'retry-after': '30' });
  for (let i = 0; i < 3; i++) {
    const answer = await weir.post(CHAT, KEY, { model: 'fresh', messages: [] });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers['x-weir-attempts'], i === 0 ? 'a=busy, b=ok' : 'b=ok');
  }
  assert.equal(first.requests.length, 1);
});

test('a storm of failures does not multiply: retries have a budget', async () => {
  await weir.reload(registry({
    workers: 1, retries: { ...RETRIES, attempts_max: 2, retry_percent: 0 }, breaker: { failures: 255, open_ms: 600_000 },
    models: { storm: model({ provider: 'a', model: 's-a' }) },
  }));
  first.answer = (request, reply) => reply.json({ error: {} }, { status: 503 });
  for (let i = 0; i < 60; i++) await weir.post(CHAT, KEY, { model: 'storm', messages: [] });
  assert.ok(first.requests.length <= 60 + 10, `${first.requests.length} requests for 60 calls`);
});

test('silence in a stream is filled with comments, never inside an event', async () => {
  await weir.reload(registry({ timeouts: { keepalive_ms: 500, between_events_ms: 60_000 } }));
  let release;
  const released = new Promise((resolve) => { release = resolve; });
  first.answer = async (request, reply) => {
    await reply.streamHead();
    await reply.chunk('data: {"choices":[{"delta":{"content":"Hel"}}]}\n\n');
    await released;
    await reply.chunk('data: [DONE]\n\n');
    await reply.raw('0\r\n\r\n');
  };
  const connection = await weir.connect();
  connection.write(requestBytes({ method: 'POST', path: CHAT, body: '{"model":"single","stream":true}', headers: { authorization: `Bearer ${KEY}` } }));
  let seen = '';
  const whole = connection.readToEnd((bytes) => { seen += bytes.toString('latin1'); });
  await until(() => (seen.match(/: keep-alive\n\n/g) ?? []).length >= 2, 'two comments');
  release();
  await until(() => seen.includes('[DONE]'), 'the end');
  assert.match(seen, /"Hel"[^]*: keep-alive\n\n[^]*data: \[DONE\]\n\n/);
  connection.halfClose();
  await whole;
});

test('a head that is held back goes out when the silence lasts, with a comment', async () => {
  await weir.reload(registry({ timeouts: { keepalive_ms: 500, between_events_ms: 60_000 } }));
  let release;
  const released = new Promise((resolve) => { release = resolve; });
  first.answer = async (request, reply) => {
    await reply.streamHead();
    await released;
    await reply.chunk('data: {"choices":[]}\n\ndata: [DONE]\n\n');
    await reply.raw('0\r\n\r\n');
  };
  const connection = await weir.connect();
  connection.write(requestBytes({ method: 'POST', path: CHAT, body: '{"model":"pair","stream":true}', headers: { authorization: `Bearer ${KEY}` } }));
  let seen = '';
  const whole = connection.readToEnd((bytes) => { seen += bytes.toString('latin1'); });
  await until(() => seen.includes('HTTP/1.1 200'), 'the head');
  assert.match(seen, /x-weir-attempts: a=ok/);
  await until(() => seen.includes(': keep-alive'), 'a comment');
  release();
  await until(() => seen.includes('[DONE]'), 'the end');
  connection.halfClose();
  await whole;
});
