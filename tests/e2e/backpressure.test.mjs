// A client slower than its upstream holds the upstream back; memory stays bounded (DESIGN section 9).
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after } from 'node:test';
import { KEYS, registry } from './fixture.mjs';
import { startWeir, test, turn, until, withWeir } from './harness.mjs';
import { requestBytes } from './http.mjs';
import { residentBytes } from './proc.mjs';
import { Upstream } from './upstream.mjs';

const STREAM_BYTES = 48 << 20;
const EVENT = `data: {"choices":[{"delta":{"content":"${'x'.repeat(1000)}"}}]}\n\n`;

const upstream = await Upstream.start();
after(() => upstream.stop());
const weir = await startWeir({ ...registry({ openai: upstream.url }), workers: 1 });

/** Sends events as fast as they are taken; tells how far it has come. */
class Flood {
  taken = 0;
  hash = createHash('sha256');
  isDone = false;

  answer = async (request, reply) => {
    await reply.streamHead();
    const piece = EVENT.repeat(60);
    while (this.taken < STREAM_BYTES && !reply.socket.destroyed) {
      const sent = reply.chunk(piece);
      this.hash.update(piece);
      await sent;
      this.taken += piece.length;
    }
    if (reply.socket.destroyed) return;
    this.hash.update('data: [DONE]\n\n');
    await reply.chunk('data: [DONE]\n\n');
    await reply.raw('0\r\n\r\n');
    this.isDone = true;
  };

  /** True when nothing more is being taken. */
  async isHeld() {
    const before = this.taken;
    for (let i = 0; i < 200; i++) await turn();
    await new Promise((resolve) => setTimeout(resolve, 300));
    return this.taken > 0 && this.taken === before;
  }
}

async function ask(of = weir) {
  const connection = await of.connect();
  await connection.write(requestBytes({ method: 'POST', path: '/v1/chat/completions', headers: { 'x-api-key': KEYS.all }, body: '{"model":"Zebra","stream":true,"stream_options":{"include_usage":true}}' }));
  return { connection, head: await connection.readHead() };
}

test('a slow reader of a fast stream holds the upstream, costs no memory, and loses no byte', async () => {
  const [worker] = weir.workers();
  const before = residentBytes(worker);
  const flood = new Flood();
  upstream.answer = flood.answer;
  const { connection, head } = await ask();
  await until(() => flood.isHeld(), 'the upstream is held');
  assert.ok(!flood.isDone, 'the kernel alone has room for less than the stream');
  assert.ok(residentBytes(worker) - before < 12 << 20, `grew by ${residentBytes(worker) - before}`);
  // Others are served meanwhile.
  assert.equal((await weir.get('/v1/models', KEYS.all)).status, 200);
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of connection.bodyPieces(head)) {
    hash.update(piece);
    bytes += piece.length;
  }
  assert.equal(bytes, flood.taken + 'data: [DONE]\n\n'.length);
  assert.equal(hash.digest('hex'), flood.hash.digest('hex'));
  connection.close();
});

test('a client that leaves while its upstream is held ends the call', async () => {
  const flood = new Flood();
  let isGone = false;
  upstream.answer = (request, reply) => {
    reply.gone.then(() => { isGone = true; });
    return flood.answer(request, reply);
  };
  const { connection } = await ask();
  await until(() => flood.isHeld(), 'the upstream is held');
  connection.reset();
  await until(() => isGone, 'the upstream call ends');
});

test('a client that reads nothing for client_send_ms is given up', async () => {
  await withWeir({ ...registry({ openai: upstream.url }), workers: 1, timeouts: { client_send_ms: 1000 } }, async (impatient) => {
    const flood = new Flood();
    let isGone = false;
    upstream.answer = (request, reply) => {
      reply.gone.then(() => { isGone = true; });
      return flood.answer(request, reply);
    };
    const { connection } = await ask(impatient);
    await until(() => isGone, 'the upstream call ends');
    assert.ok(!flood.isDone);
    assert.doesNotMatch((await connection.readToEnd()).toString().slice(-1000), /\[DONE\]/);
    connection.close();
  });
});
