// The official Anthropic client, two majors, calls models of every provider's protocol.
import assert from 'node:assert/strict';
import * as current from '@anthropic-ai/sdk';
import * as previous from '@anthropic-ai/sdk-previous';
import { test } from '../e2e/harness.mjs';
import { GREETING, KEY, PERSON, PERSON_SCHEMA, PIXEL, UPSTREAMS, WEATHER, lastAsked, modelOf, startTranslation } from './translation.mjs';

const { mock, url } = await startTranslation();
const TOOLS = [{ name: 'get_weather', description: 'The weather', input_schema: WEATHER }];

for (const [version, sdk] of [['current', current], ['previous', previous]]) {
  const { messages } = new sdk.Anthropic({ apiKey: KEY, baseURL: url, maxRetries: 0 });

  for (const upstream of UPSTREAMS) {
    const model = modelOf(upstream);
    const named = (what) => `${version}, ${upstream}: ${what}`;
    const ask = (content, more = {}) => ({ model, max_tokens: 1000, system: 'Be brief.', messages: [{ role: 'user', content }], ...more });
    const textOf = (message) => message.content.filter((block) => block.type === 'text').map((block) => block.text).join('');

    test(named('creates a message'), async () => {
      const message = await messages.create(ask('Hello'));
      assert.equal(message.model, model);
      assert.deepEqual([message.type, message.role, message.stop_reason, message.stop_sequence], ['message', 'assistant', 'end_turn', null]);
      assert.match(message.id, /^msg_/);
      assert.equal(textOf(message), GREETING);
      assert.deepEqual([message.usage.input_tokens, message.usage.output_tokens], [11, 7]);
      assert.ok(lastAsked(mock).text.includes('Be brief.'), 'the system prompt went along');
    });

    test(named('streams a message'), async () => {
      const events = [];
      const stream = messages.stream(ask('Hello'));
      stream.on('streamEvent', (event) => events.push(event));
      const message = await stream.finalMessage();
      assert.equal(message.model, model);
      assert.equal(textOf(message), GREETING);
      assert.equal(message.stop_reason, 'end_turn');
      assert.deepEqual([message.usage.input_tokens, message.usage.output_tokens], [11, 7]);
      assert.equal(events.filter((event) => event.type === 'message_start').length, 1);
      assert.deepEqual(events.slice(-2).map((event) => event.type), ['message_delta', 'message_stop']);
      let open = -1;
      for (const event of events) {
        if (event.type === 'content_block_start') assert.equal(event.index, ++open);
        if (event.type === 'content_block_delta' || event.type === 'content_block_stop') assert.equal(event.index, open);
      }
    });

    test(named('calls two tools at once and gives their results, streamed and not'), async () => {
      for (const stream of [false, true]) {
        const request = ask('weather', { tools: TOOLS });
        const first = stream ? await messages.stream(request).finalMessage() : await messages.create(request);
        assert.equal(first.stop_reason, 'tool_use');
        const calls = first.content.filter((block) => block.type === 'tool_use');
        assert.deepEqual(calls.map((call) => [call.name, call.input]), [
          ['get_weather', { city: 'Paris' }], ['get_weather', { city: 'Oslo "north"' }],
        ]);
        assert.equal(new Set(calls.map((call) => call.id)).size, 2);
        const results = calls.map((call) => ({ type: 'tool_result', tool_use_id: call.id, content: 'clear' }));
        const second = await messages.create({
          ...request,
          messages: [...request.messages, { role: 'assistant', content: first.content }, { role: 'user', content: results }],
        });
        assert.equal(textOf(second), 'It is sunny in Paris.');
      }
    });

    test(named('gives structured output'), async () => {
      const output_config = { format: { type: 'json_schema', schema: PERSON_SCHEMA } };
      assert.deepEqual(JSON.parse(textOf(await messages.create(ask('a person', { output_config })))), PERSON);
      assert.deepEqual(JSON.parse(textOf(await messages.stream(ask('a person', { output_config })).finalMessage())), PERSON);
    });

    test(named('takes an image, also in the result of a tool'), async () => {
      const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PIXEL } };
      assert.equal(textOf(await messages.create(ask([{ type: 'text', text: 'the picture' }, image]))), 'A single pixel.');
    });

    test(named('cancels a stream, and the next call works'), async () => {
      const stream = messages.stream(ask('a long story'));
      let pieces = 0;
      stream.on('text', () => { if (++pieces === 3) stream.abort(); });
      await assert.rejects(stream.finalMessage(), sdk.APIUserAbortError);
      assert.ok(pieces < 1000);
      assert.equal((await messages.create(ask('Hello'))).model, model);
    });

    test(named('gets its own error classes'), async () => {
      for (const [content, type, status, kind] of [
        ['wrong', sdk.BadRequestError, 400, 'invalid_request_error'],
        ['too much', sdk.RateLimitError, 429, 'rate_limit_error'],
      ]) {
        for (const stream of [false, true]) {
          await assert.rejects(messages.create(ask(content, { stream })), (error) => {
            assert.ok(error instanceof type, `${error.constructor.name}: ${error.message}`);
            assert.deepEqual([error.status, error.error.error.type], [status, kind]);
            return true;
          });
        }
      }
    });
  }
}
