// Every fault of an upstream, over and over, beside streams that nothing is wrong with: those do not
// notice, and afterwards nothing is left of it (DESIGN sections 1 and 9).
import assert from 'node:assert/strict';
import { after } from 'node:test';
import { Ends, WAYS, ask, assertNothingIsOpen, wayOf } from './ends.mjs';
import { INTERIM, MALFORMED_HEADS, ODD_BUT_GOOD, REFUSING, TRUNCATING, WITHOUT_BODY, WITHOUT_TERMINATOR } from './faults.mjs';
import { KEYS, registry } from './fixture.mjs';
import { IS_LONG, startWeir, test, until } from './harness.mjs';
import { requestBytes } from './http.mjs';
import { descriptorCount, pssBytes } from './proc.mjs';
import { Upstream } from './upstream.mjs';

const STREAMS = 200;
const ROUNDS = IS_LONG ? 20 : 1;
/** Which faults are met once before anything is measured. */
const WARMING_STEP = 4;
/** Pools keep what they once needed, up to their bounds, and the allocator its pages. */
const PSS_TOLERANCE_BYTES = 4 << 20;

/** In an order that mixes good and bad, so that no deployment fails too often in a row. */
const FAULTS = [...REFUSING, ...MALFORMED_HEADS, ...INTERIM, ...TRUNCATING, ...WITHOUT_TERMINATOR, ...ODD_BUT_GOOD, ...WITHOUT_BODY]
  .map((fault, i) => ({ fault, at: (i * 7919) % 1009 }))
  .sort((a, b) => a.at - b.at)
  .map(({ fault }) => fault);

const sound = await Upstream.start();
const sick = await Upstream.start();
after(() => Promise.all([sound.stop(), sick.stop()]));

const config = registry({ openai: sick.url });
config.providers.plain.base_url = sound.url;
const SICK_MODELS = { '/v1/chat/completions': 'gpt-mini', '/v1/messages': 'claude-sonnet-4' };
const weir = await startWeir({
  ...config, workers: 1, retries: { attempts_max: 1 }, breaker: { failures: 255, open_ms: 100 },
}, {
  // Freed memory is to be given back, or memory could not be compared.
  env: { ASAN_OPTIONS: [process.env.ASAN_OPTIONS, 'quarantine_size_mb=1'].filter(Boolean).join(':') },
});

/** Steps that all streams take together. */
class Pace {
  #isTaken;
  #take;

  constructor() {
    this.#renew();
  }

  #renew() {
    this.#isTaken = new Promise((resolve) => { this.#take = resolve; });
  }

  next() {
    return this.#isTaken;
  }

  step() {
    const take = this.#take;
    this.#renew();
    take();
  }
}

/** As many events as there are steps, which tell the stream's number and their own. */
async function sayBySteps(request, reply, pace, steps) {
  const { user } = request.json;
  await reply.streamHead();
  for (let i = 0; i < steps; i++) {
    const step = pace.next();
    await reply.chunk(`data: {"model":"x","choices":[{"delta":{"content":"${user} ${i} – ${'é'.repeat(i % 50)}"}}]}\n\n`);
    await step;
  }
  await reply.chunk('data: [DONE]\n\n');
  await reply.raw('0\r\n\r\n');
}

async function readStream(user) {
  const connection = await weir.connect();
  const body = JSON.stringify({ model: 'Zebra', stream: true, stream_options: { include_usage: true }, user });
  await connection.write(requestBytes({ method: 'POST', path: '/v1/chat/completions', headers: { 'x-api-key': KEYS.all }, body }));
  const answer = await connection.readAnswer();
  connection.close();
  assert.equal(answer.status, 200);
  return answer.text;
}

/** All streams to their end, with `between()` before each step; their texts. */
async function runStreams(steps, between) {
  const pace = new Pace();
  let waiting = 0;
  sound.answer = (request, reply) => {
    waiting++;
    return sayBySteps(request, reply, pace, steps);
  };
  const reading = Promise.all(Array.from({ length: STREAMS }, (_, i) => readStream(`stream ${i}`)));
  await Promise.race([reading, until(() => waiting === STREAMS, 'all streams are open')]);
  let isOver = false;
  reading.catch(() => {}).finally(() => { isOver = true; });
  for (let i = 0; !isOver; i++) {
    if (i < steps) await between(i);
    else await new Promise((resolve) => setImmediate(resolve));
    pace.step();
  }
  return reading;
}

/** One fault in each way; now and then the client leaves instead of reading. */
async function meetFault(number) {
  const [, , fault] = FAULTS[number % FAULTS.length];
  sick.reset();
  const leaves = (user) => user % 5 === 0;
  // Who leaves, leaves an upstream that has said nothing yet.
  sick.answer = async (request, reply) => leaves(request.json.user) || fault(reply, wayOf(request));
  const got = await Promise.allSettled(WAYS.map(async (way, i) => {
    const user = number + i;
    const bytes = way.request({ model: SICK_MODELS[way.protocol.path], user });
    if (!leaves(user)) {
      (await ask(weir, way, { bytes })).connection.close();
      return;
    }
    const connection = await weir.connect();
    await connection.write(bytes);
    await until(() => sick.requests.some((request) => request.json.user === user), 'the upstream is asked');
    connection.reset();
  }));
  for (const { reason } of got) assert.ifError(reason);
  return WAYS.length;
}

async function closeKept() {
  for (const socket of [...sound.sockets, ...sick.sockets]) socket.destroy();
  await until(() => sound.sockets.size + sick.sockets.size === 0, 'no upstream connection is kept');
}

/** When nothing is open: what the worker still has. */
async function remains() {
  const [worker] = weir.workers();
  await closeKept();
  await assertNothingIsOpen(weir);
  await until(async () => (await weir.totals()).gauges.connections_open === 0, 'no client is connected');
  return { descriptors: descriptorCount(worker), pss: pssBytes(worker) };
}

test('two hundred streams are the same bytes with and without faults beside them, and nothing of the faults remains', async (t) => {
  const steps = FAULTS.length * ROUNDS;
  const ends = await Ends.of(weir);
  let asked = 0;
  const alone = await runStreams(steps, () => {});
  await ends.assertCounted({ complete: STREAMS });
  for (let i = 0; i < FAULTS.length; i += WARMING_STEP) asked += await meetFault(i);
  const before = await remains();
  const among = await runStreams(steps, async (i) => { asked += await meetFault(i); });
  for (const [i, text] of among.entries()) assert.ok(text === alone[i], `stream ${i} differs`);

  await closeKept();
  const counted = await ends.assertAllEnded(asked + STREAMS);
  t.diagnostic(JSON.stringify(counted));
  for (const end of ['complete', 'failed', 'truncated', 'gone']) assert.ok(counted[end] > 0, end);
  const now = await remains();
  t.diagnostic(`descriptors ${before.descriptors} → ${now.descriptors}, PSS ${before.pss} → ${now.pss}`);
  assert.ok(now.descriptors <= before.descriptors, 'no descriptor is left');
  assert.ok(now.pss - before.pss < PSS_TOLERANCE_BYTES, `PSS ${before.pss} → ${now.pss}`);
}, { timeout: IS_LONG ? 600_000 : 60_000 });
