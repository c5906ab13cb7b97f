// What can be wrong with an upstream, as a table: what it does, and which end the call must have.
// A fault is an async (reply, way) => …, see upstream.mjs and ends.mjs; what it leaves open weir closes.
import { setTimeout as delay } from 'node:timers/promises';

const CHUNKED = 'transfer-encoding: chunked';

const failed = (status, code) => ({ end: 'failed', status, code });
const truncated = (code, sent = (way) => way.text.slice(0, way.between)) => ({ end: 'truncated', code, sent });
const complete = (more) => ({ end: 'complete', ...more });

const MALFORMED = failed(502, 'upstream_error');
const UNREACHABLE = failed(502, 'upstream_unreachable');
const LATE = failed(504, 'upstream_timeout');
const CUT = truncated('upstream_error');
const CUT_INSIDE = truncated('upstream_error', (way) => way.text.slice(0, way.inside));

const head = (way, fields = CHUNKED) => `HTTP/1.1 200 OK\r\ncontent-type: ${way.type}\r\n${fields === '' ? '' : `${fields}\r\n`}\r\n`;
const chunk = (text) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

/** The head and the answer up to `until`, all but the end of its framing. */
const begin = (way, until = way.between) => head(way) + chunk(way.text.slice(0, until));
const whole = (way) => `${begin(way, way.text.length)}0\r\n\r\n`;

const says = (textOf) => (reply, way) => reply.raw(textOf(way));

/** The client has seen the beginning: a reset could take away what weir has not read. */
const isSeen = (reply) => Promise.race([reply.seen ?? delay(5), delay(1000, undefined, { ref: false })]);

/** Says it, waits until weir has passed the beginning on, and then more. */
const saysThen = (first, then) => async (reply, way) => {
  await reply.raw(first(way));
  await isSeen(reply);
  await then(reply, way);
};

async function drip(reply, bytes, everyMs) {
  for (const byte of Buffer.from(bytes)) {
    if (reply.socket.destroyed) return;
    await reply.raw(Buffer.of(byte));
    await delay(everyMs);
  }
}

/** X: [what the upstream does, the end, how] */
export const REFUSING = [
  ['closes before a byte', UNREACHABLE, (reply) => reply.end()],
  ['resets before a byte', UNREACHABLE, (reply) => reply.reset()],
  ['closes inside the status line', MALFORMED, async (reply) => { await reply.raw('HTTP/1.1 20'); reply.end(); }],
  ['resets inside the head', MALFORMED, async (reply) => { await reply.raw('HTTP/1.1 200 OK\r\ncontent-ty'); await delay(20); reply.reset(); }],
  ['closes behind the head', MALFORMED, async (reply, way) => { await reply.raw(head(way)); reply.end(); }],
  ['closes inside the first chunk size', MALFORMED, async (reply, way) => { await reply.raw(`${head(way)}1`); reply.end(); }],
  ['is compressed although nobody asked', MALFORMED, says((way) => `${head(way, `${CHUNKED}\r\ncontent-encoding: gzip`)}${chunk('\x1f\x8b\x08\x00')}`)],
  ['has a thousand fields', MALFORMED, says((way) => whole(way).replace(CHUNKED, `${'x: y\r\n'.repeat(1000)}${CHUNKED}`))],
  ['sends 204 with a body', MALFORMED, says((way) => whole(way).replace('200 OK', '204 No Content'))],
  ['begins with a bad chunk size', MALFORMED, says((way) => `${head(way)}zz\r\n`)],
  ['never ends its head', MALFORMED, async (reply) => {
    await reply.raw('HTTP/1.1 200 OK\r\n');
    while (!reply.socket.destroyed) await reply.raw('x-more: of the same\r\n'.repeat(500));
  }],
];

export const INTERIM = [
  ...[100, 102, 103].map((status) => [
    `sends a thousand times ${status}`, MALFORMED,
    says((way) => `HTTP/1.1 ${status} Wait\r\n\r\n`.repeat(1000) + whole(way)),
  ]),
  ['sends sixteen times 103', complete(), says((way) => 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n'.repeat(16) + whole(way))],
  ['sends seventeen times 103', MALFORMED, says((way) => 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n'.repeat(17) + whole(way))],
  ['sends 103 with a body\'s length', MALFORMED, says((way) => `HTTP/1.1 103 Early Hints\r\ncontent-length: 5\r\n\r\n${whole(way)}`)],
  ['switches protocols', MALFORMED, says((way) => `HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n${whole(way)}`)],
];

export const BAD_STATUS_LINES = [
  'HTTP/2.0 200 OK', 'HTTP/0.9 200 OK', 'http/1.1 200 OK', 'HTTP/1.1  200 OK', 'HTTP/1.1 20 OK', 'HTTP/1.1 2000 OK',
  'HTTP/1.1 099 Low', 'HTTP/1.1 600 High', 'HTTP/1.1 999 High', 'HTTP/1.1 -20 OK', 'HTTP/1.1 abc OK', 'HTTP/1.1\t200 OK',
  'ICY 200 OK', 'SSH-2.0-OpenSSH_9', ' HTTP/1.1 200 OK', '\r\nHTTP/1.1 200 OK', 'HTTP/1.1 200 OK\nx: y', 'HTTP/1.1 200 O\0K',
  '{"error":"no HTTP"}', '<html>', '\x15\x03\x01\x00\x02\x02\x28',
];

export const BAD_FIELDS = [
  'content-length: 5\r\ncontent-length: 5', 'content-length: 5\r\ncontent-length: 6', 'content-length: 5, 5',
  `content-length: 5\r\n${CHUNKED}`, `${CHUNKED}\r\ncontent-length: 5`, `${CHUNKED}\r\n${CHUNKED}`,
  'transfer-encoding: gzip, chunked', 'transfer-encoding: chunked, gzip', 'transfer-encoding: identity', 'transfer-encoding: xchunked',
  'transfer-encoding:', 'content-length: -1', 'content-length: +5', 'content-length: 0x5', 'content-length:', 'content-length: 5 5',
  'content-length: 9999999999999999999', 'content-length : 5', 'content-length:\r\n 5', 'content-encoding: br', 'content-encoding: identity, gzip',
  'x: y\nz: 1', 'x: y\rz: 1', 'x: \0', ': empty', 'x y: 1', `x-long: ${'x'.repeat(70_000)}`, 'x: y\r\n'.repeat(12_000).trim(),
];

/** In a status line's or a field's place. */
export const MALFORMED_HEADS = [
  ...BAD_STATUS_LINES.map((line) => [
    `says ${JSON.stringify(line)}`, MALFORMED, says((way) => whole(way).replace('HTTP/1.1 200 OK', () => line)),
  ]),
  ...BAD_FIELDS.map((fields) => [
    `has the fields ${JSON.stringify(fields.slice(0, 60))}${fields.length > 60 ? ` … (${fields.length} bytes)` : ''}`, MALFORMED,
    // Without a framing of its own the answer would be good.
    says((way) => head(way, /transfer-encoding|content-length/.test(fields) ? fields : `${CHUNKED}\r\n${fields}`) + chunk(way.text)),
  ]),
];

export const ODD_BUT_GOOD = [
  ['has no reason phrase', complete(), says((way) => whole(way).replace('200 OK', '200 '))],
  ['has ninety fields', complete(), says((way) => whole(way).replace(CHUNKED, `${'x: y\r\n'.repeat(90)}${CHUNKED}`))],
  ['has a field of 60 KB', complete(), says((way) => whole(way).replace(CHUNKED, `x: ${'y'.repeat(60_000)}\r\n${CHUNKED}`))],
  ['says that it is not compressed', complete(), says((way) => whole(way).replace(CHUNKED, `content-encoding: identity\r\n${CHUNKED}`))],
  ['sends a few bytes at a time', complete(), async (reply, way) => {
    const bytes = Buffer.from(whole(way));
    const step = way.isStream ? 1 : 29;
    for (let at = 0; at < bytes.length; at += step) await reply.raw(bytes.subarray(at, at + step));
  }],
  ['has trailers', complete(), says((way) => whole(way).replace(/0\r\n\r\n$/, '0\r\nx-trailer: y\r\ncontent-length: 5\r\n\r\n'))],
  ['has chunk sizes with zeros in front', complete(), says((way) => head(way) + chunk(way.text).replace(/^/, '000') + '00\r\n\r\n')],
  ['ends with its connection', complete(), async (reply, way) => { await reply.raw(head(way, 'connection: close') + way.text); reply.end(); }],
  ['speaks HTTP/1.0 with a length', complete(), says((way) => `HTTP/1.0 200 OK\r\ncontent-type: ${way.type}\r\ncontent-length: ${Buffer.byteLength(way.text)}\r\n\r\n${way.text}`)],
  ['speaks HTTP/1.0 and closes', complete(), async (reply, way) => { await reply.raw(`HTTP/1.0 200 OK\r\ncontent-type: ${way.type}\r\n\r\n${way.text}`); reply.end(); }],
  ['sends garbage behind its answer', complete(), says((way) => `${whole(way)}garbage`)],
  ['sends another answer behind its answer', complete(), says((way) => `${whole(way)}${whole(way)}`)],
];

/** Answers that have no body, whatever comes behind their head. */
export const WITHOUT_BODY = [
  ['sends 304 although nobody asked whether it changed', MALFORMED, says((way) => whole(way).replace('200 OK', '304 Not Modified'))],
  ['sends bytes behind 204', MALFORMED, says((way) => `HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n${way.text}`)],
];

/** Cut after something was passed on. */
export const TRUNCATING = [
  ['closes between events', CUT, saysThen(begin, (reply) => reply.end())],
  ['resets between events', CUT, saysThen(begin, (reply) => reply.reset())],
  ['closes inside an event', CUT_INSIDE, saysThen((way) => begin(way, way.inside), (reply) => reply.end())],
  ['resets inside an event', CUT_INSIDE, saysThen((way) => begin(way, way.inside), (reply) => reply.reset())],
  ['closes inside a chunk', CUT_INSIDE, saysThen(
    (way) => `${head(way)}ffff\r\n${way.text.slice(0, way.inside)}`, (reply) => reply.end())],
  ['closes inside a chunk size', CUT, saysThen((way) => `${begin(way)}1`, (reply) => reply.end())],
  ['is shorter than its length', CUT, saysThen(
    (way) => head(way, 'content-length: 100000') + way.text.slice(0, way.between), (reply) => reply.end())],
  ['has a chunk size of letters', CUT, saysThen(begin, (reply) => reply.raw('zz\r\n'))],
  ['has a negative chunk size', CUT, saysThen(begin, (reply) => reply.raw('-5\r\nhello\r\n'))],
  ['has a chunk size of nine digits', CUT, saysThen(begin, (reply) => reply.raw('000000005\r\nhello\r\n'))],
  ['has an empty chunk size', CUT, saysThen(begin, (reply) => reply.raw('\r\n'))],
  ['has a chunk extension', CUT, saysThen(begin, (reply) => reply.raw('5;x=y\r\nhello\r\n'))],
  ['has a bare LF behind a chunk size', CUT, saysThen(begin, (reply) => reply.raw('5\nhello\r\n'))],
  ['has no CRLF behind a chunk', CUT, saysThen(
    (way) => begin(way).replace(/\r\n$/, ''), (reply) => reply.raw('5\r\nhello\r\n'))],
  ['has a malformed trailer', CUT, saysThen(begin, (reply) => reply.raw('0\r\n folded\r\n\r\n'))],
  ['has endless trailers', CUT, saysThen(begin, async (reply) => {
    await reply.raw('0\r\n');
    while (!reply.socket.destroyed) await reply.raw('x-more: of the same\r\n'.repeat(100));
  })],
  ['promises a chunk of 4 GB and closes', CUT_INSIDE, saysThen(
    (way) => `${head(way)}ffffffff\r\n${way.text.slice(0, way.inside)}`, (reply) => reply.end())],
];

/** Only a stream can be ended by its framing and still not be whole. */
export const WITHOUT_TERMINATOR = [
  ['ends its chunks between events', CUT, says((way) => `${begin(way)}0\r\n\r\n`)],
  ['ends its chunks inside an event', CUT_INSIDE, says((way) => `${begin(way, way.inside)}0\r\n\r\n`)],
  ['ends its chunks before its terminator', truncated('upstream_error', (way) => way.text.slice(0, way.terminatorAt)),
    says((way) => `${begin(way, way.terminatorAt)}0\r\n\r\n`)],
  ['reaches its length before its terminator', truncated('upstream_error', (way) => way.text.slice(0, way.terminatorAt)),
    says((way) => `${head(way, `content-length: ${Buffer.byteLength(way.text.slice(0, way.terminatorAt))}`)}${way.text}`)],
  ['ends with its connection before its terminator', truncated('upstream_error', (way) => way.text.slice(0, way.terminatorAt)),
    async (reply, way) => { await reply.raw(head(way, 'connection: close') + way.text.slice(0, way.terminatorAt)); reply.end(); }],
];

/** The timers: set each of them to a tenth of a second or a few before. */
export const LATE_FAULTS = [
  ['never answers', LATE, async () => {}],
  ['stops inside the status line', LATE, says(() => 'HTTP/1.1 2')],
  ['stops inside the head', LATE, says(() => 'HTTP/1.1 200 OK\r\ncontent-ty')],
  ['stops behind the head', LATE, says((way) => head(way))],
  ['drips its head', LATE, (reply, way) => drip(reply, head(way, `x: ${'y'.repeat(1000)}`), 20)],
  ['drips interim answers', LATE, async (reply) => {
    while (!reply.socket.destroyed) {
      await reply.raw('HTTP/1.1 103 Early Hints\r\n\r\n');
      await delay(100);
    }
  }],
  ['stops between events', truncated('upstream_timeout'), says(begin)],
  ['stops inside an event', truncated('upstream_timeout', (way) => way.text.slice(0, way.inside)), says((way) => begin(way, way.inside))],
  ['drips for ever', truncated('upstream_timeout'), async (reply, way) => {
    await reply.raw(begin(way));
    while (!reply.socket.destroyed) {
      await reply.raw(chunk(way.isStream ? ':\n' : ' '));
      await delay(40);
    }
  }],
];
