// Keys, users and groups of the directory's export beside those of the file: one generation, one
// owner each, and no start or reload that needs the database (DESIGN sections 2 and 5).
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, beforeEach } from 'node:test';
import { keyOf } from './config.mjs';
import { KEYS, registry } from './fixture.mjs';
import { WEIR, Weir, assertOpenAiError, freePort, runWeir, test } from './harness.mjs';
import { Upstream } from './upstream.mjs';

const TOOL = path.join(path.dirname(WEIR), 'tests', 'directory_tool');

const upstream = await Upstream.start();
after(() => upstream.stop());
beforeEach(() => upstream.reset());

const base = () => registry({ openai: upstream.url });

const DIRECTORY = [
  'group team gpt-mini,Zebra,a-model-to-come',
  'group everybody all',
  'user ann team last',
  'user off everybody -',
  'key ann-laptop text-of-ann ann - all',
  'key ann-narrow text-of-narrow ann - Zebra,a-model-to-come',
  'key build text-of-build - everybody all',
  'key off-key text-of-off off - all',
  'disable-user off',
];

const stateDir = (weir) => path.join(weir.folder, 'state');
const exportOf = (weir) => path.join(stateDir(weir), 'directory');
const databaseOf = (weir) => path.join(stateDir(weir), 'weir.db');

/** Operations on the directory, and its export; what they printed. */
function change(weir, ...lines) {
  return execFileSync(TOOL, [stateDir(weir)], { input: lines.map((line) => `${line}\n`).join(''), encoding: 'utf8' }).trim();
}

/** A weir whose state folder is as `prepare` leaves it. */
async function withDirectory(prepare, body, config = base()) {
  const weir = new Weir(config);
  change(weir, ...DIRECTORY);
  prepare(weir);
  await weir.start();
  let failed = true;
  try {
    await body(weir);
    failed = false;
  } finally {
    await (failed ? weir.stop().catch(() => weir.child.kill('SIGKILL')) : weir.stop());
  }
}

async function listed(weir, key) {
  const answer = await weir.get('/v1/models', key);
  assert.equal(answer.status, 200, answer.text);
  return answer.json.data.map((model) => model.id);
}

async function refused(weir, key, message) {
  const answer = await weir.get('/v1/models', key);
  assertOpenAiError(answer, 401, 'invalid_api_key');
  assert.match(answer.json.error.message, message);
}

async function reloaded(weir, word) {
  const { stdout, stderr, code } = await weir.reload();
  assert.match(`${stdout}${stderr}`, new RegExp(`^${word} `, 'm'));
  assert.equal(code, word === 'refused' ? 1 : 0);
  return stderr;
}

/** What the directory says, and beside it the file. */
async function assertServesBoth(weir) {
  assert.deepEqual(await listed(weir, 'text-of-ann'), ['gpt-mini', 'Zebra', 'last']);
  assert.deepEqual(await listed(weir, 'text-of-narrow'), ['Zebra']);
  assert.deepEqual(await listed(weir, 'text-of-build'), await listed(weir, KEYS.all));
  await refused(weir, 'text-of-off', /disabled/);
  await refused(weir, 'text-of-nobody', /Incorrect API key/);
}

test('keys of the directory and of the file list and call what they are granted', () => withDirectory(() => {}, async (weir) => {
  await assertServesBoth(weir);
  for (const [model, status] of [['Zebra', 200], ['last', 403], ['a-model-to-come', 404]]) {
    const answer = await weir.post('/v1/chat/completions', 'text-of-narrow', { model, messages: [{ role: 'user', content: 'hi' }] });
    assert.equal(answer.status, status, answer.text);
  }
  const status = JSON.parse((await weir.run('status', '--json')).stdout);
  const { groups, users, keys, directory_groups, directory_users, directory_keys } = status;
  assert.deepEqual({ groups, users, keys }, { groups: 3, users: 3, keys: 8 });
  assert.deepEqual({ directory_groups, directory_users, directory_keys }, { directory_groups: 2, directory_users: 2, directory_keys: 4 });
}));

test('a change of the directory is live after a reload, one that comes to nothing is unchanged', () => withDirectory(() => {}, async (weir) => {
  const before = await weir.generation();
  change(weir, 'touch build');
  await reloaded(weir, 'unchanged');
  assert.equal(await weir.generation(), before);

  const fresh = change(weir, 'key more text-of-more ann - all', 'rotate ann-laptop 3600', 'remove-key build', 'revoke bob-some');
  const warnings = await reloaded(weir, 'reloaded');
  assert.match(warnings, /weir\.yaml:\d+:\d+: warning: keys\.bob-some: the key is revoked by its name in the directory/);
  assert.deepEqual(await listed(weir, 'text-of-more'), ['gpt-mini', 'Zebra', 'last']);
  assert.deepEqual(await listed(weir, fresh), ['gpt-mini', 'Zebra', 'last']);
  assert.deepEqual(await listed(weir, 'text-of-ann'), ['gpt-mini', 'Zebra', 'last']);
  await refused(weir, 'text-of-build', /Incorrect API key/);
  await refused(weir, KEYS.some, /revoked/);
  assert.equal((await listed(weir, KEYS.one)).length, 1);
}));

test('one name in the file and in the directory is refused, and both places are named', () => withDirectory(() => {}, async (weir) => {
  const config = base();
  config.users.ann = { models: 'all' };
  config.keys.mine = keyOf('text-of-build', { user: 'ada' });
  weir.configure(config);
  const said = await reloaded(weir, 'refused');
  assert.match(said, /weir\.yaml:\d+:\d+: error: users\.ann: the directory has this name too \(.*\/state\/directory, change \d+\)/);
  assert.match(said, /weir\.yaml:\d+:\d+: error: keys\.mine\.sha256: the directory's key "build" has this digest too/);
  await assertServesBoth(weir);
  const checked = await runWeir(['check', '--config', weir.file]);
  assert.equal(checked.code, 1);
  assert.match(checked.stderr, /users\.ann: the directory has this name too/);
  weir.configure(base());
  await reloaded(weir, 'unchanged');
}));

const RUINS = {
  gone: (weir) => fs.rmSync(databaseOf(weir)),
  ruined: (weir) => fs.writeFileSync(databaseOf(weir), 'this is no database'),
};
for (const [what, ruin] of Object.entries(RUINS)) {
  test(`a start and a reload do not need the database: it is ${what}`, () => withDirectory((weir) => {
    ruin(weir);
    for (const more of ['-wal', '-shm']) fs.rmSync(`${databaseOf(weir)}${more}`, { force: true });
  }, async (weir) => {
    await assertServesBoth(weir);
    const config = base();
    config.models.Zebra.description = 'another';
    weir.configure(config);
    await reloaded(weir, 'reloaded');
    await assertServesBoth(weir);
  }));
}

test('who may not read the export checks without it and is told so', async () => {
  const nobody = 65534;
  const weir = new Weir(base(), { uid: nobody });
  weir.configure({ ...base(), listen: [`127.0.0.1:${await freePort()}`] });
  change(weir, ...DIRECTORY);
  const check = (...options) => {
    const { status, stdout, stderr } = spawnSync(weir.binary, ['check', ...options, '--config', weir.file], { uid: nobody, gid: nobody, encoding: 'utf8' });
    return { status, said: `${stdout}${stderr}` };
  };
  const lenient = check();
  assert.equal(lenient.status, 0, lenient.said);
  assert.match(lenient.said, /state\/directory: warning: the directory's export cannot be read by this user: it is left out/);
  const strict = check('--secrets');
  assert.equal(strict.status, 1, strict.said);
  assert.match(strict.said, /state\/directory: error: the directory's export cannot be read: Permission denied/);
  const checked = await runWeir(['check', '--config', weir.file]);
  assert.match(checked.stdout, /8 keys; in the directory 2 groups, 2 users, 4 keys\n$/);
  fs.rmSync(weir.folder, { recursive: true });
}, { skip: process.getuid() !== 0 && 'needs root' });

function damage(weir) {
  const bytes = fs.readFileSync(exportOf(weir));
  bytes[bytes.length - 1] ^= 1;
  fs.writeFileSync(`${exportOf(weir)}.bad`, bytes);
  fs.renameSync(`${exportOf(weir)}.bad`, exportOf(weir));
}

for (const [what, ruin] of Object.entries({ damaged: damage, missing: (weir) => fs.rmSync(exportOf(weir)) })) {
  test(`a start whose export is ${what} writes it anew from the database`, () => withDirectory(ruin, async (weir) => {
    assert.match(weir.log, new RegExp(`directory: warning: the directory's export is ${what}; it was written anew from the database`));
    await assertServesBoth(weir);
    await reloaded(weir, 'unchanged');
  }));

  test(`a start whose export is ${what} and whose database is ruined is refused`, async () => {
    const weir = new Weir(base());
    change(weir, ...DIRECTORY);
    ruin(weir);
    RUINS.ruined(weir);
    weir.configure({ ...base(), listen: ['127.0.0.1:0'] });
    const { code, stderr } = await runWeir(['serve', '--config', weir.file]);
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`directory: error: the directory's export is ${what}, and cannot be written anew: `));
    assert.ok(stderr.includes('cannot start'), stderr);
    fs.rmSync(weir.folder, { recursive: true });
  });

  test(`a reload whose export is ${what} is refused, and what is live stays`, () => withDirectory(() => {}, async (weir) => {
    ruin(weir);
    const said = await reloaded(weir, 'refused');
    assert.match(said, /\/state\/directory: error: the directory's export (is damaged|was there and is missing now)/);
    await assertServesBoth(weir);
    change(weir, 'touch build');
    await reloaded(weir, 'unchanged');
  }));
}
