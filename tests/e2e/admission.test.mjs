// The list is the admission check (DESIGN section 1, promise 1): over every key and every model.
import assert from 'node:assert/strict';
import { displayOrder, effective, keyOf } from './config.mjs';
import { startWeir, test } from './harness.mjs';
import { requestBytes } from './http.mjs';
import { Upstream } from './upstream.mjs';
import { after } from 'node:test';

/** A generator of numbers that gives the same registry at each run (mulberry32). */
function numbers(seed) {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function generate(seed, url) {
  const number = numbers(seed);
  const slugs = Array.from({ length: 70 }, (_, i) => `m${i}`);
  const some = () => slugs.filter(() => number(10) === 0);
  const grant = () => (number(12) === 0 ? 'all' : some());
  const entries = (prefix, count, make) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`${prefix}${i}`, make(i)]));
  return {
    providers: { plain: { kind: 'openai_compatible', base_url: url } },
    models: Object.fromEntries(slugs.map((slug) => [slug, {
      context_window: 1000, priority: number(3), enabled: number(8) !== 0, deployments: [{ provider: 'plain', model: `upstream-${slug}` }],
    }])),
    groups: entries('g', 6, () => ({ models: grant() })),
    users: entries('u', 8, () => ({ models: grant(), groups: [...new Set([`g${number(6)}`, `g${number(6)}`])] })),
    keys: entries('k', 24, (i) => keyOf(`weir_key-${i}`, {
      user: `u${number(8)}`,
      ...(number(2) ? { group: `g${number(6)}` } : {}),
      ...(number(3) ? {} : { allowed_models: some() }),
    })),
  };
}

const upstream = await Upstream.start();
after(() => upstream.stop());
const config = generate(20_261_120, upstream.url);
const weir = await startWeir(config);

async function verdicts(connection, secret, slug) {
  const headers = { 'x-api-key': secret };
  await connection.write(Buffer.concat([
    requestBytes({ method: 'POST', path: '/v1/chat/completions', headers, body: JSON.stringify({ model: slug, messages: [] }) }),
    requestBytes({ path: `/v1/models/${slug}`, headers }),
  ]));
  return [(await connection.readAnswer()).status, (await connection.readAnswer()).status];
}

test('a model is listed for a key if and only if that key may call it', async () => {
  const listed = new Set(displayOrder(config));
  for (const [name, key] of Object.entries(config.keys)) {
    const secret = `weir_key-${name.slice(1)}`;
    const list = (await weir.get('/v1/models', secret)).json.data.map((model) => model.id);
    assert.deepEqual(list, effective(config, key), name);
    const connection = await weir.connect();
    for (const slug of [...Object.keys(config.models), 'unknown', 'upstream-m1']) {
      const refusal = listed.has(slug) ? 403 : 404;
      const expected = list.includes(slug) ? 200 : refusal;
      assert.deepEqual(await verdicts(connection, secret, slug), [expected, expected], `${name} ${slug}`);
    }
    connection.close();
  }
  assert.ok(upstream.requests.length > 100, 'the generated grants are not all empty');
  assert.ok(upstream.requests.every((request) => request.json.model.startsWith('upstream-m')));
});
