// The steward is killed at moments that nobody chose while several clients change the directory.
// That each step of a change may be the last is shown by unit tests, stop by stop (shm/stops.h);
// this adds what they leave out: the kernel's kill in the middle of whatever is between two stops,
// many clients at once, the successor that the master starts, and workers that serve meanwhile.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Admin } from './admin.mjs';
import { digest } from './config.mjs';
import { KEYS, registry } from './fixture.mjs';
import { runWeir, test, until, withWeir } from './harness.mjs';

const KILLS = 6;
const WRITERS = 3;
const config = { ...registry({ openai: 'http://127.0.0.1:9/v1' }), workers: 2 };

/** What the database has, read from outside: {check, keys: {name: [digest, revoked]}, refused, audit}. */
const READER = `
import json, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
print(json.dumps({
  "check": db.execute("pragma integrity_check").fetchall(),
  "keys": {n: [d.hex(), r != 0] for n, d, r in db.execute("select name, digest, revoked_ms from keys")},
  "refused": [d.hex() for (d,) in db.execute("select digest from revoked_digests")],
  "audit": db.execute("select change, verb, name from audit where kind = 'key' order by change").fetchall(),
}))`;

/** One client: makes, rotates and revokes until it is told to stop. An error is an answer that never came. */
async function write(admin, id, state) {
  for (let n = 0; !state.isOver; n++) {
    const name = `key-${id}-${n}`;
    const steps = [['create', '/admin/keys', { name, user: 'anna' }]];
    if (n % 2 === 0) steps.push(['rotate', `/admin/keys/${name}/rotate`, {}]);
    if (n % 3 === 0) steps.push(['revoke', `/admin/keys/${name}/revoke`, undefined]);
    const row = { name, verbs: [], texts: [], isRevoked: false, unsure: undefined };
    state.rows.push(row);
    for (const [verb, url, body] of steps) {
      const answer = await admin.post(url, body).catch(() => undefined);
      if (answer === undefined || answer.status >= 300) {
        if (answer !== undefined) assert.equal(answer.status, 503, answer.text);
        row.unsure = verb;
        await new Promise((resolve) => setTimeout(resolve, 20));
        break;
      }
      row.verbs.push(verb);
      if (answer.json.key) row.texts.push(answer.json.key);
      row.isRevoked = verb === 'revoke';
    }
  }
}

/** Requests without an end; each must succeed. */
async function read(weir, state) {
  while (!state.isOver) {
    const answer = await weir.get('/v1/models', KEYS.all);
    assert.equal(answer.status, 200, answer.text);
    const revoked = state.rows.findLast((row) => row.isRevoked);
    if (revoked) assert.equal((await weir.get('/v1/models', revoked.texts.at(-1))).status, 401, `${revoked.name} is revoked`);
    state.reads++;
  }
}

async function kill(weir) {
  const [pid] = await until(() => { const found = weir.processes('steward'); return found.length === 1 && found; }, 'a steward');
  process.kill(pid, 'SIGKILL');
  await until(() => { const [now] = weir.processes('steward'); return now !== undefined && now !== pid; }, 'a successor');
}

test('no kill of the steward loses, invents or undoes a change', () => withWeir(config, async (weir) => {
  const admin = new Admin(weir);
  await until(() => admin.describe().catch(() => false), 'the admin API answers');
  weir.expectDeaths();
  assert.equal((await admin.post('/admin/users?wait=true', { name: 'anna', models: ['gpt-mini'] })).status, 201);

  const state = { rows: [], reads: 0, isOver: false };
  const busy = [read(weir, state), ...Array.from({ length: WRITERS }, (_, id) => write(admin, id, state))];
  const failure = Promise.all(busy);
  failure.catch(() => {});
  for (let n = 0; n < KILLS; n++) {
    // A moment of its own each time: so many changes after the successor's first, and a bit.
    const done = () => state.rows.reduce((sum, row) => sum + row.verbs.length, 0);
    const before = done();
    await Promise.race([failure, until(() => done() > before + n * 2, 'changes go on')]);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 40));
    await kill(weir);
  }
  await until(() => admin.get('/admin/users').then((answer) => answer.status === 200, () => false), 'the last successor answers');
  state.isOver = true;
  await failure;
  assert.ok(state.reads > 10 && state.rows.some((row) => row.unsure), 'requests went on, and kills hit changes');
  // Everything before it is published as well.
  const last = await admin.post('/admin/users?wait=true', { name: 'last' });
  assert.equal(last.headers['x-weir-effective'], 'published');

  const file = path.join(weir.folder, 'state', 'weir.db');
  const database = JSON.parse(execFileSync('python3', ['-c', READER, file], { encoding: 'utf8', maxBuffer: 64 << 20 }));
  assert.deepEqual(database.check, [['ok']]);
  const written = fs.readFileSync(path.join(weir.folder, 'state', 'directory'));
  const trail = new Map();
  for (const [, verb, name] of database.audit) trail.set(name, [...(trail.get(name) ?? []), verb]);
  assert.deepEqual([...trail.keys()].sort(), Object.keys(database.keys).sort(), 'the trail and the keys agree');

  for (const { name, verbs, texts, isRevoked, unsure } of state.rows) {
    const said = trail.get(name) ?? [];
    const whole = unsure && said.length > verbs.length ? [...verbs, unsure] : verbs;
    assert.deepEqual(said, whole, `${name}: what was acknowledged is in the trail, once`);
    if (said.length === 0) continue;
    const [hex, wasRevoked] = database.keys[name];
    assert.equal(wasRevoked, whole.includes('revoke'), name);
    assert.ok(written.includes(Buffer.from(hex, 'hex')), `${name} is in the export`);
    for (const [n, text] of texts.entries()) {
      const isLive = n === texts.length - 1 && !isRevoked && !whole.includes('revoke') && whole.length === verbs.length;
      assert.equal(digest(text) === hex, n === texts.length - 1 && !(unsure === 'rotate' && whole.length > verbs.length), `${name}: text ${n}`);
      assert.equal((await weir.get('/v1/models', text)).status, isLive ? 200 : 401, `${name}: text ${n} of ${whole}`);
    }
  }
  // Of a revoked key the export has the refusal only.
  const live = Object.values(database.keys).filter(([, wasRevoked]) => !wasRevoked).length;
  const checked = await runWeir(['check', '--config', weir.file]);
  assert.equal(checked.code, 0, checked.stderr);
  assert.match(checked.stdout, new RegExp(`in the directory 0 groups, 2 users, ${live} keys?\\n$`));
}));
