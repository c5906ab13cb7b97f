// POST /v1/messages: the same way for Anthropic's protocol.
import assert from 'node:assert/strict';
import { after, beforeEach } from 'node:test';
import { KEYS, PROVIDER_KEY, registry } from './fixture.mjs';
import { assertAnthropicError, startWeir, test, turn, until } from './harness.mjs';
import { requestBytes } from './http.mjs';
import { Upstream, message, messageStream } from './upstream.mjs';

const MODEL = 'claude-sonnet-4';
const UPSTREAM_MODEL = 'claude-sonnet-4-5-20250929';
const upstream = await Upstream.start();
after(() => upstream.stop());
const weir = await startWeir(registry({ openai: upstream.url }));

beforeEach(() => upstream.reset());

const VERSION = { 'anthropic-version': '2023-06-01' };
const post = (body, headers = {}) => weir.fetch({
  method: 'POST', path: '/v1/messages', body, headers: { 'x-api-key': KEYS.all, ...VERSION, ...headers },
});
const SMALL = `{"model":"${MODEL}","max_tokens":10,"messages":[]}`;

test('the upstream gets the client\'s bytes but for the model', async () => {
  for (const body of [
    SMALL,
    ` { "messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","data":"${'QUJD'.repeat(5000)}"}},{"type":"tool_result","model":"x"}]}],"tools":[{"name":"f","input_schema":{"type":"object"}}], "thinking":{"type":"enabled","budget_tokens":1e3}, "model" : "${MODEL}" ,"x":1.0}\n`,
  ]) {
    const answer = await post(body);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(upstream.last.text, body.replace(MODEL, UPSTREAM_MODEL));
  }
});

test('the request has the provider\'s key, and the client\'s version and betas', async () => {
  await post(SMALL, { 'anthropic-beta': 'a-2025-01-01,b-2025-02-02', 'anthropic-dangerous-direct-browser-access': 'true' });
  const { method, path, head, headers } = upstream.last;
  assert.equal(`${method} ${path}`, 'POST /v1/messages');
  assert.equal(headers['x-api-key'], PROVIDER_KEY);
  assert.equal(headers.authorization, undefined);
  assert.equal(headers['anthropic-version'], '2023-06-01');
  assert.equal(headers['anthropic-beta'], 'a-2025-01-01,b-2025-02-02');
  assert.ok(!head.includes(KEYS.all));
  await post(SMALL);
  assert.equal(upstream.last.headers['anthropic-beta'], undefined);
});

test('a client that names no version gets one', async () => {
  await weir.post('/v1/messages', KEYS.all, SMALL);
  assert.match(upstream.last.headers['anthropic-version'], /^\d{4}-\d\d-\d\d$/);
});

test('the answer passes byte for byte but for the model', async () => {
  const text = ` { "id":"msg", "model" : "${UPSTREAM_MODEL}","content":[{"type":"tool_use","input":{"model":"x"}}],"usage":{"input_tokens":1}} `;
  for (const chunkBytes of [0, 1, 9]) {
    upstream.answer = (request, reply) => reply.json(text, { chunkBytes });
    const answer = await post(SMALL);
    assert.equal(answer.text, text.replace(UPSTREAM_MODEL, MODEL));
    assert.ok(answer.headers['request-id'], 'request-id');
    assert.equal(answer.headers['request-id'], answer.headers['x-request-id']);
  }
});

test('a stream passes byte for byte but for the model of message_start', async () => {
  const text = messageStream(UPSTREAM_MODEL, ['Hel', 'lo – ', '日本', `"model":"${UPSTREAM_MODEL}"`]);
  const start = text.indexOf(`"model":"${UPSTREAM_MODEL}"`);
  const expected = text.slice(0, start) + text.slice(start).replace(UPSTREAM_MODEL, MODEL);
  const body = `{"stream":true,"model":"${MODEL}","messages":[]}`;
  for (const pieceBytes of [0, 1, 5, 100]) {
    upstream.answer = (request, reply) => reply.stream(text, { pieceBytes });
    const answer = await post(body);
    assert.equal(answer.status, 200, answer.text);
    assert.match(answer.headers['content-type'], /^text\/event-stream/);
    assert.equal(answer.text, expected, `in pieces of ${pieceBytes}`);
  }
  assert.equal(upstream.last.text, body.replace(MODEL, UPSTREAM_MODEL), 'nothing about usage is added');
});

test('usage is counted as the provider tells it', async () => {
  for (const stream of [false, true]) {
    const { counters: before } = await weir.totals();
    assert.equal((await post(`{"stream":${stream},"model":"${MODEL}"}`)).status, 200);
    await until(async () => (await weir.totals()).counters.usage_seen === before.usage_seen + 1, 'the usage is counted');
    const { counters: now } = await weir.totals();
    assert.deepEqual([now.input_tokens - before.input_tokens, now.output_tokens - before.output_tokens], [11, 7]);
  }
});

test('errors come in Anthropic\'s envelope', async () => {
  assertAnthropicError(await weir.fetch({ method: 'POST', path: '/v1/messages', body: SMALL }), 401, 'authentication_error');
  assertAnthropicError(await post('{"model":"nope"}'), 404, 'not_found_error');
  assertAnthropicError(await post(SMALL, { 'x-api-key': KEYS.some }), 403, 'permission_error');
  assertAnthropicError(await post('{"model":'), 400, 'invalid_request_error');
  assertAnthropicError(await post('{"messages":[]}'), 400, 'invalid_request_error');
  assert.equal(upstream.requests.length, 0);
});

test('a model of another protocol answers in this one', async () => {
  const answer = await post('{"model":"Zebra","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}');
  assert.equal(answer.status, 200, answer.text);
  assert.match(upstream.last.path, /\/chat\/completions$/);
  assert.equal(JSON.parse(answer.text).model, 'Zebra');
  assert.deepEqual(JSON.parse(answer.text).content, [{ type: 'text', text: 'Hello!' }]);
});

for (const [status, expected] of [[400, 400], [429, 429], [500, 500], [529, 529], [401, 502], [403, 502]]) {
  test(`an upstream's ${status} is ${expected} to the client`, async () => {
    const body = '{"type":"error","error":{"type":"t","message":"no"},"request_id":"req_1"}';
    upstream.answer = (request, reply) => reply.json(body, { status });
    const answer = await post(SMALL);
    if (expected === status) assert.equal(answer.text, body);
    else assertAnthropicError(answer, 502, 'api_error');
    assert.equal(answer.status, expected);
  });
}

test('a stream without message_stop is told as an error event', async () => {
  const text = messageStream(UPSTREAM_MODEL, ['a'], { done: false });
  for (const end of [(reply) => reply.raw('0\r\n\r\n'), (reply) => reply.reset(), (reply) => reply.end()]) {
    upstream.answer = async (request, reply) => {
      await reply.streamHead();
      await reply.chunk(text);
      await turn();
      await end(reply);
    };
    const connection = await weir.connect();
    await connection.write(requestBytes({ method: 'POST', path: '/v1/messages', headers: { 'x-api-key': KEYS.all, ...VERSION }, body: `{"stream":true,"model":"${MODEL}"}` }));
    const got = (await connection.readToEnd()).toString();
    assert.match(got, /event: error\ndata: \{"type":"error","error":\{/);
    assert.doesNotMatch(got, /message_stop/);
    connection.close();
  }
});

test('an answer of the upstream is the same over many calls of one connection', async () => {
  const connection = await weir.connect();
  for (let i = 0; i < 20; i++) {
    upstream.answer = (request, reply) => reply.json(message(UPSTREAM_MODEL, `number ${i}`));
    await connection.write(requestBytes({ method: 'POST', path: '/v1/messages', headers: { 'x-api-key': KEYS.all }, body: SMALL }));
    assert.deepEqual((await connection.readAnswer()).json, message(MODEL, `number ${i}`));
  }
  connection.close();
});
