// The official Anthropic client, this major and the one before, through weir to a scripted provider.
import assert from 'node:assert/strict';
import { after } from 'node:test';
import * as current from '@anthropic-ai/sdk';
import * as previous from '@anthropic-ai/sdk-previous';
import { LLMock } from '@copilotkit/aimock';
import { KEYS, registry } from '../e2e/fixture.mjs';
import { startWeir, test } from '../e2e/harness.mjs';

const TOOLS = [{ name: 'get_weather', input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } }];

const mock = new LLMock({ port: 0 });
mock.onMessage('Hello', { content: 'Hello from the provider – ünïcode 😀', usage: { input_tokens: 11, output_tokens: 7 } });
mock.onMessage('a long story', { content: 'word '.repeat(2000) }, { latency: 5 });
mock.on({ userMessage: 'weather', hasToolResult: false }, { toolCalls: [{ name: 'get_weather', arguments: '{"city":"Paris"}', id: 'toolu_1' }] });
mock.on({ userMessage: 'weather', hasToolResult: true }, { content: 'It is sunny in Paris.' });
mock.onMessage('too much', { error: { message: 'Slow down', type: 'rate_limit_error' }, status: 429 });
mock.onMessage('wrong', { error: { message: 'Not like this', type: 'invalid_request_error' }, status: 400 });
await mock.start();
after(() => mock.stop());

const weir = await startWeir(registry({ openai: `${mock.url}/v1` }));
const MODEL = 'claude-sonnet-4';
const ask = (content, more = {}) => ({ model: MODEL, max_tokens: 100, messages: [{ role: 'user', content }], ...more });

for (const [version, sdk] of [['current', current], ['previous', previous]]) {
  const client = (apiKey = KEYS.all) => new sdk.Anthropic({ apiKey, baseURL: `http://127.0.0.1:${weir.port}`, maxRetries: 0 });

  test(`${version}: sees the models that are granted`, async () => {
    const page = await client(KEYS.some).models.list();
    assert.deepEqual(page.data.map((model) => model.id), ['gpt-mini', 'Zebra', 'last']);
    assert.equal((await client().models.retrieve(MODEL)).id, MODEL);
  });

  test(`${version}: creates a message`, async () => {
    const { data, response } = await client().messages.create(ask('Hello')).withResponse();
    assert.equal(data.model, MODEL);
    assert.equal(data.content[0].text, 'Hello from the provider – ünïcode 😀');
    assert.equal(data.usage.output_tokens, 7);
    assert.ok(response.headers.get('request-id'));
    assert.equal(mock.getLastRequest().body.model, 'claude-sonnet-4-5-20250929');
  });

  test(`${version}: streams a message`, async () => {
    const stream = client().messages.stream(ask('Hello'));
    let text = '';
    stream.on('text', (piece) => { text += piece; });
    const message = await stream.finalMessage();
    assert.equal(message.model, MODEL);
    assert.equal(text, 'Hello from the provider – ünïcode 😀');
    assert.equal(message.content[0].text, text);
  });

  test(`${version}: calls a tool and gives its result, streaming and not`, async () => {
    for (const stream of [false, true]) {
      const request = ask('weather', { tools: TOOLS });
      const first = stream ? await client().messages.stream(request).finalMessage() : await client().messages.create(request);
      const call = first.content.find((block) => block.type === 'tool_use');
      assert.equal(call.name, 'get_weather');
      assert.deepEqual(call.input, { city: 'Paris' });
      const messages = [...request.messages, { role: 'assistant', content: first.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: 'clear' }] }];
      const second = await client().messages.create({ ...request, messages });
      assert.equal(second.content[0].text, 'It is sunny in Paris.');
    }
  });

  test(`${version}: aborts a stream`, async () => {
    const stream = client().messages.stream(ask('a long story'));
    let pieces = 0;
    stream.on('text', () => { if (++pieces === 3) stream.abort(); });
    await assert.rejects(stream.finalMessage(), sdk.APIUserAbortError);
    assert.ok(pieces < 1000);
    assert.equal((await client().messages.create(ask('Hello'))).model, MODEL);
  });

  test(`${version}: gets its own error classes`, async () => {
    const create = (apiKey, content, more) => client(apiKey).messages.create(ask(content, more));
    for (const [call, type, status, kind] of [
      [() => create('weir_wrong', 'Hello'), sdk.AuthenticationError, 401, 'authentication_error'],
      [() => create(KEYS.one.replace('one', 'two'), 'Hello'), sdk.AuthenticationError, 401, 'authentication_error'],
      [() => create(KEYS.some, 'Hello'), sdk.PermissionDeniedError, 403, 'permission_error'],
      [() => create(KEYS.all, 'Hello', { model: 'nope' }), sdk.NotFoundError, 404, 'not_found_error'],
      [() => client().messages.countTokens({ model: 'Zebra', messages: [{ role: 'user', content: 'Hello' }] }), sdk.BadRequestError, 400, 'invalid_request_error'],
      [() => create(KEYS.all, 'wrong'), sdk.BadRequestError, 400, 'invalid_request_error'],
      [() => create(KEYS.all, 'too much'), sdk.RateLimitError, 429, 'rate_limit_error'],
      [() => create(KEYS.all, 'too much', { stream: true }), sdk.RateLimitError, 429, 'rate_limit_error'],
    ]) {
      await assert.rejects(call, (error) => {
        assert.ok(error instanceof type, `${error.constructor.name}: ${error.message}`);
        assert.equal(error.status, status);
        assert.equal(error.error.error.type, kind);
        assert.ok(error.requestID, 'the request id');
        return true;
      });
    }
  });
}
