// Requests that are not quite HTTP: each is answered with an error, and the connection is closed
// before anything behind it is looked at (DESIGN section 13).
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
const get = (fields = '', line = 'GET /v1/models HTTP/1.1') => `${line}\r\nHost: x\r\n${KEY}${fields}\r\n`;
const post = (fields, body = BODY) => `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n${KEY}${fields}\r\n${body}`;
const FOLLOWING = requestBytes({ path: '/v1/models', headers: { 'x-api-key': KEYS.some } });

const REFUSED = [
  // Lines
  ['lines that end in LF', 'GET /v1/models HTTP/1.1\nHost: x\n\n'],
  ['one field that ends in LF', `GET /v1/models HTTP/1.1\r\nHost: x\n${KEY}\r\n`],
  ['an empty line that ends in LF', `GET /v1/models HTTP/1.1\r\nHost: x\r\n${KEY}\n`],
  ['a CR alone in a value', get('a: b\rc\r\n')],
  ['a CR alone before a name', get('\ra: b\r\n')],
  ['CR CR LF', get('a: b\r\r\n')],
  ['a NUL in a value', get('a: b\0c\r\n')],
  ['a DEL in a value', get('a: b\x7fc\r\n')],
  ['a control character in a value', get('a: b\x01c\r\n')],
  ['a folded field', get('a: b\r\n c\r\n')],
  ['a folded field with a tab', get('a: b\r\n\tc: d\r\n')],
  ['two empty lines before the request', `\r\n\r\n\r\n${get()}`],
  // Names
  ['an empty name', get(': b\r\n')],
  ['a blank before the colon', get('a : b\r\n')],
  ['a blank before the first name', `GET /v1/models HTTP/1.1\r\n Host: x\r\n${KEY}\r\n`],
  ['a name with a blank', get('a b: c\r\n')],
  ['a name with a control character', get('a\x01: b\r\n')],
  ['a name that is no token', get('a(b): c\r\n')],
  ['a name in UTF-8', get('ä: c\r\n')],
  ['a field without a colon', get('abc\r\n')],
  // Host
  ['no Host', `GET /v1/models HTTP/1.1\r\n${KEY}\r\n`],
  ['two Hosts', get('Host: y\r\n')],
  ['two equal Hosts', get('host: x\r\n')],
  // Request line
  ['HTTP/2.0', get('', 'GET /v1/models HTTP/2.0'), [400, 505]],
  ['HTTP/1.2', get('', 'GET /v1/models HTTP/1.2'), [400, 505]],
  ['HTTP/0.9', 'GET /v1/models\r\n\r\n'],
  ['http/1.1', get('', 'GET /v1/models http/1.1')],
  ['HTTP/1.1 with a digit more', get('', 'GET /v1/models HTTP/1.10'), [400, 505]],
  ['two blanks', get('', 'GET  /v1/models HTTP/1.1')],
  ['a tab for a blank', get('', 'GET\t/v1/models HTTP/1.1')],
  ['a blank at the end', get('', 'GET /v1/models HTTP/1.1 ')],
  ['a blank in the target', get('', 'GET /v1/ models HTTP/1.1')],
  ['a fragment in the target', get('', 'GET /v1/models#x HTTP/1.1')],
  ['a target in UTF-8', get('', 'GET /v1/modéls HTTP/1.1')],
  ['an empty target', get('', 'GET  HTTP/1.1')],
  ['a method that is no token', get('', 'G@T /v1/models HTTP/1.1')],
  ['a TLS handshake', Buffer.from('1603010200010001fc0303', 'hex')],
  // Length
  ['two lengths', post(`Content-Length: ${BODY.length}\r\nContent-Length: 5\r\n`)],
  ['two equal lengths', post(`Content-Length: ${BODY.length}\r\ncontent-length: ${BODY.length}\r\n`)],
  ['a list of lengths', post(`Content-Length: ${BODY.length}, ${BODY.length}\r\n`)],
  ['a negative length', post('Content-Length: -1\r\n')],
  ['a length with a plus', post(`Content-Length: +${BODY.length}\r\n`)],
  ['a hex length', post('Content-Length: 0x11\r\n')],
  ['a length with a blank inside', post('Content-Length: 1 7\r\n')],
  ['an empty length', post('Content-Length: \r\n')],
  ['a length of 19 digits', post('Content-Length: 1000000000000000000\r\n')],
  ['a length of 30 digits', post(`Content-Length: ${'0'.repeat(28)}17\r\n`)],
  // Transfer coding
  ['a length and a coding', post(`Content-Length: ${BODY.length}\r\nTransfer-Encoding: chunked\r\n`, '0\r\n\r\n')],
  ['a coding and a length', post(`Transfer-Encoding: chunked\r\nContent-Length: 0\r\n`, '0\r\n\r\n')],
  ['gzip, chunked', post('Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n')],
  ['chunked, identity', post('Transfer-Encoding: chunked, identity\r\n', '0\r\n\r\n')],
  ['chunked twice', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n')],
  ['identity', post('Transfer-Encoding: identity\r\n')],
  ['xchunked', post('Transfer-Encoding: xchunked\r\n', '0\r\n\r\n')],
  ['chunked with a parameter', post('Transfer-Encoding: chunked;x=1\r\n', '0\r\n\r\n')],
  ['an empty coding', post('Transfer-Encoding:\r\n', '0\r\n\r\n')],
  ['chunked in HTTP/1.0', `POST /v1/chat/completions HTTP/1.0\r\nHost: x\r\n${KEY}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  // Chunks
  ['a chunk extension', post('Transfer-Encoding: chunked\r\n', `11;x=1\r\n${BODY}\r\n0\r\n\r\n`)],
  ['a blank behind a chunk size', post('Transfer-Encoding: chunked\r\n', `11 \r\n${BODY}\r\n0\r\n\r\n`)],
  ['a chunk size of nine digits', post('Transfer-Encoding: chunked\r\n', `000000011\r\n${BODY}\r\n0\r\n\r\n`)],
  ['a chunk size that is none', post('Transfer-Encoding: chunked\r\n', `xyz\r\n${BODY}\r\n0\r\n\r\n`)],
  ['an empty chunk size', post('Transfer-Encoding: chunked\r\n', `\r\n${BODY}\r\n0\r\n\r\n`)],
  ['a negative chunk size', post('Transfer-Encoding: chunked\r\n', `-11\r\n${BODY}\r\n0\r\n\r\n`)],
  ['0x before a chunk size', post('Transfer-Encoding: chunked\r\n', `0x11\r\n${BODY}\r\n0\r\n\r\n`)],
  ['a chunk size that ends in LF', post('Transfer-Encoding: chunked\r\n', `11\n${BODY}\r\n0\r\n\r\n`)],
  ['a chunk longer than its size', post('Transfer-Encoding: chunked\r\n', `10\r\n${BODY}\r\n0\r\n\r\n`)],
  ['a chunk without its CRLF', post('Transfer-Encoding: chunked\r\n', `11\r\n${BODY}0\r\n\r\n`)],
  ['trailers', post('Transfer-Encoding: chunked\r\n', `11\r\n${BODY}\r\n0\r\nx: y\r\n\r\n`)],
  // Bounds
  ['a head beyond limits.head_bytes', get(`a: ${'b'.repeat(33_000)}\r\n`), [431]],
  ['a name beyond it', get(`${'b'.repeat(33_000)}: a\r\n`), [400, 431]],
  ['a target of 9,000 bytes', get('', `GET /v1/models?x=${'y'.repeat(9000)} HTTP/1.1`), [400, 414, 431]],
  ['a hundred fields', get('a: b\r\n'.repeat(100)), [400, 431]],
  // Expectation
  ['another expectation', post('Expect: 200-ok\r\nContent-Length: 17\r\n'), [417]],
];

for (const [name, bytes, statuses = [400]] of REFUSED) {
  test(`refused and closed: ${name}`, async () => {
    const connection = await weir.connect();
    await connection.write(Buffer.concat([Buffer.from(bytes), FOLLOWING]));
    const text = (await connection.readToEnd()).toString();
    connection.close();
    const answers = text.match(/^HTTP\/1\.1 \d+/gm) ?? [];
    assert.equal(answers.length, 1, `one answer, not: ${text}`);
    assert.ok(statuses.includes(Number(answers[0].slice(9))), text);
    const { error } = JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4));
    assert.deepEqual(Object.keys(error), ['message', 'type', 'param', 'code']);
    assert.match(text, /connection: close/i);
    assert.equal(upstream.requests.length, 0);
  });
}

const TAKEN = [
  ['an empty line before the request', `\r\n${get()}`],
  ['no blank behind the colon', `GET /v1/models HTTP/1.1\r\nHost:x\r\nx-api-key:${KEYS.all}\r\n\r\n`],
  ['blanks and tabs around a value', `GET /v1/models HTTP/1.1\r\nHost: \t x \t\r\nx-api-key: \t${KEYS.all} \t\r\n\r\n`],
  ['names in any case', `GET /v1/models HTTP/1.1\r\nhOsT: x\r\nX-API-KEY: ${KEYS.all}\r\n\r\n`],
  ['an empty Host', `GET /v1/models HTTP/1.1\r\nHost:\r\n${KEY}\r\n`],
  ['an empty value', get('a:\r\n')],
  ['bytes beyond ASCII in a value', get('a: ä\r\n')],
  ['names with all token characters', get("!#$%&'*+-.^_`|~09azAZ: x\r\n")],
  ['the absolute form', get('', 'GET http://somewhere.test/v1/models HTTP/1.1')],
  ['a query that means nothing', get('', 'GET /v1/models?a=b&c HTTP/1.1')],
  ['a body of GET', get('Content-Length: 3\r\n') + 'abc'],
  ['a length with leading zeros', post(`Content-Length: 000${BODY.length}\r\n`)],
  ['chunk sizes with zeros and in both cases', post('Transfer-Encoding: chunked\r\n', `0000000A\r\n${BODY.slice(0, 10)}\r\n7\r\n${BODY.slice(10)}\r\n000\r\n\r\n`)],
  ['Chunked', post('Transfer-Encoding: Chunked\r\n', `11\r\n${BODY}\r\n0\r\n\r\n`)],
  ['eighty fields', get('a: b\r\n'.repeat(80))],
];

for (const [name, bytes] of TAKEN) {
  test(`taken, and the next request too: ${name}`, async () => {
    const connection = await weir.connect();
    await connection.write(Buffer.concat([Buffer.from(bytes), FOLLOWING]));
    const answer = await connection.readAnswer();
    assert.equal(answer.status, 200, answer.text);
    assert.equal((await connection.readAnswer()).json.data.length, 3);
    connection.close();
  });
}

test('Connection: close is obeyed, and said', async () => {
  const connection = await weir.connect();
  await connection.write(get('Connection: close\r\n') + get());
  const answer = await connection.readAnswer();
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.connection, 'close');
  assert.ok(await connection.ends());
});

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
