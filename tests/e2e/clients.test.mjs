// A client that goes away ends its call in every state, and with it the upstream's connection
// (DESIGN section 9). In how many turns of the loop is counted by the unit test of lib/net.
import assert from 'node:assert/strict';
import { after, beforeEach } from 'node:test';
import { Ends, STREAMS, WAYS, assertNothingIsOpen, wayOf } from './ends.mjs';
import { registry } from './fixture.mjs';
import { startWeir, test, turn, until } from './harness.mjs';
import { Upstream } from './upstream.mjs';

const upstream = await Upstream.start();
after(() => upstream.stop());
const weir = await startWeir({ ...registry({ openai: upstream.url }), workers: 1, limits: { stream_buffer_bytes: 65536 } });
const ends = await Ends.of(weir);
beforeEach(() => upstream.reset());

const HOW = ['close', 'reset'];

/** An upstream's answer that tells how far it has come. */
class Script {
  isAsked = false;
  isGone = false;

  /** `say`: async (reply, way) => …, after which the upstream is silent. */
  constructor(say) {
    upstream.answer = async (request, reply) => {
      reply.gone.then(() => { this.isGone = true; });
      this.isAsked = true;
      await say(reply, wayOf(request));
    };
  }
}

const head = (reply, way) => reply.head(200, { 'content-type': way.type, 'transfer-encoding': 'chunked' });

async function upTo(reply, way, place) {
  await head(reply, way);
  await reply.chunk(way.text.slice(0, place));
}

async function flood(reply, way) {
  await upTo(reply, way, way.between);
  const more = (way.isStream ? `: ${'x'.repeat(1000)}\n` : ' '.repeat(1000)).repeat(60);
  while (!reply.socket.destroyed) await reply.chunk(more);
}

/** Read until the answer's text has come so far. */
async function readTo(connection, way, place) {
  const pieces = connection.bodyPieces(await connection.readHead());
  const wanted = Buffer.byteLength(way.seen(way.text.slice(0, place)));
  for (let bytes = 0; bytes < wanted;) bytes += (await pieces.next()).value.length;
}

async function heldSince(before) {
  await until(async () => (await weir.totals()).counters.held > before, 'the upstream is held');
}

/** [where the call is, what the upstream says, how the client gets there, which ways] */
const STATES = [
  ['waits for the head', async () => {}, (script) => until(() => script.isAsked, 'the upstream is asked'), WAYS],
  // The head is passed on with the first byte of the body: nothing can be awaited but the upstream.
  ['waits for the first event', head, async (script) => {
    await until(() => script.isAsked, 'the upstream is asked');
    for (let i = 0; i < 20; i++) await turn();
  }, WAYS],
  ['is between two events', (reply, way) => upTo(reply, way, way.between), (script, connection, way) => readTo(connection, way, way.between), WAYS],
  ['is inside an event', (reply, way) => upTo(reply, way, way.inside), (script, connection, way) => readTo(connection, way, way.inside), STREAMS],
  ['is held', flood, async (script, connection, way, held) => { await connection.readHead(); await heldSince(held); }, WAYS],
];

for (const [where, say, reach, ways] of STATES) {
  for (const how of HOW) {
    test(`a client that leaves by a ${how} while its call ${where} ends it`, async () => {
      for (const way of ways) {
        const script = new Script(say);
        const { counters: { held } } = await weir.totals();
        const connection = await weir.connect();
        await connection.write(way.request());
        await reach(script, connection, way, held);
        connection[how]();
        await until(() => script.isGone, `${way.name}: the upstream's socket is closed`);
      }
      await ends.assertCounted({ gone: ways.length });
    });
  }
}

for (const how of [...HOW, 'halfClose']) {
  test(`a client that leaves by a ${how} inside its request's body was never a call`, async () => {
    for (const way of WAYS) {
      const bytes = way.request({ padding: 'x'.repeat(100_000) });
      const headBytes = bytes.indexOf('\r\n\r\n') + 2;
      const connection = await weir.connect();
      await connection.write(Buffer.concat([bytes.subarray(0, headBytes), Buffer.from('expect: 100-continue\r\n\r\n')]));
      assert.equal((await connection.readHead()).status, 100, 'the body is awaited');
      await connection.write(bytes.subarray(headBytes + 2, -5));
      connection[how]();
      if (how === 'halfClose') await connection.readToEnd();
      connection.close();
    }
    await ends.assertCounted({});
    await assertNothingIsOpen(weir);
    assert.equal(upstream.requests.length, 0);
  });
}

test('a thousand clients that leave at once leave nothing behind', async () => {
  let gone = 0;
  let asked = 0;
  upstream.answer = async (request, reply) => {
    reply.gone.then(() => { gone++; });
    asked++;
    if (asked % 2) await upTo(reply, wayOf(request), wayOf(request).between);
  };
  const connections = await Promise.all(Array.from({ length: 1000 }, async (_, i) => {
    const connection = await weir.connect();
    await connection.write(WAYS[i % WAYS.length].request());
    return connection;
  }));
  await until(() => asked === 1000, 'all calls are upstream');
  connections.forEach((connection, i) => connection[HOW[i % HOW.length]]());
  await until(() => gone === 1000, 'all upstream sockets are closed');
  await ends.assertCounted({ gone: 1000 });
  await assertNothingIsOpen(weir);
});
