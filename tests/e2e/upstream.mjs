// A provider by script: it shows the very bytes that it was sent and answers as a test tells it.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';

const HEAD_END = Buffer.from('\r\n\r\n');

/** One request as it arrived. */
class Received {
  constructor(head, body, rawBody) {
    const text = head.toString('latin1');
    const [first, ...lines] = text.slice(0, -4).split('\r\n');
    [this.method, this.path] = first.split(' ');
    this.head = text;
    this.headers = Object.fromEntries(lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }));
    this.body = body;
    this.rawBody = rawBody;
  }

  get text() {
    return this.body.toString('utf8');
  }

  get json() {
    return JSON.parse(this.text);
  }
}

/** What a script answers with. Every method resolves when the socket has taken the bytes. */
class Reply {
  constructor(socket, connection) {
    this.socket = socket;
    this.connection = connection; // number of the connection, from 0
    this.gone = new Promise((resolve) => socket.once('close', resolve));
  }

  raw(bytes) {
    return new Promise((resolve) => this.socket.write(bytes, () => resolve()));
  }

  head(status, fields = {}) {
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
    return this.raw(`HTTP/1.1 ${status} Whatever\r\n${lines.join('')}\r\n`);
  }

  /** `body`: text, or an object. */
  async json(body, { status = 200, chunkBytes = 0, ...fields } = {}) {
    const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    const type = { 'content-type': 'application/json', ...fields };
    if (chunkBytes === 0) {
      await this.head(status, { ...type, 'content-length': bytes.length });
      await this.raw(bytes);
      return;
    }
    await this.head(status, { ...type, 'transfer-encoding': 'chunked' });
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      await this.chunk(bytes.subarray(at, at + chunkBytes));
    }
    await this.raw('0\r\n\r\n');
  }

  chunk(bytes) {
    const piece = Buffer.from(bytes);
    return this.raw(Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]));
  }

  streamHead(fields = {}) {
    return this.head(200, { 'content-type': 'text/event-stream', 'transfer-encoding': 'chunked', ...fields });
  }

  /** A whole stream, cut into pieces of `pieceBytes` (all at once when 0), a loop turn apart. */
  async stream(text, { pieceBytes = 0, ...fields } = {}) {
    const bytes = Buffer.from(text);
    await this.streamHead(fields);
    const step = pieceBytes || bytes.length || 1;
    for (let at = 0; at < bytes.length; at += step) {
      await this.chunk(bytes.subarray(at, at + step));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await this.raw('0\r\n\r\n');
  }

  end() {
    this.socket.end();
  }

  cut() {
    this.socket.destroy();
  }

  reset() {
    this.socket.resetAndDestroy();
  }
}

/** Take one request out of `held`; undefined while bytes are missing. */
function takeRequest(held) {
  const headEnd = held.indexOf(HEAD_END);
  if (headEnd < 0) return undefined;
  const head = held.subarray(0, headEnd + 4);
  const text = head.toString('latin1').toLowerCase();
  const length = /\r\ncontent-length: *(\d+)\r\n/.exec(text);
  if (/\r\ntransfer-encoding: *chunked\r\n/.test(text)) return takeChunked(head, held);
  const end = head.length + Number(length?.[1] ?? 0);
  if (held.length < end) return undefined;
  const body = held.subarray(head.length, end);
  return { request: new Received(head, body, body), end };
}

function takeChunked(head, held) {
  const pieces = [];
  let at = head.length;
  for (;;) {
    const lineEnd = held.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = parseInt(held.toString('latin1', at, lineEnd), 16);
    const next = lineEnd + 2 + size + 2;
    if (held.length < next) return undefined;
    pieces.push(held.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = next;
    if (size === 0) break;
  }
  return { request: new Received(head, Buffer.concat(pieces), held.subarray(head.length, at)), end: at };
}

export class Upstream {
  /** All requests so far, oldest first. */
  requests = [];
  accepts = 0;
  /** Sockets that are open now. */
  sockets = new Set();
  /** async (request, reply) => …; the default is a small completion. */
  answer = answerCompletion;
  /** Called with each new socket before anything is read; for upstreams that never speak. */
  onConnection = undefined;
  errors = [];

  /** `options`: for tls.createServer(), or undefined for plain TCP. */
  static async start(options) {
    const upstream = new Upstream();
    upstream.server = options
      ? tls.createServer(options, (socket) => upstream.#serve(socket))
      : net.createServer({ noDelay: true }, (socket) => upstream.#serve(socket));
    upstream.server.on('tlsClientError', () => {});
    upstream.server.listen(0, '127.0.0.1');
    await once(upstream.server, 'listening');
    upstream.port = upstream.server.address().port;
    upstream.url = `${options ? 'https' : 'http'}://127.0.0.1:${upstream.port}/v1`;
    return upstream;
  }

  get last() {
    return this.requests.at(-1);
  }

  reset() {
    this.requests.length = 0;
    this.errors.length = 0;
    this.answer = answerCompletion;
    this.onConnection = undefined;
  }

  async #serve(socket) {
    const connection = this.accepts++;
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => {});
    // Each reply on a kept connection listens for its end.
    socket.setMaxListeners(0);
    socket.setNoDelay?.(true);
    if (this.onConnection) {
      this.onConnection(socket);
      return;
    }
    const held = [];
    let bytes = 0;
    let wanted = 0;
    let busy = Promise.resolve();
    socket.on('data', (piece) => {
      held.push(piece);
      bytes += piece.length;
      if (bytes < wanted) return;
      for (;;) {
        const all = Buffer.concat(held);
        const taken = takeRequest(all);
        if (taken === undefined) {
          held.splice(0, held.length, all);
          wanted = bytesWanted(all);
          return;
        }
        held.splice(0, held.length, all.subarray(taken.end));
        bytes = all.length - taken.end;
        wanted = 0;
        this.requests.push(taken.request);
        busy = busy.then(() => this.answer(taken.request, new Reply(socket, connection)))
          .catch((error) => this.errors.push(error));
        if (bytes === 0) return;
      }
    });
  }

  async stop() {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}

/** How many bytes a request of known length takes, so that a large one is joined once. */
function bytesWanted(held) {
  const headEnd = held.indexOf(HEAD_END);
  if (headEnd < 0) return 0;
  const length = /\r\ncontent-length: *(\d+)\r\n/i.exec(held.toString('latin1', 0, headEnd + 4));
  return length ? headEnd + 4 + Number(length[1]) : 0;
}

export const USAGE = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };

export function completion(model, content = 'Hello!') {
  return {
    id: 'chatcmpl-1', object: 'chat.completion', created: 1700000000, model,
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: USAGE,
  };
}

/** The events of a streamed completion as OpenAI writes them. */
export function completionStream(model, words, { include_usage = false, done = true } = {}) {
  const chunk = (delta, finish_reason = null) => ({
    id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1700000000, model,
    choices: [{ index: 0, delta, finish_reason }],
    ...(include_usage ? { usage: null } : {}),
  });
  const chunks = [chunk({ role: 'assistant', content: '' }), ...words.map((content) => chunk({ content })), chunk({}, 'stop')];
  if (include_usage) chunks.push({ ...chunk({}), choices: [], usage: USAGE });
  return chunks.map((each) => `data: ${JSON.stringify(each)}\n\n`).join('') + (done ? 'data: [DONE]\n\n' : '');
}

export function message(model, text = 'Hello!') {
  return {
    id: 'msg_1', type: 'message', role: 'assistant', model,
    content: [{ type: 'text', text }], stop_reason: 'end_turn', stop_sequence: null,
    usage: { input_tokens: 11, output_tokens: 7 },
  };
}

/** The events of a streamed message as Anthropic writes them. */
export function messageStream(model, words, { done = true } = {}) {
  const event = (type, rest) => `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
  const start = { ...message(model), content: [], stop_reason: null, usage: { input_tokens: 11, output_tokens: 1 } };
  return [
    event('message_start', { message: start }),
    event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    event('ping', {}),
    ...words.map((text) => event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })),
    event('content_block_stop', { index: 0 }),
    event('message_delta', { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 7 } }),
    ...(done ? [event('message_stop', {})] : []),
  ].join('');
}

/** Answers in the protocol of the path, streaming when asked. */
export async function answerCompletion(request, reply) {
  const { model, stream, stream_options } = request.json;
  const words = ['Hel', 'lo', '!'];
  if (request.path.endsWith('/messages')) {
    await (stream ? reply.stream(messageStream(model, words)) : reply.json(message(model)));
    return;
  }
  const include_usage = stream_options?.include_usage === true;
  await (stream ? reply.stream(completionStream(model, words, { include_usage })) : reply.json(completion(model)));
}

export function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}
