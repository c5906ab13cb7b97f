// The other listing dialects: DESIGN sections 7 and 8, docs/listings.md.
import assert from 'node:assert/strict';
import { displayOrder, effective, keyOf, listedModel, listing } from './config.mjs';
import {
  anthropicListing, anthropicModel, codexListing, creditListing, filterableListing, filtered, geminiListing, geminiModel,
  openRouterEndpoints, openRouterFiltered, openRouterListing, openRouterModel,
} from './dialects.mjs';
import { KEYS, registry } from './fixture.mjs';
import { assertAnthropicError, assertOpenAiError, startWeir, test } from './harness.mjs';
import { Connection, requestBytes } from './http.mjs';

const config = { ...registry({ openai: 'http://127.0.0.1:9/v1' }), credits: { per_usd: 1000, margin: '1.4' } };
Object.assign(config.models['gpt-mini'], {
  lifecycle: 'deprecated', deprecated: '2026-10-07', retires: '2027-12-31',
  input_modalities: ['text', 'file'], output_modalities: ['text', 'audio'],
  features: ['json_mode', 'structured_outputs', 'web_search', 'compact_20260112', 'adaptive_thinking'],
  parameters: ['temperature', 'top_p'],
});
Object.assign(config.models.Zebra, { kind: 'embedding', lifecycle: 'preview' });
Object.assign(config.models.last, { kind: 'image', price: { image: '0.04' }, lifecycle: 'retired', reasoning: { levels: { xhigh: 'All', max: 'More' } } });
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

const anthropic = (version) => ({
  expected: (slugs) => anthropicListing(config, slugs, version),
  ids: (body) => body.data.map((model) => model.id),
  empty: '{"data":[],"has_more":false,"first_id":null,"last_id":null}',
  refuses: (answer) => assertAnthropicError(answer, 401, 'authentication_error'),
});
const OLD = '2023-06-01';
const NEW = '2026-10-21';

function assertGeminiError(answer, code, status) {
  assert.equal(answer.status, code, answer.text);
  assert.match(answer.headers['content-type'], /^application\/json/);
  assert.deepEqual(Object.keys(answer.json), ['error']);
  assert.deepEqual(Object.keys(answer.json.error).slice(0, 3), ['code', 'message', 'status']);
  assert.equal(answer.json.error.code, code);
  assert.equal(answer.json.error.status, status);
}

const gemini = {
  expected: (slugs) => geminiListing(config, slugs),
  ids: (body) => body.models.map((model) => model.name.replace(/^models\//, '')),
  empty: '{}',
  refuses: (answer) => {
    assertGeminiError(answer, 400, 'INVALID_ARGUMENT');
    assert.equal(answer.json.error.details[0].reason, 'API_KEY_INVALID');
  },
};

const filterable = {
  expected: (slugs) => filterableListing(config, slugs),
  ids: (body) => body.models.map((model) => model.id),
  empty: '{"models":[]}',
  refuses: openAi.refuses,
};

function assertOpenRouterError(answer, code) {
  assert.equal(answer.status, code, answer.text);
  assert.deepEqual([Object.keys(answer.json), Object.keys(answer.json.error)], [['error'], ['code', 'message']]);
  assert.equal(answer.json.error.code, code);
}

const openRouter = {
  expected: (slugs) => openRouterListing(config, slugs, createdOf),
  ids: (body) => body.data.map((model) => model.id),
  empty: '{"data":[],"links":{"next":null},"total_count":0}',
  refuses: (answer) => assertOpenRouterError(answer, 401),
};

/** What to ask for, and how it reads. */
const LISTINGS = [
  { path: '/v1/models', headers: { 'anthropic-version': OLD }, ...anthropic(OLD) },
  { path: '/v1/models', headers: { 'anthropic-version': NEW }, ...anthropic(NEW) },
  { path: '/gateway/anthropic/v1/models', ...anthropic(OLD) },
  { path: '/gateway/anthropic/v1/models', headers: { 'anthropic-version': NEW }, ...anthropic(NEW) },
  { path: '/claude/v1/models', ...anthropic(OLD) },
  { path: '/v1beta/models', ...gemini },
  { path: '/gateway/gemini/v1beta/models', ...gemini },
  { path: '/gemini/v1beta/models', ...gemini },
  { path: '/gemini/v1/models', ...gemini },
  { path: '/gateway/openai/v1/models', ...openAi },
  { path: '/v1/models?client_version=', ...openAi },
  { path: '/gateway/openai/v1/models?client_version=0.99.0', ...openAi },
  { path: '/backend-api/codex/models', ...codex }, { path: '/backend-api/codex/v1/models', ...codex },
  { path: '/v1/models?client_version=0.99.0', ...codex },
  { path: '/models', ...credit },
  { path: '/api/models', ...filterable },
  { path: '/api/v1/models', ...openRouter },
  { path: '/api/v1/models/user', ...openRouter },
  { path: '/api/v1/models?output_modalities=all', ...openRouter },
  { path: '/api/models?provider=&capability=&other=x', ...filterable },
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

  test(`${label}: a list that is asked for again and again stays the same`, async () => {
    const connection = await Connection.open(weir.port);
    const request = requestBytes({ path, headers: { authorization: `Bearer ${KEYS.some}`, ...headers } });
    const ask = async () => {
      await connection.write(request);
      const { status, body, headers: { etag, 'content-length': bytes } } = await connection.readAnswer('GET');
      return { status, text: body.toString(), etag, bytes };
    };
    const first = await ask();
    assert.equal(first.status, 200);
    for (let i = 0; i < 4; i++) assert.deepEqual(await ask(), first);
    connection.close();
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

/** Where errors read how: the first row that fits. */
const ANTHROPIC_ERRORS = {
  unknown: (answer) => assertAnthropicError(answer, 404, 'not_found_error'),
  ungranted: (answer) => assertAnthropicError(answer, 403, 'permission_error'),
  refused: (answer) => assertAnthropicError(answer, 401, 'authentication_error'),
  missing: (answer) => assertAnthropicError(answer, 401, 'authentication_error'),
};
const GEMINI_ERRORS = {
  unknown: (answer) => assertGeminiError(answer, 404, 'NOT_FOUND'),
  ungranted: (answer) => assertGeminiError(answer, 403, 'PERMISSION_DENIED'),
  refused: (answer) => gemini.refuses(answer),
  missing: (answer) => assertGeminiError(answer, 403, 'PERMISSION_DENIED'),
};
const OPENROUTER_ERRORS = {
  unknown: (answer) => assertOpenRouterError(answer, 404),
  ungranted: (answer) => assertOpenRouterError(answer, 403),
  refused: (answer) => assertOpenRouterError(answer, 401),
  missing: (answer) => assertOpenRouterError(answer, 401),
};
const OPENAI_ERRORS = {
  unknown: (answer) => {
    assertOpenAiError(answer, 404, 'model_not_found');
    assert.equal(answer.json.error.type, 'invalid_request_error');
    assert.equal(answer.json.error.param, 'model');
  },
  ungranted: (answer) => assertOpenAiError(answer, 403, 'model_not_allowed'),
  refused: (answer) => assertOpenAiError(answer, 401, 'invalid_api_key'),
  missing: (answer) => assertOpenAiError(answer, 401, 'invalid_api_key'),
};
const ERRORS = [
  ['/v1/models', { 'anthropic-version': '' }, ANTHROPIC_ERRORS], ['/claude/', {}, ANTHROPIC_ERRORS], ['/gateway/anthropic/', {}, ANTHROPIC_ERRORS],
  ['/v1beta/', {}, GEMINI_ERRORS], ['/gateway/gemini/', {}, GEMINI_ERRORS], ['/gemini/', {}, GEMINI_ERRORS],
  ['/api/v1/', {}, OPENROUTER_ERRORS], ['/', {}, OPENAI_ERRORS],
];

/** The first letter as %XX. */
const hexOf = (letter) => `%${letter.charCodeAt(0).toString(16)}`;

const MODELS = [
  ['/v1/models', {}, (slug) => listedModel(config, slug, created[slug])],
  ['/gateway/openai/v1/models', {}, (slug) => listedModel(config, slug, created[slug])],
  ['/v1/models', { 'anthropic-version': OLD }, (slug) => anthropicModel(config, slug, OLD)],
  ['/v1/models', { 'anthropic-version': NEW }, (slug) => anthropicModel(config, slug, NEW)],
  ['/claude/v1/models', {}, (slug) => anthropicModel(config, slug, OLD)],
  ['/gateway/anthropic/v1/models', { 'anthropic-version': NEW }, (slug) => anthropicModel(config, slug, NEW)],
  ['/v1beta/models', {}, (slug) => geminiModel(config, slug)],
  ['/gateway/gemini/v1beta/models', {}, (slug) => geminiModel(config, slug)],
  ['/gemini/v1/models', {}, (slug) => geminiModel(config, slug)],
  ['/gemini/v1/models/models', {}, (slug) => geminiModel(config, slug)],
  ['/api/v1/model', {}, (slug) => `{"data":${openRouterModel(config, slug, created[slug])}}`],
  ['/api/v1/models', {}, (slug) => `{"data":${openRouterModel(config, slug, created[slug])}}`],
  ['/api/v1/models', {}, (slug) => `{"data":${openRouterEndpoints(config, slug, created[slug])}}`, '/endpoints'],
];

for (const [path, headers, item, end = ''] of MODELS) {
  const label = `${path}/{id}${end} ${JSON.stringify(headers)}`;

  test(`${label}: one model is the very item of the list, however its id is written`, async () => {
    for (const slug of displayOrder(config)) {
      for (const id of [slug, encodeURIComponent(slug), slug.replaceAll('/', '%2f').replaceAll(':', '%3a'), slug.replace(/^./, hexOf)]) {
        const answer = await weir.get(`${path}/${id}${end}`, KEYS.all, headers);
        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.text, item(slug));
        assert.equal(answer.headers['content-type'], 'application/json');
      }
    }
  });

  test(`${label}: is kept by its client like a list, and asked for with HEAD`, async () => {
    const url = `${path}/org%2Fmodel:tag${end}`;
    const get = await weir.get(url, KEYS.all, headers);
    const list = await weir.get('/v1/models', KEYS.all);
    for (const name of ['cache-control', 'vary']) assert.equal(get.headers[name], list.headers[name], name);
    assert.match(get.headers.etag, /^"[0-9a-f]{16}"$/);
    const auth = { authorization: `Bearer ${KEYS.all}`, ...headers };
    const head = await weir.fetch({ method: 'HEAD', path: url, headers: auth });
    assert.equal(head.status, 200);
    for (const name of ['content-length', 'content-type', 'etag', 'vary', 'cache-control']) {
      assert.equal(head.headers[name], get.headers[name], name);
    }
    assert.equal(Number(head.headers['content-length']), get.body.length);
    for (const method of ['GET', 'HEAD']) {
      const same = await weir.fetch({ method, path: url, headers: { ...auth, 'if-none-match': `"x", W/${get.headers.etag}` } });
      assert.equal(same.status, 304);
      assert.equal(same.body.length, 0);
      assert.equal(same.headers.etag, get.headers.etag);
      assert.equal(same.headers['cache-control'], get.headers['cache-control']);
    }
    const other = await weir.get(`${path}/Zebra${end}`, KEYS.all, { ...headers, 'if-none-match': get.headers.etag });
    assert.equal(other.status, 200);
    assert.notEqual(other.headers.etag, get.headers.etag);
  });

  test(`${label}: who may not see it is told so in the dialect, whatever was kept`, async () => {
    const { etag } = (await weir.get(`${path}/last${end}`, KEYS.all, headers)).headers;
    const errors = ERRORS.find(([prefix, wanted]) => path.startsWith(prefix) && Object.keys(wanted).every((name) => name in headers))[2];
    for (const [id, secret, what] of [
      ['nope', KEYS.all, 'unknown'], ['hidden', KEYS.all, 'unknown'], ['x'.repeat(300), KEYS.all, 'unknown'], ['LAST', KEYS.all, 'unknown'],
      ['last-upstream', KEYS.all, 'unknown'], ['last', KEYS.group, 'ungranted'], ['last', KEYS.expired, 'refused'], ['last', 'weir_nobody', 'refused'],
      ['last', undefined, 'missing'],
    ]) {
      errors[what](await weir.get(`${path}/${id}${end}`, secret, { ...headers, 'if-none-match': etag }));
    }
  });
}

test('an Anthropic version that nobody speaks is refused in Anthropic\'s way', async () => {
  for (const path of ['/v1/models', '/v1/models/Zebra', '/claude/v1/models', '/gateway/anthropic/v1/models']) {
    for (const version of ['2024-01-01', '', '2023-06-01, 2023-06-01']) {
      assertAnthropicError(await weir.get(path, KEYS.all, { 'anthropic-version': version }), 400, 'invalid_request_error');
    }
  }
});

test('an Anthropic version in two lines is refused, also the same one, in lists and calls', async () => {
  for (const [method, path] of [['GET', '/v1/models'], ['GET', '/claude/v1/models/Zebra'], ['POST', '/v1/messages'], ['POST', '/claude/v1/messages/count_tokens']]) {
    for (const second of ['2023-06-01', '2026-10-21']) {
      const headers = { 'x-api-key': KEYS.all, 'anthropic-version': '2023-06-01', 'Anthropic-Version': second };
      const body = method === 'POST' ? '{"model":"claude-sonnet-4","max_tokens":1,"messages":[]}' : undefined;
      const answer = await weir.fetch({ method, path, headers, body });
      assertAnthropicError(answer, 400, 'invalid_request_error');
      assert.equal(answer.json.error.message, 'The request carries `anthropic-version` more than once.');
    }
  }
});

test('Gemini: a key is a part of the request, so without one it is 403 and with a bad one 400', async () => {
  assertGeminiError(await weir.get('/v1beta/models'), 403, 'PERMISSION_DENIED');
  assertGeminiError(await weir.get('/v1beta/models?key=nonsense'), 400, 'INVALID_ARGUMENT');
  assert.equal((await weir.get(`/v1beta/models?key=${KEYS.all}`)).status, 200);
});

test('a path with a version has one segment there', async () => {
  for (const path of ['/gemini//models', '/gemini/models', '/gemini/v1/x/models', '/gemini/v1/models/', '/gemini/v1']) {
    assertGeminiError(await weir.get(path, KEYS.all), 404, 'NOT_FOUND');
  }
});

test('what is not there is told in the form of those who ask for it', async () => {
  for (const [path, unknown, headers = {}] of [
    ['/gateway/anthropic/v1/nope', ANTHROPIC_ERRORS.unknown], ['/claude/v1/models/', ANTHROPIC_ERRORS.unknown], ['/v1/messages/batches', ANTHROPIC_ERRORS.unknown],
    ['/v1/files', ANTHROPIC_ERRORS.unknown, { 'anthropic-version': '2023-06-01' }],
    ['/v1beta/nope', GEMINI_ERRORS.unknown], ['/v1beta/models/', GEMINI_ERRORS.unknown], ['/gateway/gemini/v1beta/', GEMINI_ERRORS.unknown],
    ['/api/v1/nope', OPENROUTER_ERRORS.unknown], ['/api/v1/models/', OPENROUTER_ERRORS.unknown],
    ['/v1/nope', (answer) => assertOpenAiError(answer, 404, 'not_found')], ['/gateway/', (answer) => assertOpenAiError(answer, 404, 'not_found')],
  ]) unknown(await weir.get(path, KEYS.all, headers));
});

/** Follow pages to the end: the slugs of each. */
async function anthropicPages(query, secret) {
  const pages = [];
  for (let cursor = ''; ;) {
    const { json: page } = await weir.get(`/claude/v1/models?${query}${cursor}`, secret);
    pages.push(page.data.map((model) => model.id));
    assert.equal(page.first_id, pages.at(-1)[0] ?? null);
    assert.equal(page.last_id, pages.at(-1).at(-1) ?? null);
    if (!page.has_more) return pages;
    cursor = `&after_id=${encodeURIComponent(page.last_id)}`;
  }
}

async function geminiPages(query, secret) {
  const pages = [];
  for (let cursor = ''; ;) {
    const { json: page } = await weir.get(`/v1beta/models?${query}${cursor}`, secret);
    pages.push(gemini.ids({ models: page.models ?? [] }));
    if (page.nextPageToken === undefined) return pages;
    cursor = `&pageToken=${encodeURIComponent(page.nextPageToken)}`;
  }
}

test('pages of every size come to the whole list', async () => {
  for (const [name, secret, entry] of keysOf) {
    const granted = effective(config, entry);
    for (let size = 1; size <= granted.length + 1; size++) {
      const chunks = [];
      for (let i = 0; i === 0 || i < granted.length; i += size) chunks.push(granted.slice(i, i + size));
      assert.deepEqual(await anthropicPages(`limit=${size}`, secret), chunks, `${name} by ${size}`);
      assert.deepEqual(await geminiPages(`pageSize=${size}`, secret), chunks, `${name} by ${size}`);
    }
  }
});

test('Anthropic: before_id pages backwards, each page in the order of the list', async () => {
  const all = displayOrder(config);
  const pages = [];
  for (let cursor = all.at(-1), hasMore = true; hasMore;) {
    const { json: page } = await weir.get(`/claude/v1/models?limit=2&before_id=${encodeURIComponent(cursor)}`, KEYS.all);
    pages.unshift(page.data.map((model) => model.id));
    ({ first_id: cursor, has_more: hasMore } = page);
  }
  assert.deepEqual(pages, [all.slice(0, 1), all.slice(1, 3), all.slice(3, 5)]);
});

test('Anthropic: lifecycle narrows the list, in either form of its name', async () => {
  for (const [query, slugs] of [
    ['lifecycle=deprecated', ['gpt-mini']], ['lifecycle%5B%5D=retired', ['last']],
    ['lifecycle[]=deprecated&lifecycle[]=retired', ['gpt-mini', 'last']],
    ['lifecycle=active', displayOrder(config).filter((slug) => !['gpt-mini', 'last'].includes(slug))],
    ['lifecycle[]=active&lifecycle[]=deprecated&lifecycle[]=retired', displayOrder(config)],
    ['lifecycle[0]=deprecated&lifecycle%5B1%5d=retired', ['gpt-mini', 'last']], ['lifecycle[]=retired&lifecycle=deprecated', ['gpt-mini', 'last']],
    ['lifecycle=', displayOrder(config)], ['lifecycle', displayOrder(config)], ['lifecycle[]=&&lifecycle[0]=&=', displayOrder(config)],
    ['lifecycle=&lifecycle=deprecated', ['gpt-mini']], ['%6cifecycle=%64eprecated', ['gpt-mini']],
    ['lifecycle=&lifecycle=active&lifecycle=&lifecycle[]=deprecated&lifecycle[7]=retired', displayOrder(config)],
    ...['lifecycles', 'lifecycle[a]', 'lifecycle[', 'lifecycle]', 'lifecycle[0', 'lifecycle[00000000000]', 'a=lifecycle', 'xlifecycle']
      .map((name) => [`${name}=retired`, displayOrder(config)]),
  ]) {
    const answer = await weir.get(`/v1/models?${query}`, KEYS.all, { 'anthropic-version': NEW });
    assert.equal(answer.text, anthropicListing(config, slugs, NEW), query);
  }
});

test('provider and capability leave what has both', async () => {
  const words = [undefined, 'openai', 'anthropic', 'openai_compatible', 'bedrock'];
  const kinds = [undefined, 'chat', 'embedding', 'image_generation', 'nonsense'];
  for (const provider of words) {
    for (const capability of kinds) {
      const query = Object.entries({ provider, capability }).filter(([, word]) => word).map((pair) => pair.join('=')).join('&');
      const answer = await weir.get(`/api/models?${query}`, KEYS.all);
      assert.equal(answer.status, 200, query);
      assert.equal(answer.text, filterableListing(config, filtered(config, displayOrder(config), { provider, capability })), query);
    }
  }
  assert.deepEqual((await weir.get('/api/models?provider=OpenAI', KEYS.all)).json.models.map((model) => model.id), ['gpt-mini']);
  assertOpenAiError(await weir.get('/api/models?provider=%zz', KEYS.all), 400, 'invalid_value');
});

test('OpenRouter: offset and limit cut the list, and links.next leads to its end', async () => {
  const all = displayOrder(config);
  for (const [query, slugs] of [
    ['offset=2', all.slice(2)], ['offset=6', []], ['offset=100', []], ['limit=1000', all], ['offset=5&limit=1', all.slice(5)],
  ]) {
    const answer = await weir.get(`/api/v1/models?${query}`, KEYS.all);
    assert.equal(answer.text, openRouterListing(config, slugs, createdOf, { total: all.length }), query);
  }
  for (let size = 1; size <= all.length; size++) {
    const seen = [];
    for (let next = `/api/v1/models?limit=${size}`; next !== null;) {
      const { json: page } = await weir.get(next, KEYS.all);
      assert.ok(page.data.length <= size && page.total_count === all.length);
      seen.push(...openRouter.ids(page));
      next = page.links.next;
    }
    assert.deepEqual(seen, all);
  }
});

/** [query, the same for the oracle] */
const OPENROUTER_FILTERS = [
  ['output_modalities=text', { outputs: ['text'] }], ['output_modalities=image,embeddings', { outputs: ['image', 'embeddings'] }],
  ['output_modalities=audio%2Crerank', { outputs: ['audio'] }], ['output_modalities=transcription', { outputs: [] }],
  ['output_modalities=image,all', {}], ['input_modalities=file', { inputs: ['file'] }], ['input_modalities=image,video', { inputs: ['image', 'video'] }],
  ['supported_parameters=temperature', { parameters: ['temperature'] }], ['supported_parameters=top_p%2Ctemperature', { parameters: ['top_p', 'temperature'] }],
  ['supported_parameters=temperature,tools', { parameters: ['temperature', 'tools'] }], ['supported_parameters=temp', { parameters: ['temp'] }],
  ['supported_parameters=tool_choice,tools', { parameters: ['tools', 'tool_choice'] }],
  ['context=32768', { context: 32768 }], ['context=200001', { context: 200001 }],
  ['input_modalities=text&output_modalities=text&supported_parameters=&context=4096', { inputs: ['text'], outputs: ['text'], context: 4096 }],
  ['q=SONNET', { text: 'sonnet' }], ['q=Claude+Sonnet%204', { text: 'claude sonnet 4' }], ['q=claude%2Bsonnet', { text: 'claude+sonnet' }],
  ['q=a&limit=1', { text: 'a' }], ['q=%2Fmodel%3a&limit=1', { text: '/model:' }], ['q=%3Cb%3E%26%22', { text: '<b>&"' }], ['q=', {}],
  ['min_price=0', { input: [0, Infinity] }], ['max_price=3', { input: [0, 3] }], ['max_price=2.9999999', { input: [0, 2.9999999] }],
  ['min_price=0.15&max_price=3&limit=1', { input: [0.15, 3] }], ['min_price=5&max_price=1', { input: [5, 1] }],
  ['max_output_price=0.6', { output: [0, 0.6] }], ['min_output_price=1&min_price=1&limit=1', { input: [1, Infinity], output: [1, Infinity] }],
  ['providers=Anthropic', { kinds: ['anthropic'] }], ['providers=openai,OpenAI-compatible&limit=1', { kinds: ['openai', 'openai_compatible'] }],
  ['providers=Azure', { kinds: [] }], ['providers=Azure,anthropic&q=sonnet&limit=1', { kinds: ['anthropic'], text: 'sonnet' }],
  ['sort=newest&category=programming&arch=GPT&zdr=true', {}],
  ['output_modalities=text&limit=2', { outputs: ['text'] }], ['input_modalities=text&context=4096&limit=1', { inputs: ['text'], context: 4096 }],
];

test('OpenRouter: filters leave what passes all of them, and are kept by links.next', async () => {
  for (const [query, filter] of OPENROUTER_FILTERS) {
    const left = openRouterFiltered(config, displayOrder(config), filter);
    const seen = [];
    for (let next = `/api/v1/models?${query}`; next !== null;) {
      const { json: page } = await weir.get(next, KEYS.all);
      assert.equal(page.total_count, left.length, query);
      seen.push(...openRouter.ids(page));
      next = page.links.next;
    }
    assert.deepEqual(seen, left, query);
    const count = await weir.get(`/api/v1/models/count?${query}`, KEYS.all);
    assert.equal(count.text, `{"data":{"count":${left.length}}}`, query);
  }
});

test('OpenRouter: a count is of what the caller may call, and is kept like a list', async () => {
  for (const [name, secret, entry] of keysOf) {
    const answer = await weir.get('/api/v1/models/count', secret);
    assert.equal(answer.text, `{"data":{"count":${effective(config, entry).length}}}`, name);
    assert.equal((await weir.get('/api/v1/models/count', secret, { 'if-none-match': answer.headers.etag })).status, 304);
    assert.notEqual(answer.headers.etag, (await weir.get('/api/v1/models', secret)).headers.etag);
  }
  assertOpenRouterError(await weir.get('/api/v1/models/count', KEYS.expired), 401);
  assertOpenRouterError(await weir.post('/api/v1/models/count', KEYS.all, '{}'), 405);
});

test('OpenRouter: bad values are 400, and say which', async () => {
  for (const path of ['/api/v1/models', '/api/v1/models/user']) {
    for (const query of [
      'limit=0', 'limit=1001', 'limit=x', 'offset=-1', 'offset=x', 'offset=2147483648', 'after=!', 'after=AAAA', 'output_modalities=smell',
      'output_modalities=text,', 'output_modalities=Text', 'input_modalities=,', `input_modalities=${'text,'.repeat(60)}text`, 'input_modalities=%zz',
      'supported_parameters=a,,b', 'supported_parameters=A', 'supported_parameters=%22', `supported_parameters=${'a'.repeat(65)}`,
      'min_price=-1', 'max_price=1e3', 'min_output_price=free', 'max_output_price=1.', 'providers=openai,', 'q=%00', `q=${'x'.repeat(65)}`,
      `supported_parameters=${'abc,'.repeat(80)}abc`, 'context=-1', 'context=many', 'context=9223372036854775808',
    ]) {
      const answer = await weir.get(`${path}?${query}`, KEYS.all);
      assertOpenRouterError(answer, 400);
      assert.ok(answer.json.error.message.includes(`\`${query.split('=')[0]}\``), `${query}: ${answer.text}`);
    }
  }
});

test('a query that cannot be answered is refused in the dialect, and says why', async () => {
  for (const [query, word] of [
    ['limit=0', 'limit'], ['limit=1001', 'limit'], ['limit=x', 'limit'], ['limit=-1', 'limit'], ['limit=1e2', 'limit'],
    ['after_id=nope', 'after_id`: no model'], ['before_id=hidden', 'before_id`: no model'],
    ['after_id=Zebra&before_id=Zebra', 'after_id` or `before_id`, not both.'],
    [`after_id=${'x'.repeat(200)}`, 'after_id`: no model'], ['lifecycle=new', 'lifecycle'],
    ['lifecycle=active&lifecycle=active&lifecycle=active&lifecycle=active', 'lifecycle'],
    ['lifecycle=active&lifecycle=active&lifecycle[]=active&lifecycle[3]=active', 'lifecycle'],
    ['lifecycle[0]=new', 'lifecycle'], ['lifecycle[]=active,retired', 'lifecycle'], ['lifecycle=%', 'lifecycle'],
  ]) {
    const answer = await weir.get(`/claude/v1/models?${query}`, KEYS.all);
    assertAnthropicError(answer, 400, 'invalid_request_error');
    assert.ok(answer.json.error.message.includes(`\`${word}`), answer.text);
  }
  for (const [query, word] of [
    ['pageSize=-1', 'pageSize'], ['pageSize=x', 'pageSize'], ['pageToken=!', 'pageToken'], ['pageToken=AAAA', 'pageToken'],
    [`pageToken=${'A'.repeat(400)}`, 'pageToken'],
  ]) {
    const answer = await weir.get(`/v1beta/models?${query}`, KEYS.all);
    assertGeminiError(answer, 400, 'INVALID_ARGUMENT');
    assert.ok(answer.json.error.message.includes(`\`${word}\``), answer.text);
  }
  for (const query of ['pageSize=0', 'pageSize=1001', 'pageSize=', 'pageToken=']) {
    assert.equal((await weir.get(`/v1beta/models?${query}`, KEYS.all)).text, gemini.expected(displayOrder(config)));
  }
});

test('two pages have two ETags, and each is its own 304', async () => {
  for (const [one, other, headers] of [
    ['/claude/v1/models?limit=2', '/claude/v1/models?limit=2&after_id=gpt-mini', {}],
    ['/claude/v1/models?limit=5', '/claude/v1/models?lifecycle=active', {}], ['/v1beta/models?pageSize=2', '/v1beta/models', {}],
  ]) {
    const [a, b] = [await weir.get(one, KEYS.all, headers), await weir.get(other, KEYS.all, headers)];
    assert.notEqual(a.headers.etag, b.headers.etag);
    for (const [path, answer] of [[one, a], [other, b]]) {
      assert.equal((await weir.get(path, KEYS.all, { 'if-none-match': answer.headers.etag })).status, 304);
    }
  }
});

test('a reload between two pages neither repeats nor skips', async () => {
  const changing = await startWeir(config);
  const first = (await changing.get('/v1beta/models?pageSize=3', KEYS.all)).json;
  const before = gemini.ids(first);
  const models = structuredClone(config.models);
  delete models[before[2]];
  const reduced = {
    ...config,
    models: { ...models, newest: { context_window: 1, priority: 99, deployments: [{ provider: 'plain', model: 'x' }] } },
    users: { ...config.users }, keys: { 'ada-all': config.keys['ada-all'] }, groups: { everything: { models: 'all' } },
  };
  reduced.users = { ada: { models: 'all' } };
  const { code, stdout, stderr } = await changing.reload(reduced);
  assert.equal(code, 0, stdout + stderr);
  const second = (await changing.get(`/v1beta/models?pageSize=9&pageToken=${first.nextPageToken}`, KEYS.all)).json;
  assert.deepEqual(gemini.ids(second), displayOrder(config).slice(3));
  const third = (await changing.get(`/claude/v1/models?after_id=${encodeURIComponent(before[1])}`, KEYS.all)).json;
  assert.deepEqual(third.data.map((model) => model.id), displayOrder(config).slice(3));
});

test('OpenRouter: a filtered page leads on behind its place when models come, go and move', async () => {
  const changing = await startWeir(config);
  const query = 'input_modalities=text&context=4096';
  const before = openRouterFiltered(config, displayOrder(config), { inputs: ['text'], context: 4096 });
  const first = (await changing.get(`/api/v1/models?${query}&limit=3`, KEYS.all)).json;
  assert.deepEqual(openRouter.ids(first), before.slice(0, 3));
  const { [before[2]]: gone, ...models } = structuredClone(config.models);
  models[before[4]].priority = 100;
  models[before[0]].priority = -100;
  models.newest = { ...gone, priority: 99 };
  models.small = { ...gone, context_window: 1, priority: -50, max_input_tokens: 1, max_output_tokens: 1 };
  const next = { ...config, models, users: { ada: { models: 'all' } }, keys: { 'ada-all': config.keys['ada-all'] }, groups: {} };
  const { code, stdout, stderr } = await changing.reload(next);
  assert.equal(code, 0, stdout + stderr);
  const seen = [];
  for (let url = first.links.next; url !== null;) {
    assert.ok(url.includes(`&${query.split('&')[0]}&`) && url.includes('&context=4096&'), url);
    const page = (await changing.get(url, KEYS.all)).json;
    assert.equal(page.total_count, openRouterFiltered(next, displayOrder(next), { inputs: ['text'], context: 4096 }).length);
    seen.push(...openRouter.ids(page));
    url = page.links.next;
  }
  // Who stayed behind the place is seen once; who moved in front of it is not, who moved behind it is again.
  assert.deepEqual(seen, [...before.slice(3).filter((slug) => slug !== before[4]), before[0]]);
});

test('a wrong method is refused in the dialect of the path', async () => {
  for (const [path, assertError] of [
    ['/models', (answer) => assertCreditError(answer, 405, 'method_not_allowed')],
    ['/backend-api/codex/models', (answer) => assertOpenAiError(answer, 405, 'method_not_allowed')],
    ['/claude/v1/models', (answer) => assertAnthropicError(answer, 405, 'invalid_request_error')],
    ['/v1beta/models', (answer) => assertGeminiError(answer, 405, 'INVALID_ARGUMENT')],
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
