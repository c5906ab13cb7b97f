// Two parsers that upstreams use, against what weir routed to: whatever weir lets through, Python's
// json and JSON.parse take the same model from it, before weir's edit and after. Bodies are made of
// pieces that parsers are known to disagree about; the seed is fixed, so that a failure repeats.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after } from 'node:test';
import { KEYS, registry } from './fixture.mjs';
import { startWeir, test } from './harness.mjs';
import { Connection, requestBytes } from './http.mjs';
import { Upstream } from './upstream.mjs';

const upstream = await Upstream.start();
after(() => upstream.stop());
const config = registry({ openai: upstream.url });
const weir = await startWeir(config);

const UPSTREAM_NAMES = new Map(Object.entries(config.models).map(([slug, model]) => [slug, model.deployments[0].model]));
const BODIES_COUNT = 2500;
const TOGETHER = 8;

/** Numbers in [0, 1) from a seed: mulberry32. */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

class Maker {
  constructor(seed) {
    this.random = randomFrom(seed);
  }

  chance(share) {
    return this.random() < share;
  }

  one(list) {
    return list[Math.floor(this.random() * list.length)];
  }

  /** A text between quotes, some letters of it as escapes. */
  spelled(text, share) {
    const letters = [...text].map((letter) => {
      if (!this.chance(share)) return letter;
      const hex = letter.charCodeAt(0).toString(16).padStart(4, '0');
      return `\\u${this.chance(0.5) ? hex : hex.toUpperCase()}`;
    });
    return `"${letters.join('')}"`;
  }

  space() {
    return this.chance(0.8) ? '' : this.one([' ', '\n', '\t', '\r', '  \r\n', '\u00a0', '\ufeff', '\v', '\0', '/**/']);
  }

  key() {
    const kind = this.random();
    if (kind < 0.45) return this.spelled('model', this.one([0, 0, 0.3, 1]));
    if (kind < 0.5) return this.spelled(this.one(['Model', 'MODEL', 'modeL']), 0.1);
    if (kind < 0.55) return this.one(['model', "'model'", '"model', '"mod\\el"', '"model\\u0000"', '"\\ud800model"', '"mod\nel"', '"m\u00f6del"']);
    return this.spelled(this.one(['messages', 'stream', 'x', '', 'models', 'mode', ' model', 'stream_options', 'model ', 'm', '__proto__', 'toJSON']), 0.1);
  }

  value(depth) {
    const kind = this.random();
    if (kind < 0.5) return this.spelled(this.one(['Zebra', 'gpt-mini', 'a.plain-one', 'last']), this.one([0, 0, 0.3]));
    if (kind < 0.6) return this.one(['1', '-0', '1e999', '1E-999999999', '9'.repeat(50), 'true', 'false', 'null', '0.5']);
    if (kind < 0.65) return this.one(['01', '+1', '.5', '1.', 'NaN', 'Infinity', '-Infinity', 'True', 'None', 'undefined', '0x1', '1_0', "'Zebra'"]);
    if (kind < 0.72) return this.one(['"\\",\\"model\\":\\"gpt-mini"', '"\\\\"', '"}"', '"\\ud83d\\ude00"', '"\\ud83d"', '"\\x41"', '"\u2028"', '"a\0"', '"é"']);
    if (depth > 4) return '[]';
    if (kind < 0.86) return this.object(depth + 1);
    return `[${Array.from({ length: Math.floor(this.random() * 3) }, () => this.value(depth + 1)).join(',')}${this.chance(0.04) ? ',' : ''}]`;
  }

  member(depth) {
    return `${this.space()}${this.key()}${this.space()}:${this.space()}${this.value(depth)}`;
  }

  object(depth) {
    const members = Array.from({ length: Math.floor(this.random() * 4) }, () => this.member(depth));
    return `{${members.join(',')}${this.chance(0.03) ? ',' : ''}${this.space()}}`;
  }

  /** Mostly one good model among other members, so that many bodies are let through. */
  body() {
    const members = Array.from({ length: Math.floor(this.random() * 4) }, () => this.member(1));
    if (this.chance(0.8)) {
      const good = `${this.spelled('model', this.one([0, 0, 0.4]))}:${this.spelled(this.one(['Zebra', 'gpt-mini', 'last']), 0.1)}`;
      members.splice(Math.floor(this.random() * (members.length + 1)), 0, good);
    }
    const behind = this.chance(0.96) ? '' : this.one([',', '}', ' x', '\0', '{}', '\ufeff', '// x', ']', '\n{"model":"last"}']);
    return Buffer.from(`${this.chance(0.02) ? '\ufeff' : ''}${this.space()}{${members.join(',')}${this.space()}}${behind}`);
  }
}

const REFUSED = Symbol('refused');

function asNode(bytes) {
  try {
    return JSON.parse(bytes.toString('utf8'))?.model;
  } catch {
    return REFUSED;
  }
}

// "several": whoever takes the first of them, or any case, reads another model than who takes the
// last.
const PYTHON = `
import base64, json, sys
class Members(list):
    pass
for line in sys.stdin:
    try:
        value = json.loads(base64.b64decode(line), object_pairs_hook=Members)
        models = [each for each in value if each[0].lower() == "model"] if isinstance(value, Members) else []
        model = models[0][1] if len(models) == 1 and isinstance(models[0][1], str) else ["several"]
        print(json.dumps({"model": model}))
    except Exception:
        print("null")
`;

/** What Python takes for the one model of each body; undefined where there is no Python. */
function asPython(bodies) {
  let text;
  try {
    text = execFileSync('python3', ['-c', PYTHON], { input: bodies.map((bytes) => `${bytes.toString('base64')}\n`).join(''), maxBuffer: 64 << 20 }).toString();
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
  return text.trimEnd().split('\n').map((line) => JSON.parse(line)?.model ?? REFUSED);
}

/** Send all; what weir let through: the body, what the upstream got, and the slug of the answer. */
async function sendAll(bodies) {
  const through = [];
  const left = bodies.map((body, index) => ({ body, index }));
  upstream.answer = (request, reply) => reply.json({ model: 'x', got: request.body.toString('base64') });
  await Promise.all(Array.from({ length: TOGETHER }, async () => {
    const connection = await Connection.open(weir.port);
    for (let each = left.shift(); each !== undefined; each = left.shift()) {
      await connection.write(requestBytes({ method: 'POST', path: '/v1/chat/completions', headers: { 'x-api-key': KEYS.all }, body: each.body }));
      const answer = await connection.readAnswer();
      if (answer.status === 200) through.push({ body: each.body, got: Buffer.from(answer.json.got, 'base64'), slug: answer.json.model });
      else assert.ok([400, 404].includes(answer.status), `${answer.status} to ${each.body}`);
    }
    connection.close();
  }));
  return through;
}

/** `models`: one parser's for each body. A parser that refuses what weir took harms nobody. */
function assertSameModels(parser, through, models, nameOf, where) {
  let agreed = 0;
  through.forEach((each, i) => {
    if (models[i] === REFUSED) return;
    agreed++;
    assert.equal(models[i], nameOf(each), `${parser} reads another model ${where}: ${each.body}`);
  });
  assert.ok(agreed > through.length * 0.95, `${parser} takes ${agreed} of ${through.length}`);
}

test('what is let through names the same model to every parser, before the edit and after', async (t) => {
  const maker = new Maker(20_260_501);
  const bodies = Array.from({ length: BODIES_COUNT }, () => maker.body());
  const through = await sendAll(bodies);
  assert.ok(through.length > BODIES_COUNT / 10, `${through.length} were let through`);
  assert.ok(through.length < BODIES_COUNT * 0.9, `${through.length} were let through`);
  const given = through.map((each) => each.body);
  const got = through.map((each) => each.got);
  const slugOf = (each) => each.slug;
  const nameOf = (each) => UPSTREAM_NAMES.get(each.slug);
  assertSameModels('JSON.parse', through, given.map(asNode), slugOf, 'before the edit');
  assertSameModels('JSON.parse', through, got.map(asNode), nameOf, 'after it');
  const ofGiven = asPython(given);
  if (ofGiven === undefined) {
    t.diagnostic('there is no python3: only JSON.parse was asked');
    return;
  }
  assertSameModels('Python', through, ofGiven, slugOf, 'before the edit');
  assertSameModels('Python', through, asPython(got), nameOf, 'after it');
});
