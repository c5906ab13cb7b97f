// The other listing dialects: DESIGN sections 7 and 8, docs/listings.md.
import assert from 'node:assert/strict';
import { displayOrder, effective, keyOf, listing } from './config.mjs';
import { codexListing, creditListing } from './dialects.mjs';
import { KEYS, registry } from './fixture.mjs';
import { assertAnthropicError, assertOpenAiError, startWeir, test } from './harness.mjs';

const config = { ...registry({ openai: 'http://127.0.0.1:9/v1' }), credits: { per_usd: 1000, margin: '1.4' } };
const weir = await startWeir(config);

/** `created` is the gateway's to say: what the OpenAI listing says is what all say. */
const created = Object.fromEntries((await weir.get('/v1/models', KEYS.all)).json.data.map((model) => [model.id, model.created]));
const createdOf = (slug) => created[slug];

function assertCreditError(answer, status, code) {
  assert.equal(answer.status, status, answer.text);
  assert.match(answer.headers['content-type'], /^application\/json/);
  assert.deepEqual(Object.keys(answer.json), ['error']);
  assert.deepEqual(Object.keys(answer.json.error), ['message', 'code']);
  assert.equal(answer.json.error.code, code);
}

const openAi = {
  expected: (slugs) => listing(config, slugs, createdOf),
  ids: (body) => body.data.map((model) => model.id),
  empty: '{"object":"list","data":[]}',
  refuses: (answer) => assertOpenAiError(answer, 401, 'invalid_api_key'),
};
const codex = {
  expected: (slugs) => codexListing(config, slugs, createdOf),
  ids: (body) => {
    assert.deepEqual(body.data.map((model) => model.id), body.models.map((model) => model.slug));
    return body.models.map((model) => model.slug);
  },
  empty: '{"models":[],"object":"list","data":[]}',
  refuses: openAi.refuses,
};
const credit = {
  expected: (slugs) => creditListing(config, slugs),
  ids: (body) => body.models.map((model) => model.id),
  empty: '{"models":[]}',
  refuses: (answer) => assertCreditError(answer, 401, 'invalid_api_key'),
};

/** What to ask for, and how it reads. */
const LISTINGS = [
  { path: '/gateway/openai/v1/models', ...openAi },
  { path: '/v1/models?client_version=', ...openAi },
  { path: '/gateway/openai/v1/models?client_version=0.99.0', ...openAi },
  { path: '/backend-api/codex/models', ...codex },
  { path: '/v1/models?client_version=0.99.0', ...codex },
  { path: '/models', ...credit },
];

const keysOf = Object.entries(KEYS)
  .map(([name, secret]) => [name, secret, Object.values(config.keys).find((entry) => entry.sha256 === keyOf(secret).sha256)])
  .filter(([name]) => !['disabled', 'expired'].includes(name));

for (const { path, headers = {}, expected, ids, empty, refuses } of LISTINGS) {
  const label = `${path} ${JSON.stringify(headers)}`;

  test(`${label}: the list is byte for byte what the configuration says`, async () => {
    const answer = await weir.get(path, KEYS.all, headers);
    assert.equal(answer.status, 200);
    assert.match(answer.headers['content-type'], /^application\/json/);
    assert.equal(answer.text, expected(displayOrder(config)));
  });

  test(`${label}: every key's list is what that key may call`, async () => {
    for (const [name, secret, entry] of keysOf) {
      const answer = await weir.get(path, secret, headers);
      const granted = effective(config, entry);
      assert.equal(answer.text, expected(granted), name);
      assert.deepEqual(granted.length === 0 ? [] : ids(answer.json), granted, name);
    }
  });

  test(`${label}: nothing granted is an empty list with its exact bytes`, async () => {
    assert.equal((await weir.get(path, KEYS.none, headers)).text, empty);
  });

  test(`${label}: HEAD has the head of GET, and a matching ETag is a 304`, async () => {
    const get = await weir.get(path, KEYS.all, headers);
    const auth = { authorization: `Bearer ${KEYS.all}`, ...headers };
    const head = await weir.fetch({ method: 'HEAD', path, headers: auth });
    assert.equal(head.status, 200);
    assert.equal(head.body.length, 0);
    for (const name of ['content-length', 'content-type', 'etag', 'vary', 'cache-control']) {
      assert.equal(head.headers[name], get.headers[name], name);
    }
    assert.equal(Number(head.headers['content-length']), get.body.length);
    const same = await weir.get(path, KEYS.all, { ...headers, 'if-none-match': get.headers.etag });
    assert.equal(same.status, 304);
    assert.equal(same.body.length, 0);
    assert.equal(same.headers.etag, get.headers.etag);
    const other = await weir.get(path, KEYS.some, { ...headers, 'if-none-match': get.headers.etag });
    assert.equal(other.status, 200);
    assert.notEqual(other.headers.etag, get.headers.etag);
  });

  test(`${label}: who may not list is told so in the dialect`, async () => {
    for (const secret of ['weir_unknown', KEYS.disabled, KEYS.expired]) refuses(await weir.get(path, secret, headers));
  });
}

test('no two dialects share an ETag', async () => {
  const etags = new Map();
  for (const { path, headers, expected } of LISTINGS) {
    const { etag } = (await weir.get(path, KEYS.all, headers)).headers;
    const body = expected(displayOrder(config));
    assert.equal(etags.get(etag) ?? body, body, path);
    etags.set(etag, body);
  }
  assert.equal(etags.size, new Set(etags.values()).size);
});

test('one model is in the dialect of its path', async () => {
  for (const [path, id] of [['/gateway/openai/v1/models/org%2Fmodel:tag', 'org/model:tag']]) {
    const answer = await weir.get(path, KEYS.all);
    assert.equal(answer.status, 200, answer.text);
    assert.ok((await weir.get(path.slice(0, path.lastIndexOf('/')), KEYS.all)).text.includes(answer.text));
    assert.equal(answer.json.id, id);
  }
  assertOpenAiError(await weir.get('/gateway/openai/v1/models/nope', KEYS.all), 404, 'model_not_found');
  assertOpenAiError(await weir.get('/gateway/openai/v1/models/last', KEYS.group), 403, 'model_not_allowed');
});

test('a wrong method is refused in the dialect of the path', async () => {
  for (const [path, assertError] of [
    ['/models', (answer) => assertCreditError(answer, 405, 'method_not_allowed')],
    ['/backend-api/codex/models', (answer) => assertOpenAiError(answer, 405, 'method_not_allowed')],
  ]) {
    const answer = await weir.post(path, KEYS.all, '{}');
    assertError(answer);
    assert.equal(answer.headers.allow, 'GET, HEAD');
  }
});

test('calls under a prefix are admitted as those without it', async () => {
  for (const path of ['/v1/chat/completions', '/gateway/openai/v1/chat/completions']) {
    assertOpenAiError(await weir.post(path, KEYS.some, '{"model":"claude-sonnet-4"}'), 403, 'model_not_allowed');
    assertOpenAiError(await weir.post(path, KEYS.some, '{"model":"nope"}'), 404, 'model_not_found');
  }
  for (const path of ['/v1/messages', '/gateway/anthropic/v1/messages', '/claude/v1/messages']) {
    assertAnthropicError(await weir.post(path, KEYS.some, '{"model":"claude-sonnet-4"}'), 403, 'permission_error');
    assertAnthropicError(await weir.post(path, KEYS.some, '{"model":"nope"}'), 404, 'not_found_error');
  }
});

test('without credits there are no prices in credits, and never prices of zero', async () => {
  const { credits, ...without } = config;
  const other = await startWeir(without);
  const answer = await other.get('/models', KEYS.all);
  assert.equal(answer.text, creditListing(without, displayOrder(without)));
  for (const model of answer.json.models) assert.equal(model.cost_per_1k_input, null);
});
