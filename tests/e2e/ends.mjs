// The three ends of a call as a client sees them, in each protocol and with or without a stream:
// complete, truncated, failed before the first byte (DESIGN section 9).
import assert from 'node:assert/strict';
import { KEYS } from './fixture.mjs';
import { assertAnthropicError, assertOpenAiError, until } from './harness.mjs';
import { Answer, requestBytes } from './http.mjs';
import { completion, completionStream, message, messageStream } from './upstream.mjs';

const WORDS = ['Hel', 'lo – ', '日本', '!'];
/** A document's text: longer than what is held back of an answer before it goes out. */
const LONG = 'Hello! '.repeat(2000);

const OPENAI = {
  name: 'OpenAI',
  path: '/v1/chat/completions',
  slug: 'Zebra',
  options: { stream_options: { include_usage: true } },
  streamOf: (model, words) => completionStream(model, words, { include_usage: true }),
  documentOf: (model) => JSON.stringify(completion(model, LONG)),
  terminator: '[DONE]',
  assertError: assertOpenAiError,
  /** The event of a truncation. */
  errorEvent: /^data: \{"error":\{"message":"[^"]+","type":"server_error","param":null,"code":"(?<code>\w+)"\}\}\n\n$/,
  codeOf: { upstream_timeout: 'upstream_timeout', upstream_error: 'upstream_error' },
};

const ANTHROPIC = {
  name: 'Anthropic',
  path: '/v1/messages',
  slug: 'claude-sonnet-4',
  options: {},
  streamOf: messageStream,
  documentOf: (model) => JSON.stringify(message(model, LONG)),
  terminator: 'message_stop',
  assertError: (answer, status) => assertAnthropicError(answer, status, status === 504 ? 'timeout_error' : 'api_error'),
  errorEvent: /^event: error\ndata: \{"type":"error","error":\{"type":"(?<code>\w+)","message":"[^"]+"\},"request_id":"req_\w+"\}\n\n$/,
  codeOf: { upstream_timeout: 'timeout_error', upstream_error: 'api_error' },
};

/** One way to call, and what a sound upstream would say to it. */
class Way {
  constructor(protocol, isStream) {
    this.protocol = protocol;
    this.isStream = isStream;
    this.name = `${protocol.name}, ${isStream ? 'a stream' : 'a document'}`;
    this.type = isStream ? 'text/event-stream' : 'application/json';
    this.text = this.#written('the-upstreams-own-name');
    /** Where an event ends, and a place inside the next one; in a document just two places. */
    const eventEnd = this.text.indexOf('\n\n', this.text.indexOf('lo – ')) + 2;
    this.between = isStream ? eventEnd : 9000;
    this.inside = isStream ? eventEnd + 21 : 9100;
    this.terminatorAt = isStream ? this.text.lastIndexOf(protocol === ANTHROPIC ? 'event: ' : 'data: ') : this.text.length;
  }

  #written(model) {
    return this.isStream ? this.protocol.streamOf(model, WORDS) : this.protocol.documentOf(model);
  }

  /** What a client gets of the text, or of its beginning. */
  seen(text = this.text) {
    return text.replaceAll('the-upstreams-own-name', this.protocol.slug);
  }

  request(more = {}) {
    const body = { model: this.protocol.slug, messages: [], ...(this.isStream ? { stream: true, ...this.protocol.options } : {}), ...more };
    return requestBytes({ method: 'POST', path: this.protocol.path, headers: { 'x-api-key': KEYS.all }, body: JSON.stringify(body) });
  }
}

export const WAYS = [OPENAI, ANTHROPIC].flatMap((protocol) => [true, false].map((isStream) => new Way(protocol, isStream)));
export const STREAMS = WAYS.filter((way) => way.isStream);
export const DOCUMENTS = WAYS.filter((way) => !way.isStream);

/** Which way did this request of the upstream's come? */
export function wayOf(request) {
  const isStream = request.json.stream === true;
  return WAYS.find((way) => way.isStream === isStream && request.path.endsWith(way.protocol.path.slice('/v1'.length)));
}

/**
 * Call once; {answer, error, connection}: `error` tells that the answer had no end. `onPiece` is
 * called for each piece of the body.
 */
export async function ask(weir, way, { bytes = way.request(), onPiece = () => {} } = {}) {
  const connection = await weir.connect();
  await connection.write(bytes);
  const head = await connection.readHead();
  const pieces = [];
  let error;
  try {
    for await (const piece of connection.bodyPieces(head)) {
      pieces.push(piece);
      onPiece();
    }
  } catch (caught) {
    error = caught;
  }
  return { answer: new Answer(head, Buffer.concat(pieces), []), error, connection };
}

const LIST = requestBytes({ path: '/v1/models', headers: { 'x-api-key': KEYS.all } });

async function assertIsKept(connection) {
  await connection.write(LIST);
  assert.equal((await connection.readAnswer()).status, 200, 'the connection takes another request');
}

function assertHasNoTerminator(way, text) {
  assert.ok(!text.includes(way.protocol.terminator), `a terminator: ${text.slice(-300)}`);
}

/** What a client must have seen, by the name of the end. */
const CHECKS = {
  async complete(way, { answer, error, connection }, { status = 200, body = way.seen() }) {
    assert.ifError(error);
    assert.equal(answer.status, status);
    assert.equal(answer.text, body);
    await assertIsKept(connection);
  },

  async failed(way, { answer, error, connection }, { status, code }) {
    assert.ifError(error);
    way.protocol.assertError(answer, status, code);
    await assertIsKept(connection);
  },

  async truncated(way, { answer, error, connection }, { code, sent }) {
    assert.ok(error !== undefined, `it ends by its framing: ${answer.text.slice(-300)}`);
    assert.equal(answer.status, 200);
    assertHasNoTerminator(way, answer.text);
    if (!way.isStream) {
      const begun = answer.text.trimEnd();
      assert.ok(begun !== '' && begun.length < way.seen().length && way.seen().startsWith(begun), begun);
      return;
    }
    const told = way.seen(sent(way));
    assert.ok(await connection.ends(), 'the connection is closed');
    assert.ok(answer.text.startsWith(told), answer.text);
    // Comments may have come since, and a begun event is ended.
    const event = answer.text.slice(told.length).replace(/^(:?\n)+/, '');
    const found = way.protocol.errorEvent.exec(event) ?? assert.fail(`no error event: ${JSON.stringify(event)}`);
    assert.equal(found.groups.code, way.protocol.codeOf[code]);
  },
};

export async function assertEnd(way, got, expected) {
  try {
    await CHECKS[expected.end](way, got, expected);
  } catch (error) {
    error.message = `${way.name}: ${error.message}`;
    throw error;
  }
}

const COUNTERS = { complete: 'calls_completed', failed: 'calls_failed', truncated: 'calls_truncated', gone: 'calls_client_gone' };

/** Watches the counters of calls: which ends were counted since the last look. */
export class Ends {
  constructor(weir) {
    this.weir = weir;
  }

  static async of(weir) {
    const ends = new Ends(weir);
    await ends.forget();
    return ends;
  }

  /** Begin again: whatever was counted until now is of no interest. */
  async forget() {
    this.last = (await this.weir.totals()).counters;
  }

  async #since() {
    const { counters } = await this.weir.totals();
    const delta = (name) => counters[name] - this.last[name];
    const counted = Object.fromEntries(Object.entries(COUNTERS).map(([end, name]) => [end, delta(name)]));
    return { counters, calls: delta('calls'), counted, sum: Object.values(counted).reduce((a, b) => a + b) };
  }

  /** So many calls have been counted as begun and as ended; how, is given back. */
  async assertAllEnded(calls) {
    const found = await until(async () => {
      const now = await this.#since();
      return now.sum >= calls && now;
    }, `${calls} calls are counted as ended`);
    this.last = found.counters;
    assert.equal(found.sum, calls, JSON.stringify(found.counted));
    assert.equal(found.calls, calls, 'what began has ended');
    return found.counted;
  }

  /** The same; `expected`: {end: how many}. */
  async assertCounted(expected) {
    const counted = await this.assertAllEnded(Object.values(expected).reduce((a, b) => a + b, 0));
    assert.deepEqual(counted, { complete: 0, failed: 0, truncated: 0, gone: 0, ...expected });
  }
}

/** Nothing is open; gauges are told once a second. */
export async function assertNothingIsOpen(weir) {
  const workers = weir.workers().length;
  await until(async () => {
    const { gauges } = await weir.totals();
    return gauges.calls_open === 0 && gauges.body_bytes === 0 && gauges.generations_held === workers;
  }, 'all gauges are back');
}
