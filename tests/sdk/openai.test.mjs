// The official OpenAI client, this major and the one before, through weir to a scripted provider.
import assert from 'node:assert/strict';
import { after } from 'node:test';
import { LLMock } from '@copilotkit/aimock';
import * as current from 'openai';
import * as previous from 'openai-previous';
import { displayOrder } from '../e2e/config.mjs';
import { KEYS, registry } from '../e2e/fixture.mjs';
import { startWeir, test } from '../e2e/harness.mjs';

const TOOLS = [{
  type: 'function',
  function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } },
}];

const mock = new LLMock({ port: 0 });
mock.onMessage('Hello', { content: 'Hello from the provider – ünïcode 😀', usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 } });
mock.onMessage('a long story', { content: 'word '.repeat(2000) }, { latency: 5 });
mock.on({ userMessage: 'weather', hasToolResult: false }, { toolCalls: [{ name: 'get_weather', arguments: '{"city":"Paris"}', id: 'call_1' }] });
mock.on({ userMessage: 'weather', hasToolResult: true }, { content: 'It is sunny in Paris.' });
mock.onMessage('too much', { error: { message: 'Slow down', type: 'rate_limit_error', code: 'rate_limit_exceeded' }, status: 429 });
mock.onMessage('wrong', { error: { message: 'Not like this', type: 'invalid_request_error', code: 'bad' }, status: 400 });
await mock.start();
after(() => mock.stop());

const config = registry({ openai: `${mock.url}/v1` });
const weir = await startWeir(config);
const MODEL = 'gpt-mini';
const say = (content) => [{ role: 'user', content }];

for (const [version, sdk] of [['current', current], ['previous', previous]]) {
  const client = (apiKey = KEYS.all, options = {}) => new sdk.OpenAI({ apiKey, baseURL: `http://127.0.0.1:${weir.port}/v1`, maxRetries: 0, ...options });

  test(`${version}: lists the models in order, with what weir says of them`, async () => {
    const page = await client().models.list();
    assert.deepEqual(page.data.map((model) => model.id), displayOrder(config));
    const [first] = page.data;
    assert.equal(first.object, 'model');
    assert.equal(first.metadata.display_name, 'Claude Sonnet 4');
    assert.equal(Object.keys(first.metadata).length, 14);
    const ids = [];
    for await (const model of client(KEYS.some).models.list()) ids.push(model.id);
    assert.deepEqual(ids, ['gpt-mini', 'Zebra', 'last']);
  });

  test(`${version}: retrieves one model, with a slash in its id too`, async () => {
    assert.equal((await client().models.retrieve('Zebra')).id, 'Zebra');
    const model = await client().models.retrieve('org/model:tag');
    assert.equal(model.id, 'org/model:tag');
    assert.equal(model.pricing.output, 0.01);
  });

  test(`${version}: completes`, async () => {
    const { data, response } = await client().chat.completions.create({ model: MODEL, messages: say('Hello') }).withResponse();
    assert.equal(data.model, MODEL);
    assert.equal(data.choices[0].message.content, 'Hello from the provider – ünïcode 😀');
    assert.equal(data.usage.total_tokens, 18);
    assert.match(response.headers.get('x-weir-generation'), /^\d+-[0-9a-f]{8}$/);
    assert.equal(mock.getLastRequest().body.model, 'gpt-4o-mini-2024-07-18');
  });

  test(`${version}: streams`, async () => {
    const stream = await client().chat.completions.create({ model: MODEL, messages: say('Hello'), stream: true });
    let text = '';
    for await (const chunk of stream) {
      assert.equal(chunk.model, MODEL);
      assert.ok(chunk.choices.length > 0, 'no usage chunk that nobody asked for');
      text += chunk.choices[0].delta.content ?? '';
    }
    assert.equal(text, 'Hello from the provider – ünïcode 😀');
  });

  test(`${version}: streams with usage when asked`, async () => {
    const stream = await client().chat.completions.create({ model: MODEL, messages: say('Hello'), stream: true, stream_options: { include_usage: true } });
    let usage;
    for await (const chunk of stream) usage = chunk.usage ?? usage;
    assert.equal(usage.completion_tokens, 7);
  });

  test(`${version}: calls a tool and gives its result, streaming and not`, async () => {
    for (const stream of [false, true]) {
      const request = { model: MODEL, messages: say('weather'), tools: TOOLS };
      const first = stream
        ? await client().chat.completions.stream(request).finalChatCompletion()
        : await client().chat.completions.create(request);
      const [call] = first.choices[0].message.tool_calls;
      assert.equal(call.function.name, 'get_weather');
      assert.deepEqual(JSON.parse(call.function.arguments), { city: 'Paris' });
      const messages = [...request.messages, first.choices[0].message, { role: 'tool', tool_call_id: call.id, content: '{"sky":"clear"}' }];
      const second = await client().chat.completions.create({ ...request, messages });
      assert.equal(second.choices[0].message.content, 'It is sunny in Paris.');
    }
  });

  test(`${version}: aborts a stream`, async () => {
    const stream = await client().chat.completions.create({ model: MODEL, messages: say('a long story'), stream: true });
    let chunks = 0;
    for await (const chunk of stream) {
      assert.equal(chunk.model, MODEL);
      if (++chunks === 3) stream.controller.abort();
    }
    assert.ok(chunks < 1000);
    assert.equal((await client().chat.completions.create({ model: MODEL, messages: say('Hello') })).model, MODEL);
  });

  test(`${version}: gets its own error classes`, async () => {
    const create = (apiKey, model, content = 'Hello', more = {}) => client(apiKey).chat.completions.create({ model, messages: say(content), ...more });
    for (const [call, type, status, code] of [
      [() => create('weir_wrong', MODEL), sdk.AuthenticationError, 401, 'invalid_api_key'],
      [() => create(KEYS.one, MODEL), sdk.PermissionDeniedError, 403, 'model_not_allowed'],
      [() => create(KEYS.all, 'nope'), sdk.NotFoundError, 404, 'model_not_found'],
      [() => create(KEYS.all, MODEL, 'wrong'), sdk.BadRequestError, 400, 'bad'],
      [() => create(KEYS.all, MODEL, 'too much'), sdk.RateLimitError, 429, 'rate_limit_exceeded'],
      [() => create(KEYS.all, MODEL, 'too much', { stream: true }), sdk.RateLimitError, 429, 'rate_limit_exceeded'],
      [() => client('weir_wrong').models.list(), sdk.AuthenticationError, 401, 'invalid_api_key'],
      [() => client(KEYS.one).models.retrieve(MODEL), sdk.PermissionDeniedError, 403, 'model_not_allowed'],
    ]) {
      await assert.rejects(call, (error) => {
        assert.ok(error instanceof type, `${error.constructor.name}: ${error.message}`);
        assert.deepEqual([error.status, error.code], [status, code]);
        assert.ok(error.requestID, 'the request id');
        return true;
      });
    }
  });
}
