// The commands of the directory against a running weir: docs/commands.md and docs/keys.md.
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, beforeEach } from 'node:test';
import { KEYS, registry } from './fixture.mjs';
import { WEIR, runWeir, startWeir, test, until, withWeir } from './harness.mjs';
import { Upstream } from './upstream.mjs';

const NOUNS = ['keys', 'users', 'groups', 'grants', 'models'];
const ALONE = ['check', 'config', 'status', 'reload', 'backup', 'why', 'diff', 'demo-upstream', 'version'];
const COMPLETION = new URL('../../systemd/weir.bash-completion', import.meta.url).pathname;
const COMMANDS = new URL('../../docs/commands.md', import.meta.url).pathname;

const upstream = await Upstream.start();
after(() => upstream.stop());
beforeEach(() => upstream.reset());

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'weir-keys-'));
after(() => fs.rmSync(folder, { recursive: true }));

const base = () => registry({ openai: upstream.url });
const weir = await startWeir(base());

/** Run a command of the directory, without a terminal. */
function run(...args) {
  return runWeir([...args, '--config', weir.file]);
}

/** The same; it must work. @return what it printed */
async function done(...args) {
  const { code, stdout, stderr } = await run(...args);
  assert.equal(code, 0, `weir ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** The same; it must fail so. @return its standard error */
async function fails(code, ...args) {
  const result = await run(...args);
  assert.equal(result.code, code, `weir ${args.join(' ')}: ${result.stdout}${result.stderr}`);
  return result.stderr;
}

async function shown(noun, name) {
  return JSON.parse(await done(noun, 'show', name, '--json'));
}

async function statusOf(key) {
  return (await weir.get('/v1/models', key)).status;
}

async function createKey(...args) {
  return (await done('keys', 'create', ...args)).trim();
}

function written(name, text) {
  const file = path.join(folder, name);
  fs.writeFileSync(file, text);
  return file;
}

/** Answer a command that asks, on a terminal. */
function onTerminal(answer, ...args) {
  return new Promise((resolve) => {
    const line = [WEIR, ...args, '--config', weir.file].map((word) => `'${word}'`).join(' ');
    const child = execFile('script', ['-qec', line, '/dev/null'], (error, stdout) => {
      resolve({ code: error ? error.code : 0, said: stdout });
    });
    child.stdin.end(answer);
  });
}

// --- without a service ---------------------------------------------------------------------------

test('without a running weir there is one line, with what to do, and 3', async () => {
  const nowhere = path.join(folder, 'nowhere.sock');
  const file = written('keys.csv', 'name,key\na,sk-1\n');
  for (const args of [['keys', 'list'], ['keys', 'create', '--user', 'amy'], ['keys', 'revoke', 'a', '--yes'], ['users', 'list'],
    ['groups', 'add', 'g'], ['grants', 'list', '--user', 'amy'], ['keys', 'import', file], ['backup', path.join(folder, 'none.db')]]) {
    const { code, stdout, stderr } = await runWeir([...args, '--socket', nowhere]);
    assert.equal(code, 3, `${args.join(' ')}: ${stderr}`);
    assert.ok(stderr.startsWith(`weir ${args[0]}`), stderr);
    assert.ok(stderr.includes(nowhere) && stderr.includes('systemctl start weir'), stderr);
    if (args[1] !== 'import') {
      assert.equal(stdout, '');
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
    }
  }
  assert.deepEqual(fs.readdirSync(folder), ['keys.csv']);
});

test('the socket follows from the configuration, also from one that does not load', async () => {
  const broken = written('broken.yaml', `state_dir: ${folder}\nmodells: {}\n`);
  assert.match((await runWeir(['keys', 'list', '--config', broken])).stderr, new RegExp(`${folder}/admin.sock`));
  const named = written('named.yaml', `admin: { socket: ${folder}/other.sock }\n`);
  assert.match((await runWeir(['keys', 'list', '--config', named])).stderr, new RegExp(`${folder}/other.sock`));
  const gone = await runWeir(['keys', 'list', '--config', path.join(folder, 'gone.yaml')]);
  assert.equal(gone.code, 1);
  assert.match(gone.stderr, /gone\.yaml/);
});

test('a file that answers nothing like the admin API is said to be none', async () => {
  const socket = path.join(folder, 'other.sock');
  const { createServer } = await import('node:http');
  const server = createServer((_, response) => response.end('<html>')).listen(socket);
  await once(server, 'listening');
  try {
    const { code, stderr } = await runWeir(['keys', 'list', '--socket', socket]);
    assert.equal(code, 1);
    assert.match(stderr, /not one of weir's admin API/);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

// --- help, completion, documents -----------------------------------------------------------------

async function verbs(noun) {
  const { code, stdout } = await runWeir([noun, '--help']);
  assert.equal(code, 0);
  return [...stdout.matchAll(/^ {2}(\w+) /gm)].map((found) => found[1]);
}

test('every command explains itself, and the documentation has it with every option', async () => {
  const commands = fs.readFileSync(COMMANDS, 'utf8');
  const lines = ALONE.map((word) => [word]);
  for (const noun of NOUNS) {
    const all = await verbs(noun);
    assert.ok(all.length >= 2, noun);
    lines.push(...all.map((verb) => [noun, verb]));
  }
  for (const line of lines) {
    const { code, stdout } = await runWeir([...line, '--help']);
    assert.equal(code, 0, line.join(' '));
    const [, usage] = /^usage: (.*)/.exec(stdout);
    assert.ok(commands.includes(`\n## ${usage}\n`) || commands.includes(`\n### ${usage}\n`), `docs/commands.md has no heading "${usage}"`);
    for (const [, option] of stdout.matchAll(/^ {2}(--[\w-]+)/gm)) assert.ok(commands.includes(option), `${line.join(' ')}: ${option}`);
  }
  const headings = [...commands.matchAll(/^##+ weir (.*?)( NAME| FILE| SLUG| KEY SLUG| \[MODEL\])?( \[OPTION\]…)?$/gm)].map((found) => found[1])
    .filter((line) => !/^(serve|completion|help)\b/.test(line) && !line.includes('|'));
  assert.deepEqual(headings.sort(), lines.map((line) => line.join(' ')).sort());
});

test('the completion of the package is what weir prints', async () => {
  const { code, stdout } = await runWeir(['completion', 'bash']);
  assert.equal(code, 0);
  assert.equal(fs.readFileSync(COMPLETION, 'utf8'), stdout);
  assert.equal((await runWeir(['completion', 'fish'])).code, 2);
});

test('bash completes nouns, verbs, options, values and files', async () => {
  const complete = (...words) => execFileSync('bash', ['-c',
    'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _weir; printf "%s\\n" "${COMPREPLY[@]}"', 'bash', COMPLETION, ...words],
  { encoding: 'utf8', cwd: folder }).trim().split('\n').filter((word) => word !== '');
  assert.deepEqual(complete('weir', 'k'), ['keys']);
  assert.deepEqual(complete('weir', 'ba'), ['backup']);
  for (const noun of NOUNS) assert.deepEqual(complete('weir', noun, ''), [...await verbs(noun), '--help']);
  assert.deepEqual(complete('weir', 'keys', 'list', '--st'), ['--state']);
  assert.deepEqual(complete('weir', 'keys', 'list', '--state', ''), ['active', 'disabled', 'expired', 'revoked']);
  assert.deepEqual(complete('weir', 'keys', 'rotate', 'a', '--gr'), ['--grace']);
  assert.deepEqual(complete('weir', 'users', 'remove', 'a', '--c').sort(), ['--cascade', '--config']);
  assert.deepEqual(complete('weir', 'keys', 'create', '--user', ''), []);
  assert.deepEqual(complete('weir', 'check', '--s'), ['--secrets']);
  assert.deepEqual(complete('weir', 'status', '--'), ['--config', '--json', '--socket', '--help']);
  assert.deepEqual(complete('weir', 'completion', ''), ['bash', '--help']);
  assert.deepEqual(complete('weir', 'models', 'list', '--provider', 'open'), ['openai', 'openai_compatible', 'openrouter']);
  assert.deepEqual(complete('weir', 'help', 'co'), ['config', 'completion']);
  assert.deepEqual(complete('weir', 'help', 'keys', 'ro'), ['rotate']);
  written('a-file.csv', '');
  assert.deepEqual(complete('weir', 'keys', 'import', 'a-f'), ['a-file.csv']);
  assert.deepEqual(complete('weir', 'users', 'list', '--config', 'a-f'), ['a-file.csv']);
});

test('wrong words end with 2, on standard error', async () => {
  for (const args of [['keys'], ['keys', 'shwo'], ['keys', 'show'], ['keys', 'list', '--wrong'], ['users', 'add'],
    ['users', 'update', 'a'], ['grants', 'add', 'm'], ['backup'], ['keys', 'rotate', 'a', '--grace', 'soon']]) {
    const { code, stdout, stderr } = await runWeir(args);
    assert.equal(code, 2, args.join(' '));
    assert.equal(stdout, '');
    assert.match(stderr, /--help/);
  }
});

// --- the life of a key ---------------------------------------------------------------------------

test('the text of a key is shown once, and works when the command is back', async () => {
  await done('users', 'add', 'amy', '--models', 'all', '--display', 'Amy L.');
  const { code, stdout, stderr } = await run('keys', 'create', '--user', 'amy', '--name', 'amy-1');
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^weir_[\w-]{43}\n$/);
  assert.match(stderr, /^amy-1: created/);
  const text = stdout.trim();
  assert.equal(await statusOf(text), 200);
  assert.equal((await weir.reload()).code, 0);
  assert.equal(await statusOf(text), 200);
  for (const seen of [await done('keys', 'show', 'amy-1'), await done('keys', 'show', 'amy-1', '--json'), await done('keys', 'list'), weir.log]) {
    assert.ok(!seen.includes(text));
  }
});

test('a key is made and changed as its options say', async () => {
  await done('groups', 'add', 'makers', '--models', 'gpt-mini,Zebra');
  const made = JSON.parse(await done('keys', 'create', '--group', 'makers', '--models', 'Zebra', '--expires', '2099-01-01', '--scopes', 'list', '--json'));
  assert.match(made.key, /^weir_/);
  assert.match(made.name, /^key-/);
  assert.deepEqual([made.group, made.allowed_models, made.expires, made.scopes], ['makers', ['Zebra'], '2099-01-01T00:00:00Z', ['list']]);
  const listed = async () => (await weir.get('/v1/models', made.key)).json.data.map((model) => model.id);
  assert.deepEqual(await listed(), ['Zebra']);
  await done('keys', 'update', made.name, '--models', 'all', '--expires', 'never', '--scopes', 'list,call');
  assert.deepEqual((await listed()).sort(), ['Zebra', 'gpt-mini']);
  assert.deepEqual((await shown('keys', made.name)).expires, null);
  assert.equal(await done('keys', 'disable', made.name), `${made.name}: disabled\n`);
  assert.equal(await statusOf(made.key), 401);
  await done('keys', 'enable', made.name);
  assert.equal(await statusOf(made.key), 200);
  assert.match(await fails(1, 'keys', 'update', made.name, '--user', 'nobody'), /^weir keys update: .* \(not_found\)\n/);
});

test('who changes what somebody else has changed is told so', async () => {
  const { version } = await shown('groups', 'makers');
  await done('groups', 'update', 'makers', '--display', 'Makers', '--if-version', String(version));
  assert.match(await fails(1, 'groups', 'update', 'makers', '--display', 'Late', '--if-version', String(version)), /\(version_conflict\)/);
  assert.equal((await shown('groups', 'makers')).display, 'Makers');
});

test('a rotation with a grace leaves both texts working, one without ends the old', async () => {
  const first = await createKey('--user', 'amy', '--name', 'turning');
  const second = (await done('keys', 'rotate', 'turning', '--grace', '1h')).trim();
  assert.notEqual(first, second);
  assert.deepEqual([await statusOf(first), await statusOf(second)], [200, 200]);
  assert.notEqual((await shown('keys', 'turning')).old_key_until, null);
  assert.match(await fails(2, 'keys', 'rotate', 'turning'), /--yes/);
  const third = (await done('keys', 'rotate', 'turning', '--yes')).trim();
  assert.deepEqual([await statusOf(first), await statusOf(second), await statusOf(third)], [401, 401, 200]);
});

test('revoking ends access for ever', async () => {
  const text = await createKey('--user', 'amy', '--name', 'leaving');
  assert.equal(await statusOf(text), 200);
  assert.equal(await done('keys', 'revoke', 'leaving', '--yes'), 'leaving: revoked\n');
  assert.equal(await statusOf(text), 401);
  assert.match(await fails(1, 'keys', 'enable', 'leaving'), /revoked/);
  assert.equal(JSON.parse(await done('keys', 'list', '--state', 'revoked', '--json')).name, 'leaving');
});

test('a key of the configuration can be revoked too', async () => {
  assert.equal(await statusOf(KEYS.one), 200);
  const name = Object.entries(base().keys).find(([, key]) => key.sha256 === createHash('sha256').update(KEYS.one).digest('hex'))[0];
  await done('keys', 'revoke', name, '--yes');
  assert.equal(await statusOf(KEYS.one), 401);
});

test('a user with keys goes only with them', async () => {
  await done('users', 'add', 'ben', '--models', 'all');
  const text = await createKey('--user', 'ben');
  assert.match(await fails(1, 'users', 'remove', 'ben', '--yes'), /\(in_use\)/);
  assert.equal(await statusOf(text), 200);
  assert.equal(await done('users', 'remove', 'ben', '--yes', '--cascade'), 'ben: removed\n');
  assert.equal(await statusOf(text), 401);
  assert.match(await fails(1, 'users', 'show', 'ben'), /\(not_found\)/);
});

test('a disabled user or group takes its keys along, and brings them back', async () => {
  await done('users', 'add', 'cleo', '--groups', 'makers');
  const text = await createKey('--user', 'cleo');
  await done('users', 'disable', 'cleo');
  assert.equal(await statusOf(text), 401);
  assert.match(await done('users', 'list'), /^cleo +disabled +makers/m);
  await done('users', 'enable', 'cleo');
  assert.equal(await statusOf(text), 200);
});

test('grants are added, listed and taken away, whatever a slug is called', async () => {
  await done('users', 'add', 'dan');
  const text = await createKey('--user', 'dan', '--name', 'dan-1');
  const listed = async () => (await weir.get('/v1/models', text)).json.data.map((model) => model.id).sort();
  assert.deepEqual(await listed(), []);
  assert.equal(await done('grants', 'add', 'org/model:tag', '--user', 'dan'), 'dan: org/model:tag granted\n');
  await done('grants', 'add', 'gpt-mini', '--user', 'dan');
  assert.deepEqual(await listed(), ['gpt-mini', 'org/model:tag']);
  assert.equal(await done('grants', 'list', '--user', 'dan'), 'gpt-mini\norg/model:tag\n');
  await done('grants', 'remove', 'org/model:tag', '--user', 'dan');
  assert.equal(await done('grants', 'list', '--user', 'dan'), 'gpt-mini\n');
  await done('grants', 'add', '--all', '--user', 'dan');
  assert.ok((await listed()).length > 2);
  await done('grants', 'remove', '--all', '--user', 'dan');
  assert.deepEqual(await listed(), ['gpt-mini']);
  assert.deepEqual(JSON.parse(await done('grants', 'list', '--key', 'dan-1', '--json')).all, true);
});

test('what destroys asks; without a terminal it does nothing', async () => {
  const text = await createKey('--user', 'amy', '--name', 'asked');
  for (const args of [['keys', 'revoke', 'asked'], ['keys', 'remove', 'asked'], ['keys', 'rotate', 'asked'], ['users', 'remove', 'amy', '--cascade'], ['groups', 'remove', 'makers']]) {
    assert.match(await fails(2, ...args), /--yes/);
  }
  assert.equal(await statusOf(text), 200);
  const no = await onTerminal('n\n', 'keys', 'revoke', 'asked');
  assert.equal(no.code, 1);
  assert.match(no.said, /Revoke the key "asked" for ever\? \[y\/N\]/);
  assert.match(no.said, /nothing was done/);
  assert.equal(await statusOf(text), 200);
  const yes = await onTerminal('y\n', 'keys', 'revoke', 'asked');
  assert.equal(yes.code, 0, yes.said);
  assert.equal(await statusOf(text), 401);
});

test('a removed key is forgotten', async () => {
  const text = await createKey('--user', 'amy', '--name', 'passing');
  assert.equal(await done('keys', 'remove', 'passing', '--yes', '--json'), '');
  assert.equal(await statusOf(text), 401);
  assert.match(await fails(1, 'keys', 'show', 'passing'), /\(not_found\)/);
});

test('a change that the gateway cannot load is said to wait', async () => {
  const file = fs.readFileSync(weir.file, 'utf8');
  weir.writeText(`${file}\nmodells: {}\n`);
  const { code, stdout, stderr } = await run('users', 'add', 'zoe');
  assert.equal(code, 1);
  assert.equal(stdout, 'zoe: added\n', 'it is in the directory');
  assert.match(stderr, /^weir users add: it is saved, and what it takes away from a key holds at once; the rest waits, .*`weir reload`/);
  weir.writeText(file);
  assert.equal((await weir.reload()).code, 0);
  await done('users', 'remove', 'zoe', '--yes');
});

test('what the directory does not have is said to be looked for there alone', async () => {
  for (const args of [['keys', 'create', '--user', 'ada'], ['users', 'show', 'ada'], ['grants', 'add', 'm', '--user', 'ada']]) {
    const said = await fails(1, ...args);
    assert.match(said, /there is no user of that name \(not_found\)\n/);
    assert.match(said, /\nonly the directory is looked into: `weir users list`/);
  }
  assert.match(await fails(1, 'keys', 'create', '--group', 'nope'), /`weir groups list`/);
});

test('a name that the configuration has is refused', async () => {
  assert.match(await fails(1, 'users', 'add', 'ada'), /^weir users add: .* \(already_exists\)\n$/);
});

// --- imports -------------------------------------------------------------------------------------

test('CSV and JSON lines bring keys along, by text or digest', async () => {
  const digest = createHash('sha256').update('sk-from-json').digest('hex');
  const csv = written('some.csv', 'name,key,user,models,expires\r\ncsv-1,sk-from-csv,amy,"Zebra,gpt-mini",never\r\n');
  const json = `{"name":"json-1","sha256":"${digest}","user":"amy","models":["Zebra"],"expires":null}\n`;
  assert.equal(await done('keys', 'import', csv), '1 created, 0 unchanged, 0 refused\n');
  const child = execFile(WEIR, ['keys', 'import', '-', '--json', '--config', weir.file]);
  let said = '';
  child.stdout.on('data', (text) => { said += text; });
  child.stdin.end(json);
  assert.deepEqual(await once(child, 'close'), [0, null]);
  assert.deepEqual(JSON.parse(said), { created: 1, unchanged: 0, refused: 0, continue_at: null });
  assert.deepEqual([await statusOf('sk-from-csv'), await statusOf('sk-from-json')], [200, 200]);
  assert.deepEqual((await shown('keys', 'csv-1')).allowed_models.sort(), ['Zebra', 'gpt-mini']);
  assert.equal(await done('keys', 'import', csv), '0 created, 1 unchanged, 0 refused\n');
});

test('a bad line is told with its place, and stops the import or is counted', async () => {
  const file = written('bad.csv', 'name,key,user\nbad-0,sk-bad-zero,amy\nbad-1,sk-bad-one,nobody\n\nbad-2,"sk-bad,amy\nbad-3,sk-bad-three,amy\n');
  const stopped = await run('keys', 'import', file);
  assert.equal(stopped.code, 1);
  assert.match(stopped.stderr, /bad\.csv:3:18: error: /);
  assert.match(stopped.stderr, new RegExp(`weir keys import ${file} --from 3\n`));
  assert.equal(stopped.stdout, '1 created, 0 unchanged, 1 refused\n');
  const counted = await run('keys', 'import', file, '--keep-going');
  assert.equal(counted.code, 1);
  assert.match(counted.stderr, /bad\.csv:3:18: error: /);
  assert.match(counted.stderr, /bad\.csv:5:7: error: /);
  assert.doesNotMatch(counted.stderr, /sk-bad/);
  assert.equal(counted.stdout, '1 created, 1 unchanged, 2 refused\n');
  const header = await run('keys', 'import', written('header.csv', 'name,kye\n'));
  assert.equal(header.code, 1);
  assert.match(header.stderr, /header\.csv:1:6: error: `kye`/);
  assert.match(await fails(1, 'keys', 'import', path.join(folder, 'none.csv')), /none\.csv: No such file/);
});

test('an import of 20,000 keys is interrupted, and goes on where it was', async () => {
  const total = 20_000;
  const text = (n) => `sk-imported-${n}`;
  const lines = Array.from({ length: total }, (_, n) => `many-${String(n).padStart(5, '0')},${createHash('sha256').update(text(n)).digest('hex')},amy`);
  const file = written('many.csv', `name,sha256,user\n${lines.join('\n')}\n`);
  const child = spawn(WEIR, ['keys', 'import', file, '--config', weir.file], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (piece) => { said += piece; });
  const ended = once(child, 'close');
  await until(async () => (await run('keys', 'show', 'many-00000')).code === 0, 'the first batch has arrived');
  child.kill('SIGINT');
  assert.deepEqual(await ended, [1, null], said);
  const first = Number(/^(\d+) created, 0 unchanged, 0 refused$/m.exec(said)[1]);
  const [, from] = /--from (\d+)\n/.exec(said);
  assert.ok(first > 0 && first < total, said);
  assert.equal(Number(from), first + 2, 'the heading is a line too');
  assert.equal(await done('keys', 'import', file, '--from', from), `${total - first} created, 0 unchanged, 0 refused\n`);
  assert.equal(await done('keys', 'import', file), `0 created, ${total} unchanged, 0 refused\n`);
  await until(async () => await statusOf(text(total - 1)) === 200, 'the last key works');
  assert.equal(await statusOf(text(first)), 200);
  const rows = (await done('keys', 'list', '--after', 'many-', '--limit', String(total), '--json')).trim().split('\n');
  assert.deepEqual(rows.map((row) => JSON.parse(row).name), lines.map((line) => line.slice(0, 10)));
  assert.equal((await done('keys', 'list', '--limit', '3')).trim().split('\n').length, 4);
}, { timeout: 300_000 });

// --- backups -------------------------------------------------------------------------------------

test('a backup is another weir\'s directory; a file is replaced only when that is wanted', async () => {
  const text = await createKey('--user', 'amy', '--name', 'backed-up');
  const file = path.join(folder, 'copy.db');
  assert.match(await done('backup', file), /copy\.db: \d+ bytes\n$/);
  assert.equal(fs.statSync(file).mode & 0o777, 0o600);
  assert.ok(!fs.existsSync(`${file}.part`));
  const before = fs.statSync(file).ino;
  assert.match(await fails(2, 'backup', file), /--yes/);
  assert.equal(fs.statSync(file).ino, before);
  await done('backup', file, '--yes');
  assert.match(await fails(1, 'backup', path.join(folder, 'no', 'such.db')), /No such file/);
  await withWeir(base(), async (other) => {
    assert.equal((await other.get('/v1/models', text)).status, 401);
  });
  await withRestored(file, async (other) => {
    await until(async () => (await other.get('/v1/models', text)).status === 200, 'the key works there');
  });
});

async function withRestored(file, body) {
  const { Weir } = await import('./harness.mjs');
  const other = new Weir(base());
  fs.copyFileSync(file, path.join(other.folder, 'state', 'weir.db'));
  await other.start();
  try {
    await body(other);
  } finally {
    await other.stop();
  }
}
