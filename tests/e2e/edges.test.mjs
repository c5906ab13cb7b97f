// Ends that the transport and the bytes tell differently: the bytes decide (DESIGN section 9).
import assert from 'node:assert/strict';
import { after, afterEach } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { DOCUMENTS, Ends, STREAMS, WAYS, ask, assertEnd, wayOf } from './ends.mjs';
import { registry } from './fixture.mjs';
import { startWeir, test, until } from './harness.mjs';
import { Upstream } from './upstream.mjs';

const upstream = await Upstream.start();
after(() => upstream.stop());
const weir = await startWeir({ ...registry({ openai: upstream.url }), workers: 1 });
const ends = await Ends.of(weir);
afterEach(() => ends.forget());

const head = (way, fields, status = '200 OK') => `HTTP/1.1 ${status}\r\ncontent-type: ${way.type}\r\n${fields}\r\n\r\n`;
const chunk = (text) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

async function check(ways, fault, expected) {
  upstream.answer = (request, reply) => fault(reply, wayOf(request));
  for (const way of ways) {
    const got = await ask(weir, way);
    const wanted = typeof expected === 'function' ? expected(way) : expected;
    await assertEnd(way, got, wanted);
    got.connection.close();
    await ends.assertCounted({ [wanted.end]: 1 });
  }
}

for (const how of ['end', 'reset']) {
  test(`a stream whose terminator has come is complete, though its framing ends by a ${how}`, () => check(STREAMS, async (reply, way) => {
    await reply.raw(head(way, 'transfer-encoding: chunked') + chunk(way.text));
    await delay(50);
    reply[how]();
  }, { end: 'complete' }));
}

test('a long document without a length that is no whole JSON is truncated', () => check(DOCUMENTS, async (reply, way) => {
  await reply.raw(head(way, 'connection: close') + way.text.slice(0, way.between));
  reply.end();
}, { end: 'truncated', code: 'upstream_error' }));

test('a short document without a length that is no whole JSON is 502', () => check(DOCUMENTS, async (reply, way) => {
  await reply.raw(head(way, 'connection: close') + way.text.slice(0, 40));
  reply.end();
}, { end: 'failed', status: 502, code: 'upstream_error' }));

for (const status of ['204 No Content', '205 Reset Content', '304 Not Modified']) {
  test(`a ${status} is no answer to a call`, () => check(WAYS, (reply, way) => reply.raw(head(way, 'x: y', status)),
    { end: 'failed', status: 502, code: 'upstream_error' }));
}

test('a refusal with a stream\'s type is no stream: it passes as it was sent', () => check(STREAMS,
  (reply, way) => reply.raw(head(way, 'content-length: 2', '429 Slow') + '{}'), { end: 'complete', status: 429, body: '{}' }));

for (const cut of [1, 2]) {
  test(`a stream cut ${cut} before the end of its terminator ends one way or the other`, async () => {
    for (const way of STREAMS) {
      upstream.answer = async (request, reply) => {
        await reply.raw(head(way, 'transfer-encoding: chunked') + chunk(way.text.slice(0, -cut)));
        await delay(50);
        reply.end();
      };
      const { answer, error, connection } = await ask(weir, way);
      connection.close();
      const isTold = /data: \{"(error|type":"error)/.test(answer.text);
      assert.ok(isTold !== (error === undefined), `${way.name}: neither complete nor told: ${JSON.stringify(answer.text.slice(-60))}`);
    }
  });
}

test('an empty stream has no first byte: 502', () => check(STREAMS, (reply) => reply.stream(''), { end: 'failed', status: 502, code: 'upstream_error' }));

test('a client that half-closes behind its request is gone: it cannot be told from one that closed', async () => {
  for (const way of WAYS) {
    let isAsked = false;
    upstream.answer = () => { isAsked = true; };
    const connection = await weir.connect();
    await connection.write(way.request());
    await until(() => isAsked, 'the upstream is asked');
    connection.halfClose();
    await until(() => upstream.sockets.size === 0, 'the upstream\'s connection is closed');
    connection.close();
  }
  await ends.assertCounted({ gone: WAYS.length });
});
