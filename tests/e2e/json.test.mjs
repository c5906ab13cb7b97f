// What a request body is taken for: the gateway and the provider see the same model, or it is 400.
// Rows from advisories about gateways whose parser and whose provider's parser disagreed.
import assert from 'node:assert/strict';
import { after, beforeEach } from 'node:test';
import { KEYS, registry } from './fixture.mjs';
import { assertAnthropicError, assertOpenAiError, startWeir, test } from './harness.mjs';
import { Upstream } from './upstream.mjs';

const upstream = await Upstream.start();
after(() => upstream.stop());
const weir = await startWeir({ ...registry({ openai: upstream.url }), limits: { json_depth: 64 } });
beforeEach(() => upstream.reset());

const BYTES = (...parts) => Buffer.concat(parts.map((part) => (Buffer.isBuffer(part) ? part : Buffer.from(part))));
const nested = (depth) => `{"model":"Zebra","x":${'['.repeat(depth)}${']'.repeat(depth)}}`;

const REFUSED = [
  ['the model twice', '{"model":"Zebra","model":"Zebra"}', 'duplicate_model'],
  ['two models', '{"model":"Zebra","x":1,"model":"gpt-mini"}', 'duplicate_model'],
  ['a second model with an escape', '{"model":"Zebra","\\u006dodel":"gpt-mini"}', 'duplicate_model'],
  ['a second model all in escapes', '{"\\u006d\\u006F\\u0064\\u0065\\u006c":"gpt-mini","model":"Zebra"}', 'duplicate_model'],
  ['a second model in another case', '{"model":"Zebra","Model":"gpt-mini"}', 'duplicate_model'],
  ['a first model in another case', '{"MODEL":"gpt-mini","model":"Zebra"}', 'duplicate_model'],
  ['a second model that is null', '{"model":"Zebra","model":null}', 'duplicate_model'],
  ['an escaped case variant', '{"model":"Zebra","\\u004dodel":"gpt-mini"}', 'duplicate_model'],
  ['a second model behind a nested one', '{"model":"Zebra","x":{"model":"y"},"model":"gpt-mini"}', 'duplicate_model'],
  ['a case variant alone', '{"Model":"Zebra"}', undefined],
  ['no model', '{"messages":[]}', 'missing_model'],
  ['an empty object', '{}', 'missing_model'],
  ['a nested model alone', '{"x":{"model":"Zebra"}}', 'missing_model'],
  ['a model that is null', '{"model":null}', 'invalid_model'],
  ['a model that is a number', '{"model":7}', 'invalid_model'],
  ['a model that is a list', '{"model":["Zebra"]}', 'invalid_model'],
  ['a model that is an object', '{"model":{"model":"Zebra"}}', 'invalid_model'],
  ['a list', '[{"model":"Zebra"}]', undefined],
  ['a string', '"model"', undefined],
  ['nothing', '', 'invalid_json'],
  ['white space', ' \n ', 'invalid_json'],
  ['a byte-order mark', '\ufeff{"model":"Zebra"}', 'invalid_json'],
  ['a NUL behind the end', '{"model":"Zebra"}\0', 'invalid_json'],
  ['a NUL in a string', '{"model":"Zebra","x":"a\0b"}', 'invalid_json'],
  ['a line break in a string', '{"model":"Zebra","x":"a\nb"}', 'invalid_json'],
  ['a tab in a key', '{"model":"Zebra","a\tb":1}', 'invalid_json'],
  ['a second document', '{"model":"Zebra"}{"model":"gpt-mini"}', 'invalid_json'],
  ['a word behind the end', '{"model":"Zebra"} x', 'invalid_json'],
  ['a comma at the end of an object', '{"model":"Zebra",}', 'invalid_json'],
  ['a comma at the end of a list', '{"model":"Zebra","x":[1,]}', 'invalid_json'],
  ['two commas', '{"model":"Zebra",,"x":1}', 'invalid_json'],
  ['no comma', '{"model":"Zebra" "x":1}', 'invalid_json'],
  ['no colon', '{"model" "Zebra"}', 'invalid_json'],
  ['single quotes', "{'model':'Zebra'}", 'invalid_json'],
  ['a bare key', '{model:"Zebra"}', 'invalid_json'],
  ['a comment', '{"model":"Zebra"/* */}', 'invalid_json'],
  ['a comment to the end', '{"model":"Zebra"} // x', 'invalid_json'],
  ['a number with a leading zero', '{"model":"Zebra","x":01}', 'invalid_json'],
  ['a number with a plus', '{"model":"Zebra","x":+1}', 'invalid_json'],
  ['a number without digits behind the point', '{"model":"Zebra","x":1.}', 'invalid_json'],
  ['a number without digits before the point', '{"model":"Zebra","x":.5}', 'invalid_json'],
  ['an exponent without digits', '{"model":"Zebra","x":1e}', 'invalid_json'],
  ['a hex number', '{"model":"Zebra","x":0x1}', 'invalid_json'],
  ['NaN', '{"model":"Zebra","x":NaN}', 'invalid_json'],
  ['Infinity', '{"model":"Zebra","x":-Infinity}', 'invalid_json'],
  ['True', '{"model":"Zebra","x":True}', 'invalid_json'],
  ['half a word', '{"model":"Zebra","x":tru}', 'invalid_json'],
  ['a lone high surrogate', '{"model":"Zebra","x":"\\ud83d"}', 'invalid_json'],
  ['a lone low surrogate', '{"model":"Zebra","x":"\\ude00"}', 'invalid_json'],
  ['two high surrogates', '{"model":"Zebra","x":"\\ud83d\\ud83d"}', 'invalid_json'],
  ['an escape that is none', '{"model":"Zebra","x":"\\x41"}', 'invalid_json'],
  ['a short unicode escape', '{"model":"Zebra","x":"\\u12"}', 'invalid_json'],
  ['an open string', '{"model":"Zebra', 'invalid_json'],
  ['an open object', '{"model":"Zebra"', 'invalid_json'],
  ['a bracket of the other kind', '{"model":"Zebra","x":[1}}', 'invalid_json'],
  ['more closed than opened', '{"model":"Zebra"}}', 'invalid_json'],
  ['more depth than limits.json_depth', nested(64), 'invalid_json'],
  ['100,000 brackets', nested(100_000), 'invalid_json'],
  ['UTF-16', Buffer.from('{"model":"Zebra"}', 'utf16le'), 'invalid_json'],
];

for (const [name, body, code] of REFUSED) {
  test(`400: ${name}`, async () => {
    const openai = await weir.post('/v1/chat/completions', KEYS.all, body);
    assertOpenAiError(openai, 400, code);
    const anthropic = await weir.post('/v1/messages', KEYS.all, typeof body === 'string' ? body.replaceAll('Zebra', 'claude-sonnet-4') : body);
    assertAnthropicError(anthropic, 400, 'invalid_request_error');
    assert.equal(upstream.requests.length, 0, 'no upstream heard of it');
  });
}

const TAKEN = [
  ['an escaped key alone', '{"\\u006dodel":"Zebra"}'],
  ['an escaped model', '{"model":"\\u005aebra"}'],
  ['a key that only begins like it', '{"models":"x","mode":1,"model ":2,"modelx":3,"model":"Zebra"}'],
  ['an empty key', '{"":1,"model":"Zebra"}'],
  ['a key with the look of it', '{"m\u043edel":"gpt-mini","model":"Zebra"}'],
  ['nested models, twice, in any case', '{"model":"Zebra","a":{"model":1,"model":2,"Model":3},"b":[{"model":4}]}'],
  ['a model inside a string', '{"x":"\\",\\"model\\":\\"gpt-mini","model":"Zebra"}'],
  ['a huge exponent', '{"model":"Zebra","temperature":1e999999999,"n":1E-999999999}'],
  ['a huge number', `{"model":"Zebra","seed":${'9'.repeat(5000)}}`],
  ['as much depth as is allowed', nested(62)],
  ['a pair of surrogates', '{"model":"Zebra","x":"\\ud83d\\ude00"}'],
  ['a long key', `{"${'k'.repeat(70_000)}":1,"model":"Zebra"}`],
  ['the same other key in two cases', '{"Stream":true,"a":1,"A":2,"model":"Zebra"}'],
];

for (const [name, body] of TAKEN) {
  test(`the provider sees the admitted model: ${name}`, async () => {
    const answer = await weir.post('/v1/chat/completions', KEYS.all, body);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(upstream.last.json.model, 'zebra-upstream');
  });
}

test('bytes that are no UTF-8 are 400, or passed on as they are', async () => {
  for (const bytes of [[0xc0, 0x80], [0xe6, 0x97], [0xff], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80]]) {
    const before = BYTES('{"model":"Zebra","x":"', Buffer.from(bytes), '"}');
    const answer = await weir.post('/v1/chat/completions', KEYS.all, before);
    if (answer.status === 400) continue;
    assert.equal(answer.status, 200);
    assert.ok(upstream.last.body.equals(BYTES('{"model":"zebra-upstream","x":"', Buffer.from(bytes), '"}')));
  }
});

test('a model whose slug is too long, empty or odd is not found', async () => {
  for (const model of ['', ' ', 'x'.repeat(129), 'x'.repeat(70_000), 'Zebra ', 'zebra', '../Zebra', 'Zebra\u0000']) {
    assertOpenAiError(await weir.post('/v1/chat/completions', KEYS.all, { model }), 404, 'model_not_found');
  }
  const answer = await weir.post('/v1/chat/completions', KEYS.all, BYTES('{"model":"Zebra', Buffer.of(0xff), '"}'));
  assert.ok([400, 404].includes(answer.status), answer.text);
  assert.equal(upstream.requests.length, 0);
});

test('no field of a body chooses the upstream', async () => {
  const elsewhere = await Upstream.start();
  const { url } = elsewhere;
  for (const name of ['api_base', 'base_url', 'api_key', 'endpoint', 'provider', 'custom_llm_provider', 'litellm_params', 'deployment_id', 'proxy', 'url', 'host']) {
    const answer = await weir.post('/v1/chat/completions', KEYS.all, { model: 'Zebra', [name]: url });
    assert.equal(answer.status, 200);
    assert.equal(upstream.last.json[name], url, 'passed on as it is');
  }
  assert.equal(elsewhere.accepts, 0);
  await elsewhere.stop();
});
