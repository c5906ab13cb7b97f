// A client that speaks HTTP/1.1 over a bare socket: it sends any bytes and shows what came back as
// it was framed. Reading is by demand, so that a test that does not read is a slow client.
import net from 'node:net';

const CRLF = Buffer.from('\r\n');
const HEAD_END = Buffer.from('\r\n\r\n');

export class Ended extends Error {
  constructor(what) {
    super(`the connection ended ${what}`);
  }
}

export class Connection {
  #socket;
  #iterator;
  #held = Buffer.alloc(0);
  #ended = false;

  /** A connection to `port` on this machine. */
  static open(port) {
    return new Promise((resolve, reject) => {
      const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.removeListener('error', reject);
        resolve(new Connection(socket));
      });
    });
  }

  constructor(socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    // A reset is told by the read that meets it.
    socket.on('error', () => {});
    this.#iterator = socket.iterator({ destroyOnReturn: false });
  }

  /** Resolves when the kernel or the socket's buffer has taken the bytes. */
  write(bytes) {
    return new Promise((resolve) => this.#socket.write(bytes, () => resolve()));
  }

  /** Close our half: no more will be sent. */
  halfClose() {
    this.#socket.end();
  }

  close() {
    this.#socket.destroy();
  }

  reset() {
    this.#socket.resetAndDestroy();
  }

  /** Take more bytes in; false at the end of the stream. Throws the socket's error. */
  async #fill() {
    if (this.#ended) return false;
    const { value, done } = await this.#iterator.next();
    if (done) {
      this.#ended = true;
      return false;
    }
    this.#held = this.#held.length === 0 ? value : Buffer.concat([this.#held, value]);
    return true;
  }

  #take(count) {
    const bytes = this.#held.subarray(0, count);
    this.#held = this.#held.subarray(count);
    return bytes;
  }

  async #until(mark, what) {
    let from = 0;
    for (;;) {
      const at = this.#held.indexOf(mark, from);
      if (at >= 0) return this.#take(at + mark.length);
      from = Math.max(0, this.#held.length - mark.length);
      if (!(await this.#fill())) throw new Ended(what);
    }
  }

  /** Exactly `count` bytes, without joining what arrives more than once. */
  async #exactly(count, what) {
    const pieces = [];
    let missing = count;
    while (missing > 0) {
      if (this.#held.length === 0 && !(await this.#fill())) throw new Ended(what);
      const piece = this.#take(Math.min(missing, this.#held.length));
      pieces.push(piece);
      missing -= piece.length;
    }
    return Buffer.concat(pieces, count);
  }

  /** The next head: {status, reason, headers (lower case → value), lines}. */
  async readHead() {
    const text = (await this.#until(HEAD_END, 'before a whole head')).toString('latin1');
    const [first, ...lines] = text.slice(0, -4).split('\r\n');
    const [, minor, status, reason] = /^HTTP\/1\.([01]) (\d{3}) ?(.*)$/.exec(first) ?? [];
    if (status === undefined) throw new Error(`not a status line: ${JSON.stringify(first)}`);
    const headers = {};
    for (const line of lines) {
      const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
      if (name === undefined) throw new Error(`not a field: ${JSON.stringify(line)}`);
      const key = name.toLowerCase();
      headers[key] = key in headers ? `${headers[key]}, ${value}` : value;
    }
    return { status: Number(status), minor: Number(minor), reason, headers, lines };
  }

  /** The pieces of the body that belongs to `head`, as they are framed. */
  async *bodyPieces(head, method = 'GET') {
    if (method === 'HEAD' || head.status === 304 || head.status === 204 || head.status < 200) return;
    if (head.headers['transfer-encoding'] === 'chunked') {
      for (;;) {
        const line = (await this.#until(CRLF, 'inside a chunk size')).toString('latin1');
        const size = parseInt(line, 16);
        if (!/^[0-9a-f]+\r\n$/i.test(line)) throw new Error(`not a chunk size: ${JSON.stringify(line)}`);
        if (size > 0) yield await this.#exactly(size, 'inside a chunk');
        const end = await this.#exactly(2, 'after a chunk');
        if (!end.equals(CRLF)) throw new Error('no CRLF after a chunk');
        if (size === 0) return;
      }
    }
    if ('content-length' in head.headers) {
      let left = Number(head.headers['content-length']);
      while (left > 0) {
        if (this.#held.length === 0 && !(await this.#fill())) throw new Ended(`${left} bytes early`);
        const piece = this.#take(Math.min(left, this.#held.length));
        left -= piece.length;
        yield piece;
      }
      return;
    }
    while (this.#held.length > 0 || (await this.#fill())) yield this.#take(this.#held.length);
  }

  async readBody(head, method) {
    const pieces = [];
    for await (const piece of this.bodyPieces(head, method)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  /** The next final answer with its body; interim ones are collected in `interim`. */
  async readAnswer(method = 'GET') {
    const interim = [];
    for (;;) {
      const head = await this.readHead();
      if (head.status < 200) {
        interim.push(head.status);
        continue;
      }
      const body = await this.readBody(head, method);
      return new Answer(head, body, interim);
    }
  }

  /** True when the other side ends the connection without another byte. A reset counts. */
  async ends() {
    try {
      return this.#held.length === 0 && !(await this.#fill());
    } catch (error) {
      if (error.code === 'ECONNRESET') return true;
      throw error;
    }
  }

  /** All bytes up to the end of the connection, a reset included; `onBytes` sees them as they come. */
  async readToEnd(onBytes = () => {}) {
    try {
      for (let known = 0; await this.#fill(); known = this.#held.length) onBytes(this.#held.subarray(known));
    } catch (error) {
      if (error.code !== 'ECONNRESET') throw error;
    }
    return this.#take(this.#held.length);
  }
}

export class Answer {
  constructor(head, body, interim) {
    this.status = head.status;
    this.headers = head.headers;
    this.lines = head.lines;
    this.interim = interim;
    this.body = body;
  }

  get text() {
    return this.body.toString('utf8');
  }

  get json() {
    return JSON.parse(this.text);
  }

  /** What stands behind each `data: `, for a stream of events. */
  get data() {
    return sseData(this.text);
  }
}

export function sseData(text) {
  return text.split('\n').filter((line) => line.startsWith('data: ')).map((line) => line.slice(6));
}

/** The bytes of a request; Host and Content-Length are written where they are missing. */
export function requestBytes({ method = 'GET', path = '/', headers = {}, body } = {}) {
  const all = { host: 'weir.test', ...headers };
  if (body !== undefined && !('transfer-encoding' in all)) all['content-length'] ??= Buffer.byteLength(body);
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([
    Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'),
    Buffer.from(body ?? ''),
  ]);
}

/** `body` as chunks of at most `size` bytes. */
export function chunked(body, size = 1000) {
  const bytes = Buffer.from(body);
  const pieces = [];
  for (let at = 0; at < bytes.length; at += size) {
    const piece = bytes.subarray(at, at + size);
    pieces.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, CRLF);
  }
  return Buffer.concat([...pieces, Buffer.from('0\r\n\r\n')]);
}

/** One request on a connection of its own. */
export async function fetchOnce(port, request) {
  const connection = await Connection.open(port);
  try {
    await connection.write(requestBytes(request));
    return await connection.readAnswer(request.method);
  } finally {
    connection.close();
  }
}
