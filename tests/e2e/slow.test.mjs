// Thousands of clients that read a byte a second of streams far longer than all buffers: memory is
// what the configuration says, and stays there (DESIGN section 1, promise 7).
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { KEYS, registry } from './fixture.mjs';
import { IS_LONG, WEIR, test, until, withWeir } from './harness.mjs';
import { descriptorCount, pssBytes } from './proc.mjs';

const HELPER = path.join(path.dirname(WEIR), 'tests', 'slow_streams');

const STREAM_BUFFER_BYTES = 65536;
/** Beside the buffer: two connections, the call, a piece that was not taken, what is left of a chunk. */
const STREAM_COST_BYTES = 40_000;
const PROCESS_BYTES = 32 << 20;
const FLAT_BYTES = 4 << 20;
const STREAM_BYTES = 4 << 20;

/** What the kernel keeps of a stream: what weir has not read, and what the client has not. */
const KERNEL_BYTES = 256 << 10;

/** Workers share the descriptors, the helpers have one per stream; the kernel has its own bound. */
function readersAllowed() {
  const descriptors = Number(/^Max open files\s+\d+\s+(\d+)/m.exec(fs.readFileSync('/proc/self/limits', 'utf8'))[1]);
  const [, pressure] = fs.readFileSync('/proc/sys/net/ipv4/tcp_mem', 'utf8').split(/\s+/).map(Number);
  return Math.min(Math.floor((descriptors - 200) / 2), Math.floor(pressure * 4096 / KERNEL_BYTES));
}

class Helper {
  constructor(...args) {
    this.child = spawn(HELPER, args.map(String), { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = readline.createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  async line() {
    const { value } = await this.lines.next();
    return value ?? assert.fail('the helper has ended');
  }

  async report() {
    this.child.stdin.write('\n');
    return JSON.parse(await this.line());
  }

  async stop() {
    if (this.child.exitCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.stdin.end();
    await ended;
  }
}

/** Streams that are opened before anything is measured. */
const WARMING = 50;

const sum = (of) => of.reduce((a, b) => a + b, 0);

test('slow readers of long streams cost what is configured, and no more with time', async (t) => {
  const readers = Math.min(IS_LONG ? 10_000 : 1_000, readersAllowed());
  assert.ok(readers >= 1000, `only ${readers} readers are allowed here`);
  t.diagnostic(`${readers} readers`);
  const flood = new Helper('flood', '--bytes', STREAM_BYTES);
  const port = await flood.line();
  const config = {
    ...registry({ openai: `http://127.0.0.1:${port}/v1` }),
    workers: 2,
    // The kernel shares them out by chance.
    limits: { connections: Math.ceil(readers * 0.6) + 50, calls: Math.ceil(readers * 0.6) + 50, stream_buffer_bytes: STREAM_BUFFER_BYTES },
    timeouts: { client_send_ms: 3_600_000 },
  };
  await withWeir(config, async (weir) => {
    const workers = weir.workers();
    const pss = () => sum(workers.map(pssBytes));
    const descriptors = () => sum(workers.map(descriptorCount));
    const open = async (streams) => {
      const slow = new Helper('read', '--port', weir.port, '--streams', streams, '--model', 'Zebra', '--key', KEYS.all);
      assert.equal(await slow.line(), 'open');
      return slow;
    };
    const areGone = (calls) => until(async () => (await weir.totals()).counters.calls_client_gone === calls, `${calls} calls have ended`, 60_000);
    // What a worker opens once, it has opened.
    await (await open(WARMING)).stop();
    await areGone(WARMING);
    const before = { pss: pss(), descriptors: descriptors() };
    const endedBefore = (await flood.report()).ended;
    const slow = await open(readers);
    try {
      const floodStands = async () => {
        const { bytes } = await flood.report();
        await delay(300);
        return (await flood.report()).bytes === bytes;
      };
      await until(floodStands, 'every upstream is held', 60_000);
      assert.ok((await weir.totals()).counters.held >= readers, 'every stream was held');
      assert.equal((await flood.report()).ended, endedBefore, 'no stream has come to its end');

      const first = pss();
      const perStream = Math.round((first - before.pss) / readers);
      t.diagnostic(`${perStream} bytes a stream`);
      assert.ok(first < PROCESS_BYTES * 2 + before.pss + readers * (STREAM_BUFFER_BYTES + STREAM_COST_BYTES), `PSS ${first}`);
      const { bytes } = await slow.report();
      const seconds = IS_LONG ? 60 : 3;
      await until(async () => (await slow.report()).bytes >= bytes + readers * seconds, 'they read on', seconds * 4000);
      const last = pss();
      assert.ok(Math.abs(last - first) < FLAT_BYTES, `PSS went from ${first} to ${last}`);
      assert.equal((await slow.report()).ended, 0, 'nobody was given up');
      // Others are served meanwhile.
      assert.equal((await weir.get('/v1/models', KEYS.all)).status, 200);
    } finally {
      await slow.stop();
    }
    await areGone(WARMING + readers);
    await until(() => descriptors() <= before.descriptors, 'every descriptor is closed');
  }).finally(() => flood.stop());
}, { timeout: 300_000 });
