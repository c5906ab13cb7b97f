// Every stream has one of three ends, whatever its upstream does (DESIGN sections 1 and 9). Each
// fault meets both protocols, streamed and not: what the client sees, what is counted, what closes.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, beforeEach } from 'node:test';
import { DOCUMENTS, Ends, STREAMS, WAYS, ask, assertEnd, assertNothingIsOpen, wayOf } from './ends.mjs';
import {
  INTERIM, LATE_FAULTS, MALFORMED_HEADS, ODD_BUT_GOOD, REFUSING, TRUNCATING, WITHOUT_BODY, WITHOUT_TERMINATOR,
} from './faults.mjs';
import { KEYS, registry } from './fixture.mjs';
import { IS_LONG, freePort, startWeir, test, turn, until } from './harness.mjs';
import { requestBytes } from './http.mjs';
import { pssBytes } from './proc.mjs';
import { Upstream } from './upstream.mjs';

const upstream = await Upstream.start();
after(() => upstream.stop());
/** Each fault meets one attempt: no retry hides it, and no breaker keeps it away. */
const ONCE = { retries: { attempts_max: 1 }, breaker: { failures: 255, open_ms: 100 } };
const CONFIG = { ...registry({ openai: upstream.url }), ...ONCE, workers: 1 };
const weir = await startWeir(CONFIG);
const ends = await Ends.of(weir);

beforeEach(() => upstream.reset());

/** Call in each way at once; every socket of the upstream that is not idle in order is closed. */
async function assertEnds(expected, ways, { closes, onPiece }) {
  const got = await Promise.all(ways.map((way) => ask(weir, way, { onPiece: () => onPiece?.(way) }).catch((error) => {
    throw new Error(`${way.name}: ${error.message}`, { cause: error });
  })));
  for (const [i, way] of ways.entries()) {
    await assertEnd(way, got[i], expected);
    got[i].connection.close();
  }
  await ends.assertCounted({ [expected.end]: ways.length });
  if (closes) await until(() => upstream.sockets.size === 0, 'the upstream\'s sockets are closed');
  assert.deepEqual(upstream.errors, []);
}

function testFault([name, expected, fault], ways, { closes }) {
  test(`an upstream that ${name}: ${expected.end}`, async () => {
    for (const socket of upstream.sockets) socket.destroy();
    await until(() => upstream.sockets.size === 0, 'no connection is kept');
    const see = new Map();
    const seen = new Map(ways.map((way) => [way, new Promise((resolve) => { see.set(way, resolve); })]));
    upstream.answer = (request, reply) => {
      reply.seen = seen.get(wayOf(request));
      return fault(reply, wayOf(request));
    };
    try {
      await assertEnds(expected, ways, { closes, onPiece: (way) => see.get(way)() });
    } catch (error) {
      await ends.forget();
      throw error;
    }
  }, { timeout: 20_000 });
}

for (const fault of [...REFUSING, ...MALFORMED_HEADS, ...INTERIM, ...TRUNCATING]) {
  testFault(fault, WAYS, { closes: fault[1].end !== 'complete' });
}
test('a short document that is cut was held back, and is an error', async () => {
  upstream.answer = async (request, reply) => {
    await reply.raw('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 400\r\n\r\n{"id":"x","choices":[');
    reply.end();
  };
  await assertEnds({ end: 'failed', status: 502, code: 'upstream_error' }, DOCUMENTS, { closes: true });
});

for (const fault of WITHOUT_TERMINATOR) testFault(fault, STREAMS, { closes: false });
for (const fault of ODD_BUT_GOOD) testFault(fault, WAYS, { closes: /1\.0|behind its answer|its connection/.test(fault[0]) });
for (const fault of WITHOUT_BODY) testFault(fault, DOCUMENTS, { closes: true });

/** An error as the protocol's upstream says it in a stream. */
function ownError(way) {
  const error = '{"type":"error","error":{"type":"overloaded_error","message":"busy"}}';
  return way.protocol.name === 'OpenAI' ? `data: ${error}\n\n` : `event: error\ndata: ${error}\n\n`;
}

for (const [where, before] of [['first', () => ''], ['after others', (way) => way.text.slice(0, way.between)]]) {
  test(`an upstream's own error event, ${where}, passes as it was sent, and the stream is cut behind it`, async () => {
    for (const way of STREAMS) {
      const text = before(way) + ownError(way);
      upstream.answer = (request, reply) => reply.stream(text);
      const { answer, error, connection } = await ask(weir, way);
      assert.equal(answer.status, 200);
      assert.equal(answer.text, way.seen(text));
      assert.ok(error !== undefined && await connection.ends(), 'it does not look complete');
      connection.close();
    }
    await ends.assertCounted({ truncated: STREAMS.length });
  });
}

test('a 200 with an error document, with nothing left to try, passes as it was sent', async () => {
  const body = '{"type":"error","error":{"type":"overloaded_error","message":"busy"}}';
  upstream.answer = (request, reply) => reply.json(body);
  await assertEnds({ end: 'complete', body }, DOCUMENTS, { closes: false });
});

test('invalid UTF-8 passes byte for byte, wherever it is cut', async () => {
  const bad = Buffer.concat([Buffer.from('é日😀'), Buffer.from([0xff, 0xc0, 0xaf, 0xed, 0xa0, 0x80, 0xf4, 0x90, 0x80, 0x80, 0xe2, 0x82])]);
  for (const way of WAYS) {
    const mark = way.text.indexOf(way.isStream ? '日本' : 'Hello!');
    const bytes = Buffer.concat([Buffer.from(way.text.slice(0, mark)), bad, Buffer.from(way.text.slice(mark))]);
    const from = Buffer.byteLength(way.text.slice(0, mark));
    const [before, behind] = [way.seen(way.text.slice(0, mark)), way.seen(way.text.slice(mark))];
    const expected = Buffer.concat([Buffer.from(before), bad, Buffer.from(behind)]);
    for (let cut = from - 1; cut <= from + bad.length + 1; cut++) {
      upstream.answer = async (request, reply) => {
        await reply.head(200, { 'content-type': way.type, 'transfer-encoding': 'chunked' });
        await reply.chunk(bytes.subarray(0, cut));
        await turn();
        await reply.chunk(bytes.subarray(cut));
        await reply.raw('0\r\n\r\n');
      };
      const { answer, error, connection } = await ask(weir, way);
      connection.close();
      assert.ifError(error);
      assert.ok(answer.body.equals(expected), `${way.name}, cut at ${cut}`);
    }
  }
  await ends.forget();
});

const BIG_BYTES = 100_000_000;

/** One event as long as that, its text between `before` and `after`. */
async function sendBigEvent(reply, hash) {
  const filler = Buffer.alloc(1 << 20, 'x');
  const send = async (bytes) => {
    hash.update(bytes);
    await reply.chunk(bytes);
  };
  await reply.streamHead();
  await send('data: {"id":"1","choices":[{"delta":{"content":"');
  for (let sent = 0; sent < BIG_BYTES; sent += filler.length) await send(filler);
  await send('"}}]}\n\ndata: [DONE]\n\n');
  await reply.raw('0\r\n\r\n');
}

test('an event of 100 MB is relayed, and never held', async () => {
  const [worker] = weir.workers();
  const way = STREAMS[0];
  const body = JSON.stringify({ model: way.protocol.slug, stream: true });
  // Where the usage chunk is taken out, an event's beginning is held for a while.
  for (const request of [...(IS_LONG ? [way.request()] : []), requestBytes({ method: 'POST', path: way.protocol.path, headers: { 'x-api-key': KEYS.all }, body })]) {
    const sent = createHash('sha256');
    upstream.answer = (_, reply) => sendBigEvent(reply, sent);
    const connection = await weir.connect();
    await connection.write(request);
    const head = await connection.readHead();
    const before = pssBytes(worker);
    const seen = createHash('sha256');
    let bytes = 0;
    let most = 0;
    for await (const piece of connection.bodyPieces(head)) {
      seen.update(piece);
      if (bytes >> 24 !== (bytes + piece.length) >> 24) most = Math.max(most, pssBytes(worker));
      bytes += piece.length;
    }
    connection.close();
    assert.equal(seen.digest('hex'), sent.digest('hex'), `${bytes} bytes`);
    assert.ok(most > 0 && most - before < 4 << 20, `grew by ${most - before}`);
  }
  await ends.forget();
});

test('nothing is left open after all of this', () => assertNothingIsOpen(weir));

test('from here on the timers are short', async () => {
  assert.equal((await weir.reload({ ...CONFIG, timeouts: { connect_ms: 200, first_byte_ms: 200, between_events_ms: 200, total_ms: 1000 } })).code, 0);
});

for (const fault of LATE_FAULTS) testFault(fault, WAYS, { closes: true });

test('an upstream that takes connections and never reads: failed', async () => {
  for (const socket of upstream.sockets) socket.destroy();
  upstream.onConnection = (socket) => socket.pause();
  await assertEnds({ end: 'failed', status: 504, code: 'upstream_timeout' }, WAYS, { closes: false });
  for (const socket of upstream.sockets) socket.resume();
  await until(() => upstream.sockets.size === 0, 'the upstream\'s sockets are closed');
});

test('an upstream that refuses the connection: failed', async () => {
  const port = await freePort();
  assert.equal((await weir.reload({ ...registry({ openai: `http://127.0.0.1:${port}/v1` }), ...ONCE, workers: 1 })).code, 0);
  await assertEnds({ end: 'failed', status: 502, code: 'upstream_unreachable' }, WAYS, { closes: false });
});
