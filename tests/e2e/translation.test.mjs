// Any client protocol to any provider: what each client gets of each kind of provider.
import assert from 'node:assert/strict';
import { after, beforeEach } from 'node:test';
import { keyOf } from './config.mjs';
import { startWeir, test, until } from './harness.mjs';
import { requestBytes } from './http.mjs';
import { residentBytes } from './proc.mjs';
import { EXPECTED_CALL, PROTOCOLS, answerInAnyProtocol, readGeminiAnswers } from './protocols.mjs';
import { Upstream } from './upstream.mjs';

const KEY = 'weir_translation-000000000000000000000000000000';
const [first, second] = [await Upstream.start(), await Upstream.start()];
after(() => Promise.all([first.stop(), second.stop()]));

const [openai, anthropic, gemini] = PROTOCOLS;
const AGAIN = { attempts_max: 3, pause_ms: 1, retry_percent: 100, retry_after_max_ms: 0 };

function provider(upstream, kind) {
  return { kind, base_url: kind === 'anthropic' ? upstream.url.replace(/\/v1$/, '') : upstream.url, api_key: `sk-of-${kind}` };
}

function registry(rest = {}) {
  const kinds = ['openai', 'anthropic', 'gemini', 'openrouter'];
  const one = (name, more = {}) => ({ context_window: 1000, deployments: [{ provider: name, model: `the ${name}/model` }], ...more });
  return {
    workers: 1,
    retries: AGAIN,
    breaker: { failures: 255, open_ms: 100 },
    timeouts: { connect_ms: 5000, first_byte_ms: 10_000, between_events_ms: 10_000 },
    providers: Object.fromEntries([
      ...kinds.map((kind) => [kind, provider(first, kind)]), ...kinds.map((kind) => [`${kind}-2`, provider(second, kind)]),
    ]),
    models: {
      ...Object.fromEntries(kinds.map((kind) => [`on-${kind}`, one(kind)])),
      'org/model:tag': one('gemini'),
      strict: one('anthropic', { strict_params: true }),
      // Each first choice fails over to the next protocol.
      'openai-then-gemini': { context_window: 1000, deployments: [{ provider: 'openai', model: 'a', tier: 1 }, { provider: 'gemini-2', model: 'b', tier: 2 }] },
      'anthropic-then-openai': { context_window: 1000, deployments: [{ provider: 'anthropic', model: 'a', tier: 1 }, { provider: 'openai-2', model: 'b', tier: 2 }] },
      'gemini-then-anthropic': { context_window: 1000, deployments: [{ provider: 'gemini', model: 'a', tier: 1 }, { provider: 'anthropic-2', model: 'b', tier: 2 }] },
    },
    users: { u: { models: 'all' } },
    keys: { k: keyOf(KEY, { user: 'u' }) },
    ...rest,
  };
}

const weir = await startWeir(registry());
beforeEach(() => {
  for (const upstream of [first, second]) {
    upstream.reset();
    upstream.answer = answerInAnyProtocol;
  }
});

function ask(client, slug, options = {}) {
  return weir.post(client.path(encodeURIComponent(slug), options.stream), KEY, { ...client.request(slug, options), ...options.more });
}

const PAIRS = PROTOCOLS.flatMap((client) => PROTOCOLS.map((upstream) => ({ client, upstream, name: `${client.name} to ${upstream.name}`, slug: `on-${upstream.kind}` })));
const TRANSLATED = PAIRS.filter(({ client, upstream }) => client !== upstream);

for (const { client, upstream, name, slug } of PAIRS) {
  for (const stream of [false, true]) {
    const how = `${name}, ${stream ? 'streamed' : 'plain'}`;

    test(`${how}: text and usage`, async () => {
      const answer = await ask(client, slug, { stream });
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(first.errors, []);
      assert.deepEqual(client.read(answer, stream), { text: 'Hello!', calls: [], finish: client.finish.text, usage: { input: 11, output: 7 } });
      assert.match(answer.headers['content-type'], stream ? /^text\/event-stream/ : /^application\/json/);
      assert.equal(answer.headers['x-weir-attempts'], `${upstream.kind}=ok`);
      assert.equal(answer.headers['x-weir-dropped'], undefined);
      assert.ok(answer.text.includes(`"${slug}"`), 'the slug stands in the answer');
    });

    test(`${how}: a tool call`, async () => {
      const answer = await ask(client, slug, { stream, tools: true });
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(first.errors, []);
      assert.deepEqual(client.read(answer, stream), { text: '', calls: [EXPECTED_CALL], finish: client.finish.tools, usage: { input: 11, output: 7 } });
    });

    test(`${how}: an error before the answer has the client's form`, async () => {
      first.answer = (request, reply) => reply.json(upstream.refusal, { status: 400 });
      const answer = await ask(client, slug, { stream });
      if (client !== upstream) client.assertError(answer, 400);
      assert.equal(answer.status, 400);
      assert.match(answer.text, /Not so\./);
      assert.equal(answer.headers['x-weir-attempts'], `${upstream.kind}=rejected`);
    });

    test(`${how}: the provider's refusal of our key is no fault of the client's`, async () => {
      first.answer = (request, reply) => reply.json(upstream.refusal, { status: 401 });
      client.assertError(await ask(client, slug, { stream }), 502);
    });
  }

  test(`${name}: a stream that breaks off ends in an error event`, async () => {
    first.answer = async (request, reply) => {
      await reply.streamHead();
      await reply.chunk(upstream.opening + upstream.words('Hel'));
      reply.cut();
    };
    const { text, isWhole } = await readCut(client, slug);
    assert.match(text, /Hel/);
    assert.match(text, client.errorEvent);
    assert.ok(!text.includes(client.terminator), text);
    assert.equal(isWhole, false);
  });

  test(`${name}: an error in the middle of a stream is told and nothing after it`, async () => {
    first.answer = async (request, reply) => {
      await reply.streamHead();
      await reply.chunk(upstream.opening + upstream.words('Hel'));
      await reply.chunk(upstream.errorInStream);
      await reply.raw('0\r\n\r\n');
    };
    const { text } = await readCut(client, slug);
    assert.match(text, /Hel/);
    assert.match(text, /Try later\./);
    assert.ok(!text.includes(client.terminator), text);
  });

  test(`${name}: a client that leaves ends the provider's stream`, async () => {
    let gone;
    first.answer = async (request, reply) => {
      gone = reply.gone;
      await reply.streamHead();
      await reply.chunk(upstream.opening + upstream.words('Hel'));
    };
    const before = (await weir.totals()).counters.calls_client_gone;
    const connection = await weir.connect();
    await connection.write(streamRequest(client, slug));
    await connection.readHead();
    connection.close();
    await gone;
    await until(async () => (await weir.totals()).counters.calls_client_gone === before + 1, 'the call has ended');
  });
}

function streamRequest(client, slug, path = client.path(encodeURIComponent(slug), true)) {
  return requestBytes({ method: 'POST', path, headers: { 'x-api-key': KEY }, body: JSON.stringify(client.request(slug, { stream: true })) });
}

/** All bytes of a streamed answer until its connection closes, chunks taken apart. */
async function readCut(client, slug, path) {
  const connection = await weir.connect();
  await connection.write(streamRequest(client, slug, path));
  const head = await connection.readHead();
  assert.equal(head.status, 200);
  const raw = (await connection.readToEnd()).toString('utf8');
  const isWhole = raw.endsWith('0\r\n\r\n');
  return { text: raw.replace(/(?:^|\r\n)[0-9a-f]+\r\n/g, '').replace(/\r\n$/, ''), isWhole };
}

for (const { client, upstream, name, slug } of TRANSLATED) {
  test(`${name}: a stream that is cut anywhere is the same stream`, async () => {
    const whole = await ask(client, slug, { stream: true });
    const expected = client.read(whole, true);
    for (const pieceBytes of [1, 7]) {
      first.answer = (request, reply) => reply.stream(upstream.stream(false), { pieceBytes });
      assert.deepEqual(client.read(await ask(client, slug, { stream: true }), true), expected);
    }
  });

  test(`${name}: half a character in a stream is a replacement character`, async () => {
    first.answer = (request, reply) => reply.stream(upstream.opening + upstream.words('a\ud83d') + upstream.words('\ude00b') + upstream.stream(false), { pieceBytes: 7 });
    const answer = await ask(client, slug, { stream: true });
    assert.equal(client.read(answer, true).text, 'a\ufffd\ufffdbHello!', answer.text);
  });

  test(`${name}: a document that is cut, empty or none is a 502`, async () => {
    for (const body of ['', '{', '<html>', JSON.stringify(upstream.document(false)).slice(0, -5)]) {
      first.answer = (request, reply) => reply.json(body, { chunkBytes: 10 });
      client.assertError(await ask(client, slug), 502);
    }
  });

  test(`${name}: a provider that is busy says how long`, async () => {
    first.answer = (request, reply) => reply.json(upstream.refusal, { status: 429, 'retry-after': '7' });
    const answer = await ask(client, slug);
    assert.equal(answer.headers['retry-after'], '7');
    assert.match(answer.headers['x-weir-attempts'], /busy$/);
  });

  test(`${name}: a long refusal is cut to a sentence`, async () => {
    first.answer = (request, reply) => reply.json(JSON.stringify(upstream.refusal).replace('Not so.', 'é'.repeat(60_000)), { status: 400 });
    client.assertError(await ask(client, slug), 400);
  });
}

// --- falling back ---------------------------------------------------------------------------------

for (const client of PROTOCOLS) {
  for (const [slug, from, to] of [['openai-then-gemini', openai, gemini], ['anthropic-then-openai', anthropic, openai], ['gemini-then-anthropic', gemini, anthropic]]) {
    for (const stream of [false, true]) {
      const how = `${client.name}, ${stream ? 'streamed' : 'plain'}: from ${from.name} to ${to.name}`;
      const works = async (word) => {
        const answer = await ask(client, slug, { stream, tools: true });
        assert.equal(answer.status, 200, answer.text);
        assert.deepEqual([first.errors, second.errors], [[], []]);
        assert.deepEqual(client.read(answer, stream).calls, [EXPECTED_CALL]);
        assert.equal(answer.headers['x-weir-attempts'], `${from.kind}=${word}, ${to.kind}-2=ok`);
      };

      test(`${how} after a status of failure`, async () => {
        first.answer = (request, reply) => reply.json(from.refusal, { status: 503 });
        await works('broken');
      });

      test(`${how} after a connection that broke off`, async () => {
        first.answer = (request, reply) => reply.cut();
        await works('connect');
      });

      if (stream) {
        test(`${how} after an error behind what only opens a stream`, async () => {
          first.answer = (request, reply) => reply.stream(from.opening + from.errorInStream);
          await works('error_body');
        });
      }
    }
  }
}

test('an error that comes first and stands has the status that it names', async () => {
  for (const { client, upstream, slug } of TRANSLATED) {
    first.answer = (request, reply) => reply.stream(upstream.opening + upstream.errorInStream);
    const answer = await ask(client, slug, { stream: true });
    client.assertError(answer, upstream === openai ? answer.status : 503);
    assert.ok(answer.status >= 500, answer.text);
    assert.match(answer.text, /Try later\./);
  }
});

// --- what is left out -----------------------------------------------------------------------------

test('what a provider cannot be asked for is left out by name, or refused when that is wished', async () => {
  const more = { seed: 7, logit_bias: {} };
  const answer = await ask(openai, 'on-anthropic', { more });
  assert.equal(answer.status, 200, answer.text);
  assert.match(answer.headers['x-weir-dropped'], /\bseed\b/);
  assert.equal(first.last.json.seed, undefined);
  first.answer = (request, reply) => reply.json(anthropic.refusal, { status: 400 });
  assert.match((await ask(openai, 'on-anthropic', { more })).headers['x-weir-dropped'], /\bseed\b/);
  first.reset();
  const refused = await ask(openai, 'strict', { more });
  assert.equal(refused.status, 400, refused.text);
  assert.equal(refused.json.error.param, 'seed');
  assert.equal(refused.headers['x-weir-attempts'], 'anthropic=unfit');
  assert.equal(first.requests.length, 0);
});

test('what would change the answer is refused in the dialect of the client, and names the field', async () => {
  const answer = await ask(openai, 'on-gemini', { more: { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://x.test/a.png' } }] }] } });
  assert.equal(answer.status, 400, answer.text);
  assert.equal(answer.json.error.code, 'unsupported_value');
  assert.match(answer.json.error.param, /^messages/);
  assert.equal(first.requests.length, 0);
});

// --- what goes upstream ---------------------------------------------------------------------------

test('each provider is asked with its own key and version, and with nothing of the client but what it said', async () => {
  const headers = { 'anthropic-beta': 'context-1m-2025-08-07', 'anthropic-version': '2026-10-21', 'x-goog-api-client': 'genai', 'x-other': 'y' };
  const expected = {
    openai: ['/v1/chat/completions', 'authorization', 'Bearer sk-of-openai'],
    openrouter: ['/v1/chat/completions', 'authorization', 'Bearer sk-of-openrouter'],
    anthropic: ['/v1/messages', 'x-api-key', 'sk-of-anthropic'],
    gemini: ['/v1/models/the%20gemini%2Fmodel:generateContent', 'x-goog-api-key', 'sk-of-gemini'],
  };
  for (const client of PROTOCOLS) {
    for (const [kind, [path, field, key]] of Object.entries(expected)) {
      const answer = await weir.post(client.path(`on-${kind}`), KEY, client.request(`on-${kind}`), headers);
      assert.equal(answer.status, 200, answer.text);
      assert.equal(first.last.path, path);
      assert.equal(first.last.headers[field], key);
      assert.ok(!first.last.head.includes(KEY), 'the client\'s key');
      assert.equal(first.last.headers['x-other'], undefined);
      assert.equal(first.last.headers['x-goog-api-client'], undefined);
      const isSame = client === anthropic && kind === 'anthropic';
      assert.equal(first.last.headers['anthropic-version'], kind === 'anthropic' ? (isSame ? '2026-10-21' : '2023-06-01') : undefined);
      assert.equal(first.last.headers['anthropic-beta'], isSame ? headers['anthropic-beta'] : undefined);
      assert.equal(Number(first.last.headers['content-length']), first.last.body.length);
    }
  }
});

test('translated attempts are counted, those that pass byte by byte are not', async () => {
  for (const { client, upstream, name, slug } of PAIRS) {
    const before = (await weir.totals()).counters;
    assert.equal((await ask(client, slug)).status, 200, name);
    const { counters } = await weir.totals();
    assert.equal(counters.attempts - before.attempts, 1, name);
    assert.equal(counters.attempts_translated - before.attempts_translated, client === upstream ? 0 : 1, name);
  }
});

test('a body of many chunks is translated whole', async () => {
  const text = 'Ünïcode \u0001 and "quotes". '.repeat(20_000);
  const answer = await ask(openai, 'on-anthropic', { more: { messages: [{ role: 'user', content: text }] } });
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(first.last.json.messages, [{ role: 'user', content: [{ type: 'text', text }] }]);
});

// --- Gemini's own paths ---------------------------------------------------------------------------

test('a slug stands in Gemini\'s path as it is or percent-encoded', async () => {
  for (const path of ['org/model:tag', 'org%2Fmodel%3Atag', 'org%2fmodel:tag', 'models/org/model:tag']) {
    for (const prefix of ['/v1beta', '/v1', '/gateway/gemini/v1beta', '/gemini/v1beta']) {
      const answer = await weir.post(`${prefix}/models/${path}:generateContent`, undefined, gemini.request(), { 'x-goog-api-key': KEY });
      assert.equal(answer.status, 200, `${prefix} ${path}: ${answer.text}`);
      assert.equal(answer.json.modelVersion, 'org/model:tag');
    }
  }
  for (const [path, status] of [['nobody:generateContent', 404], ['on-gemini:embedContent', 404], ['on-gemini', 405], ['%zz:generateContent', 400]]) {
    const answer = await weir.post(`/v1beta/models/${path}`, KEY, gemini.request());
    gemini.assertError(answer, status);
  }
  const wrong = await weir.get('/v1beta/models/on-gemini:generateContent', KEY);
  gemini.assertError(wrong, 405);
  assert.equal(wrong.headers.allow, 'POST');
});

test('Gemini to Gemini passes byte by byte but for the name of the model', async () => {
  const body = ' { "contents" : [ {"parts":[{"text":"\\u0041 ü"}]} ],\n"x":1e400, "model":"m" } ';
  const text = '{"candidates": [ ],\n "modelVersion" : "the gemini/model", "responseId":"a" }\n';
  first.answer = (request, reply) => reply.json(text);
  const plain = await weir.post('/v1beta/models/on-gemini:generateContent', KEY, body);
  assert.equal(first.last.text, body);
  assert.equal(plain.text, text.replace('the gemini/model', 'on-gemini'));
  const events = gemini.stream(false);
  first.answer = (request, reply) => reply.stream(events, { pieceBytes: 11 });
  const streamed = await weir.post('/v1beta/models/on-gemini:streamGenerateContent?alt=sse', KEY, body);
  assert.equal(first.last.path, '/v1/models/the%20gemini%2Fmodel:streamGenerateContent?alt=sse');
  assert.equal(streamed.text, events.replaceAll('"modelVersion":"m"', '"modelVersion":"on-gemini"'));
});

test('without alt=sse a Gemini client gets one array, from a provider of any protocol', async () => {
  for (const upstream of [openai, anthropic]) {
    const answer = await weir.post(`/v1beta/models/on-${upstream.kind}:streamGenerateContent`, KEY, gemini.request());
    assert.equal(answer.status, 200, answer.text);
    assert.match(answer.headers['content-type'], /^application\/json/);
    assert.deepEqual(readGeminiAnswers(answer.json), { text: 'Hello!', calls: [], finish: 'STOP', usage: { input: 11, output: 7 } });
  }
  const array = '[{"candidates":[],"modelVersion":"m"}\n,\r\n{"candidates":[{"finishReason":"STOP"}],"modelVersion":"m"}]';
  first.answer = (request, reply) => reply.json(array, { chunkBytes: 9 });
  const same = await weir.post('/v1beta/models/on-gemini:streamGenerateContent', KEY, gemini.request());
  assert.equal(first.last.path, '/v1/models/the%20gemini%2Fmodel:streamGenerateContent');
  assert.equal(same.text, array.replaceAll('"modelVersion":"m"', '"modelVersion":"on-gemini"'));
});

test('an array that breaks off ends in an error', async () => {
  for (const upstream of [openai, anthropic]) {
    first.answer = async (request, reply) => {
      await reply.streamHead();
      await reply.chunk(upstream.opening + upstream.words('Hel'));
      reply.cut();
    };
    const { text, isWhole } = await readCut(gemini, `on-${upstream.kind}`, `/v1beta/models/on-${upstream.kind}:streamGenerateContent`);
    assert.equal(isWhole, false);
    assert.match(text, /"Hel"/);
    assert.match(text, /"error":\{"code":502/);
  }
});

// --- counting tokens ------------------------------------------------------------------------------

test('tokens are counted where the provider speaks the protocol of the request, else not', async () => {
  first.answer = (request, reply) => reply.json(request.path.endsWith('/count_tokens') ? { input_tokens: 9 } : { totalTokens: 9 });
  for (const prefix of ['/v1', '/gateway/anthropic/v1', '/claude/v1']) {
    const counted = await weir.post(`${prefix}/messages/count_tokens`, KEY, anthropic.request('on-anthropic'));
    assert.deepEqual(counted.json, { input_tokens: 9 });
    assert.equal(first.last.path, '/v1/messages/count_tokens');
    assert.equal(first.last.json.model, 'the anthropic/model');
  }
  const body = { generateContentRequest: { model: 'models/on-gemini', ...gemini.request() } };
  const counted = await weir.post('/v1beta/models/on-gemini:countTokens', KEY, body);
  assert.deepEqual(counted.json, { totalTokens: 9 });
  assert.equal(first.last.path, '/v1/models/the%20gemini%2Fmodel:countTokens');
  assert.equal(first.last.json.generateContentRequest.model, 'models/the gemini/model');
  first.requests.length = 0;
  anthropic.assertError(await weir.post('/v1/messages/count_tokens', KEY, anthropic.request('on-openai')), 400);
  gemini.assertError(await weir.post('/v1beta/models/on-anthropic:countTokens', KEY, gemini.request()), 400);
  assert.equal(first.requests.length, 0);
});

// --- silence, bounds, memory ----------------------------------------------------------------------

test('a silent stream is kept alive in the way of each protocol', async () => {
  await weir.reload(registry({ timeouts: { keepalive_ms: 100, between_events_ms: 20_000 } }));
  const expected = [
    [openai, 'on-anthropic', undefined, ': keep-alive\n\n'], [anthropic, 'on-openai', undefined, 'event: ping\n'],
    [gemini, 'on-openai', undefined, ': keep-alive\n\n'], [gemini, 'on-anthropic', '/v1beta/models/on-anthropic:streamGenerateContent', '\r\n1\r\n\n\r\n'],
  ];
  for (const [client, slug, path, comment] of expected) {
    const upstream = PROTOCOLS.find((protocol) => slug === `on-${protocol.kind}`);
    let goOn;
    const gate = new Promise((resolve) => { goOn = resolve; });
    first.answer = async (request, reply) => {
      await reply.streamHead();
      await reply.chunk(upstream.opening + upstream.words('Hel'));
      await gate;
      reply.cut();
    };
    const connection = await weir.connect();
    await connection.write(streamRequest(client, slug, path));
    await connection.readHead();
    let text = '';
    const raw = await connection.readToEnd((bytes) => {
      text += bytes.toString('utf8');
      if (text.includes(comment)) goOn();
    });
    assert.ok(raw.toString('utf8').includes(comment));
  }
  await weir.reload(registry());
});

test('a request with too many values, and an answer that is too long, have an end', async () => {
  await weir.reload(registry({ limits: { json_tokens: 1024, answer_bytes: '64KiB' } }));
  const many = await ask(openai, 'on-anthropic', { more: { messages: Array.from({ length: 600 }, () => ({ role: 'user', content: 'x' })) } });
  assert.equal(many.status, 400, many.text);
  assert.equal(many.json.error.code, 'too_many_values');
  const long = 'x'.repeat(100_000);
  first.answer = (request, reply) => reply.json({ ...anthropic.document(false), content: [{ type: 'text', text: long }] });
  openai.assertError(await ask(openai, 'on-anthropic'), 502);
  first.answer = (request, reply) => reply.stream(anthropic.opening + anthropic.words('Hel') + anthropic.words(long), { pieceBytes: 1000 });
  const { text } = await readCut(openai, 'on-anthropic');
  assert.match(text, openai.errorEvent);
  await weir.reload(registry());
});

test('a whole answer that is longer than a client may have waiting arrives whole', async () => {
  const long = 'x'.repeat(8 << 20);
  first.answer = (request, reply) => reply.json({ ...anthropic.document(false), content: [{ type: 'text', text: long }] });
  const answer = await ask(openai, 'on-anthropic');
  assert.equal(answer.status, 200);
  assert.equal(answer.json.choices[0].message.content, long);
});

test('what all translated answers may hold together has an end, and is there again', async () => {
  await weir.reload(registry({ limits: { answer_bytes: '16MiB', translation_memory: '1MiB' }, retries: { attempts_max: 1 } }));
  first.answer = (request, reply) => reply.json({ ...anthropic.document(false), content: [{ type: 'text', text: 'x'.repeat(3 << 20) }] });
  openai.assertError(await ask(openai, 'on-anthropic'), 503);
  first.answer = answerInAnyProtocol;
  assert.equal((await ask(openai, 'on-anthropic')).status, 200);
  await weir.reload(registry());
});

test('a client that reads slowly pauses the provider, and gets all of it', async () => {
  const piece = 'x'.repeat(10_000);
  first.answer = async (request, reply) => {
    await reply.streamHead();
    await reply.chunk(anthropic.opening + anthropic.words(piece));
    const delta = anthropic.words(piece).slice(anthropic.words('').indexOf('event: content_block_delta'));
    for (let each = 1; each < 1500; each++) await reply.chunk(delta);
    await reply.chunk(anthropic.stream(false).slice(anthropic.stream(false).indexOf('event: content_block_stop')));
    await reply.raw('0\r\n\r\n');
  };
  const before = (await weir.totals()).counters.held;
  const connection = await weir.connect();
  await connection.write(streamRequest(openai, 'on-anthropic'));
  await until(async () => (await weir.totals()).counters.held > before, 'the provider is paused');
  const answer = await connection.readAnswer('POST');
  connection.close();
  assert.deepEqual(first.errors, []);
  assert.equal(openai.read(answer, true).text.length, 1500 * piece.length);
});

test('memory is as before after many translated streams', async () => {
  const [worker] = weir.processes('worker');
  const round = async (count) => {
    first.answer = (request, reply) => reply.stream(anthropic.opening + anthropic.words('Hel').repeat(20) + anthropic.stream(true).slice(anthropic.opening.length), { pieceBytes: 700 });
    await Promise.all(Array.from({ length: count }, async () => {
      const answer = await ask(openai, 'on-anthropic', { stream: true });
      assert.equal(answer.status, 200);
    }));
  };
  await round(100);
  const before = residentBytes(worker);
  for (let each = 0; each < 5; each++) await round(100);
  await until(async () => (await weir.totals()).gauges.calls_open === 0, 'no call is open');
  assert.equal((await weir.totals()).gauges.body_bytes, 0);
  const grown = residentBytes(worker) - before;
  assert.ok(grown < 8 << 20, `${grown} bytes more`);
});
