// Strict HTTP towards clients, over bare sockets (DESIGN section 13): the rows of
// strict-requests.mjs, sent whole, a byte at a time, and cut in two at every byte.
import assert from 'node:assert/strict';
import { after, beforeEach } from 'node:test';
import { KEYS, registry } from './fixture.mjs';
import { assertAnthropicError, assertOpenAiError, startWeir, test, turn } from './harness.mjs';
import { requestBytes } from './http.mjs';
import { inAnthropic, ROWS } from './strict-requests.mjs';
import { Upstream } from './upstream.mjs';

const upstream = await Upstream.start();
after(() => upstream.stop());
const config = registry({ openai: upstream.url });
config.models.Claud = { context_window: 4096, deployments: [{ provider: 'claude', model: 'claude-upstream' }] };
const weir = await startWeir({ ...config, limits: { body_bytes: 65_536 } });
beforeEach(() => upstream.reset());

const FOLLOWING = requestBytes({ path: '/v1/models', headers: { 'x-api-key': KEYS.some } });
const bytesOf = (row) => Buffer.from(row.bytes);

/** Send the pieces and the following request; the answers are those of the row, and no other. */
async function exchange(row, pieces) {
  const connection = await weir.connect();
  try {
    const sending = (async () => {
      for (const piece of pieces) {
        await connection.write(piece);
        if (pieces.length > 1) await turn();
      }
      await connection.write(FOLLOWING);
    })().catch((error) => {
      // Who was told that the connection closes may find it closed.
      if (!row.closes || !['EPIPE', 'ECONNRESET'].includes(error.code)) throw error;
    });
    const answers = [];
    for (let i = 0; i < row.statuses.length; i++) answers.push(await connection.readAnswer(row.methods?.[i]));
    assert.deepEqual(answers.map((answer) => answer.status), row.statuses, answers.at(-1).text);
    if (row.closes) {
      assert.equal(answers.at(-1).headers.connection, 'close');
      assert.ok(await connection.ends(), 'nothing behind it is answered');
    } else {
      assert.notEqual(answers.at(-1).headers.connection, 'close');
      assert.equal((await connection.readAnswer()).json.data.length, 3, 'the following request is answered');
    }
    await sending;
    return answers;
  } finally {
    connection.close();
  }
}

const ANTHROPIC_TYPES = { 401: 'authentication_error', 404: 'not_found_error', 413: 'request_too_large', 501: 'api_error', 505: 'api_error' };

function assertForm(row, answer) {
  if (row.isAnthropic) assertAnthropicError(answer, answer.status, ANTHROPIC_TYPES[answer.status] ?? 'invalid_request_error');
  else assertOpenAiError(answer, answer.status);
}

const VARIANTS = ROWS.flatMap((row) => {
  const other = inAnthropic(row);
  return other ? [row, { ...other, name: `${row.name}, at /v1/messages` }] : [row];
});

for (const row of VARIANTS) {
  test(`${row.statuses.join(', ')}${row.closes ? ' and closed' : ''}: ${row.name}`, async () => {
    const answers = await exchange(row, [bytesOf(row)]);
    for (const answer of answers) {
      if (answer.status >= 400) assertForm(row, answer);
    }
    if (row.closes && row.statuses[0] >= 400) assert.equal(upstream.requests.length, 0, 'no upstream heard of it');
  });
}

test('a refused HEAD gets the head of its refusal, and no body', async () => {
  for (const [bytes, status] of [
    ['HEAD /v1/models HTTP/1.1\r\nHost : x\r\n\r\n', 400], ['HEAD /v1/models HTTP/1.1\r\nHost: x\r\nExpect: more\r\n\r\n', 417],
    [`HEAD /${'x'.repeat(9000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 414], ['HEAD /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 405],
  ]) {
    const connection = await weir.connect();
    await connection.write(bytes);
    const text = (await connection.readToEnd()).toString('latin1');
    assert.match(text, new RegExp(`^HTTP/1.1 ${status} [^]*\r\ncontent-length: [1-9]\\d+\r\n`));
    assert.equal(text.indexOf('\r\n\r\n'), text.length - 4, text);
  }
});

/** Runs `work` for all items, so many at a time. */
async function each(items, work, together = 16) {
  const left = [...items];
  await Promise.all(Array.from({ length: together }, async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  }));
}

async function sameInPieces(row, pieces, how) {
  try {
    await exchange(row, pieces);
  } catch (error) {
    throw new Error(`${row.name}, ${how}: ${error.message}`, { cause: error });
  }
}

test('the same answers to the same bytes one at a time', async () => {
  const small = VARIANTS.filter((row) => row.bytes.length < 1000);
  assert.ok(small.length > 200);
  await each(small, (row) => sameInPieces(row, [...bytesOf(row)].map((byte) => Buffer.of(byte)), 'a byte at a time'));
});

test('the same answers to the same bytes in two pieces, cut anywhere', async () => {
  const sample = ROWS.filter((row) => [
    'an empty line before the request', 'CR LF CR and a letter', 'a length and a coding', 'the absolute form',
    'chunk sizes with zeros and in both cases', 'trailers', 'a last chunk without its empty line', 'get',
    'calls and listings in turns',
  ].includes(row.name));
  assert.equal(sample.length, 9);
  const cuts = sample.flatMap((row) => Array.from({ length: bytesOf(row).length - 1 }, (_, i) => ({ row, at: i + 1 })));
  await each(cuts, ({ row, at }) => {
    const bytes = bytesOf(row);
    return sameInPieces(row, [bytes.subarray(0, at), bytes.subarray(at)], `cut at ${at}`);
  });
});

test('the same answers to large heads in pieces of a thousand bytes', async () => {
  const large = VARIANTS.filter((row) => row.bytes.length >= 1000);
  assert.ok(large.length > 10);
  await each(large, (row) => {
    const bytes = bytesOf(row);
    const pieces = Array.from({ length: Math.ceil(bytes.length / 1000) }, (_, i) => bytes.subarray(i * 1000, (i + 1) * 1000));
    return sameInPieces(row, pieces, 'in pieces of a thousand bytes');
  });
});
