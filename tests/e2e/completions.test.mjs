// POST /v1/chat/completions: DESIGN section 9.
import assert from 'node:assert/strict';
import { after, beforeEach } from 'node:test';
import { KEYS, PROVIDER_KEY, registry } from './fixture.mjs';
import { assertOpenAiError, startWeir, test, turn, until } from './harness.mjs';
import { chunked, requestBytes } from './http.mjs';
import { USAGE, Upstream, completion, completionStream } from './upstream.mjs';

const PATH = '/v1/chat/completions';
const upstream = await Upstream.start();
after(() => upstream.stop());
const weir = await startWeir(registry({ openai: upstream.url }));

beforeEach(() => upstream.reset());

const post = (body, headers) => weir.post(PATH, KEYS.all, body, headers);

/** What the upstream must be sent: the client's text with the other model name in its place. */
function withModel(text, slug, upstreamModel) {
  const at = text.indexOf(JSON.stringify(slug));
  assert.ok(at >= 0);
  return text.slice(0, at) + JSON.stringify(upstreamModel) + text.slice(at + JSON.stringify(slug).length);
}

/** `sent` is `expected` with one insertion, which asks for usage and nothing else. */
function assertOnlyUsageAdded(sent, expected) {
  let begin = 0;
  while (begin < expected.length && sent[begin] === expected[begin]) begin++;
  let tail = 0;
  while (tail < expected.length - begin && sent.at(-1 - tail) === expected.at(-1 - tail)) tail++;
  assert.equal(begin + tail, expected.length, `something else was changed:\n${sent}\n${expected}`);
  const { stream_options: options, ...rest } = JSON.parse(sent);
  const { stream_options: given, ...others } = JSON.parse(expected);
  assert.deepEqual(options, { ...given, include_usage: true });
  assert.deepEqual(rest, others);
}

const BODIES = {
  'a small one': '{"model":"Zebra","messages":[{"role":"user","content":"Hi"}]}',
  'white space and key order': '\r\n\t{ "messages" : [ ] ,\n "temperature":1.0,"model"\t:\n"Zebra" , "top_p" : 0.10 }\n ',
  'unknown fields and numbers of any size': '{"x":12345678901234567890123456789,"y":1e400,"z":-0.0,"model":"Zebra","n":1E+2,"\\u0061":null}',
  'tool calls': JSON.stringify({
    model: 'Zebra', tool_choice: 'auto',
    tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: { model: { type: 'string' } } } } }],
    messages: [{ role: 'assistant', tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{"model":"x"}' } }] },
      { role: 'tool', tool_call_id: 'c1', content: '{"ok":true}' }],
  }),
  'an image and unicode, escaped and not': `{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,${'iVBOR'.repeat(2000)}"}},{"type":"text","text":"h\\u00e9llo – 日本語 \\ud83d\\ude00 😀 \\"model\\":\\"x\\""}]}],"model":"Zebra"}`,
  'a nested model before the real one': '{"metadata":{"model":"gpt-mini","a":[{"model":1}]},"model":"Zebra","user":"model"}',
  'repeated other keys': '{"a":1,"a":2,"model":"Zebra","a":3}',
};

for (const [name, body] of Object.entries(BODIES)) {
  test(`the upstream gets the client's bytes but for the model: ${name}`, async () => {
    const answer = await post(body);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(upstream.last.text, withModel(body, 'Zebra', 'zebra-upstream'));
    assert.equal(upstream.last.headers['content-length'], String(upstream.last.body.length));
  });
}

test('a slug may be written with escapes, and a provider\'s name may need them', async () => {
  const answer = await post('{"model":"org\\/m\\u006fdel:tag","messages":[]}');
  assert.equal(answer.status, 200, answer.text);
  assert.equal(upstream.last.json.model, 'an upstream "name" with ünïcode');
  assert.equal(answer.json.model, 'org/model:tag');
});

test('the request goes to the provider\'s path with the provider\'s key and nothing of the client\'s', async () => {
  await post(BODIES['a small one'], {
    'x-api-key': KEYS.all, cookie: 'session=1', 'x-forwarded-for': '10.0.0.1', 'accept-encoding': 'gzip', 'openai-organization': 'org-x',
  });
  const { method, path, head, headers } = upstream.last;
  assert.equal(`${method} ${path}`, 'POST /v1/chat/completions');
  assert.equal(headers.authorization, `Bearer ${PROVIDER_KEY}`);
  assert.equal(headers['content-type'], 'application/json');
  assert.equal(headers.host, `127.0.0.1:${upstream.port}`);
  for (const name of ['x-api-key', 'cookie', 'x-forwarded-for', 'accept-encoding', 'expect', 'openai-organization', 'transfer-encoding']) {
    assert.equal(headers[name], undefined, name);
  }
  assert.ok(!head.includes(KEYS.all));
});

test('the answer passes byte for byte but for the model', async () => {
  const text = '\n{ "model" : "zebra-upstream-2026" ,"id":"x", "choices":[{"message":{"content":"\\"model\\":\\"zebra\\" h\\u00e9 😀"}}],\t"big":12345678901234567890, "usage":{"prompt_tokens":1}}\n';
  for (const chunkBytes of [0, 1, 7, 1000]) {
    upstream.answer = (request, reply) => reply.json(text, { chunkBytes });
    const answer = await post(BODIES['a small one']);
    assert.equal(answer.status, 200);
    assert.equal(answer.text, text.replace('"zebra-upstream-2026"', '"Zebra"'), `in chunks of ${chunkBytes}`);
    assert.match(answer.headers['content-type'], /^application\/json/);
  }
});

test('an answer without a model, or with nested ones, is not touched', async () => {
  for (const text of ['{"id":1,"x":{"model":"y"},"data":[{"model":"z"}]}', '[{"model":"y"}]', '"model"', '{}']) {
    upstream.answer = (request, reply) => reply.json(text);
    assert.equal((await post(BODIES['a small one'])).text, text);
  }
});

test('a stream has the slug in every chunk and no usage that nobody asked for', async () => {
  const words = ['Hel', 'lo – ', '日本', '"model":"x"', '😀'];
  upstream.answer = (request, reply) => reply.stream(completionStream('zebra-2026', words, { include_usage: true }));
  const body = '{"model":"Zebra","stream":true,"messages":[]}';
  const answer = await post(body);
  assert.equal(answer.status, 200, answer.text);
  assert.match(answer.headers['content-type'], /^text\/event-stream/);
  assertOnlyUsageAdded(upstream.last.text, withModel(body, 'Zebra', 'zebra-upstream'));
  const given = completionStream('Zebra', words, { include_usage: true }).split('\n\n');
  given.splice(given.findIndex((event) => event.includes(JSON.stringify(USAGE))), 1);
  assert.equal(answer.text, given.join('\n\n'));
});

for (const [name, options, stripped] of [
  ['asked for', '"stream_options":{"include_usage":true},', false],
  ['asked for behind other options', '"stream_options": { "x" : [1] , "include_usage" : true },', false],
  ['refused', '"stream_options":{"include_usage":false},', true],
  ['not mentioned among the options', '"stream_options":{"include_obfuscation":false},', true],
  ['not mentioned in empty options', '"stream_options":{ },', true],
  ['options that are null', '"stream_options":null,', true],
]) {
  test(`the usage chunk of a stream: ${name}`, async () => {
    const body = `{"stream":true,${options}"model":"Zebra","messages":[]}`;
    const answer = await post(body);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(upstream.last.json.stream_options.include_usage, true);
    if (!stripped) assert.equal(upstream.last.text, withModel(body, 'Zebra', 'zebra-upstream'));
    const chunks = answer.data.filter((data) => data !== '[DONE]').map((data) => JSON.parse(data));
    assert.equal(answer.data.at(-1), '[DONE]');
    assert.equal(chunks.some((chunk) => chunk.choices.length === 0), !stripped);
    assert.ok(chunks.every((chunk) => chunk.model === 'Zebra'));
  });
}

test('a stream cut into single bytes is the same stream', async () => {
  const text = completionStream('zebra-2026', ['é', '日本語', '\\"'], { include_usage: true });
  const body = '{"model":"Zebra","stream":true,"stream_options":{"include_usage":true}}';
  for (const [newline, pieceBytes] of [['\n', 0], ['\n', 1], ['\n', 3], ['\r\n', 1], ['\r\n', 50], ['\r', 1]]) {
    const sent = text.replaceAll('\n', newline);
    upstream.answer = (request, reply) => reply.stream(sent, { pieceBytes });
    assert.equal((await post(body)).text, sent.replaceAll('zebra-2026', 'Zebra'), JSON.stringify([newline, pieceBytes]));
  }
});

test('comments, other fields and events of a stream pass', async () => {
  const text = ': hello\n\nevent: x\nid: 7\nretry: 10\ndata: {"model":"zebra","choices":[{}]}\n\ndata: {"n":1,\ndata: "model":"zebra","choices":[{}]}\n\ndata:{"model" : "zebra","choices":[{}]}\n\ndata: not json\n\n:\n\ndata: [DONE]\n\n';
  upstream.answer = (request, reply) => reply.stream(text);
  const answer = await post('{"model":"Zebra","stream":true,"stream_options":{"include_usage":true}}');
  assert.equal(answer.text, text.replaceAll('"zebra"', '"Zebra"'));
});

test('events arrive as the upstream sends them, not at the end', async () => {
  let goOn;
  const mayGoOn = new Promise((resolve) => { goOn = resolve; });
  upstream.answer = async (request, reply) => {
    await reply.streamHead();
    await reply.chunk('data: {"model":"zebra","choices":[{"delta":{"content":"first"}}]}\n\n');
    await mayGoOn;
    await reply.chunk('data: [DONE]\n\n');
    await reply.raw('0\r\n\r\n');
  };
  const connection = await weir.connect();
  await connection.write(requestBytes({ method: 'POST', path: PATH, headers: { 'x-api-key': KEYS.all }, body: '{"model":"Zebra","stream":true}' }));
  const head = await connection.readHead();
  const pieces = connection.bodyPieces(head);
  assert.match((await pieces.next()).value.toString(), /"model":"Zebra".*first/);
  goOn();
  let rest = '';
  for await (const piece of pieces) rest += piece;
  assert.equal(rest, 'data: [DONE]\n\n');
  connection.close();
});

test('a chunked request body is taken, and sent on with its length', async () => {
  const body = BODIES['tool calls'];
  for (const size of [1, 3, 100, 100_000]) {
    const connection = await weir.connect();
    await connection.write(Buffer.concat([
      requestBytes({ method: 'POST', path: PATH, headers: { 'x-api-key': KEYS.all, 'transfer-encoding': 'chunked' } }), chunked(body, size),
    ]));
    assert.equal((await connection.readAnswer()).status, 200);
    assert.equal(upstream.last.text, withModel(body, 'Zebra', 'zebra-upstream'));
    assert.equal(upstream.last.headers['content-length'], String(upstream.last.body.length));
    connection.close();
  }
});

test('a body that is announced with Expect is asked for with 100 Continue once admitted', async () => {
  const headers = { 'x-api-key': KEYS.all, expect: '100-continue' };
  const bytes = requestBytes({ method: 'POST', path: PATH, headers, body: BODIES['a small one'] });
  const headBytes = bytes.indexOf('\r\n\r\n') + 4;
  const connection = await weir.connect();
  await connection.write(bytes.subarray(0, headBytes));
  assert.equal((await connection.readHead()).status, 100);
  await connection.write(bytes.subarray(headBytes));
  assert.equal((await connection.readAnswer()).status, 200);
  connection.close();
});

test('a body that is announced with Expect and not admitted is never asked for', async () => {
  for (const [request, status] of [
    [{ path: PATH, headers: { 'x-api-key': 'weir_wrong' } }, 401],
    [{ path: '/v1/nowhere', headers: { 'x-api-key': KEYS.all } }, 404],
    [{ path: PATH, headers: { 'x-api-key': KEYS.all, 'content-length': 99_000_000 } }, 413],
  ]) {
    const connection = await weir.connect();
    const headers = { 'content-length': 100, expect: '100-continue', ...request.headers };
    await connection.write(requestBytes({ method: 'POST', path: request.path, headers }));
    const answer = await connection.readAnswer();
    assert.equal(answer.status, status);
    assert.deepEqual(answer.interim, []);
    connection.close();
  }
});

test('a body of 8 MB passes whole', async () => {
  const text = 'x0123456789abcdef'.repeat(500_000);
  const body = `{"messages":[{"role":"user","content":"${text}"}],"model":"Zebra"}`;
  const answer = await post(body);
  assert.equal(answer.status, 200);
  assert.equal(upstream.last.text, withModel(body, 'Zebra', 'zebra-upstream'));
});

test('a body beyond limits.body_bytes is 413, by its length and by its chunks', async () => {
  const over = 33_554_433;
  const byLength = await weir.connect();
  await byLength.write(requestBytes({ method: 'POST', path: PATH, headers: { 'x-api-key': KEYS.all, 'content-length': over } }));
  assertOpenAiError(await byLength.readAnswer(), 413, 'request_too_large');
  byLength.close();
  const byChunks = await weir.connect();
  const sending = (async () => {
    await byChunks.write(requestBytes({ method: 'POST', path: PATH, headers: { 'x-api-key': KEYS.all, 'transfer-encoding': 'chunked' } }));
    const piece = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(0x100000, ' '), Buffer.from('\r\n')]);
    for (let i = 0; i < 33; i++) await byChunks.write(piece);
  })();
  assertOpenAiError(await byChunks.readAnswer(), 413, 'request_too_large');
  byChunks.close();
  await sending;
  assert.equal(upstream.requests.length, 0);
});

test('a request may arrive in two parts, cut anywhere', async () => {
  const bytes = requestBytes({ method: 'POST', path: PATH, headers: { 'x-api-key': KEYS.all, 'x-more': 'a, b' }, body: '{"messages":["é"],"model":"Zebra","a":1e5}' });
  const connection = await weir.connect();
  for (let cut = 1; cut < bytes.length; cut++) {
    await connection.write(bytes.subarray(0, cut));
    await turn();
    await connection.write(bytes.subarray(cut));
    const answer = await connection.readAnswer();
    assert.equal(answer.status, 200, `cut at ${cut}: ${answer.text}`);
  }
  assert.ok(upstream.requests.every((request) => request.text === '{"messages":["é"],"model":"zebra-upstream","a":1e5}'));
  connection.close();
});

test('a request that comes byte by byte is a request', async () => {
  const connection = await weir.connect();
  for (const byte of requestBytes({ method: 'POST', path: PATH, headers: { 'x-api-key': KEYS.all }, body: BODIES['a small one'] })) {
    await connection.write(Buffer.of(byte));
  }
  assert.equal((await connection.readAnswer()).status, 200);
  connection.close();
});

test('completions and lists in one write are answered in order', async () => {
  const connection = await weir.connect();
  const headers = { 'x-api-key': KEYS.all };
  const call = requestBytes({ method: 'POST', path: PATH, headers, body: BODIES['a small one'] });
  const list = requestBytes({ path: '/v1/models', headers });
  await connection.write(Buffer.concat(Array.from({ length: 20 }, (_, i) => (i % 3 ? list : call))));
  for (let i = 0; i < 20; i++) {
    assert.equal((await connection.readAnswer()).json.object, i % 3 ? 'list' : 'chat.completion', `answer ${i}`);
  }
  connection.close();
});

test('one client connection needs one upstream connection', async () => {
  const connection = await weir.connect();
  const before = upstream.accepts;
  for (let i = 0; i < 30; i++) {
    const body = i % 2 ? BODIES['a small one'] : '{"model":"Zebra","stream":true}';
    await connection.write(requestBytes({ method: 'POST', path: PATH, headers: { 'x-api-key': KEYS.all }, body }));
    assert.equal((await connection.readAnswer()).status, 200);
  }
  // Short calls and streams do not share their connections.
  assert.ok(upstream.accepts - before <= 2, `${upstream.accepts - before} connections for 30 calls`);
  connection.close();
});

test('a kept upstream connection that has closed meanwhile fails no call', async () => {
  const connection = await weir.connect();
  for (let i = 0; i < 20; i++) {
    await connection.write(requestBytes({ method: 'POST', path: PATH, headers: { 'x-api-key': KEYS.all }, body: BODIES['a small one'] }));
    const answer = await connection.readAnswer();
    assert.equal(answer.status, 200, answer.text);
    for (const socket of upstream.sockets) {
      if (i % 2) socket.destroy();
      else await new Promise((resolve) => socket.end(resolve));
    }
  }
  connection.close();
});

for (const [status, expected, code] of [
  [400, 400], [404, 502, 'upstream_model_error'], [422, 422], [429, 429], [500, 500], [503, 503], [529, 529],
  [401, 502, 'upstream_auth_error'], [403, 502, 'upstream_auth_error'],
]) {
  test(`an upstream's ${status} is ${expected} to the client`, async () => {
    const body = '{"error":{"message":"no, because","type":"t","param":null,"code":"c"}}';
    upstream.answer = (request, reply) => reply.json(body, { status, 'retry-after': '7' });
    for (const stream of [false, true]) {
      const answer = await post(`{"model":"Zebra","stream":${stream}}`);
      assert.equal(answer.status, expected, answer.text);
      if (code) assertOpenAiError(answer, expected, code);
      else assert.equal(answer.text, body);
      if (status === 429) assert.equal(answer.headers['retry-after'], '7');
      assert.ok(!answer.text.includes(PROVIDER_KEY));
    }
  });
}

test('usage is counted as the provider tells it, whether the client sees it or not', async () => {
  for (const body of ['{"model":"Zebra"}', '{"model":"Zebra","stream":true}', '{"model":"Zebra","stream":true,"stream_options":{"include_usage":true}}']) {
    const { counters: before } = await weir.totals();
    assert.equal((await post(body)).status, 200);
    await until(async () => (await weir.totals()).counters.usage_seen === before.usage_seen + 1, 'the usage is counted');
    const { counters: now } = await weir.totals();
    assert.equal(now.input_tokens - before.input_tokens, USAGE.prompt_tokens);
    assert.equal(now.output_tokens - before.output_tokens, USAGE.completion_tokens);
  }
});

test('what an upstream sends beyond its answer is nobody\'s', async () => {
  const text = JSON.stringify(completion('zebra'));
  upstream.answer = async (request, reply) => {
    await reply.raw(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nstolen`);
  };
  for (let i = 0; i < 5; i++) {
    const answer = await post(BODIES['a small one']);
    assert.deepEqual([answer.status, answer.json], [200, completion('Zebra')]);
  }
});

test('interim answers of the upstream are passed over', async () => {
  upstream.answer = async (request, reply) => {
    await reply.raw('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n');
    await reply.json(completion('zebra'));
  };
  const answer = await post(BODIES['a small one']);
  assert.deepEqual([answer.status, answer.interim, answer.json.model], [200, [], 'Zebra']);
});

test('an answer that ends with its connection is complete, chunked or not', async () => {
  upstream.answer = async (request, reply) => {
    await reply.head(200, { 'content-type': 'application/json', connection: 'close' });
    await reply.raw(JSON.stringify(completion('zebra')));
    reply.end();
  };
  assert.deepEqual((await post(BODIES['a small one'])).json, completion('Zebra'));
});

/** An answer that is not whole: an error status, or a framing that does not end. */
async function answerOrCut(body) {
  const connection = await weir.connect();
  await connection.write(requestBytes({ method: 'POST', path: PATH, headers: { 'x-api-key': KEYS.all }, body }));
  try {
    return await connection.readAnswer();
  } catch (error) {
    return error;
  } finally {
    connection.close();
  }
}

for (const [name, answer] of [
  ['is closed before a byte', (request, reply) => reply.cut()],
  ['is reset before a byte', (request, reply) => reply.reset()],
  ['ends inside the head', async (request, reply) => { await reply.raw('HTTP/1.1 200 OK\r\ncontent-le'); reply.end(); }],
  ['is not HTTP', async (request, reply) => { await reply.raw('SSH-2.0-OpenSSH_9\r\n'); reply.end(); }],
]) {
  test(`502: the upstream's connection ${name}`, async () => {
    upstream.answer = answer;
    for (const stream of [false, true]) {
      const got = await post(`{"model":"Zebra","stream":${stream}}`);
      assertOpenAiError(got, 502);
      assert.ok(['upstream_error', 'upstream_unreachable'].includes(got.json.error.code), got.text);
    }
  });
}

for (const [name, answer] of [
  ['is shorter than its length', async (request, reply) => {
    await reply.head(200, { 'content-type': 'application/json', 'content-length': 1000 });
    await reply.raw('{"model":"zebra"');
    reply.end();
  }],
  ['breaks off between chunks', async (request, reply) => {
    await reply.head(200, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' });
    await reply.chunk('{"model":"zebra",');
    reply.cut();
  }],
  ['has a chunk size that is none', async (request, reply) => {
    await reply.head(200, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' });
    await reply.chunk('{"model":"zebra",');
    await reply.raw('zz\r\n}');
    reply.end();
  }],
]) {
  test(`a document that ${name} never looks complete`, async () => {
    upstream.answer = answer;
    const got = await answerOrCut(BODIES['a small one']);
    assert.ok(got instanceof Error || got.status >= 500, `${got.status}: ${got.text}`);
  });
}

for (const [name, answer] of [
  ['is closed', (request, reply) => reply.end()],
  ['is reset', (request, reply) => reply.reset()],
  ['is reset inside an event', async (request, reply) => { await reply.chunk('data: {"model":"zeb'); reply.reset(); }],
  ['ends by its framing without [DONE]', (request, reply) => reply.raw('0\r\n\r\n')],
]) {
  test(`a stream that ${name} never looks complete`, async () => {
    upstream.answer = async (request, reply) => {
      await reply.streamHead();
      await reply.raw(`${(100).toString(16)}\r\n${'data: {"model":"zebra","choices":[{"delta":{"content":"a"}}]}\n\n'.padEnd(100, '\n')}\r\n`);
      await turn();
      await answer(request, reply);
    };
    const connection = await weir.connect();
    await connection.write(requestBytes({ method: 'POST', path: PATH, headers: { 'x-api-key': KEYS.all }, body: '{"model":"Zebra","stream":true}' }));
    const text = (await connection.readToEnd()).toString();
    assert.match(text, /^HTTP\/1\.1 200 /);
    assert.doesNotMatch(text, /\[DONE\]/);
    assert.match(text, /data: \{"error":\{"message":/, 'an error event in the client\'s protocol');
  });
}

test('a client that goes away takes its upstream call with it', async () => {
  for (const [how, stream] of [['close', true], ['reset', true], ['close', false], ['reset', false]]) {
    let isGone = false;
    upstream.answer = async (request, reply) => {
      reply.gone.then(() => { isGone = true; });
      if (!stream) return;
      await reply.streamHead();
      await reply.chunk('data: {"model":"zebra","choices":[{}]}\n\n');
    };
    const connection = await weir.connect();
    const before = upstream.requests.length;
    await connection.write(requestBytes({ method: 'POST', path: PATH, headers: { 'x-api-key': KEYS.all }, body: `{"model":"Zebra","stream":${stream}}` }));
    if (stream) await connection.readHead();
    await until(() => upstream.requests.length > before, 'the call has reached the upstream');
    connection[how]();
    await until(() => isGone, `the upstream call ends after ${how}`);
  }
});

test('a refused upstream connection is 502', async () => {
  const { port } = upstream;
  const config = registry({ openai: 'http://127.0.0.1:1/v1' });
  assert.equal((await weir.reload(config)).code, 0);
  assertOpenAiError(await post(BODIES['a small one']), 502, 'upstream_unreachable');
  assert.equal((await weir.reload(registry({ openai: `http://127.0.0.1:${port}/v1` }))).code, 0);
  assert.equal((await post(BODIES['a small one'])).status, 200);
});

test('a model of another protocol answers in this one', async () => {
  const answer = await post('{"model":"claude-sonnet-4","messages":[{"role":"user","content":"Hi"}]}');
  assert.equal(answer.status, 200, answer.text);
  assert.equal(upstream.last.path, '/v1/messages');
  assert.equal(JSON.parse(answer.text).model, 'claude-sonnet-4');
  assert.equal(JSON.parse(answer.text).choices[0].message.content, 'Hello!');
});
