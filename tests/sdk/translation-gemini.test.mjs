// Google's official client, two majors, calls models of every provider's protocol.
import assert from 'node:assert/strict';
import * as current from '@google/genai';
import * as previous from '@google/genai-previous';
import { test } from '../e2e/harness.mjs';
import { GREETING, KEY, PERSON, PERSON_SCHEMA, PIXEL, UPSTREAMS, WEATHER, lastAsked, modelOf, startTranslation } from './translation.mjs';

const { mock, url } = await startTranslation();
const TOOLS = [{ functionDeclarations: [{ name: 'get_weather', description: 'The weather', parametersJsonSchema: WEATHER }] }];

for (const [version, sdk] of [['current', current], ['previous', previous]]) {
  const { models } = new sdk.GoogleGenAI({ apiKey: KEY, httpOptions: { baseUrl: url } });

  for (const upstream of UPSTREAMS) {
    const model = modelOf(upstream);
    const named = (what) => `${version}, ${upstream}: ${what}`;
    // What goes through as it is says what the provider says, and this one says no model.
    const said = upstream === 'gemini' ? undefined : model;
    const ask = (text, config = {}) => ({ model, contents: [{ role: 'user', parts: [{ text }] }], config: { systemInstruction: 'Be brief.', ...config } });
    const all = async (stream) => {
      const chunks = [];
      for await (const chunk of await stream) chunks.push(chunk);
      return chunks;
    };

    test(named('generates content'), async () => {
      const answer = await models.generateContent(ask('Hello'));
      assert.equal(answer.text, GREETING);
      assert.equal(answer.modelVersion, said);
      assert.equal(answer.candidates[0].finishReason, 'STOP');
      assert.equal(answer.candidates[0].content.role, 'model');
      assert.equal(answer.usageMetadata.totalTokenCount, 18);
      assert.ok(lastAsked(mock).text.includes('Be brief.'), 'the system prompt went along');
    });

    test(named('streams'), async () => {
      const chunks = await all(models.generateContentStream(ask('Hello')));
      assert.equal(chunks.map((chunk) => chunk.text ?? '').join(''), GREETING);
      assert.equal(chunks.at(-1).candidates[0].finishReason, 'STOP');
      assert.ok(chunks.slice(0, -1).every((chunk) => chunk.candidates[0].finishReason === undefined));
      assert.deepEqual([chunks.at(-1).usageMetadata.promptTokenCount, chunks.at(-1).usageMetadata.candidatesTokenCount], [11, 7]);
    });

    test(named('calls two tools at once and gives their results, streamed and not'), async () => {
      for (const stream of [false, true]) {
        const request = ask('weather', { tools: TOOLS });
        const chunks = stream ? await all(models.generateContentStream(request)) : [await models.generateContent(request)];
        const parts = chunks.flatMap((chunk) => chunk.candidates[0].content?.parts ?? []);
        const calls = parts.filter((part) => part.functionCall).map((part) => part.functionCall);
        assert.deepEqual(calls.map((call) => [call.name, call.args]), [
          ['get_weather', { city: 'Paris' }], ['get_weather', { city: 'Oslo "north"' }],
        ]);
        const results = calls.map(({ id, name }) => ({ functionResponse: { id, name, response: { output: 'clear' } } }));
        const second = await models.generateContent({
          ...request,
          contents: [...request.contents, { role: 'model', parts }, { role: 'user', parts: results }],
        });
        assert.equal(second.text, 'It is sunny in Paris.');
      }
    });

    test(named('gives structured output'), async () => {
      const config = { responseMimeType: 'application/json', responseJsonSchema: PERSON_SCHEMA };
      assert.deepEqual(JSON.parse((await models.generateContent(ask('a person', config))).text), PERSON);
      const chunks = await all(models.generateContentStream(ask('a person', config)));
      assert.deepEqual(JSON.parse(chunks.map((chunk) => chunk.text ?? '').join('')), PERSON);
    });

    test(named('takes an image'), async () => {
      const contents = [{ role: 'user', parts: [{ text: 'the picture' }, { inlineData: { mimeType: 'image/png', data: PIXEL } }] }];
      assert.equal((await models.generateContent({ model, contents })).text, 'A single pixel.');
    });

    test(named('cancels a stream, and the next call works'), async () => {
      const abort = new AbortController();
      const stream = await models.generateContentStream(ask('a long story', { abortSignal: abort.signal }));
      let chunks = 0;
      await assert.rejects(async () => {
        for await (const chunk of stream) {
          assert.equal(chunk.modelVersion, said);
          if (++chunks === 3) abort.abort();
        }
      });
      assert.ok(chunks < 1000);
      assert.equal((await models.generateContent(ask('Hello'))).modelVersion, said);
    });

    test(named('gets its own errors'), async () => {
      for (const [text, status] of [['wrong', 400], ['too much', 429]]) {
        for (const call of [() => models.generateContent(ask(text)), () => all(models.generateContentStream(ask(text)))]) {
          await assert.rejects(call, (error) => {
            assert.ok(error instanceof sdk.ApiError, `${error.constructor.name}: ${error.message}`);
            assert.equal(error.status, status);
            return true;
          });
        }
      }
    });
  }
}
