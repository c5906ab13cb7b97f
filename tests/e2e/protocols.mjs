// The three protocols, as a client writes and reads them and as a provider does.
import assert from 'node:assert/strict';
import { assertAnthropicError, assertOpenAiError } from './harness.mjs';
import { sseData } from './http.mjs';
import { completion, completionStream, message, messageStream } from './upstream.mjs';

const SCHEMA = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const CALL = { id: 'call_1', name: 'weather', args: { city: 'Łódź' } };
const event = (type, rest) => `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
const data = (value) => `data: ${JSON.stringify(value)}\n\n`;

/** What a client saw: {text, calls: [{name, args}], finish, usage: {input, output}}. */
function seen(text, calls, finish, usage) {
  return { text, calls, finish, usage };
}

// --- OpenAI ---------------------------------------------------------------------------------------

function openaiChunks(text) {
  const lines = sseData(text);
  assert.equal(lines.at(-1), '[DONE]');
  return lines.slice(0, -1).map((line) => JSON.parse(line));
}

function readOpenAi(answer, isStream) {
  if (!isStream) {
    const { choices: [{ message: { content, tool_calls = [] }, finish_reason }], usage } = answer.json;
    const calls = tool_calls.map(({ function: { name, arguments: args } }) => ({ name, args: JSON.parse(args) }));
    return seen(content ?? '', calls, finish_reason, { input: usage.prompt_tokens, output: usage.completion_tokens });
  }
  const chunks = openaiChunks(answer.text);
  const calls = [];
  let text = '';
  let finish;
  for (const { choices: [choice] } of chunks.filter((chunk) => chunk.choices.length > 0)) {
    text += choice.delta.content ?? '';
    for (const each of choice.delta.tool_calls ?? []) {
      calls[each.index] ??= { name: '', args: '' };
      calls[each.index].name += each.function.name ?? '';
      calls[each.index].args += each.function.arguments ?? '';
    }
    finish = choice.finish_reason ?? finish;
  }
  const { usage } = chunks.at(-1);
  return seen(text, calls.map(({ name, args }) => ({ name, args: JSON.parse(args) })), finish,
    { input: usage.prompt_tokens, output: usage.completion_tokens });
}

const openai = {
  name: 'OpenAI',
  kind: 'openai',
  path: () => '/v1/chat/completions',
  isPath: (path) => path === '/v1/chat/completions',
  request: (slug, { stream = false, tools = false } = {}) => ({
    model: slug, max_completion_tokens: 100,
    messages: [{ role: 'system', content: 'Be kind.' }, { role: 'user', content: 'Hi' }],
    ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
    ...(tools ? { tools: [{ type: 'function', function: { name: CALL.name, parameters: SCHEMA } }] } : {}),
  }),
  read: readOpenAi,
  finish: { text: 'stop', tools: 'tool_calls' },
  assertError: (answer, status) => assertOpenAiError(answer, status),
  errorEvent: /data: \{"error":\{[^\n]*\}\}\n\n$/,
  terminator: '[DONE]',
  // As a provider.
  isStream: (request) => request.json.stream === true,
  document: (tools) => tools ? {
    ...completion('m'), choices: [{ index: 0, finish_reason: 'tool_calls', message: { role: 'assistant', content: null,
      tool_calls: [{ id: CALL.id, type: 'function', function: { name: CALL.name, arguments: JSON.stringify(CALL.args) } }] } }],
  } : completion('m'),
  stream: (tools) => {
    if (!tools) return completionStream('m', ['Hel', 'lo', '!'], { include_usage: true });
    const chunk = (delta, finish_reason = null) => data({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason }] });
    const call = (rest) => chunk({ tool_calls: [{ index: 0, ...rest }] });
    const args = JSON.stringify(CALL.args);
    return chunk({ role: 'assistant', content: null }) + call({ id: CALL.id, type: 'function', function: { name: CALL.name, arguments: '' } })
      + call({ function: { arguments: args.slice(0, 5) } }) + call({ function: { arguments: args.slice(5) } }) + chunk({}, 'tool_calls')
      + data({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [], usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 } })
      + 'data: [DONE]\n\n';
  },
  opening: data({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] }),
  words: (text) => data({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: { content: text }, finish_reason: null }] }),
  refusal: { error: { message: 'Not so.', type: 'invalid_request_error', param: null, code: null } },
  errorInStream: data({ error: { message: 'Try later.', type: 'server_error', code: 503 } }),
};

// --- Anthropic ------------------------------------------------------------------------------------

function readAnthropic(answer, isStream) {
  if (!isStream) {
    const { content, stop_reason, usage } = answer.json;
    return seen(content.filter((block) => block.type === 'text').map((block) => block.text).join(''),
      content.filter((block) => block.type === 'tool_use').map(({ name, input }) => ({ name, args: input })), stop_reason,
      { input: usage.input_tokens, output: usage.output_tokens });
  }
  const events = sseData(answer.text).map((line) => JSON.parse(line)).filter(({ type }) => type !== 'ping');
  assert.equal(events[0].type, 'message_start');
  assert.equal(events.at(-1).type, 'message_stop');
  const blocks = [];
  for (const { type, index, content_block, delta } of events) {
    if (type === 'content_block_start') blocks[index] = { ...content_block, json: '' };
    if (delta?.type === 'text_delta') blocks[index].text += delta.text;
    if (delta?.type === 'input_json_delta') blocks[index].json += delta.partial_json;
  }
  const last = events.at(-2);
  assert.equal(last.type, 'message_delta');
  return seen(blocks.filter((block) => block.type === 'text').map((block) => block.text).join(''),
    blocks.filter((block) => block.type === 'tool_use').map(({ name, json }) => ({ name, args: JSON.parse(json || '{}') })),
    last.delta.stop_reason, { input: last.usage.input_tokens ?? events[0].message.usage.input_tokens, output: last.usage.output_tokens });
}

const anthropic = {
  name: 'Anthropic',
  kind: 'anthropic',
  path: () => '/v1/messages',
  isPath: (path) => path === '/v1/messages',
  request: (slug, { stream = false, tools = false } = {}) => ({
    model: slug, max_tokens: 100, system: 'Be kind.', messages: [{ role: 'user', content: 'Hi' }],
    ...(stream ? { stream: true } : {}),
    ...(tools ? { tools: [{ name: CALL.name, input_schema: SCHEMA }] } : {}),
  }),
  read: readAnthropic,
  finish: { text: 'end_turn', tools: 'tool_use' },
  assertError: (answer, status) => assertAnthropicError(answer, status, answer.json.error.type),
  errorEvent: /event: error\ndata: \{"type":"error","error":\{[^\n]*\}[^\n]*\}\n\n$/,
  terminator: 'message_stop',
  isStream: (request) => request.json.stream === true,
  document: (tools) => tools ? {
    ...message('m'), content: [{ type: 'tool_use', id: CALL.id, name: CALL.name, input: CALL.args }], stop_reason: 'tool_use',
  } : message('m'),
  stream: (tools) => {
    if (!tools) return messageStream('m', ['Hel', 'lo', '!']);
    const args = JSON.stringify(CALL.args);
    const delta = (partial_json) => event('content_block_delta', { index: 0, delta: { type: 'input_json_delta', partial_json } });
    return anthropic.opening + event('content_block_start', { index: 0, content_block: { type: 'tool_use', id: CALL.id, name: CALL.name, input: {} } })
      + delta('') + delta(args.slice(0, 5)) + delta(args.slice(5)) + event('content_block_stop', { index: 0 })
      + event('message_delta', { delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: { output_tokens: 7 } }) + event('message_stop', {});
  },
  opening: event('message_start', { message: { ...message('m'), content: [], stop_reason: null } }) + event('ping', {}),
  words: (text) => event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } })
    + event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } }),
  refusal: { type: 'error', error: { type: 'invalid_request_error', message: 'Not so.' } },
  errorInStream: event('error', { error: { type: 'overloaded_error', message: 'Try later.' } }),
};

// --- Gemini ---------------------------------------------------------------------------------------

const USAGE = { promptTokenCount: 11, candidatesTokenCount: 7, totalTokenCount: 18 };

function geminiPart(parts, finishReason) {
  return { candidates: [{ content: { role: 'model', parts }, index: 0, ...(finishReason ? { finishReason } : {}) }], modelVersion: 'm', usageMetadata: USAGE };
}

function readGemini(answer, isStream) {
  const answers = isStream ? sseData(answer.text).map((line) => JSON.parse(line)) : [answer.json];
  return readGeminiAnswers(answers);
}

export function readGeminiAnswers(answers) {
  const parts = answers.flatMap(({ candidates = [] }) => candidates[0]?.content?.parts ?? []);
  const { candidates: [{ finishReason }], usageMetadata } = answers.at(-1);
  return seen(parts.map(({ text = '' }) => text).join(''),
    parts.filter((part) => part.functionCall).map(({ functionCall: { name, args } }) => ({ name, args })), finishReason,
    { input: usageMetadata.promptTokenCount, output: usageMetadata.candidatesTokenCount });
}

const gemini = {
  name: 'Gemini',
  kind: 'gemini',
  path: (slug, isStream) => `/v1beta/models/${slug}:${isStream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
  isPath: (path) => path.startsWith('/v1/models/'),
  request: (slug, { tools = false } = {}) => ({
    systemInstruction: { parts: [{ text: 'Be kind.' }] }, contents: [{ role: 'user', parts: [{ text: 'Hi' }] }], generationConfig: { maxOutputTokens: 100 },
    ...(tools ? { tools: [{ functionDeclarations: [{ name: CALL.name, parametersJsonSchema: SCHEMA }] }] } : {}),
  }),
  read: readGemini,
  finish: { text: 'STOP', tools: 'STOP' },
  assertError: (answer, status) => {
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.json.error.code, status);
    assert.equal(typeof answer.json.error.status, 'string');
  },
  errorEvent: /data: \{"error":\{"code":\d+,[^\n]*\}\}\r?\n\r?\n$/,
  terminator: 'finishReason',
  isStream: (request) => request.path.endsWith(':streamGenerateContent?alt=sse'),
  document: (tools) => geminiPart(tools ? [{ functionCall: { id: CALL.id, name: CALL.name, args: CALL.args } }] : [{ text: 'Hello!' }], 'STOP'),
  stream: (tools) => (tools ? [geminiPart([{ functionCall: { id: CALL.id, name: CALL.name, args: CALL.args } }]), geminiPart([{ text: '' }], 'STOP')]
    : [geminiPart([{ text: 'Hel' }]), geminiPart([{ text: 'lo' }]), geminiPart([{ text: '!' }], 'STOP')])
    .map((each) => `data: ${JSON.stringify(each)}\r\n\r\n`).join(''),
  opening: '',
  words: (text) => `data: ${JSON.stringify(geminiPart([{ text }]))}\r\n\r\n`,
  refusal: { error: { code: 400, message: 'Not so.', status: 'INVALID_ARGUMENT' } },
  errorInStream: `data: ${JSON.stringify({ error: { code: 503, message: 'Try later.', status: 'UNAVAILABLE' } })}\r\n\r\n`,
};

export const PROTOCOLS = [openai, anthropic, gemini];
export const EXPECTED_CALL = { name: CALL.name, args: CALL.args };

/** Who wrote this request of an upstream's? */
export function protocolOf(request) {
  return PROTOCOLS.find((protocol) => protocol.isPath(request.path));
}

/** A sound provider of any protocol: text, or a tool call where there are tools. */
export async function answerInAnyProtocol(request, reply) {
  const protocol = protocolOf(request);
  assert.ok(protocol, request.path);
  const tools = request.json.tools !== undefined;
  await (protocol.isStream(request) ? reply.stream(protocol.stream(tools)) : reply.json(protocol.document(tools)));
}
