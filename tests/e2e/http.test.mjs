// What a connection is after an answer, and what HTTP/1.0 gets; strict.test.mjs has the table of
// single requests.
import assert from 'node:assert/strict';
import { after, beforeEach } from 'node:test';
import { KEYS, registry } from './fixture.mjs';
import { assertOpenAiError, startWeir, test } from './harness.mjs';
import { requestBytes } from './http.mjs';
import { Upstream } from './upstream.mjs';

const upstream = await Upstream.start();
after(() => upstream.stop());
const weir = await startWeir(registry({ openai: upstream.url }));
beforeEach(() => upstream.reset());

const KEY = `x-api-key: ${KEYS.all}\r\n`;
const BODY = '{"model":"Zebra"}';
const get = () => `GET /v1/models HTTP/1.1\r\nHost: x\r\n${KEY}\r\n`;
const post = (fields, body = BODY) => `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n${KEY}${fields}\r\n${body}`;
const FOLLOWING = requestBytes({ path: '/v1/models', headers: { 'x-api-key': KEYS.some } });

test('HTTP/1.0 closes unless it asks to be kept', async () => {
  const first = await weir.connect();
  await first.write(`GET /v1/models HTTP/1.0\r\n${KEY}\r\n`);
  const answer = await first.readAnswer();
  assert.equal(answer.status, 200);
  assert.ok('content-length' in answer.headers, 'no chunks for HTTP/1.0');
  assert.ok(await first.ends());
  const kept = await weir.connect();
  await kept.write(`GET /v1/models HTTP/1.0\r\nConnection: keep-alive\r\n${KEY}\r\n`.repeat(2));
  assert.match((await kept.readAnswer()).headers.connection, /keep-alive/i);
  assert.equal((await kept.readAnswer()).status, 200);
  kept.close();
});

test('a stream to HTTP/1.0 has no chunks and ends with the connection', async () => {
  const connection = await weir.connect();
  const body = '{"model":"Zebra","stream":true}';
  await connection.write(`POST /v1/chat/completions HTTP/1.0\r\n${KEY}Content-Length: ${body.length}\r\n\r\n${body}`);
  const answer = await connection.readAnswer();
  assert.equal(answer.headers['transfer-encoding'], undefined);
  assert.equal(answer.data.at(-1), '[DONE]');
  connection.close();
});

test('a request that is cut off is answered by nothing that looks complete', async () => {
  for (const bytes of [get().slice(0, -2), post('Content-Length: 100\r\n')]) {
    const connection = await weir.connect();
    await connection.write(bytes);
    connection.halfClose();
    const text = (await connection.readToEnd()).toString();
    assert.doesNotMatch(text, /^HTTP\/1\.1 200/);
    connection.close();
  }
  assert.equal(upstream.requests.length, 0);
});

test('a request that is refused without its body being wanted leaves the connection in order', async () => {
  const connection = await weir.connect();
  const refused = requestBytes({ method: 'POST', path: '/v1/chat/completions', headers: { 'x-api-key': 'weir_wrong' }, body: BODY });
  for (let i = 0; i < 5; i++) {
    await connection.write(Buffer.concat([refused, FOLLOWING]));
    assertOpenAiError(await connection.readAnswer(), 401, 'invalid_api_key');
    assert.equal((await connection.readAnswer()).json.data.length, 3);
  }
  connection.close();
});
