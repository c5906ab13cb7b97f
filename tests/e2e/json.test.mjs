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
  ['a second model with its last letter escaped', '{"model":"Zebra","mode\\u006C":"gpt-mini"}', 'duplicate_model'],
  ['a second model escaped here and there', '{"m\\u006fd\\u0065l":"Zebra","model":"gpt-mini"}', 'duplicate_model'],
  ['two escaped models', '{"\\u006dodel":"Zebra","m\\u006fdel":"gpt-mini"}', 'duplicate_model'],
  ['three models', '{"model":"Zebra","model":"Zebra","model":"Zebra"}', 'duplicate_model'],
  ['a second model behind 100,000 bytes', `{"model":"Zebra","x":"${'y'.repeat(100_000)}","model":"gpt-mini"}`, 'duplicate_model'],
  ['a second model in mixed case behind white space', '{"model":"Zebra"\n,\t"mOdEl"\r:\n"gpt-mini"}', 'duplicate_model'],
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
  ['an empty list', '[]', undefined],
  ['a number', '1', undefined],
  ['null', 'null', undefined],
  ['true', 'true', undefined],
  ['a model that is true', '{"model":true}', 'invalid_model'],
  ['a case variant that is an object', '{"Model":{"model":"Zebra"}}', undefined],
  ['a string', '"model"', undefined],
  ['nothing', '', 'invalid_json'],
  ['white space', ' \n ', 'invalid_json'],
  ['a byte-order mark', '\ufeff{"model":"Zebra"}', 'invalid_json'],
  ['a byte-order mark behind the end', '{"model":"Zebra"}\ufeff', 'invalid_json'],
  ['a byte-order mark between members', '{\ufeff"model":"Zebra"}', 'invalid_json'],
  ['a no-break space between members', '{\u00a0"model":"Zebra"}', 'invalid_json'],
  ['a vertical tab between members', '{\v"model":"Zebra"}', 'invalid_json'],
  ['a NUL before the beginning', '\0{"model":"Zebra"}', 'invalid_json'],
  ['a NUL between members', '{\0"model":"Zebra"}', 'invalid_json'],
  ['a NUL in a key', '{"model\0":"gpt-mini","model":"Zebra"}', 'invalid_json'],
  ['a DEL between members', '{\x7f"model":"Zebra"}', 'invalid_json'],
  ['a NUL behind the end', '{"model":"Zebra"}\0', 'invalid_json'],
  ['a NUL in a string', '{"model":"Zebra","x":"a\0b"}', 'invalid_json'],
  ['a line break in a string', '{"model":"Zebra","x":"a\nb"}', 'invalid_json'],
  ['a tab in a key', '{"model":"Zebra","a\tb":1}', 'invalid_json'],
  ['a second document', '{"model":"Zebra"}{"model":"gpt-mini"}', 'invalid_json'],
  ['a second document behind a line', '{"model":"Zebra"}\n{"model":"gpt-mini"}', 'invalid_json'],
  ['a record separator', '\x1e{"model":"Zebra"}', 'invalid_json'],
  ['a comma behind the end', '{"model":"Zebra"},', 'invalid_json'],
  ['a closing parenthesis behind the end', '{"model":"Zebra"})', 'invalid_json'],
  ['a word behind the end', '{"model":"Zebra"} x', 'invalid_json'],
  ['a comma at the end of an object', '{"model":"Zebra",}', 'invalid_json'],
  ['a comma at the end of a list', '{"model":"Zebra","x":[1,]}', 'invalid_json'],
  ['a comma at the beginning of an object', '{,"model":"Zebra"}', 'invalid_json'],
  ['a comma at the beginning of a list', '{"model":"Zebra","x":[,1]}', 'invalid_json'],
  ['a key without a value', '{"model":"Zebra","x"}', 'invalid_json'],
  ['a value without a key', '{"model":"Zebra",:1}', 'invalid_json'],
  ['a number for a key', '{1:2,"model":"Zebra"}', 'invalid_json'],
  ['a list for a key', '{[]:2,"model":"Zebra"}', 'invalid_json'],
  ['two commas', '{"model":"Zebra",,"x":1}', 'invalid_json'],
  ['no comma', '{"model":"Zebra" "x":1}', 'invalid_json'],
  ['no colon', '{"model" "Zebra"}', 'invalid_json'],
  ['single quotes', "{'model':'Zebra'}", 'invalid_json'],
  ['a bare key', '{model:"Zebra"}', 'invalid_json'],
  ['a comment', '{"model":"Zebra"/* */}', 'invalid_json'],
  ['a comment that hides a model', '{"model":"Zebra"/*,"model":"gpt-mini"*/}', 'invalid_json'],
  ['a comment at the beginning', '// x\n{"model":"Zebra"}', 'invalid_json'],
  ['a comment with a hash', '{"model":"Zebra"} # x', 'invalid_json'],
  ['a comment to the end', '{"model":"Zebra"} // x', 'invalid_json'],
  ['a number with a leading zero', '{"model":"Zebra","x":01}', 'invalid_json'],
  ['a number with a plus', '{"model":"Zebra","x":+1}', 'invalid_json'],
  ['a number without digits behind the point', '{"model":"Zebra","x":1.}', 'invalid_json'],
  ['a number without digits before the point', '{"model":"Zebra","x":.5}', 'invalid_json'],
  ['an exponent without digits', '{"model":"Zebra","x":1e}', 'invalid_json'],
  ['an exponent of a word', '{"model":"Zebra","x":1e+}', 'invalid_json'],
  ['two signs', '{"model":"Zebra","x":--1}', 'invalid_json'],
  ['a minus alone', '{"model":"Zebra","x":-}', 'invalid_json'],
  ['two points', '{"model":"Zebra","x":1.2.3}', 'invalid_json'],
  ['an underscore in a number', '{"model":"Zebra","x":1_000}', 'invalid_json'],
  ['a big number of JavaScript', '{"model":"Zebra","x":1n}', 'invalid_json'],
  ['a hex number', '{"model":"Zebra","x":0x1}', 'invalid_json'],
  ['NaN', '{"model":"Zebra","x":NaN}', 'invalid_json'],
  ['Infinity', '{"model":"Zebra","x":-Infinity}', 'invalid_json'],
  ['True', '{"model":"Zebra","x":True}', 'invalid_json'],
  ['half a word', '{"model":"Zebra","x":tru}', 'invalid_json'],
  ['a lone high surrogate', '{"model":"Zebra","x":"\\ud83d"}', 'invalid_json'],
  ['a lone low surrogate', '{"model":"Zebra","x":"\\ude00"}', 'invalid_json'],
  ['surrogates in the wrong order', '{"model":"Zebra","x":"\\ude00\\ud83d"}', 'invalid_json'],
  ['a high surrogate and a letter', '{"model":"Zebra","x":"\\ud83dx"}', 'invalid_json'],
  ['a lone surrogate in a key', '{"model":"Zebra","\\ud83d":1}', 'invalid_json'],
  ['a lone surrogate in the model', '{"model":"Zebra\\ud83d"}', 'invalid_json'],
  ['a lone surrogate behind the model key', '{"model\\ud800":"gpt-mini","model":"Zebra"}', 'invalid_json'],
  ['two high surrogates', '{"model":"Zebra","x":"\\ud83d\\ud83d"}', 'invalid_json'],
  ['an escape that is none', '{"model":"Zebra","x":"\\x41"}', 'invalid_json'],
  ['a short unicode escape', '{"model":"Zebra","x":"\\u12"}', 'invalid_json'],
  ['an escape of a NUL byte', '{"model":"Zebra","x":"\\0"}', 'invalid_json'],
  ['an escaped single quote', '{"model":"Zebra","x":"\\\'"}', 'invalid_json'],
  ['a unicode escape that is no hex', '{"model":"Zebra","x":"\\u00zz"}', 'invalid_json'],
  ['an escape of ECMAScript 6', '{"\\u{6d}odel":"gpt-mini","model":"Zebra"}', 'invalid_json'],
  ['an escape in capitals', '{"\\U006dodel":"gpt-mini","model":"Zebra"}', 'invalid_json'],
  ['a back-slash at the end', '{"model":"Zebra","x":"\\', 'invalid_json'],
  ['an open string', '{"model":"Zebra', 'invalid_json'],
  ['an open object', '{"model":"Zebra"', 'invalid_json'],
  ['a bracket of the other kind', '{"model":"Zebra","x":[1}}', 'invalid_json'],
  ['more closed than opened', '{"model":"Zebra"}}', 'invalid_json'],
  ['more depth than limits.json_depth', nested(64), 'invalid_json'],
  ['one more depth of objects', `{"model":"Zebra","x":${'{"a":'.repeat(64)}1${'}'.repeat(64)}}`, 'invalid_json'],
  ['100,000 open brackets', `{"model":"Zebra","x":${'['.repeat(100_000)}`, 'invalid_json'],
  ['100,000 brackets', nested(100_000), 'invalid_json'],
  ['UTF-32', Buffer.from('{\0\0\0"\0\0\0', 'latin1'), 'invalid_json'],
  ['UTF-16 with its mark', Buffer.from('\ufeff{"model":"Zebra"}', 'utf16le'), 'invalid_json'],
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
  ['the same with its last letter escaped', '{"mode\\u006C":"Zebra"}'],
  ['an escaped slash and quotes about the model', '{"\\u0022model\\u0022":"gpt-mini","model":"Zebra","\\/":1}'],
  ['a key whose escape is no letter of it', '{"\\u006dodel\\u0000":"gpt-mini","\\u0000model":"gpt-mini","model":"Zebra"}'],
  ['a key with an invisible letter', '{"mod\u200bel":"gpt-mini","model":"Zebra"}'],
  ['a key with a combining letter', '{"model\u0301":"gpt-mini","model":"Zebra"}'],
  ['a key in full width', '{"\uff4dodel":"gpt-mini","model":"Zebra"}'],
  ['a model that all parsers write otherwise', '{"model":"\\u005A\\u0065\\u0062\\u0072\\u0061"}'],
  ['white space everywhere', ' \t\r\n{ \n"model"\t: \r"Zebra" , "x" : [ 1 , { } ] }\n '],
  ['huge exponents wherever a number may stand', `{${['max_tokens', 'max_completion_tokens', 'temperature', 'top_p', 'top_k', 'n', 'seed', 'stream', 'logprobs', 'top_logprobs', 'frequency_penalty', 'presence_penalty', 'stream_options', 'thinking'].map((name) => `"${name}":1e999999999,`).join('')}"model":"Zebra","messages":[-1E+999999999,{"x":0.1e-999999999}]}`],
  ['an exponent of 100,000 digits', `{"model":"Zebra","n":1e${'9'.repeat(100_000)}}`],
  ['a fraction of 100,000 digits', `{"model":"Zebra","n":0.${'0'.repeat(99_999)}1}`],
  ['a negative zero', '{"model":"Zebra","n":-0,"m":-0.0e-0}'],
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
