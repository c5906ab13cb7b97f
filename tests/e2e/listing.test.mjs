// GET /v1/models and /v1/models/{id}: DESIGN sections 6, 7 and 8.
import assert from 'node:assert/strict';
import { displayOrder, effective, keyOf, listedModel, listing } from './config.mjs';
import { KEYS, registry } from './fixture.mjs';
import { assertAnthropicError, assertOpenAiError, generationOf, startWeir, test, withWeir } from './harness.mjs';
import { requestBytes } from './http.mjs';

const config = registry({ openai: 'http://127.0.0.1:9/v1' });
const startedAt = Math.floor(Date.now() / 1000);
const weir = await startWeir(config);
const keyEntry = (secret) => Object.values(config.keys).find((entry) => entry.sha256 === keyOf(secret).sha256);
const ids = (answer) => answer.json.data.map((model) => model.id);

test('the list is byte for byte what the configuration says', async () => {
  const answer = await weir.get('/v1/models', KEYS.all);
  assert.equal(answer.status, 200);
  const created = Object.fromEntries(answer.json.data.map((model) => [model.id, model.created]));
  for (const [slug, when] of Object.entries(created)) {
    assert.ok(Number.isInteger(when) && when >= startedAt - 1 && when <= Date.now() / 1000 + 1, `${slug}: ${when}`);
  }
  assert.equal(answer.text, listing(config, displayOrder(config), (slug) => created[slug]));
  assert.match(answer.headers['content-type'], /^application\/json/);
});

test('models come by falling priority, then by slug', async () => {
  assert.deepEqual(ids(await weir.get('/v1/models', KEYS.all)),
    ['claude-sonnet-4', 'gpt-mini', 'org/model:tag', 'Zebra', 'a.plain-one', 'last']);
});

for (const [name, secret, expected] of [
  ['a user and the user\'s groups', KEYS.some, ['gpt-mini', 'Zebra', 'last']],
  ['allowed_models cuts them', KEYS.one, ['Zebra']],
  ['the key\'s own group', KEYS.group, ['gpt-mini']],
  ['an empty grant is an empty list', KEYS.none, []],
  ['a key that expires later', KEYS.later, displayOrder(config)],
]) {
  test(`grants: ${name}`, async () => {
    const answer = await weir.get('/v1/models', secret);
    assert.equal(answer.status, 200);
    assert.deepEqual(ids(answer), expected);
    assert.deepEqual(ids(answer), effective(config, keyEntry(secret)), 'the model of the rules agrees');
  });
}

test('an empty list has its exact bytes', async () => {
  assert.equal((await weir.get('/v1/models', KEYS.none)).text, '{"object":"list","data":[]}');
});

for (const [name, request] of [
  ['Authorization: Bearer', { headers: { authorization: `Bearer ${KEYS.some}` } }],
  ['authorization: bearer, whose scheme has no case', { headers: { authorization: `bearer ${KEYS.some}` } }],
  ['x-api-key', { headers: { 'x-api-key': KEYS.some } }],
  ['X-Goog-Api-Key', { headers: { 'X-Goog-Api-Key': KEYS.some } }],
  ['api-key', { headers: { 'api-key': KEYS.some } }],
  ['?key=', { path: `/v1/models?key=${KEYS.some}` }],
  ['?key= behind another parameter, percent-encoded', { path: `/v1/models?x=1&key=${KEYS.some.replace('_', '%5F')}` }],
  ['all of them with the same key', {
    path: `/v1/models?key=${KEYS.some}`,
    headers: { authorization: `Bearer ${KEYS.some}`, 'x-api-key': KEYS.some, 'x-goog-api-key': KEYS.some, 'api-key': KEYS.some },
  }],
]) {
  test(`the key is taken from ${name}`, async () => {
    const answer = await weir.fetch({ path: '/v1/models', ...request });
    assert.equal(answer.status, 200);
    assert.deepEqual(ids(answer), ['gpt-mini', 'Zebra', 'last']);
  });
}

test('two different keys in one request are 401', async () => {
  for (const request of [
    { headers: { authorization: `Bearer ${KEYS.all}`, 'x-api-key': KEYS.some } },
    { path: `/v1/models?key=${KEYS.all}`, headers: { 'api-key': KEYS.some } },
    { headers: { 'x-api-key': KEYS.all, 'x-goog-api-key': 'nonsense' } },
  ]) {
    assertOpenAiError(await weir.fetch({ path: '/v1/models', ...request }), 401, 'invalid_api_key');
  }
});

for (const [name, headers] of [
  ['no key', {}],
  ['an unknown key', { authorization: 'Bearer weir_0000000000000000000000000000000000000000000' }],
  ['an empty key', { authorization: 'Bearer ' }],
  ['another scheme', { authorization: `Basic ${Buffer.from(KEYS.all).toString('base64')}` }],
  ['a prefix of a key', { authorization: `Bearer ${KEYS.all.slice(0, -1)}` }],
  ['a key and a letter more', { authorization: `Bearer ${KEYS.all}x` }],
  ['a disabled key', { authorization: `Bearer ${KEYS.disabled}` }],
  ['an expired key', { authorization: `Bearer ${KEYS.expired}` }],
  ['a key of 4,000 bytes', { authorization: `Bearer ${'k'.repeat(4000)}` }],
  ['the digest in place of the key', { authorization: `Bearer ${keyOf(KEYS.all).sha256}` }],
]) {
  test(`401: ${name}`, async () => {
    for (const path of ['/v1/models', '/v1/models/Zebra']) {
      assertOpenAiError(await weir.fetch({ path, headers }), 401, 'invalid_api_key');
    }
    assertOpenAiError(await weir.fetch({ method: 'POST', path: '/v1/chat/completions', headers, body: '{"model":"Zebra"}' }), 401, 'invalid_api_key');
  });
}

test('what cannot be routed is 404, and a wrong method 405 with Allow', async () => {
  for (const path of ['/v1', '/v1/model', '/v2/models', '/v1/models2', '/V1/MODELS', '/v1//models', '/etc/passwd']) {
    assertOpenAiError(await weir.get(path, KEYS.all), 404, 'not_found');
  }
  for (const [method, path, allow] of [
    ['POST', '/v1/models', ['GET', 'HEAD']], ['DELETE', '/v1/models/Zebra', ['GET', 'HEAD']],
    ['GET', '/v1/chat/completions', ['POST']], ['PUT', '/v1/models', ['GET', 'HEAD']],
  ]) {
    const answer = await weir.fetch({ method, path, headers: { authorization: `Bearer ${KEYS.all}` }, body: method === 'GET' ? undefined : '' });
    assertOpenAiError(answer, 405, 'method_not_allowed');
    assert.deepEqual(answer.headers.allow.split(/, */).sort(), allow);
  }
});

test('every answer has a request id of its own and the generation', async () => {
  const answers = await Promise.all(['/v1/models', '/v1/models/Zebra', '/v1/models/nope', '/nowhere', '/healthz']
    .map((path) => weir.get(path, KEYS.all)));
  const generations = new Set(answers.map((answer) => answer.headers['x-weir-generation']));
  assert.equal(generations.size, 1);
  assert.equal(generationOf(answers[0]), 1);
  assert.equal(new Set(answers.map((answer) => answer.headers['x-request-id'])).size, answers.length);
  for (const answer of answers) assert.match(answer.headers['x-request-id'], /^[!-~]{8,}$/);
});

test('a list may be kept by its client alone, and varies with the credential', async () => {
  const { headers } = await weir.get('/v1/models', KEYS.all);
  assert.equal(headers['cache-control'], 'private, no-cache');
  const vary = headers.vary.toLowerCase().split(/, */);
  for (const name of ['authorization', 'x-api-key', 'x-goog-api-key', 'api-key', 'anthropic-version', 'accept', 'cookie']) {
    assert.ok(vary.includes(name), `${name} in ${headers.vary}`);
  }
  assert.equal(headers['content-encoding'], undefined);
});

test('HEAD has the head of GET and no body', async () => {
  const connection = await weir.connect();
  for (const path of ['/v1/models', '/v1/models/Zebra']) {
    const request = (method) => requestBytes({ method, path, headers: { authorization: `Bearer ${KEYS.all}` } });
    await connection.write(request('HEAD'));
    const head = await connection.readAnswer('HEAD');
    await connection.write(request('GET'));
    const get = await connection.readAnswer();
    assert.equal(head.status, 200);
    for (const name of ['content-length', 'content-type', 'etag', 'vary']) assert.equal(head.headers[name], get.headers[name], name);
    assert.equal(Number(head.headers['content-length']), get.body.length);
  }
  connection.close();
});

test('an ETag that matches is answered with 304 and nothing else', async () => {
  const { headers: { etag }, body } = await weir.get('/v1/models', KEYS.all);
  assert.match(etag, /^"[^"]+"$/);
  for (const [given, status] of [
    [etag, 304], [`W/${etag}`, 304], [`"x", ${etag}`, 304], [`"x",W/"y",W/${etag}, "z"`, 304], ['*', 304], [`  ${etag}`, 304],
    ['"x"', 200], [etag.slice(1, -1), 200], [`"${etag.slice(1, -1)}x"`, 200], ['', 200], ['"', 200], [`"a,${etag.slice(1)}`, 200],
  ]) {
    const answer = await weir.get('/v1/models', KEYS.all, { 'if-none-match': given });
    assert.equal(answer.status, status, given);
    assert.equal(answer.body.length, status === 304 ? 0 : body.length);
    assert.equal(answer.headers.etag, etag);
    if (status === 304) assert.equal(answer.headers['cache-control'], 'private, no-cache');
  }
});

test('two grant sets have two ETags, equal ones the same', async () => {
  const etag = async (secret) => (await weir.get('/v1/models', secret)).headers.etag;
  assert.notEqual(await etag(KEYS.all), await etag(KEYS.some));
  assert.equal(await etag(KEYS.all), await etag(KEYS.later));
});

test('one model is the very item of the list', async () => {
  const list = await weir.get('/v1/models', KEYS.all);
  for (const { id, created } of list.json.data) {
    const answer = await weir.get(`/v1/models/${id}`, KEYS.all);
    assert.equal(answer.status, 200, id);
    assert.equal(answer.text, listedModel(config, id, created));
    assert.ok(list.text.includes(answer.text));
  }
});

for (const path of ['org/model:tag', 'org%2Fmodel:tag', 'org%2fmodel%3Atag', 'org/model%3atag', '%6frg/model:ta%67']) {
  test(`an id may be written as ${path}`, async () => {
    const answer = await weir.get(`/v1/models/${path}`, KEYS.all);
    assert.equal(answer.status, 200);
    assert.equal(answer.json.id, 'org/model:tag');
  });
}

test('a model that is not there, not granted, or known to the provider alone', async () => {
  for (const [id, secret, status, code] of [
    ['nope', KEYS.all, 404, 'model_not_found'], ['hidden', KEYS.all, 404, 'model_not_found'],
    ['zebra', KEYS.all, 404, 'model_not_found'], ['zebra-upstream', KEYS.all, 404, 'model_not_found'],
    ['x'.repeat(3000), KEYS.all, 404, 'model_not_found'], ['Zebra/', KEYS.all, 404, 'model_not_found'],
    ['claude-sonnet-4', KEYS.some, 403, 'model_not_allowed'], ['Zebra', KEYS.none, 403, 'model_not_allowed'],
    ['nope', KEYS.none, 404, 'model_not_found'], ['hidden', KEYS.group, 404, 'model_not_found'],
  ]) {
    assertOpenAiError(await weir.get(`/v1/models/${id}`, secret), status, code);
  }
  for (const id of ['%', '%zz', '%0', '%00']) {
    const answer = await weir.get(`/v1/models/${id}`, KEYS.all);
    assert.ok([400, 404].includes(answer.status), `${id}: ${answer.status}`);
  }
});

test('a kept connection answers one list after the other', async () => {
  const connection = await weir.connect();
  for (let i = 0; i < 100; i++) {
    await connection.write(requestBytes({ path: '/v1/models', headers: { 'x-api-key': i % 2 ? KEYS.all : KEYS.some } }));
    const answer = await connection.readAnswer();
    assert.equal(answer.json.data.length, i % 2 ? 6 : 3);
  }
  connection.close();
});

test('fifty lists asked in one write come back in order', async () => {
  const connection = await weir.connect();
  const secrets = [KEYS.all, KEYS.some, KEYS.one, KEYS.none, KEYS.group];
  const requests = Array.from({ length: 50 }, (_, i) => requestBytes({ path: '/v1/models', headers: { 'x-api-key': secrets[i % 5] } }));
  await connection.write(Buffer.concat(requests));
  for (let i = 0; i < 50; i++) {
    assert.equal((await connection.readAnswer()).json.data.length, [6, 3, 1, 0, 1][i % 5]);
  }
  connection.close();
});

test('conceal_ungranted makes what is not granted unknown', async () => {
  await withWeir({ ...config, conceal_ungranted: true }, async (concealing) => {
    assertOpenAiError(await concealing.get('/v1/models/claude-sonnet-4', KEYS.some), 404, 'model_not_found');
    assertAnthropicError(await concealing.post('/v1/messages', KEYS.some, '{"model":"claude-sonnet-4"}'), 404, 'not_found_error');
    for (const ask of [
      (id) => concealing.get(`/v1/models/${id}`, KEYS.some),
      (id) => concealing.get(`/v1/models/${id}`, KEYS.some, { 'anthropic-version': '2026-10-21' }),
      (id) => concealing.get(`/v1beta/models/${id}`, KEYS.some),
      (id) => concealing.get(`/v1beta/models/models%2F${id}`, KEYS.some),
      (id) => concealing.get(`/api/v1/models/${id}`, KEYS.some),
      (id) => concealing.post('/v1/chat/completions', KEYS.some, JSON.stringify({ model: id, messages: [] })),
      (id) => concealing.post('/v1/messages', KEYS.some, JSON.stringify({ model: id, max_tokens: 1, messages: [] })),
      (id) => concealing.post(`/v1beta/models/${id}:generateContent`, KEYS.some, '{"contents":[]}'),
      (id) => concealing.post(`/v1beta/models/models%2F${id}:generateContent`, KEYS.some, '{"contents":[]}'),
    ]) {
      const [known, unknown] = (await Promise.all([ask('claude-sonnet-4'), ask('claude-sonnet-5')])).map(({ status, headers, text }) => {
        const { date, 'x-request-id': id, 'request-id': again, ...others } = headers;
        return { status, others, text: text.replaceAll(id, 'ID') };
      });
      assert.equal(known.status, 404);
      assert.deepEqual(known, { ...unknown, text: unknown.text.replaceAll('claude-sonnet-5', 'claude-sonnet-4') });
    }
    assert.equal((await concealing.get('/v1/models/Zebra', KEYS.some)).status, 200);
  });
});

test('who has no key sees what anonymous callers are granted', async () => {
  await withWeir({ ...config, anonymous: { models: ['Zebra', 'gpt-mini'] } }, async (open) => {
    assert.deepEqual(ids(await open.get('/v1/models')), ['gpt-mini', 'Zebra']);
    assert.equal((await open.get('/v1/models/Zebra')).status, 200);
    assertOpenAiError(await open.get('/v1/models/last'), 403, 'model_not_allowed');
    assertOpenAiError(await open.get('/v1/models', 'weir_unknown'), 401, 'invalid_api_key');
  });
});

test('a scope that is missing is 403', async () => {
  const secret = 'weir_scoped';
  const scoped = (scopes) => ({ ...config, keys: { scoped: keyOf(secret, { user: 'ada', scopes }) } });
  await withWeir(scoped(['list']), async (lists) => {
    assert.equal((await lists.get('/v1/models', secret)).status, 200);
    assertOpenAiError(await lists.post('/v1/chat/completions', secret, '{"model":"Zebra"}'), 403, 'insufficient_permissions');
    await lists.reload(scoped(['call']));
    assertOpenAiError(await lists.get('/v1/models', secret), 403, 'insufficient_permissions');
  });
});

/** Ten thousand models of which every second is granted: nothing in the list is adjacent. */
function alternation(count) {
  const models = {};
  for (let i = 0; i < count; i++) {
    models[`model-${String(i).padStart(5, '0')}`] = {
      context_window: 1000 + i, description: `Number ${i}`, deployments: [{ provider: 'plain', model: `m${i}` }],
    };
  }
  const slugs = Object.keys(models);
  return {
    providers: { plain: { kind: 'openai_compatible', base_url: 'http://127.0.0.1:9/v1' } },
    models,
    users: { ada: { models: 'all' }, odd: { models: slugs.filter((_, i) => i % 2) } },
    keys: { all: keyOf('weir_all', { user: 'ada' }), odd: keyOf('weir_odd', { user: 'odd' }) },
  };
}

/** Nobody reads while so many lists are asked for; then all of them arrive, and others were served. */
async function listsReachSlowReader(weir, count, body) {
  const slow = await weir.connect();
  const request = requestBytes({ path: '/v1/models', headers: { 'x-api-key': 'weir_odd' } });
  await slow.write(Buffer.concat(Array.from({ length: count }, () => request)));
  for (let i = 0; i < 20; i++) assert.equal((await weir.get('/v1/models/model-00001', 'weir_odd')).status, 200);
  for (let i = 0; i < count; i++) assert.ok((await slow.readAnswer()).body.equals(body), `list ${i}`);
  slow.close();
}

test('ten thousand models in alternation are listed whole, to a slow reader too', async () => {
  const large = alternation(10_000);
  await withWeir(large, async (many) => {
    const slugs = displayOrder(large);
    const odd = effective(large, large.keys.odd);
    const whole = await many.get('/v1/models', 'weir_odd');
    const created = whole.json.data[0].created;
    assert.equal(odd.length, 5000);
    assert.equal(whole.text, listing(large, odd, () => created));
    assert.equal((await many.get('/v1/models', 'weir_all')).text, listing(large, slugs, () => created));
    await listsReachSlowReader(many, 30, whole.body);
  });
});

test('a hundred models in alternation too: their pieces are copied into one', async () => {
  const small = alternation(100);
  await withWeir(small, async (few) => {
    const odd = effective(small, small.keys.odd);
    const whole = await few.get('/v1/models', 'weir_odd');
    assert.equal(odd.length, 50);
    assert.ok(whole.body.length < 48 * 1024);
    assert.equal(whole.text, listing(small, odd, () => whole.json.data[0].created));
    await listsReachSlowReader(few, 2000, whole.body);
  });
});
