// The timers of an upstream call and of a client connection (DESIGN section 9).
import assert from 'node:assert/strict';
import net from 'node:net';
import { once } from 'node:events';
import { after, beforeEach } from 'node:test';
import { KEYS, registry } from './fixture.mjs';
import { assertOpenAiError, startWeir, test, until } from './harness.mjs';
import { requestBytes } from './http.mjs';
import { Upstream } from './upstream.mjs';

const upstream = await Upstream.start();
after(() => upstream.stop());

/** Takes connections and never says a word: a TLS handshake with it does not end. */
const silent = net.createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
await once(silent, 'listening');
after(() => silent.close());

const config = registry({ openai: upstream.url });
config.providers.silent = { kind: 'openai_compatible', base_url: `https://127.0.0.1:${silent.address().port}/v1` };
config.models.silent = { context_window: 1000, deployments: [{ provider: 'silent', model: 'x' }] };
const weir = await startWeir({
  ...config,
  timeouts: {
    connect_ms: 400, first_byte_ms: 600, between_events_ms: 500, total_ms: 2500,
    client_idle_ms: 500, client_head_ms: 400, client_body_ms: 400,
  },
});

beforeEach(() => upstream.reset());

const post = (body) => weir.post('/v1/chat/completions', KEYS.all, body);

/** A call whose answer may never end by its framing: what came until the connection closed. */
async function callToEnd(body) {
  const connection = await weir.connect();
  await connection.write(requestBytes({ method: 'POST', path: '/v1/chat/completions', headers: { 'x-api-key': KEYS.all }, body }));
  const bytes = await connection.readToEnd();
  connection.close();
  return bytes.toString();
}

const EVENT = 'data: {"model":"zebra","choices":[{"delta":{"content":"a"}}]}\n\n';

test('connect: a handshake that does not end is 502 or 504', async () => {
  const answer = await post('{"model":"silent"}');
  assert.ok([502, 504].includes(answer.status), answer.text);
});

test('first byte: an upstream that says nothing is 504', async () => {
  upstream.answer = async () => {};
  for (const stream of [false, true]) assertOpenAiError(await post(`{"model":"Zebra","stream":${stream}}`), 504, 'upstream_timeout');
});

test('between events: a stream that stops is truncated, with an error event and without [DONE]', async () => {
  upstream.answer = async (request, reply) => {
    await reply.streamHead();
    await reply.chunk(EVENT);
  };
  const text = await callToEnd('{"model":"Zebra","stream":true}');
  assert.match(text, /"content":"a"/);
  assert.match(text, /data: \{"error":\{.*"upstream_timeout"/);
  assert.doesNotMatch(text, /\[DONE\]/);
});

test('total: a stream that drips for ever is ended', async () => {
  let isGone = false;
  upstream.answer = async (request, reply) => {
    reply.gone.then(() => { isGone = true; });
    await reply.streamHead();
    while (!isGone) {
      await reply.chunk(EVENT);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const text = await callToEnd('{"model":"Zebra","stream":true}');
  assert.ok(text.split('"content":"a"').length > 5, 'it went on for a while');
  assert.match(text, /data: \{"error":\{.*"upstream_timeout"/);
  assert.doesNotMatch(text, /\[DONE\]/);
  await until(() => isGone, 'the upstream call ends');
});

test('between events: a document that stops never looks complete', async () => {
  upstream.answer = async (request, reply) => {
    await reply.head(200, { 'content-type': 'application/json', 'content-length': 50 });
    await reply.raw('{"model":"zebra"');
  };
  const text = await callToEnd('{"model":"Zebra"}');
  if (text.startsWith('HTTP/1.1 200')) {
    const [head, body] = text.split('\r\n\r\n');
    const length = /content-length: (\d+)/i.exec(head);
    if (length) assert.ok(body.length < Number(length[1]));
    else assert.doesNotMatch(body, /\r\n0\r\n\r\n$/);
  } else {
    assert.match(text, /^HTTP\/1\.1 50[24] /);
  }
});

test('idle: a kept connection without a request is closed', async () => {
  const connection = await weir.connect();
  await connection.write(requestBytes({ path: '/v1/models', headers: { 'x-api-key': KEYS.all } }));
  assert.equal((await connection.readAnswer()).status, 200);
  assert.ok(await connection.ends());
});

test('head: a head that does not end is 408', async () => {
  const connection = await weir.connect();
  await connection.write('GET /v1/models HTTP/1.1\r\nhost: x\r\n');
  assertOpenAiError(await connection.readAnswer(), 408, 'request_timeout');
  assert.ok(await connection.ends());
});

test('body: a body that does not come is 408', async () => {
  const connection = await weir.connect();
  await connection.write(requestBytes({ method: 'POST', path: '/v1/chat/completions', headers: { 'x-api-key': KEYS.all, 'content-length': 100 } }));
  assertOpenAiError(await connection.readAnswer(), 408, 'request_timeout');
  assert.ok(await connection.ends());
});
