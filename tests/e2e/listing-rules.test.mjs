// What documents and clients of the listing dialects disagree about, and what holds here: a test for
// each rule, see docs/listings.md.
import assert from 'node:assert/strict';
import { displayOrder, effective, keyOf } from './config.mjs';
import { KEYS, registry } from './fixture.mjs';
import { assertAnthropicError, assertOpenAiError, startWeir, test, withWeir } from './harness.mjs';
import { requestBytes } from './http.mjs';
import { LISTINGS } from './ways.mjs';

const config = { ...registry({ openai: 'http://127.0.0.1:9/v1' }), credits: { per_usd: 1000, margin: '1.4' } };
Object.assign(config.models['gpt-mini'], { description: 'fast & <b>cheap</b> – ünïcode 模型', features: ['json_mode', 'tools'], capabilities: ['tools'] });
Object.assign(config.models.last, { kind: 'image', price: { output: '40' } });
Object.assign(config.models.Zebra, { kind: 'embedding', in_api: false });
Object.assign(config.models['claude-sonnet-4'], { price: { ...config.models['claude-sonnet-4'].price, image: '0.04' } });
const weir = await startWeir(config);

const ANTHROPIC = { 'anthropic-version': '2026-10-21' };
const GOOGLE = { 'x-goog-api-client': 'google-genai-sdk/3.1.0 gl-node/22' };

/** The item of one model as it stands in a list, as text. */
async function itemOf(path, slug, headers) {
  const { text } = await weir.get(path, KEYS.all, headers);
  const begin = text.search(new RegExp(`\\{("type":"model",)?"(id|slug|name)":"(models/)?${slug}"`));
  assert.ok(begin >= 0, `${slug} in ${text}`);
  let depth = 0;
  for (let at = begin; at < text.length; at++) {
    depth += { '{': 1, '}': -1 }[text[at]] ?? 0;
    if (depth === 0) return text.slice(begin, at + 1);
  }
  return assert.fail('the item has no end');
}

const ITEMS = [
  ['/v1/models', {}], ['/backend-api/codex/models', {}], ['/models', {}], ['/api/models', {}], ['/api/v1/models', {}],
  ['/v1/models', ANTHROPIC], ['/v1beta/models', {}],
];

for (const [what, request, shape] of [
  ['nothing else said: OpenAI', {}, 'object'],
  ['x-api-key says nothing of the dialect', { key: 'x-api-key' }, 'object'],
  ['nor does x-goog-api-key', { key: 'x-goog-api-key' }, 'object'],
  ['nor ?key=', { path: `/v1/models?key=${KEYS.all}`, key: null }, 'object'],
  ['anthropic-version with x-api-key', { key: 'x-api-key', headers: ANTHROPIC }, 'has_more'],
  ['anthropic-version with Bearer, as the newer SDK sends it', { headers: ANTHROPIC }, 'has_more'],
  ['x-goog-api-client, as every client of Google sends it', { key: 'x-goog-api-key', headers: GOOGLE }, 'models'],
  ['anthropic-version before x-goog-api-client', { headers: { ...ANTHROPIC, ...GOOGLE } }, 'has_more'],
  ['client_version before both', { path: '/v1/models?client_version=1', headers: { ...ANTHROPIC, ...GOOGLE } }, 'models,object,data'],
  ['client_version with its name encoded', { path: '/v1/models?x=1&client%5fversion=0.1' }, 'models,object,data'],
  ['an empty client_version is none', { path: '/v1/models?client_version=&client_version=1' }, 'object'],
]) {
  test(`the dialect of /v1/models: ${what}`, async () => {
    const credential = request.key === null ? {} : { [request.key ?? 'authorization']: request.key ? KEYS.all : `Bearer ${KEYS.all}` };
    const answer = await weir.fetch({ path: request.path ?? '/v1/models', headers: { ...credential, ...request.headers } });
    assert.equal(answer.status, 200);
    const members = Object.keys(answer.json);
    if (shape === 'models' || shape.includes(',')) assert.equal(members.join(), shape);
    else assert.ok(members.includes(shape) && members.includes('data'), members.join());
  });
}

test('what is refused at /v1/models is refused in the dialect that was asked for', async () => {
  for (const path of ['/v1/models', '/v1/models/Zebra']) {
    assertOpenAiError(await weir.get(path, 'weir_nobody'), 401, 'invalid_api_key');
    assertAnthropicError(await weir.get(path, 'weir_nobody', ANTHROPIC), 401, 'authentication_error');
    const gemini = await weir.get(path, 'weir_nobody', GOOGLE);
    assert.equal(gemini.status, 400);
    assert.equal(gemini.json.error.details[0].reason, 'API_KEY_INVALID');
  }
});

const UNKNOWN = {
  openai: (id) => `The model \`${id}\` does not exist or you do not have access to it.`,
  anthropic: (id) => `model: ${id}`,
  gemini: (id) => `models/${id} is not found for API version v1beta, or is not supported for generateContent. `
    + 'Call ListModels to see the list of available models and their supported methods.',
};

test('a refusal says what the protocol\'s own servers say, word for word', async () => {
  for (const [path, key, headers, message] of [
    ['/v1/models', 'weir_nobody', {}, 'Incorrect API key provided.'],
    ['/v1/models', undefined, {}, /^You didn't provide an API key\. /],
    ['/v1/models/nope%22%5C', KEYS.all, {}, UNKNOWN.openai('nope"\\')],
    ['/gateway/openai/v1/models/org/nope:1', KEYS.all, {}, UNKNOWN.openai('org/nope:1')],
    ['/v1/models/Nope?client_version=1', KEYS.all, {}, UNKNOWN.openai('Nope')],
    ['/v1/models', 'weir_nobody', ANTHROPIC, 'invalid x-api-key'],
    ['/claude/v1/models', undefined, {}, 'x-api-key header is required'],
    ['/claude/v1/models/nope', KEYS.all, {}, UNKNOWN.anthropic('nope')],
    ['/gateway/anthropic/v1/nope', KEYS.all, {}, 'Not found'],
    ['/v1/models', KEYS.all, { 'anthropic-version': '2024-"01"' }, 'anthropic-version: "2024-"01"" is not a valid version'],
    ['/claude/v1/models', KEYS.all, { 'anthropic-version': 'x'.repeat(200) }, '`anthropic-version` is none that is spoken here.'],
    ['/v1beta/models', 'weir_nobody', {}, 'API key not valid. Please pass a valid API key.'],
    ['/v1beta/models', undefined, {}, /^Method doesn't allow unregistered callers \(callers without established identity\)\. /],
    ['/v1beta/models/nope', KEYS.all, {}, UNKNOWN.gemini('nope')],
    ['/gemini/v1/models/models%2Fnope', KEYS.all, {}, UNKNOWN.gemini('nope')],
    [`/v1/models/${'x'.repeat(128)}`, KEYS.all, {}, UNKNOWN.openai('x'.repeat(128))],
    [`/v1/models/${'x'.repeat(129)}`, KEYS.all, {}, 'There is no such model.'],
    ['/v1/models/%ff', KEYS.all, {}, 'There is no such model.'],
  ]) {
    const { error } = (await weir.get(path, key, headers)).json;
    if (message instanceof RegExp) assert.match(error.message, message);
    else assert.equal(error.message, message);
  }
});

test('a call for a model that is not there names it too', async () => {
  for (const [path, body, message] of [
    ['/v1/chat/completions', { model: 'no"pe', messages: [] }, UNKNOWN.openai('no"pe')],
    ['/v1/messages', { model: 'nope', max_tokens: 1, messages: [] }, UNKNOWN.anthropic('nope')],
    ['/v1beta/models/models%2Fnope:generateContent', { contents: [] }, UNKNOWN.gemini('nope')],
    ['/v1/chat/completions', { model: 'x'.repeat(1000), messages: [] }, 'There is no such model.'],
    ['/v1/chat/completions', { model: 'ünïcode', messages: [] }, 'There is no such model.'],
  ]) {
    const answer = await weir.post(path, KEYS.all, JSON.stringify(body));
    assert.equal(answer.status, 404);
    assert.equal(answer.json.error.message, message);
  }
});

test('a bad key of Gemini\'s is told apart by its reason, and in words for people', async () => {
  const message = 'API key not valid. Please pass a valid API key.';
  for (const path of ['/v1beta/models', '/gemini/v1/models/Zebra', '/v1/models']) {
    assert.deepEqual((await weir.get(path, 'weir_nobody', path === '/v1/models' ? GOOGLE : {})).json.error, {
      code: 400,
      message,
      status: 'INVALID_ARGUMENT',
      details: [
        { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID', domain: 'googleapis.com', metadata: { service: 'generativelanguage.googleapis.com' } },
        { '@type': 'type.googleapis.com/google.rpc.LocalizedMessage', locale: 'en-US', message },
      ],
    });
  }
});

test('the answer says which header chose it', async () => {
  const vary = (await weir.get('/v1/models', KEYS.all)).headers.vary.toLowerCase().split(/, */);
  for (const name of ['anthropic-version', 'x-goog-api-client', 'authorization', 'x-api-key', 'x-goog-api-key', 'api-key']) assert.ok(vary.includes(name), name);
});

for (const [what, slug, prices] of [
  ['3 and 15 USD for a million tokens', 'claude-sonnet-4', [
    '"pricing":{"input":0.003,"output":0.015,"unit":"usd_per_1k_tokens"}', '', '"cost_per_1k_input":4.2,"cost_per_1k_output":21,',
    '"pricing":{"input":3,"output":15}',
    '"pricing":{"prompt":"0.000003","completion":"0.000015","image":"0.04","input_cache_read":"0.0000003","input_cache_write":"0.00000375"}', '', '']],
  ['fractions are exact: no float, no exponent', 'gpt-mini', [
    '"pricing":{"input":0.00015,"output":0.000000001,"unit":"usd_per_1k_tokens"}', '', '"cost_per_1k_input":0.21,"cost_per_1k_output":0.0000014,',
    '"pricing":{"input":0.15,"output":0.000001}', '"pricing":{"prompt":"0.00000015","completion":"0.000000000001"}', '', '']],
  ['a price of zero is zero', 'org/model:tag', [
    '"pricing":{"input":0,"output":0.01,"unit":"usd_per_1k_tokens"}', '', '"cost_per_1k_input":0,"cost_per_1k_output":14,',
    '"pricing":{"input":0,"output":10}', '"pricing":{"prompt":"0","completion":"0.00001"}', '', '']],
  ['no price is null and never zero', 'Zebra', [
    '"pricing":null', '', '"cost_per_1k_input":null,"cost_per_1k_output":null,', '"pricing":null', '"pricing":null', '', '']],
  ['nor is one of two that is not given', 'last', [
    '"pricing":{"input":null,"output":0.04,"unit":"usd_per_1k_tokens"}', '', '"cost_per_1k_input":null,"cost_per_1k_output":56,',
    '"pricing":{"input":null,"output":40}', '"pricing":{"prompt":null,"completion":"0.00004"}', '', '']],
]) {
  test(`prices in the unit of each dialect: ${what}`, async () => {
    for (const [i, [path, headers]] of ITEMS.entries()) {
      const item = await itemOf(path, slug, headers);
      if (prices[i] === '') assert.ok(!/pric|cost/.test(item), `${path}: ${item}`);
      else assert.ok(item.includes(prices[i]), `${path}: ${prices[i]} in ${item}`);
    }
  });
}

test('context is the total or the input, as each dialect means it', async () => {
  for (const [[path, headers], wanted] of ITEMS.map((item, i) => [item, [
    '"context_window":200000,', '"context_window":200000,', '"context_window":200000,"max_output_tokens":64000,', '"context_window":200000,',
    '"context_length":200000,', '"max_input_tokens":180000,"max_tokens":64000,', '"inputTokenLimit":180000,"outputTokenLimit":64000,'][i]])) {
    const item = await itemOf(path, 'claude-sonnet-4', headers);
    assert.ok(item.includes(wanted), `${path}: ${wanted} in ${item}`);
  }
});

test('what is not known is null, or left out, or the default, as each dialect has it', async () => {
  for (const [path, headers, holds, lacks] of [
    ['/v1/models', {}, ['"default_reasoning_level":null', '"default_verbosity":null', '"minimal_client_version":null', '"supported_reasoning_levels":[]'], []],
    ['/backend-api/codex/models', {}, ['"base_instructions":""', '"default_verbosity":null', '"minimal_client_version":null'], []],
    ['/models', {}, ['"max_output_tokens":0'], []],
    ['/api/v1/models', {}, ['"max_completion_tokens":null', '"per_request_limits":null', '"default_parameters":null', '"supported_voices":null'], ['tokenizer', 'expiration']],
    ['/v1/models', ANTHROPIC, ['"max_tokens":null', '"deprecated_at":null', '"retires_at":null', '"line":null', '"xhigh":null', '"compact_20260112":null'], []],
    ['/v1beta/models', {}, [], ['thinking', 'description', 'outputTokenLimit', 'null', 'false', 'temperature']],
  ]) {
    const item = await itemOf(path, 'a.plain-one', headers);
    for (const text of holds) assert.ok(item.includes(text), `${path}: ${text} in ${item}`);
    for (const text of lacks) assert.ok(!item.includes(text), `${path}: no ${text} in ${item}`);
  }
});

test('the JSON is compact, in UTF-8, escapes what JSON asks to be escaped and ends with its brace', async () => {
  for (const { list, query = '', headers } of LISTINGS) {
    const answer = await weir.get(list + query, KEYS.all, headers);
    assert.equal(answer.headers['content-type'], 'application/json', list);
    // Numbers as texts: JSON.stringify would write small ones with an exponent.
    const text = answer.text.replaceAll(/":(\d[\d.]*)(?=[,}])/g, '":"$1"');
    assert.equal(text, JSON.stringify(JSON.parse(text)), `${list}: as JSON.stringify writes it`);
    const isDescribed = !/^\/(models|api\/models|claude|gateway\/anthropic)/.test(list) && headers?.['anthropic-version'] === undefined;
    if (isDescribed) assert.ok(answer.text.includes('"fast & <b>cheap</b> – ünïcode 模型"'), list);
  }
});

test('Codex, which sorts by rising priority, keeps the order of the list', async () => {
  const { models } = (await weir.get('/backend-api/codex/models', KEYS.all)).json;
  assert.ok(new Set(models.map(({ priority }) => priority)).size > 2);
  assert.deepEqual([...models].sort((a, b) => a.priority - b.priority), models);
  for (const { slug, visibility } of models) assert.equal(visibility, ['last', 'Zebra'].includes(slug) ? 'hide' : 'list', slug);
});

test('higher priority comes first, in every dialect', async () => {
  for (const { list, query = '', headers, ids } of LISTINGS) {
    assert.deepEqual(ids((await weir.get(list + query, KEYS.all, headers)).json),
      ['claude-sonnet-4', 'gpt-mini', 'org/model:tag', 'Zebra', 'a.plain-one', 'last'], list);
  }
});

test('created is one moment of each model, in seconds, and not that of the request', async () => {
  const [a, b] = [await weir.get('/v1/models', KEYS.all), await weir.get('/api/v1/models', KEYS.all)];
  const createdIn = ({ json }) => json.data.map((model) => model.created);
  assert.deepEqual(createdIn(a), createdIn(b));
  assert.ok(createdIn(a).every((created) => Number.isInteger(created) && created > 1_700_000_000 && created < 10_000_000_000));
  assert.equal((await weir.get('/v1/models', KEYS.all)).text, a.text);
  const { created_at: releasedAt } = (await weir.get('/v1/models/claude-sonnet-4', KEYS.all, ANTHROPIC)).json;
  assert.equal(releasedAt, '2025-05-14T00:00:00Z');
  assert.equal((await weir.get('/v1/models/Zebra', KEYS.all, ANTHROPIC)).json.created_at, '1970-01-01T00:00:00Z');
});

test('words of capabilities are those of each dialect', async () => {
  const [metadata, credit, filterable, info, gemini] = await Promise.all([
    itemOf('/v1/models', 'claude-sonnet-4'), itemOf('/models', 'claude-sonnet-4'), itemOf('/api/models', 'claude-sonnet-4'),
    itemOf('/v1/models', 'claude-sonnet-4', ANTHROPIC), itemOf('/v1beta/models', 'claude-sonnet-4'),
  ]);
  assert.ok(metadata.includes('"supports_reasoning_summaries":true,"support_verbosity":true,'), metadata);
  assert.ok(credit.endsWith('"supports_tools":true,"supports_vision":true}'), credit);
  assert.ok(filterable.includes('"capabilities":["chat"]') && filterable.endsWith('"features":["tools","vision","json_mode"]}'), filterable);
  assert.ok(info.includes('"thinking":{"supported":true,') && info.includes('"image_input":{"supported":true}'), info);
  assert.ok(gemini.includes('"thinking":true'), gemini);
  assert.ok((await itemOf('/api/models', 'gpt-mini')).endsWith('"features":["tools","json_mode"]}'), 'each word once');
  assert.ok((await itemOf('/api/models', 'Zebra')).includes('"capabilities":["embedding"]'));
  assert.ok((await itemOf('/api/models', 'last')).includes('"capabilities":["image_generation"]'));
  assert.ok(gemini.includes('"supportedGenerationMethods":["generateContent"]'), 'Anthropic counts no tokens for Gemini');
  assert.ok(!(await itemOf('/v1beta/models', 'Zebra')).includes('supportedGenerationMethods'), 'there is no route for embeddings');
});

test('what is not supported in the API is listed as such, for it can be called', async () => {
  assert.ok((await itemOf('/v1/models', 'Zebra')).includes('"supported_in_api":false'));
  assert.ok((await itemOf('/backend-api/codex/models', 'Zebra')).includes('"supported_in_api":false'));
});

test('ids have their case, the rest of a request has none where HTTP has none', async () => {
  for (const id of ['zebra', 'ZEBRA', 'Claude-Sonnet-4', 'ORG/model:tag']) assertOpenAiError(await weir.get(`/v1/models/${id}`, KEYS.all), 404, 'model_not_found');
  for (const authorization of [`bearer ${KEYS.all}`, `BEARER ${KEYS.all}`, `Bearer   ${KEYS.all}`]) {
    assert.equal((await weir.fetch({ path: '/v1/models', headers: { AUTHORIZATION: authorization } })).status, 200, authorization);
  }
  assert.ok('has_more' in (await weir.fetch({ path: '/v1/models', headers: { 'X-API-KEY': KEYS.all, 'Anthropic-Version': '2023-06-01' } })).json);
  for (const provider of ['ANTHROPIC', 'Anthropic', 'anthropic']) {
    assert.deepEqual((await weir.get(`/api/models?provider=${provider}`, KEYS.all)).json.models.map((model) => model.id), ['claude-sonnet-4']);
  }
});

test('what an id may hold stands in a path as it is or encoded, and nothing else does', async () => {
  for (const id of ['org/model:tag', 'org%2Fmodel:tag', 'org/model%3Atag', 'org%2fmodel%3atag', '%6frg/model:tag']) {
    assert.equal((await weir.get(`/v1/models/${id}`, KEYS.all)).json.id, 'org/model:tag', id);
  }
  for (const id of ['org%252Fmodel:tag', 'org//model:tag', 'org/model:tag/', 'org/model', 'org', 'Zebra%20', 'Zebra:generate', 'models/Zebra']) {
    assertOpenAiError(await weir.get(`/v1/models/${id}`, KEYS.all), 404, 'model_not_found');
  }
  for (const id of ['Zebra:generate', 'models/models/Zebra', 'models/']) {
    assert.equal((await weir.get(`/v1beta/models/${id}`, KEYS.all)).json.error.status, 'NOT_FOUND', id);
  }
  // A verb makes it a call, which is posted.
  assert.equal((await weir.get('/v1beta/models/Zebra:generateContent', KEYS.all)).status, 405);
});

test('an empty allowed_models restricts nothing, an empty grant grants nothing', async () => {
  const secrets = { free: 'weir_free', none: 'weir_none', unnamed: 'weir_unnamed' };
  const { keys, ...rest } = config;
  await withWeir({
    ...rest,
    keys: {
      free: keyOf(secrets.free, { user: 'bob', allowed_models: [] }), unnamed: keyOf(secrets.unnamed, { user: 'bob' }), none: keyOf(secrets.none, { user: 'eve' }),
    },
  }, async (other) => {
    for (const { list, query = '', headers, ids } of LISTINGS) {
      const listed = async (key) => ids((await other.get(list + query, key, headers)).json);
      assert.deepEqual(await listed(secrets.free), effective(config, config.keys['bob-some']), list);
      assert.deepEqual(await listed(secrets.unnamed), effective(config, config.keys['bob-some']), list);
      assert.deepEqual(await listed(secrets.none), [], list);
    }
  });
});

test('two different keys are refused in the dialect of the route, the same one twice is one', async () => {
  for (const { list, query = '', headers, errors } of LISTINGS) {
    const path = `${list}${query}${query ? '&' : '?'}key=`;
    const both = await weir.get(path + KEYS.some, KEYS.all, headers);
    assert.equal(both.status, errors === 'gemini' ? 400 : 401, `${list}: ${both.text}`);
    assert.ok(both.text.includes('different API keys'), both.text);
    assert.equal((await weir.get(path + KEYS.all, KEYS.all, { ...headers, 'x-api-key': KEYS.all, 'api-key': KEYS.all })).status, 200, list);
  }
});

test('a request has its id where the clients of its dialect look for it', async () => {
  for (const key of [KEYS.all, 'weir_nobody']) {
    for (const [path, headers, isAnthropic] of [['/v1/models', ANTHROPIC, true], ['/claude/v1/models', {}, true], ['/v1/models', {}, false], ['/v1beta/models', {}, false], ['/models', {}, false]]) {
      const answer = await weir.get(path, key, headers);
      assert.match(answer.headers['x-request-id'], /^req_[0-9a-f]{20}$/);
      assert.equal(answer.headers['request-id'], isAnthropic ? answer.headers['x-request-id'] : undefined, path);
      if (isAnthropic && answer.status !== 200) assert.equal(answer.json.request_id, answer.headers['request-id']);
    }
  }
});

test('a 401 of OpenAI\'s envelope is an authentication_error with all four members', async () => {
  const { error } = (await weir.get('/v1/models', 'weir_nobody')).json;
  assert.deepEqual(Object.entries(error).map(([name, value]) => [name, name === 'message' ? typeof value : value]),
    [['message', 'string'], ['type', 'authentication_error'], ['param', null], ['code', 'invalid_api_key']]);
});

test('pages have the bounds of their dialect', async () => {
  for (const [path, headers, status] of [
    ['/v1/models?limit=1000', ANTHROPIC, 200], ['/v1/models?limit=1', ANTHROPIC, 200], ['/v1/models?limit=1001', ANTHROPIC, 400], ['/v1/models?limit=0', ANTHROPIC, 400],
    ['/v1beta/models?pageSize=100000', {}, 200], ['/v1beta/models?pageSize=-1', {}, 400], ['/api/v1/models?limit=1000', {}, 200], ['/api/v1/models?limit=1001', {}, 400],
    ['/v1/models?limit=0', {}, 200], ['/models?limit=0', {}, 200], ['/api/models?limit=0', {}, 200],
  ]) {
    assert.equal((await weir.get(path, KEYS.all, headers)).status, status, path);
  }
});

test('a provider\'s own name of a model, and a disabled model, are nowhere to be found', async () => {
  for (const { list, query = '', headers } of LISTINGS) {
    const { text } = await weir.get(list + query, KEYS.all, headers);
    for (const name of ['claude-sonnet-4-5-20250929', 'gpt-4o-mini-2024-07-18', 'upstream', 'hidden', '127.0.0.1', 'sk-canary']) assert.ok(!text.includes(name), `${name} in ${list}`);
  }
});

test('the list is of now: a model that is disabled is gone from every dialect, and comes back', async () => {
  await withWeir(config, async (changing) => {
    const without = structuredClone(config);
    without.models['gpt-mini'].enabled = false;
    for (const current of [config, without, config]) {
      const { code, stderr } = await changing.reload(current);
      assert.equal(code, 0, stderr);
      for (const { list, query = '', headers, ids } of LISTINGS) {
        assert.deepEqual(ids((await changing.get(list + query, KEYS.all, headers)).json), displayOrder(current), list);
      }
    }
  });
});

test('a field that comes twice is read once, and a page that is asked for twice is one page', async () => {
  const connection = await weir.connect();
  const twice = requestBytes({ path: '/claude/v1/models?limit=2&limit=3', headers: { 'x-api-key': KEYS.all, 'anthropic-version': '2026-10-21' } });
  await connection.write(twice);
  assert.equal((await connection.readAnswer()).json.data.length, 2);
  connection.close();
});
