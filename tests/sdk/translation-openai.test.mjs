// The official OpenAI client, two majors, calls models of every provider's protocol.
import assert from 'node:assert/strict';
import * as current from 'openai';
import * as previous from 'openai-previous';
import { test } from '../e2e/harness.mjs';
import { GREETING, KEY, PERSON, PERSON_SCHEMA, PIXEL, UPSTREAMS, WEATHER, lastAsked, modelOf, startTranslation } from './translation.mjs';

const { mock, url } = await startTranslation();
const TOOLS = [{ type: 'function', function: { name: 'get_weather', description: 'The weather', parameters: WEATHER } }];
const FORMAT = { type: 'json_schema', json_schema: { name: 'person', schema: PERSON_SCHEMA, strict: true } };
const say = (content) => [{ role: 'system', content: 'Be brief.' }, { role: 'user', content }];

for (const [version, sdk] of [['current', current], ['previous', previous]]) {
  const { chat } = new sdk.OpenAI({ apiKey: KEY, baseURL: `${url}/v1`, maxRetries: 0 });

  for (const upstream of UPSTREAMS) {
    const model = modelOf(upstream);
    const named = (what) => `${version}, ${upstream}: ${what}`;

    test(named('completes'), async () => {
      const answer = await chat.completions.create({ model, messages: say('Hello') });
      assert.equal(answer.model, model);
      assert.equal(answer.object, 'chat.completion');
      assert.match(answer.id, /^chatcmpl-/);
      assert.equal(answer.choices[0].message.content, GREETING);
      assert.equal(answer.choices[0].finish_reason, 'stop');
      assert.deepEqual([answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens], [11, 7, 18]);
      assert.ok(lastAsked(mock).text.includes('Be brief.'), 'the system prompt went along');
    });

    test(named('streams, with usage only when asked'), async () => {
      for (const usage of [false, true]) {
        const stream = await chat.completions.create({
          model, messages: say('Hello'), stream: true, ...(usage && { stream_options: { include_usage: true } }),
        });
        const chunks = [];
        for await (const chunk of stream) chunks.push(chunk);
        assert.equal(chunks.map((chunk) => chunk.choices[0]?.delta?.content ?? '').join(''), GREETING);
        assert.ok(chunks.every((chunk) => chunk.model === model));
        assert.equal(new Set(chunks.map((chunk) => chunk.id)).size, 1);
        assert.equal(chunks.filter((chunk) => chunk.choices.length === 0).length, usage ? 1 : 0);
        assert.equal(chunks.filter((chunk) => chunk.choices[0]?.finish_reason === 'stop').length, 1);
        if (usage) assert.deepEqual([chunks.at(-1).usage.prompt_tokens, chunks.at(-1).usage.completion_tokens], [11, 7]);
      }
    });

    test(named('calls two tools at once and gives their results, streamed and not'), async () => {
      for (const stream of [false, true]) {
        const request = { model, messages: say('weather'), tools: TOOLS };
        const first = stream
          ? await chat.completions.stream(request).finalChatCompletion()
          : await chat.completions.create(request);
        const [choice] = first.choices;
        assert.equal(choice.finish_reason, 'tool_calls');
        const calls = choice.message.tool_calls;
        assert.deepEqual(calls.map((call) => [call.type, call.function.name, JSON.parse(call.function.arguments)]), [
          ['function', 'get_weather', { city: 'Paris' }],
          ['function', 'get_weather', { city: 'Oslo "north"' }],
        ]);
        assert.equal(new Set(calls.map((call) => call.id)).size, 2);
        const results = calls.map((call) => ({ role: 'tool', tool_call_id: call.id, content: '{"sky":"clear"}' }));
        // The later result first: the provider gets them in the order of the calls.
        const second = await chat.completions.create({ ...request, messages: [...request.messages, choice.message, ...results.reverse()] });
        assert.equal(second.choices[0].message.content, 'It is sunny in Paris.');
      }
    });

    test(named('gives structured output'), async () => {
      const answer = await chat.completions.create({ model, messages: say('a person'), response_format: FORMAT });
      assert.deepEqual(JSON.parse(answer.choices[0].message.content), PERSON);
      const stream = chat.completions.stream({ model, messages: say('a person'), response_format: FORMAT });
      assert.deepEqual(JSON.parse((await stream.finalChatCompletion()).choices[0].message.content), PERSON);
    });

    test(named('takes an image'), async () => {
      const content = [
        { type: 'text', text: 'the picture' },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}`, detail: 'low' } },
      ];
      const answer = await chat.completions.create({ model, messages: say(content) });
      assert.equal(answer.choices[0].message.content, 'A single pixel.');
    });

    test(named('cancels a stream, and the next call works'), async () => {
      const stream = await chat.completions.create({ model, messages: say('a long story'), stream: true });
      let chunks = 0;
      for await (const chunk of stream) {
        assert.equal(chunk.model, model);
        if (++chunks === 3) stream.controller.abort();
      }
      assert.ok(chunks < 1000);
      assert.equal((await chat.completions.create({ model, messages: say('Hello') })).model, model);
    });

    test(named('gets its own error classes'), async () => {
      for (const [content, type, status] of [['wrong', sdk.BadRequestError, 400], ['too much', sdk.RateLimitError, 429]]) {
        for (const stream of [false, true]) {
          await assert.rejects(chat.completions.create({ model, messages: say(content), stream }), (error) => {
            assert.ok(error instanceof type, `${error.constructor.name}: ${error.message}`);
            assert.equal(error.status, status);
            return true;
          });
        }
      }
    });
  }
}
