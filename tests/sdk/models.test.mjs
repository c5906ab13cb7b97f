// The official clients, this major and the one before, as they are: they list models, page through a
// long list, and retrieve single ones.
import assert from 'node:assert/strict';
import * as anthropic from '@anthropic-ai/sdk';
import * as anthropicPrevious from '@anthropic-ai/sdk-previous';
import * as google from '@google/genai';
import * as googlePrevious from '@google/genai-previous';
import * as openai from 'openai';
import * as openaiPrevious from 'openai-previous';
import { displayOrder, effective, keyOf } from '../e2e/config.mjs';
import { startWeir, test, withWeir } from '../e2e/harness.mjs';

const ALL = 'weir_all-of-them';
const SOME = 'weir_some-of-them';
const PAGE = 7;

/** 45 models with ids of every form; every third one is granted to SOME. */
function longList() {
  const forms = [(i) => `plain-${i}`, (i) => `org/model-${i}`, (i) => `vendor.model-v${i}:0`, (i) => `a/b/c@${i}+x`];
  const slugs = Array.from({ length: 45 }, (_, i) => forms[i % forms.length](i));
  return {
    providers: { plain: { kind: 'openai_compatible', base_url: 'http://127.0.0.1:9/v1' } },
    models: Object.fromEntries(slugs.map((slug, i) => [slug, {
      name: `Model ${i}`, context_window: 1000 + i, max_output_tokens: 100 + i, priority: i % 4, lifecycle: i % 5 === 0 ? 'deprecated' : 'active',
      capabilities: i % 2 ? ['reasoning', 'tools'] : [], deployments: [{ provider: 'plain', model: `upstream-${i}` }],
    }])),
    users: { ada: { models: 'all' }, bob: { models: slugs.filter((_, i) => i % 3 === 0) } },
    keys: { all: keyOf(ALL, { user: 'ada' }), some: keyOf(SOME, { user: 'bob' }) },
  };
}

const config = longList();
const weir = await startWeir(config);
const lists = [[ALL, displayOrder(config)], [SOME, effective(config, config.keys.some)]];
const notGranted = displayOrder(config).find((slug) => !lists[1][1].includes(slug));
const url = (path = '') => `http://127.0.0.1:${weir.port}${path}`;

async function idsOf(items, id = (model) => model.id) {
  const ids = [];
  for await (const model of items) ids.push(id(model));
  return ids;
}

for (const [version, sdk] of [['current', openai], ['previous', openaiPrevious]]) {
  for (const path of ['/v1', '/gateway/openai/v1']) {
    const client = (apiKey) => new sdk.OpenAI({ apiKey, baseURL: url(path), maxRetries: 0 });

    test(`openai, ${version}, ${path}: lists, iterates and retrieves`, async () => {
      for (const [key, slugs] of lists) {
        const page = await client(key).models.list();
        assert.equal(page.object, 'list');
        assert.deepEqual(page.data.map((model) => model.id), slugs);
        assert.equal(page.hasNextPage(), false);
        assert.deepEqual(await idsOf(client(key).models.list()), slugs);
      }
      for (const slug of displayOrder(config)) {
        const model = await client(ALL).models.retrieve(slug);
        assert.deepEqual([model.id, model.object], [slug, 'model']);
        assert.equal(model.metadata.context_window, config.models[slug].context_window);
      }
    });

    test(`openai, ${version}, ${path}: what cannot be retrieved is an error of its own class`, async () => {
      for (const [key, slug, kind, code] of [
        [ALL, 'nope', sdk.NotFoundError, 'model_not_found'], [SOME, notGranted, sdk.PermissionDeniedError, 'model_not_allowed'],
        ['weir_nobody', notGranted, sdk.AuthenticationError, 'invalid_api_key'],
      ]) {
        await assert.rejects(client(key).models.retrieve(slug), (error) => error instanceof kind && error.code === code);
      }
    });
  }
}

for (const [version, sdk] of [['current', anthropic], ['previous', anthropicPrevious]]) {
  for (const path of ['', '/gateway/anthropic', '/claude']) {
    const client = (apiKey) => new sdk.Anthropic({ apiKey, baseURL: url(path), maxRetries: 0 });

    test(`anthropic, ${version}, ${path}/v1: lists, pages forwards and backwards, and retrieves`, async () => {
      for (const [key, slugs] of lists) {
        const first = await client(key).models.list({ limit: PAGE });
        assert.deepEqual(first.data.map((model) => model.id), slugs.slice(0, PAGE));
        assert.deepEqual([first.has_more, first.first_id, first.last_id], [true, slugs[0], slugs[PAGE - 1]]);
        assert.deepEqual(await idsOf(client(key).models.list({ limit: PAGE })), slugs);
        assert.deepEqual(await idsOf(client(key).models.list()), slugs, 'by the default limit');
        const pages = [];
        for await (const page of (await client(key).models.list({ limit: PAGE, before_id: slugs.at(-1) })).iterPages()) {
          pages.unshift(...page.data.map((model) => model.id));
        }
        assert.deepEqual(pages, slugs.slice(0, -1));
      }
      for (const slug of displayOrder(config)) {
        const model = await client(ALL).models.retrieve(slug);
        assert.deepEqual([model.type, model.id, model.display_name], ['model', slug, config.models[slug].name]);
        assert.equal(model.max_tokens, config.models[slug].max_output_tokens);
        assert.equal(model.capabilities.thinking.supported, config.models[slug].capabilities.includes('reasoning'));
      }
    });

    test(`anthropic, ${version}, ${path}/v1: what cannot be retrieved is an error of its own class`, async () => {
      for (const [key, slug, kind, type] of [
        [ALL, 'nope', sdk.NotFoundError, 'not_found_error'], [SOME, notGranted, sdk.PermissionDeniedError, 'permission_error'],
        ['weir_nobody', notGranted, sdk.AuthenticationError, 'authentication_error'],
      ]) {
        await assert.rejects(client(key).models.retrieve(slug), (error) => {
          assert.ok(error instanceof kind, String(error));
          assert.equal(error.error.error.type, type);
          assert.equal(error.requestID, error.error.request_id);
          return true;
        });
      }
      await assert.rejects(client(ALL).models.list({ limit: 0 }), sdk.BadRequestError);
      await assert.rejects(client(ALL).models.list({ after_id: 'nope' }), sdk.BadRequestError);
    });
  }
}

test('anthropic, current: lifecycle narrows every page', async () => {
  const client = new anthropic.Anthropic({ apiKey: ALL, baseURL: url(), maxRetries: 0 });
  const deprecated = displayOrder(config).filter((slug) => config.models[slug].lifecycle === 'deprecated');
  assert.deepEqual(await idsOf(client.models.list({ limit: 2, lifecycle: ['deprecated'] })), deprecated);
  assert.deepEqual(await idsOf(client.models.list({ limit: PAGE, lifecycle: ['active', 'deprecated'] })), displayOrder(config));
  for await (const model of client.models.list({ limit: PAGE })) assert.equal(model.lifecycle, config.models[model.id].lifecycle);
});

const bareName = (model) => model.name.replace(/^models\//, '');

for (const [version, sdk] of [['current', google], ['previous', googlePrevious]]) {
  for (const [path, apiVersion] of [['', undefined], ['', 'v1beta'], ['', 'v1'], ['/gateway/gemini', 'v1beta'], ['/gemini', 'v1beta'], ['/gemini', 'v1']]) {
    const client = (apiKey) => new sdk.GoogleGenAI({ apiKey, apiVersion, httpOptions: { baseUrl: url(path) } });

    test(`genai, ${version}, ${path}/${apiVersion ?? 'its own version'}: lists, pages and retrieves`, async () => {
      for (const [key, slugs] of lists) {
        const pager = await client(key).models.list({ config: { pageSize: PAGE } });
        assert.deepEqual(pager.page.map(bareName), slugs.slice(0, PAGE));
        assert.ok(pager.hasNextPage());
        assert.deepEqual((await pager.nextPage()).map(bareName), slugs.slice(PAGE, 2 * PAGE));
        assert.deepEqual(await idsOf(await client(key).models.list({ config: { pageSize: PAGE } }), bareName), slugs);
        assert.deepEqual(await idsOf(await client(key).models.list(), bareName), slugs, 'by the default size');
      }
      for (const slug of displayOrder(config)) {
        const { capabilities, max_output_tokens: limit } = config.models[slug];
        const model = await client(ALL).models.get({ model: slug });
        assert.equal(model.name, `models/${slug}`);
        assert.equal(model.outputTokenLimit, limit);
        assert.equal(model.thinking ?? false, capabilities.includes('reasoning'));
      }
      assert.equal((await client(ALL).models.get({ model: 'models/plain-0' })).name, 'models/plain-0');
    });

    test(`genai, ${version}, ${path}/${apiVersion ?? 'its own version'}: what cannot be retrieved is an error with its status`, async () => {
      for (const [key, slug, status, word] of [
        [ALL, 'nope', 404, 'NOT_FOUND'], [SOME, notGranted, 403, 'PERMISSION_DENIED'], ['weir_nobody', notGranted, 400, 'API_KEY_INVALID'],
      ]) {
        await assert.rejects(client(key).models.get({ model: slug }), (error) => error.status === status && error.message.includes(word));
      }
    });
  }
}

/** One model less and one more before, in and behind what has been seen. */
function changed(slugs) {
  const { [slugs[2]]: seen, [slugs[PAGE + 1]]: unseen, ...models } = structuredClone(config.models);
  const extra = (priority) => ({ ...models[slugs[0]], name: 'New', priority });
  return {
    config: { ...config, models: { ...models, '0-first': extra(99), 'zz-last': extra(-1) }, users: { ada: { models: 'all' } }, keys: { all: config.keys.all } },
    // Whoever has seen the first page sees all that was and is behind it, each once.
    rest: [...slugs.slice(PAGE).filter((slug) => slug !== slugs[PAGE + 1]), 'zz-last'],
  };
}

for (const [name, pages] of [
  ['anthropic', (port) => new anthropic.Anthropic({ apiKey: ALL, baseURL: `http://127.0.0.1:${port}`, maxRetries: 0 })
    .models.list({ limit: PAGE }).then((page) => page.iterPages()).then(async function* ids(all) {
      for await (const page of all) yield page.data.map((model) => model.id);
    })],
  ['genai', async (port) => (async function* ids() {
    const client = new google.GoogleGenAI({ apiKey: ALL, httpOptions: { baseUrl: `http://127.0.0.1:${port}` } });
    const pager = await client.models.list({ config: { pageSize: PAGE } });
    yield pager.page.map(bareName);
    while (pager.hasNextPage()) yield (await pager.nextPage()).map(bareName);
  }())],
]) {
  test(`${name}: a reload between two pages neither repeats nor skips a model`, async () => {
    await withWeir(config, async (changing) => {
      const slugs = displayOrder(config);
      const next = changed(slugs);
      const seen = [];
      for await (const page of await pages(changing.port)) {
        if (seen.length === 0) {
          const { code, stderr } = await changing.reload(next.config);
          assert.equal(code, 0, stderr);
        }
        seen.push(...page);
      }
      assert.deepEqual(seen, [...slugs.slice(0, PAGE), ...next.rest]);
    });
  });
}
