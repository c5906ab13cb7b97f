// Requests as the clients that people use write them, with all that they put in: every provider takes them.
import assert from 'node:assert/strict';
import { after, beforeEach } from 'node:test';
import { keyOf } from './config.mjs';
import { startWeir, test } from './harness.mjs';
import { EXPECTED_CALL, PROTOCOLS, answerInAnyProtocol } from './protocols.mjs';
import { Upstream } from './upstream.mjs';

const KEY = 'weir_client-requests-000000000000000000000000000';
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=';
const upstream = await Upstream.start();
after(() => upstream.stop());

const [openai, anthropic, gemini] = PROTOCOLS;
const KINDS = ['openai', 'anthropic', 'gemini', 'openrouter', 'openai_compatible'];
const base = (kind) => (kind === 'anthropic' ? upstream.url.replace(/\/v1$/, '') : upstream.url);
const weir = await startWeir({
  workers: 1,
  providers: Object.fromEntries(KINDS.map((kind) => [kind, { kind, base_url: base(kind), api_key: 'k' }])),
  models: Object.fromEntries(KINDS.map((kind) => [`on-${kind}`, { context_window: 200_000, max_output_tokens: 16_384, deployments: [{ provider: kind, model: 'm' }] }])),
  users: { u: { models: 'all' } },
  keys: { k: keyOf(KEY, { user: 'u' }) },
});
beforeEach(() => {
  upstream.reset();
  upstream.answer = answerInAnyProtocol;
});

const SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object', additionalProperties: false, required: ['file_path'],
  properties: {
    file_path: { type: 'string', description: 'Absolute path' }, limit: { type: 'integer', exclusiveMinimum: 0, maximum: 9007199254740991 },
    edits: { type: 'array', minItems: 1, items: { type: 'object', properties: { old: { type: 'string' }, all: { type: 'boolean', default: false } }, required: ['old'] } },
    mode: { anyOf: [{ type: 'string', enum: ['content', 'count'] }, { type: 'null' }] }, meta: { type: 'object', additionalProperties: {}, propertyNames: { type: 'string' } },
  },
};

function claudeCode(slug) {
  const cache_control = { type: 'ephemeral', ttl: '1h' };
  return {
    model: slug, max_tokens: 32_000, stream: true, temperature: 1,
    system: [
      { type: 'text', text: 'x-anthropic-billing-header: cc_version=2.1' },
      { type: 'text', text: 'You are a coding agent.', cache_control }, { type: 'text', text: '\nEnvironment: linux', cache_control },
    ],
    messages: [
      { role: 'user', content: [{ type: 'text', text: '<system-reminder>todo</system-reminder>' }, { type: 'text', text: 'read the file', cache_control: { type: 'ephemeral' } }] },
      { role: 'assistant', content: [
        { type: 'thinking', thinking: 'Let me look.', signature: 'EqQBCgIYAhIkMTIz' }, { type: 'text', text: 'I read it.' },
        { type: 'tool_use', id: 'toolu_01A', name: 'Read', input: { file_path: '/a/Ł.txt', limit: 10 } },
        { type: 'tool_use', id: 'toolu_01B', name: 'mcp__server__do', input: {} },
      ] },
      { role: 'user', content: [
        { tool_use_id: 'toolu_01A', type: 'tool_result', content: [{ type: 'text', text: '1\tline' }, { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PIXEL } }] },
        { tool_use_id: 'toolu_01B', type: 'tool_result', content: 'failed', is_error: true, cache_control },
        { type: 'text', text: '<system-reminder>be brief</system-reminder>' },
      ] },
      { role: 'system', content: 'The user has changed the mode.' },
      { role: 'user', content: 'go on' },
    ],
    tools: [
      { name: 'Read', description: 'Reads', input_schema: SCHEMA, eager_input_streaming: true },
      { name: 'mcp__server__do', input_schema: { type: 'object', properties: {} }, defer_loading: true, cache_control, input_examples: [{}] },
    ],
    tool_choice: { type: 'auto' },
    thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'high' },
    context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] }, metadata: { user_id: '{"device_id":"d","session_id":"s"}' },
    speed: 'standard', betas: ['a'], diagnostics: { previous_message_id: null }, cache_control: { type: 'ephemeral' },
  };
}

function cursor(slug) {
  return {
    model: slug, stream: true, stream_options: { include_usage: true, include_obfuscation: false }, n: 1, temperature: 0.2, top_p: 1, max_tokens: null, max_completion_tokens: 32_000,
    presence_penalty: 0, frequency_penalty: 0.0, logit_bias: {}, logprobs: false, user: 'u@x.test', store: false, metadata: { a: 'b' }, seed: 42, service_tier: 'auto', safety_identifier: 'h',
    prompt_cache_key: 'pk', prompt_cache_retention: '24h', reasoning_effort: 'medium', verbosity: 'low', response_format: { type: 'text' }, modalities: ['text'], stop: null,
    parallel_tool_calls: true, tool_choice: 'auto',
    tools: [
      { type: 'function', function: { name: 'Read', description: 'Reads', strict: true, parameters: SCHEMA } },
      { type: 'function', function: { name: 'list_dir', description: '', strict: null, parameters: {} } },
    ],
    messages: [
      { role: 'system', content: 'You are a coding agent.' }, { role: 'developer', content: [{ type: 'text', text: 'Environment: linux' }], name: null },
      { role: 'user', name: 'ann', content: [{ type: 'text', text: 'read the file' }, { type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}`, detail: 'high' } }] },
      // As the Python SDK writes back what it was given.
      { role: 'assistant', content: null, refusal: null, annotations: [], audio: null, function_call: null, reasoning_content: 'Let me look.',
        tool_calls: [
          { id: 'call_A', type: 'function', index: 0, function: { name: 'Read', arguments: '{"file_path": "/a/Ł.txt", "limit": 10}' } },
          { id: 'call_B', type: 'function', index: 1, function: { name: 'list_dir', arguments: '' } },
        ] },
      { role: 'tool', tool_call_id: 'call_B', content: [{ type: 'text', text: 'failed' }] }, { role: 'tool', tool_call_id: 'call_A', name: 'Read', content: '1\tline' },
      { role: 'assistant', content: 'I read it.', refusal: null, tool_calls: null }, { role: 'system', content: 'The user has changed the mode.' },
      { role: 'user', content: 'go on' },
    ],
  };
}

function geminiCli() {
  return {
    systemInstruction: { role: 'user', parts: [{ text: 'You are a coding agent.' }, { text: 'Environment: linux' }] },
    contents: [
      { role: 'user', parts: [{ text: 'read the file' }, { inlineData: { mimeType: 'image/png', data: PIXEL } }] },
      { role: 'model', parts: [
        { text: 'Let me look.', thought: true }, { text: 'I read it.', thoughtSignature: 'c2ln' },
        { functionCall: { name: 'Read', args: { file_path: '/a/Ł.txt', limit: 10 } }, thoughtSignature: 'c2ln' }, { functionCall: { id: 'list-1', name: 'list_dir', args: {} } },
      ] },
      { role: 'user', parts: [
        { functionResponse: { name: 'Read', response: { output: '1\tline' } } }, { functionResponse: { id: 'list-1', name: 'list_dir', response: { error: 'failed' } } },
      ] },
      { parts: [{ text: 'go on' }] },
    ],
    tools: [{ functionDeclarations: [
      { name: 'Read', description: 'Reads', parametersJsonSchema: SCHEMA },
      { name: 'list_dir', parameters: { type: 'OBJECT', properties: { dir: { type: 'STRING', nullable: true } }, required: [] } },
    ] }],
    toolConfig: { functionCallingConfig: { mode: 'AUTO' } },
    safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }], labels: { a: 'b' },
    generationConfig: {
      temperature: 1, topP: 0.95, topK: 64, candidateCount: 1, maxOutputTokens: 32_000, stopSequences: [], responseMimeType: 'text/plain', seed: 1,
      responseModalities: ['TEXT'], mediaResolution: 'MEDIA_RESOLUTION_HIGH', thinkingConfig: { includeThoughts: true, thinkingBudget: 8192 },
    },
  };
}

const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** As REST examples write it: every member of the protocol's own in snake case. */
function geminiInSnakeCase() {
  const turn = (value) => {
    if (Array.isArray(value)) return value.map(turn);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [snake(name), ['args', 'response', 'parametersJsonSchema', 'labels'].includes(name) ? each : turn(each)]));
  };
  return turn(geminiCli());
}

const CLIENTS = [
  { name: 'Claude Code', path: () => '/v1/messages?beta=true', headers: { 'anthropic-version': '2023-06-01', 'anthropic-beta': 'claude-code-20250219,context-management-2025-06-27' }, client: anthropic, request: claudeCode },
  { name: 'Cursor', path: () => '/v1/chat/completions', headers: {}, client: openai, request: cursor },
  { name: 'Gemini CLI', path: (slug) => gemini.path(slug, true), headers: { 'x-goog-api-client': 'google-genai-sdk/2.32.0' }, client: gemini, request: geminiCli },
  { name: 'Gemini in snake case', path: (slug) => gemini.path(slug, true), headers: {}, client: gemini, request: geminiInSnakeCase },
];

/** What all three say, wherever a protocol has its place for it; in order. */
const SAID = ['read the file', PIXEL, 'I read it.', 'go on'];
const SAID_SOMEWHERE = ['You are a coding agent.', 'Environment: linux', '/a/Ł.txt', 'file_path', 'exclusiveMinimum', '1\\tline', 'failed', 'Reads'];

for (const { name, path, headers, client, request } of CLIENTS) {
  for (const kind of KINDS) {
    test(`${name} to ${kind}: nothing of a real request is refused or lost`, async () => {
      const slug = `on-${kind}`;
      const answer = await weir.post(path(slug), KEY, request(slug), headers);
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(upstream.errors, []);
      assert.deepEqual(client.read(answer, true).calls, [EXPECTED_CALL]);
      const body = JSON.stringify(upstream.last.json);
      for (const text of SAID_SOMEWHERE) {
        if (text === 'exclusiveMinimum' && kind === 'gemini') continue; // a schema of Gemini's own may lack the word
        assert.ok(body.includes(text), `${text} in ${body}`);
      }
      const places = SAID.slice(client === anthropic ? 2 : 0).map((text) => body.lastIndexOf(text));
      assert.deepEqual(places, places.toSorted((a, b) => a - b), body);
      assert.ok(!places.includes(-1), body);
    });
  }
}
