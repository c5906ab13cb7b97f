// Clients that are slow, too large, or gone: each fault has an answer in the route's dialect, or
// leaves nothing behind (DESIGN sections 1 and 9).
import assert from 'node:assert/strict';
import { after, beforeEach } from 'node:test';
import { KEYS, registry } from './fixture.mjs';
import { assertAnthropicError, assertOpenAiError, startWeir, test, turn, until, withWeir } from './harness.mjs';
import { requestBytes } from './http.mjs';
import { Upstream } from './upstream.mjs';

const upstream = await Upstream.start();
after(() => upstream.stop());
const config = { ...registry({ openai: upstream.url }), workers: 1 };
const weir = await startWeir({
  ...config,
  limits: { body_bytes: 65_536 },
  timeouts: { client_idle_ms: 5000, client_head_ms: 400, client_body_ms: 400 },
});
beforeEach(() => upstream.reset());

const LIST = requestBytes({ path: '/v1/models', headers: { 'x-api-key': KEYS.all } });
const ROUTES = [
  { path: '/v1/chat/completions', model: 'Zebra', assertError: (answer, status, code) => assertOpenAiError(answer, status, code) },
  { path: '/v1/messages', model: 'claude-sonnet-4', assertError: (answer, status, code, type) => assertAnthropicError(answer, status, type) },
];

const head = (route, headers) => requestBytes({ method: 'POST', path: route.path, headers: { 'x-api-key': KEYS.all, ...headers } });
const call = (route, members = {}) => requestBytes({
  method: 'POST', path: route.path, headers: { 'x-api-key': KEYS.all }, body: JSON.stringify({ model: route.model, ...members }),
});

/** The answer that refuses comes, says that the connection closes, and it does. */
async function assertRefused(connection, route, ...expected) {
  const answer = await connection.readAnswer();
  route.assertError(answer, ...expected);
  assert.equal(answer.headers.connection, 'close');
  assert.ok(await connection.ends());
  connection.close();
  assert.equal(upstream.requests.length, 0, 'no upstream heard of it');
  return answer;
}

const LATE = [408, 'request_timeout', 'invalid_request_error'];
const LARGE = [413, 'request_too_large', 'request_too_large'];

for (const route of ROUTES) {
  const at = `at ${route.path}`;
  const connectAndWrite = async (...pieces) => {
    const connection = await weir.connect();
    for (const piece of pieces) await connection.write(piece);
    return connection;
  };

  test(`a head that stops is 408, ${at}`, async () => {
    const whole = head(route, { 'content-length': 10 });
    await Promise.all([whole.indexOf('\r\n') - 8, whole.indexOf('\r\n') + 1, whole.length - 2].map(async (bytes) => {
      await assertRefused(await connectAndWrite(whole.subarray(0, bytes)), route, ...LATE);
    }));
  });

  test(`a head that goes on and on is 408, ${at}`, async () => {
    const connection = await connectAndWrite(`POST ${route.path} HTTP/1.1\r\n`);
    let isAnswered = false;
    const answered = assertRefused(connection, route, ...LATE).finally(() => { isAnswered = true; });
    while (!isAnswered) {
      await connection.write('a: b\r\n');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await answered;
  });

  test(`a body that stops is 408, ${at}`, async () => {
    const chunked = head(route, { 'transfer-encoding': 'chunked' });
    await Promise.all([
      [head(route, { 'content-length': 10 })],
      [head(route, { 'content-length': 10 }), '{"model":'],
      [chunked],
      [chunked, '5'],
      [chunked, '5\r\n{"mod'],
      [chunked, '1\r\n{\r\n'],
      [chunked, '1\r\n{\r\n0\r\n'],
    ].map(async (pieces) => assertRefused(await connectAndWrite(...pieces), route, ...LATE)));
  });

  test(`a body that was asked for with 100 Continue and does not come is 408, ${at}`, async () => {
    const connection = await connectAndWrite(head(route, { 'content-length': 10, expect: '100-continue' }));
    assert.equal((await connection.readHead()).status, 100);
    await assertRefused(connection, route, ...LATE);
  });

  test(`a body beyond limits.body_bytes is 413, ${at}`, async () => {
    await assertRefused(await connectAndWrite(head(route, { 'content-length': 65_537 })), route, ...LARGE);
    await assertRefused(await connectAndWrite(head(route, { 'content-length': 65_537 }), Buffer.alloc(65_537, ' '), LIST), route, ...LARGE);
    const chunk = Buffer.concat([Buffer.from('8000\r\n'), Buffer.alloc(0x8000, ' '), Buffer.from('\r\n')]);
    await assertRefused(await connectAndWrite(head(route, { 'transfer-encoding': 'chunked' }), chunk, chunk, chunk, LIST), route, ...LARGE);
  });

  test(`a body beyond limits.body_bytes is refused before it is asked for, ${at}`, async () => {
    const connection = await connectAndWrite(head(route, { 'content-length': 65_537, expect: '100-continue' }));
    assert.deepEqual((await assertRefused(connection, route, ...LARGE)).interim, []);
  });

  test(`bodies beyond limits.body_memory are 503 with Retry-After, ${at}`, async () => {
    await withWeir({ ...config, limits: { body_memory: 2 << 20, body_bytes: 1 << 20 } }, async (small) => {
      const begin = async () => {
        const connection = await small.connect();
        await connection.write(head(route, { 'content-length': 1_000_000 }));
        await connection.write(Buffer.alloc(900_000, ' '));
        return connection;
      };
      const held = [await begin(), await begin()];
      await until(async () => (await small.totals()).gauges.body_bytes >= 1_800_000, 'two bodies are held');
      const answer = await assertRefused(await begin(), route, 503, 'overloaded', 'overloaded_error');
      assert.match(answer.headers['retry-after'], /^\d+$/);
      for (const connection of held) connection.close();
    });
  });

  test(`an error of a kept connection says nothing of closing, ${at}`, async () => {
    const connection = await connectAndWrite(requestBytes({ method: 'POST', path: route.path, headers: { 'x-api-key': KEYS.all }, body: '{' }), LIST);
    const answer = await connection.readAnswer();
    route.assertError(answer, 400, 'invalid_json', 'invalid_request_error');
    assert.equal(answer.headers.connection, undefined);
    assert.equal((await connection.readAnswer()).status, 200);
    connection.close();
  });
}

test('who half-closes behind requests that need no upstream gets all their answers', async () => {
  const nowhere = requestBytes({ path: '/nowhere' });
  for (const [bytes, statuses] of [
    [[LIST], [200]],
    [[LIST, LIST, nowhere, LIST], [200, 200, 404, 200]],
    [[requestBytes({ path: '/v1/models' }), LIST], [401, 200]],
  ]) {
    const connection = await weir.connect();
    await connection.write(Buffer.concat(bytes));
    connection.halfClose();
    for (const status of statuses) assert.equal((await connection.readAnswer()).status, status);
    assert.ok(await connection.ends());
    connection.close();
  }
});

test('who half-closes inside a request gets no answer, and its request goes nowhere', async () => {
  for (const bytes of [LIST.subarray(0, -2), head(ROUTES[0], { 'content-length': 10 }), head(ROUTES[0], { 'transfer-encoding': 'chunked' })]) {
    const connection = await weir.connect();
    await connection.write(bytes);
    connection.halfClose();
    assert.ok(await connection.ends());
    connection.close();
  }
  assert.equal(upstream.requests.length, 0);
});

/** Where a connection may stand when its client goes: how it is brought there. */
const STANDS = {
  'that has said nothing': async () => {},
  'inside the request line': (connection) => connection.write('POST /v1/ch'),
  'inside a field': (connection) => connection.write('POST /v1/chat/completions HTTP/1.1\r\nhost'),
  'before its body': (connection, route) => connection.write(head(route, { 'content-length': 10 })),
  'inside its body': async (connection, route) => {
    await connection.write(head(route, { 'content-length': 10 }));
    await connection.write('{"mo');
  },
  'inside a chunk': async (connection, route) => {
    await connection.write(head(route, { 'transfer-encoding': 'chunked' }));
    await connection.write('a\r\n{"mo');
  },
  'that was told to continue': async (connection, route) => {
    await connection.write(head(route, { 'content-length': 10, expect: '100-continue' }));
    assert.equal((await connection.readHead()).status, 100);
  },
  'that was refused with its body on the way': async (connection, route) => {
    await connection.write(head(route, { 'content-length': 100, 'x-api-key': 'weir_wrong' }));
    assert.equal((await connection.readAnswer()).status, 401);
  },
  'that was refused and closed': async (connection) => {
    await connection.write('nonsense\r\n\r\n');
    assert.equal((await connection.readAnswer()).status, 400);
  },
  'between two requests': async (connection) => {
    await connection.write(LIST);
    assert.equal((await connection.readAnswer()).status, 200);
  },
  'with requests behind an open call': (connection, route) => connection.write(Buffer.concat([call(route, { wait: true }), LIST, LIST])),
  'that waits for its answer': (connection, route) => connection.write(call(route, { wait: true })),
  'inside a stream': async (connection, route) => {
    await connection.write(call(route, { stream: true }));
    assert.equal((await connection.readHead()).status, 200);
  },
  'inside a document': async (connection, route) => {
    await connection.write(call(route));
    assert.equal((await connection.readHead()).status, 200);
  },
};

/** Answers that begin and never end, and for a call that waits none at all. */
function answerForEver(gone) {
  return async (request, reply) => {
    reply.gone.then(() => gone.push(request));
    const { wait, stream } = request.json;
    if (wait) return;
    if (stream) {
      await reply.streamHead();
      await reply.chunk('event: ping\ndata: {"type":"ping"}\n\n');
      return;
    }
    await reply.head(200, { 'content-type': 'application/json', 'content-length': 100_000 });
    await reply.raw(`{"x":"${'x'.repeat(50_000)}`);
  };
}

for (const route of ROUTES) {
  for (const way of ['reset', 'close']) {
    test(`a client may ${way} its connection wherever it stands, at ${route.path}`, async () => {
      for (const [stand, bring] of Object.entries(STANDS)) {
        upstream.reset();
        const gone = [];
        upstream.answer = answerForEver(gone);
        const { counters: before } = await weir.totals();
        const connection = await weir.connect();
        await bring(connection, route);
        const isCall = /call|answer|stream|document/.test(stand);
        if (isCall) await until(() => upstream.requests.length === 1, `the call of a client ${stand} is open`);
        connection[way]();
        await turn();
        if (isCall) {
          await until(() => gone.length === 1, `the upstream call of a client ${stand} ends`);
          await until(async () => (await weir.totals()).counters.calls_client_gone === before.calls_client_gone + 1, 'it is counted');
        }
        await until(async () => {
          const { gauges } = await weir.totals();
          return gauges.calls_open === 0 && gauges.body_bytes === 0;
        }, `nothing is held for a client ${stand}`);
        assert.equal(upstream.requests.length, isCall ? 1 : 0, stand);
      }
      assert.equal((await weir.get('/v1/models/Zebra', KEYS.all)).status, 200);
    });
  }
}
