// At a bound stands a defined answer, never growth (DESIGN section 1, promise 7).
import assert from 'node:assert/strict';
import { after, beforeEach } from 'node:test';
import { KEYS, registry } from './fixture.mjs';
import { assertOpenAiError, test, until, withWeir } from './harness.mjs';
import { requestBytes } from './http.mjs';
import { Upstream } from './upstream.mjs';

const upstream = await Upstream.start();
after(() => upstream.stop());
beforeEach(() => upstream.reset());
const config = (limits) => ({ ...registry({ openai: upstream.url }), workers: 1, limits });
const LIST = requestBytes({ path: '/v1/models', headers: { 'x-api-key': KEYS.all } });

test('connections beyond limits.connections are closed at once, and taken again later', async () => {
  await withWeir(config({ connections: 10 }), async (weir) => {
    const open = [];
    for (let i = 0; i < 10; i++) {
      const connection = await weir.connect();
      await connection.write(LIST);
      assert.equal((await connection.readAnswer()).status, 200);
      open.push(connection);
    }
    for (let i = 0; i < 5; i++) {
      const connection = await weir.connect();
      assert.ok(await connection.ends());
      connection.close();
    }
    open.pop().close();
    await until(() => weir.get('/v1/models', KEYS.all).then((answer) => answer.status === 200, () => false), 'there is room again');
    for (const connection of open) {
      await connection.write(LIST);
      assert.equal((await connection.readAnswer()).status, 200);
      connection.close();
    }
  });
});

test('calls beyond limits.calls are 503 with Retry-After', async () => {
  await withWeir(config({ calls: 3 }), async (weir) => {
    const replies = [];
    upstream.answer = async (request, reply) => { replies.push(reply); };
    const waiting = Array.from({ length: 3 }, () => weir.post('/v1/chat/completions', KEYS.all, '{"model":"Zebra"}'));
    await until(() => replies.length === 3, 'three calls are open');
    const answer = await weir.post('/v1/chat/completions', KEYS.all, '{"model":"Zebra"}');
    assertOpenAiError(answer, 503, 'overloaded');
    assert.match(answer.headers['retry-after'], /^\d+$/);
    assert.equal((await weir.get('/v1/models', KEYS.all)).status, 200);
    for (const reply of replies) await reply.json({ model: 'x' });
    for (const call of waiting) assert.equal((await call).status, 200);
    upstream.reset();
    assert.equal((await weir.post('/v1/chat/completions', KEYS.all, '{"model":"Zebra"}')).status, 200);
  });
});

test('a call that was admitted goes on when limits.calls is lowered', async () => {
  await withWeir(config({ calls: 3 }), async (weir) => {
    const replies = [];
    const body = '{"model":"Zebra"}';
    upstream.answer = async (request, reply) => { replies.push(reply); };
    const waiting = Array.from({ length: 2 }, () => weir.post('/v1/chat/completions', KEYS.all, body));
    const uploading = await weir.connect();
    await uploading.write(requestBytes({ method: 'POST', path: '/v1/chat/completions', headers: { 'x-api-key': KEYS.all, 'content-length': body.length } }));
    await until(async () => replies.length === 2 && (await weir.totals()).gauges.calls_open === 3, 'three calls are admitted');
    assert.equal((await weir.reload(config({ calls: 1 }))).code, 0);
    await uploading.write(body);
    await until(() => replies.length === 3, 'the third one is asked for');
    for (const reply of replies.slice(1)) await reply.json({ model: 'x' });
    assert.equal((await uploading.readAnswer()).status, 200);
    assert.equal((await waiting[1]).status, 200);
    assertOpenAiError(await weir.post('/v1/chat/completions', KEYS.all, body), 503, 'overloaded');
    await replies[0].json({ model: 'x' });
    assert.equal((await waiting[0]).status, 200);
    upstream.reset();
    assert.equal((await weir.post('/v1/chat/completions', KEYS.all, body)).status, 200);
    uploading.close();
  });
});

test('bodies beyond limits.body_memory are 503 with Retry-After, and leave nothing behind', async () => {
  await withWeir(config({ body_memory: 2 << 20, body_bytes: 1 << 20 }), async (weir) => {
    const half = Buffer.alloc(900_000, ' ');
    const started = [];
    const begin = async () => {
      const connection = await weir.connect();
      await connection.write(requestBytes({ method: 'POST', path: '/v1/chat/completions', headers: { 'x-api-key': KEYS.all, 'content-length': 1_000_000 } }));
      await connection.write(half);
      return connection;
    };
    for (let i = 0; i < 2; i++) started.push(await begin());
    await until(async () => (await weir.totals()).gauges.body_bytes >= 2 * half.length, 'two halves are held');
    const last = await begin();
    const answer = await last.readAnswer();
    assertOpenAiError(answer, 503, 'overloaded');
    assert.match(answer.headers['retry-after'], /^\d+$/);
    last.close();
    for (const connection of started) {
      await connection.write(`{"model":"Zebra","x":"${'y'.repeat(100_000 - 24)}"}`);
      assert.equal((await connection.readAnswer()).status, 200);
      connection.close();
    }
    const body = `{"model":"Zebra","x":"${'y'.repeat(1_000_000)}"}`;
    for (let i = 0; i < 5; i++) assert.equal((await weir.post('/v1/chat/completions', KEYS.all, body)).status, 200);
  });
});

test('a body as long as limits.body_bytes is taken, one byte more is 413', async () => {
  await withWeir(config({ body_bytes: 65_536 }), async (weir) => {
    const body = (bytes) => '{"model":"Zebra"}'.padEnd(bytes);
    assert.equal((await weir.post('/v1/chat/completions', KEYS.all, body(65_536))).status, 200);
    assertOpenAiError(await weir.post('/v1/chat/completions', KEYS.all, body(65_537)), 413, 'request_too_large');
  });
});
