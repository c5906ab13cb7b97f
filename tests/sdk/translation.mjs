// A scripted provider that speaks all three protocols, and weir in front of it with a model behind
// each of them: what the official clients' tests of translation share.
import { after } from 'node:test';
import { LLMock } from '@copilotkit/aimock';
import { keyOf } from '../e2e/config.mjs';
import { startWeir } from '../e2e/harness.mjs';

export const KEY = 'weir_all-models-0000000000000000000000000000000';
export const UPSTREAMS = ['openai', 'anthropic', 'gemini'];
export const GREETING = 'Hello from the provider – ünïcode 😀 "quoted" \\ \n<tag>';
export const PERSON = { name: 'Ada', age: 36 };
export const WEATHER = {
  type: 'object',
  properties: { city: { type: 'string', description: 'A city' } },
  required: ['city'],
};
export const PERSON_SCHEMA = {
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer' } },
  required: ['name', 'age'],
  additionalProperties: false,
};
/** A PNG of one pixel. */
export const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** The model that has this upstream behind it. */
export const modelOf = (upstream) => `via/${upstream}`;

export async function startTranslation() {
  const mock = new LLMock({ port: 0 });
  // In the words of each protocol: 11 tokens in, 7 out.
  const usage = {
    prompt_tokens: 11, completion_tokens: 7, input_tokens: 11, output_tokens: 7, promptTokenCount: 11, candidatesTokenCount: 7, totalTokenCount: 18,
  };
  mock.onMessage('Hello', { content: GREETING, usage });
  mock.onMessage('a long story', { content: 'word '.repeat(2000) }, { latency: 5 });
  mock.on({ userMessage: 'weather', hasToolResult: false }, {
    content: 'Let me look.',
    toolCalls: [
      { name: 'get_weather', arguments: '{"city":"Paris"}', id: 'call_paris' },
      { name: 'get_weather', arguments: '{"city":"Oslo \\"north\\""}', id: 'call_oslo' },
    ],
  });
  mock.on({ userMessage: 'weather', hasToolResult: true }, { content: 'It is sunny in Paris.' });
  mock.onMessage('a person', { content: JSON.stringify(PERSON) });
  mock.onMessage('the picture', { content: 'A single pixel.' });
  mock.onMessage('too much', { error: { message: 'Slow down', type: 'rate_limit_error', code: 'rate_limit_exceeded' }, status: 429 });
  mock.onMessage('wrong', { error: { message: 'Not like this', type: 'invalid_request_error', code: 'bad' }, status: 400 });
  await mock.start();
  after(() => mock.stop());

  const weir = await startWeir({
    retries: { attempts_max: 1, retry_after_max_ms: 0 },
    breaker: { failures: 255, open_ms: 100 },
    providers: {
      openai: { kind: 'openai', base_url: `${mock.url}/v1`, api_key: 'sk-provider' },
      anthropic: { kind: 'anthropic', base_url: mock.url, api_key: 'sk-provider' },
      gemini: { kind: 'gemini', base_url: `${mock.url}/v1beta`, api_key: 'sk-provider' },
    },
    models: Object.fromEntries(UPSTREAMS.map((upstream) => [modelOf(upstream), {
      context_window: 128000,
      max_output_tokens: 8192,
      deployments: [{ provider: upstream, model: `model-of-${upstream}` }],
    }])),
    users: { ada: { models: 'all' } },
    keys: { ada: keyOf(KEY, { user: 'ada' }) },
  });
  return { mock, weir, url: `http://127.0.0.1:${weir.port}` };
}

/** What the provider was asked last, in OpenAI's words, and at which path. */
export function lastAsked(mock) {
  const { path, body } = mock.getLastRequest();
  return { path, body, text: JSON.stringify(body) };
}
