// `weir models`, `weir why` and `weir diff`: docs/commands.md.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { after, before, beforeEach } from 'node:test';
import { displayOrder, effective, keyOf, toYaml } from './config.mjs';
import { KEYS, registry } from './fixture.mjs';
import { WEIR, freePort, runWeir, startWeir, test } from './harness.mjs';
import { Upstream } from './upstream.mjs';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'weir-models-'));
after(() => fs.rmSync(folder, { recursive: true }));

const upstream = await Upstream.start();
after(() => upstream.stop());
beforeEach(() => upstream.reset());

const MORE = {
  lister: 'weir_may-list-only-0000000000000000000000000000',
  caller: 'weir_may-call-only-0000000000000000000000000000',
  gone: 'weir_of-a-disabled-user-0000000000000000000000000',
  revoked: 'weir_revoked-later-00000000000000000000000000000',
  grouped: 'weir_of-a-disabled-group-000000000000000000000000',
};

/** The fixture, with a key for each rule that the fixture does not break. */
function wide() {
  const config = registry({ openai: upstream.url });
  config.users.mia = { disabled: true, models: 'all' };
  config.groups.closed = { disabled: true, models: 'all' };
  Object.assign(config.keys, {
    lister: keyOf(MORE.lister, { user: 'ada', scopes: ['list'] }),
    caller: keyOf(MORE.caller, { user: 'ada', scopes: ['call'] }),
    'mia-key': keyOf(MORE.gone, { user: 'mia' }),
    'ada-revoked': keyOf(MORE.revoked, { user: 'ada' }),
    'closed-key': keyOf(MORE.grouped, { group: 'closed', user: 'eve' }),
  });
  return config;
}

const TEXTS = {
  'ada-all': KEYS.all, 'bob-some': KEYS.some, 'bob-one': KEYS.one, 'eve-group': KEYS.group, 'eve-none': KEYS.none,
  'ada-disabled': KEYS.disabled, 'ada-expired': KEYS.expired, 'ada-later': KEYS.later, lister: MORE.lister,
  caller: MORE.caller, 'mia-key': MORE.gone, 'ada-revoked': MORE.revoked, 'closed-key': MORE.grouped,
};

const weir = await startWeir(wide());
const url = () => `http://127.0.0.1:${weir.port}`;

/** Run a command on the configuration of the running weir. */
function run(...args) {
  return runWeir([...args, '--config', weir.file]);
}

async function done(...args) {
  const { code, stdout, stderr } = await run(...args);
  assert.equal(code, 0, `weir ${args.join(' ')}: ${stderr}`);
  return stdout;
}

async function listed(...args) {
  return (await done('models', 'list', '--json', ...args)).trim().split('\n').filter(Boolean).map((line) => JSON.parse(line));
}

const slugs = async (...args) => (await listed(...args)).map((model) => model.slug);

function online(key, ...args) {
  return runWeir(['models', 'list', '--url', url(), ...args], { env: { ...process.env, WEIR_API_KEY: key ?? '' } });
}

/** A configuration in a file of its own, for commands without a gateway. */
function written(name, config) {
  const file = path.join(folder, name);
  fs.writeFileSync(file, toYaml({ listen: ['127.0.0.1:8080'], state_dir: path.join(folder, 'state'), ...config }));
  return file;
}

/** What a command prints on a terminal of so many columns. */
function onTerminal(columns, args, env = {}) {
  const line = `stty cols ${columns}; ${[WEIR, ...args].map((word) => `'${word}'`).join(' ')}`;
  return new Promise((resolve) => {
    const child = execFile('script', ['-qec', line, '/dev/null'], { env: { ...process.env, ...env } }, (error, stdout) => {
      resolve({ code: error ? error.code : 0, lines: stdout.replaceAll('\r', '').trimEnd().split('\n') });
    });
    child.stdin.end();
  });
}

const plain = (line) => line.replace(/\x1b\[[0-9;]*m/g, '');

/** Feed a command's standard input. */
async function fed(text, args) {
  const child = spawn(WEIR, [...args, '--config', weir.file], { stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => { stdout += data; });
  child.stderr.on('data', (data) => { stderr += data; });
  child.stdin.end(text);
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

let directoryKey;
before(async () => {
  await done('groups', 'add', 'interns', '--models', 'Zebra');
  await done('users', 'add', 'ivy', '--groups', 'interns', '--models', 'last');
  directoryKey = (await done('keys', 'create', '--name', 'ivy-key', '--user', 'ivy')).trim();
  TEXTS['ivy-key'] = directoryKey;
  await done('keys', 'revoke', 'ada-revoked', '--yes');
});

// --- models list ---------------------------------------------------------------------------------

test('the list is in display order and holds every fact of the configuration', async () => {
  const config = wide();
  const models = await listed();
  assert.deepEqual(models.map((model) => model.slug), displayOrder(config));
  assert.deepEqual(models[0], {
    slug: 'claude-sonnet-4', name: 'Claude Sonnet 4', kind: 'chat', context_window: 200000, max_input_tokens: 180000, max_output_tokens: 64000,
    capabilities: ['reasoning', 'attachments', 'tools'], price: { input: 3, output: 15, unit: 'usd_per_1m_tokens' }, provider: 'anthropic',
  });
  const zebra = models.find((model) => model.slug === 'Zebra');
  assert.deepEqual(zebra.price, { input: null, output: null, unit: 'usd_per_1m_tokens' }, 'no price is none of zero');
  assert.equal(models.find((model) => model.slug === 'org/model:tag').price.input, 0, 'a price of zero is one');
});

const commas = (number) => (number === null ? '-' : number.toLocaleString('en-US'));
const money = (rate) => {
  if (rate === null) return '-';
  const [whole, decimals = ''] = (rate < 0.001 && rate > 0 ? rate.toFixed(6) : String(rate)).split('.');
  return `${whole}.${decimals.padEnd(2, '0')}`;
};

test('the table has the facts of the JSON, uncut and without colour where there is no terminal', async () => {
  const models = await listed();
  const { stdout } = await runWeir(['models', 'list', '--config', weir.file], { env: { ...process.env, COLUMNS: '20' } });
  const [heading, ...rows] = stdout.trimEnd().split('\n');
  assert.doesNotMatch(stdout, /\x1b|…/);
  assert.deepEqual(heading.trim().split(/\s{2,}/), ['SLUG', 'NAME', 'KIND', 'CONTEXT', 'MAX OUT', 'CAPABILITIES', '$IN/MTOK', '$OUT/MTOK', 'PROVIDER']);
  assert.deepEqual(rows.map((row) => row.trim().split(/\s{2,}/)), models.map((model) => [
    model.slug, model.name, model.kind, commas(model.context_window), commas(model.max_output_tokens),
    model.capabilities.join(',') || '-', money(model.price.input), money(model.price.output), model.provider,
  ]));
});

test('filters leave the models that have all of it', async () => {
  for (const [args, wanted] of [
    [['--provider', 'anthropic'], ['claude-sonnet-4']],
    [['--provider', 'OpenAI'], ['gpt-mini']],
    [['--capability', 'tools'], ['claude-sonnet-4']],
    [['--kind', 'embedding'], []],
    [['--kind', 'chat', '--provider', 'openai'], ['gpt-mini']],
    [['--provider', 'openai', '--capability', 'tools'], []],
  ]) {
    assert.deepEqual(await slugs(...args), wanted, args.join(' '));
    const { code, stdout } = await online(KEYS.all, '--json', ...args);
    assert.equal(code, 0);
    assert.deepEqual(stdout.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line).slug), wanted, `online ${args.join(' ')}`);
  }
});

test('a list in which nothing is says so', async () => {
  const { code, stdout, stderr } = await run('models', 'list', '--kind', 'image', '--provider', 'anthropic');
  assert.equal(code, 0);
  assert.equal(stdout, '');
  assert.match(stderr, /no model matches/);
});

test('what a key may list is what the gateway lists for it', async () => {
  const config = wide();
  for (const [name, text] of Object.entries(TEXTS)) {
    const answer = await weir.get('/v1/models', text);
    const { code, stdout, stderr } = await run('models', 'list', '--json', '--key', name);
    if (answer.status !== 200) {
      assert.equal(code, 1, `${name}: ${stdout}`);
      assert.notEqual(stderr, '', name);
      continue;
    }
    const wanted = answer.json.data.map((model) => model.id);
    assert.deepEqual(stdout.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line).slug), wanted, name);
    if (config.keys[name] && name !== 'closed-key') assert.deepEqual(wanted, effective(config, config.keys[name]), name);
  }
  const unknown = await run('models', 'list', '--key', 'ada-al');
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /no key "ada-al"; did you mean "ada-all"\?/);
  assert.equal((await run('models', 'list', '--key', '')).code, 1, 'nobody without a key is granted anything');
});

test('the text of a key is read from standard input, never from the arguments', async () => {
  const { code, stdout } = await fed(`${KEYS.group}\n`, ['models', 'list', '--json', '--key', '-']);
  assert.equal(code, 0);
  assert.deepEqual(stdout.trim().split('\n').map((line) => JSON.parse(line).slug), ['gpt-mini']);
  assert.equal((await fed('unknown-key', ['models', 'list', '--key', '-'])).code, 1);
  for (const text of ['', '\n', 'x'.repeat(600)]) {
    const refused = await fed(text, ['models', 'list', '--key', '-']);
    assert.equal(refused.code, 2);
    assert.doesNotMatch(refused.stderr, /xxx/);
  }
});

test('a gateway that is asked tells the same facts', async () => {
  const { code, stdout, stderr } = await online(KEYS.all, '--json');
  assert.equal(code, 0, stderr);
  assert.equal(stdout, await done('models', 'list', '--json', '--key', 'ada-all'));
  const versioned = await runWeir(['models', 'list', '--json', '--url', `${url()}/v1/`], { env: { ...process.env, WEIR_API_KEY: KEYS.all } });
  assert.equal(versioned.stdout, stdout, 'the address of OpenAI\'s clients is one too');
  const table = await online(KEYS.some);
  assert.equal(table.stdout, await done('models', 'list', '--key', 'bob-some'));
});

/** A server that is no weir, for as long as a body runs. */
async function withServer(answer, body) {
  const server = http.createServer((request, response) => answer(response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await body(`http://127.0.0.1:${server.address().port}`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

test('whoever cannot be asked is told apart', async () => {
  const ask = (where, key) => runWeir(['models', 'list', '--url', where], { env: { ...process.env, WEIR_API_KEY: key ?? '' } });
  const refused = async (where, key, code, wanted) => {
    const result = await ask(where, key);
    assert.equal(result.code, code, result.stderr);
    assert.equal(result.stdout, '');
    assert.match(result.stderr, wanted);
    if (key) assert.ok(!result.stderr.includes(key), 'no key in a message');
  };
  await refused(url(), 'weir_unknown-000000000000000000000000000000000', 3, /the key in \$WEIR_API_KEY is not accepted: Incorrect API key provided/);
  await refused(url(), '', 3, /: there is no key in \$WEIR_API_KEY$/m);
  await refused(url(), MORE.caller, 3, /no scope.*status 403/);
  await refused(`http://127.0.0.1:${await freePort()}`, KEYS.all, 3, /no gateway answers at .*Connection refused/);
  await refused('gopher://127.0.0.1', KEYS.all, 2, /not the URL of a gateway/);
  await refused(url(), 'two words', 2, /can be no key/);
  await withServer((response) => response.writeHead(503).end('{"error":{"message":"No registry has been published yet."}}'),
    (where) => refused(where, KEYS.all, 3, /No registry has been published yet.*503/));
  await withServer((response) => response.end('{"models":[]}'), (where) => refused(where, KEYS.all, 3, /is no weir/));
  await withServer((response) => response.writeHead(200, { 'x-weir-generation': '1-00000000' }).end('{"models":'),
    (where) => refused(where, KEYS.all, 3, /is no weir/));
  await withServer((response) => response.writeHead(302, { location: url() }).end(), (where) => refused(where, KEYS.all, 3, /no weir.*302/));
  assert.equal((await runWeir(['models', 'list', '--url', url(), '--key', 'ada-all'])).code, 2);
});

test('a gateway that is reloaded between two listings is asked again', async () => {
  let asked = 0;
  const answers = ['1-0', '2-0', '2-0', '2-0'];
  await withServer((response) => {
    const generation = answers[Math.min(asked, answers.length - 1)];
    const body = asked % 2 === 0
      ? `{"models":[{"id":"m-${generation}","provider":"openai","capabilities":["embedding"],"context_window":5,"pricing":{"input":0.5,"output":null},"features":[]}]}`
      : `{"data":[{"id":"m-${generation}","display_name":"M\\u001b[31m","max_input_tokens":5,"max_tokens":null,"capabilities":{"thinking":{"supported":false}}}],"has_more":false}`;
    asked += 1;
    response.writeHead(200, { 'x-weir-generation': generation }).end(body);
  }, async (where) => {
    const { code, stdout, stderr } = await runWeir(['models', 'list', '--json', '--url', `${where}/`]);
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), {
      slug: 'm-2-0', name: 'M?[31m', kind: 'embedding', context_window: 5, max_input_tokens: 5, max_output_tokens: null, capabilities: [],
      price: { input: 0.5, output: null, unit: 'usd_per_1m_tokens' }, provider: 'openai',
    });
    assert.equal(asked, 4);
  });
});

test('on a terminal the table is as wide as the terminal', async () => {
  const args = ['models', 'list', '--config', weir.file];
  for (const columns of [200, 120, 80, 60, 40, 30]) {
    const { code, lines } = await onTerminal(columns, args);
    assert.equal(code, 0);
    assert.equal(lines.length, displayOrder(wide()).length + 1);
    for (const line of lines) assert.ok([...plain(line)].length <= columns, `${columns}: ${line}`);
    assert.match(lines[0], /\x1b\[1m.*SLUG.*\$IN.*\x1b\[0m/);
    assert.match(lines[0], /\$OUT/, 'what it costs is never left out');
  }
  const wideLines = (await onTerminal(200, args)).lines;
  assert.match(wideLines[1], /reasoning,attachments,tools/);
  const [, narrow] = (await onTerminal(80, args)).lines;
  assert.match(narrow, /^claude-sonnet-4 .* RAT /);
  const [heading, first] = (await onTerminal(40, args)).lines.map(plain);
  assert.match(heading, /^SLUG +CONTEXT +\$IN +\$OUT$/);
  assert.match(first, /^claude-sonnet-4 +200,000 +3\.00 +15\.00$/);
  assert.doesNotMatch((await onTerminal(80, args, { NO_COLOR: '1' })).lines.join('\n'), /\x1b/);
});

test('a long slug drives no column out, and wide characters count as what they take', async () => {
  const deployments = [{ provider: 'p', model: 'm' }];
  const file = written('long.yaml', {
    providers: { p: { kind: 'openai_compatible', base_url: 'http://127.0.0.1:1/v1' } },
    models: {
      [`a/${'long-'.repeat(20)}slug`]: { name: 'Long', context_window: 1000, deployments },
      b: { name: '漢字の名前', context_window: 1000, deployments },
    },
  });
  const { lines } = await onTerminal(80, ['models', 'list', '--config', file], { LC_ALL: 'C' });
  const [heading, ...rows] = lines.map(plain);
  assert.match(heading, /^SLUG +NAME +CONTEXT +CAP +\$IN +\$OUT +PROVIDER$/);
  assert.match(rows[0], /^a\/long-\S*… +Long /);
  assert.match(rows[1], /^b +漢字の名前 /);
  const cells = (line) => [...line].length + (line.match(/[漢字の名前]/g) ?? []).length;
  assert.ok(rows.every((row) => cells(row) <= 80));
  const [first, second] = rows.map((row) => cells(row.slice(0, row.lastIndexOf(' '))));
  assert.equal(first, second, 'the last column stands in one line');
}, { timeout: 30_000 });

test('one long slug cuts no name, and images have their price in JSON', async () => {
  const deployments = [{ provider: 'p', model: 'm' }];
  const models = { [`a/${'long-'.repeat(11)}`]: { name: 'A name of twenty-five cells', context_window: 1000, deployments } };
  for (let i = 0; i < 8; i++) models[`model-${i}`] = { name: `A name of twenty-five, no ${i}`, context_window: 1000, deployments };
  models['model-1'].price = { image: { '1024x1024': '0.04', hd: '0.08' } };
  models['model-2'].price = { image: '0.5' };
  const file = written('one-long.yaml', { providers: { p: { kind: 'openai_compatible', base_url: 'http://127.0.0.1:1/v1' } }, models });
  const { lines } = await onTerminal(100, ['models', 'list', '--config', file]);
  const rows = lines.slice(1).map(plain);
  assert.match(rows[0], /^a\/long-\S*… +A name of twenty-five cells /);
  assert.match(rows[8], /^model-7 +A name of twenty-five, no 7 .*openai/);
  assert.match((await onTerminal(200, ['models', 'list', '--config', file])).lines.map(plain)[1], /^a\/(long-){11} /);
  const { stdout } = await runWeir(['models', 'list', '--json', '--config', file]);
  const prices = stdout.trim().split('\n').map((line) => JSON.parse(line).price);
  assert.deepEqual([prices[2].image_sizes, prices[3].image, 'image' in prices[4]], [{ '1024x1024': 0.04, hd: 0.08 }, 0.5, false]);
  const shown = await runWeir(['models', 'show', 'model-1', '--config', file]);
  assert.match(shown.stdout, /^price\.image_sizes\.1024x1024 +\$0\.04$/m);
  assert.match(shown.stdout, /^context_window +1,000$/m);
});

test('on a terminal status tells durations in larger units, within its width', async () => {
  const { code, lines } = await onTerminal(80, ['status', '--config', weir.file]);
  assert.equal(code, 0);
  assert.match(lines.join('\n'), / uptime=(\d+[dhms]){1,2}\s[^]* last_reload_age=(\d+[dhms]){1,2}\s/);
  for (const line of lines) assert.ok([...plain(line)].length <= 80, line);
  assert.match((await run('status')).stdout, / uptime=\d+ last_reload=\w+ last_reload_age=\d+ /);
});

// --- models show ---------------------------------------------------------------------------------

test('a model is shown with its deployments, prices, grants and place', async () => {
  const model = JSON.parse(await done('models', 'show', 'claude-sonnet-4', '--json'));
  const config = wide().models['claude-sonnet-4'];
  for (const name of ['name', 'description', 'owned_by', 'context_window', 'max_input_tokens', 'max_output_tokens', 'capabilities', 'input_modalities', 'features', 'priority', 'parallel_tool_calls']) {
    assert.deepEqual(model[name], config[name], name);
  }
  assert.deepEqual(model.deployments, [{ provider: 'claude', kind: 'anthropic', model: 'claude-sonnet-4-5-20250929', tier: 1, weight: 1, translation: null }]);
  assert.equal(model.price.cache_write, 3.75);
  assert.equal(model.price.request, null);
  assert.deepEqual(model.granted_by, { groups: ['everything'], users: ['ada'] });
  let keys = 0;
  for (const text of Object.values(TEXTS)) keys += await isAdmitted(text, 'claude-sonnet-4') ? 1 : 0;
  assert.deepEqual(model.callable_by, { keys, anonymous: false });
  assert.equal(fs.readFileSync(model.where.file, 'utf8').split('\n')[model.where.line - 1].slice(model.where.column - 1), 'claude-sonnet-4:');
  const text = await done('models', 'show', 'claude-sonnet-4');
  assert.match(text, /^price\.input +\$3\.00\/Mtok$/m);
  assert.match(text, /^deployments +provider=claude .*tier=1 weight=1$/m);
});

test('a model that is disabled is shown, one that is not there is met with a guess', async () => {
  assert.equal(JSON.parse(await done('models', 'show', 'hidden', '--json')).enabled, false);
  assert.match(await done('models', 'show', 'Zebra'), /^price\.input +-$/m);
  const { code, stderr } = await run('models', 'show', 'zebr');
  assert.equal(code, 1);
  assert.match(stderr, /no model "zebr"; did you mean "Zebra"\?/);
});

// --- why -----------------------------------------------------------------------------------------

/** What the gateway says: {status, code}, or null for a call that it passes on. */
async function serverSays(key, model) {
  const answer = await weir.post('/v1/chat/completions', key, { model, messages: [] });
  const { code = null } = answer.json?.error ?? {};
  const isRefusal = [401, 403, 404].includes(answer.status);
  return isRefusal ? { status: answer.status, code } : null;
}

async function isAdmitted(key, model) {
  return await serverSays(key, model) === null;
}

async function why(name, slug) {
  const { code, stdout, stderr } = await run('why', name, slug, '--json');
  assert.ok(code === 0 || code === 1, stderr);
  const said = JSON.parse(stdout);
  assert.equal(said.allowed, code === 0);
  return said;
}

test('what a reference leaves out is said beside the answer', async () => {
  const file = path.join(folder, 'references.yaml');
  fs.writeFileSync(file, `listen: ["127.0.0.1:1"]
providers: { local: { kind: openai_compatible, base_url: "http://127.0.0.1:9/v1", api_key: "\${WEIR_TEST_SECRET}" } }
models: { m: { deployments: [{ provider: "\${WEIR_TEST_PROVIDER}", model: x }] } }
users: { ada: { models: all } }
keys: { k: { user: ada, sha256: "\${WEIR_TEST_DIGEST}" } }
`);
  const args = ['why', 'k', 'm', '--config', file];
  const { code, stderr } = await runWeir(args);
  assert.equal(code, 1);
  assert.deepEqual(stderr.match(/WEIR_TEST_\w+ is not set/g), ['WEIR_TEST_PROVIDER is not set', 'WEIR_TEST_DIGEST is not set']);
  const env = { ...process.env, WEIR_TEST_PROVIDER: 'local', WEIR_TEST_DIGEST: keyOf(KEYS.all).sha256 };
  const known = await runWeir(args, { env });
  assert.equal(known.code, 0, known.stdout);
  assert.equal(known.stderr, '');
});

/** `weir why` and the gateway, for keys by name and text and for models. */
async function assertAgreement(texts, models) {
  for (const [name, text] of Object.entries(texts)) {
    for (const slug of models) {
      const said = await why(name, slug);
      const server = await serverSays(text, slug);
      assert.deepEqual(said.allowed ? null : { status: said.status, code: said.code }, server, `${name} ${slug}`);
      assert.equal(said.rules.every((rule) => rule.answer !== 'no'), said.allowed, `the rules of ${name} ${slug}`);
    }
  }
}

const NO_MODELS = ['hidden', 'zebra', 'no-such-model', 'zebra-upstream'];
const UNKNOWN = { '': undefined, 'no-such-key': 'weir_never-heard-of-000000000000000000000000000' };

test('why answers as the gateway does, for all keys and models', async () => {
  await assertAgreement({ ...TEXTS, ...UNKNOWN }, [...displayOrder(wide()), ...NO_MODELS]);
}, { timeout: 300_000 });

test('with conceal_ungranted too, and for callers without a key who are granted something', async () => {
  const config = { ...wide(), conceal_ungranted: true, anonymous: { models: ['last'] } };
  assert.equal((await weir.reload(config)).code, 0);
  await assertAgreement({ 'bob-one': KEYS.one, 'eve-none': KEYS.none, lister: MORE.lister, ...UNKNOWN }, [...displayOrder(config), 'hidden']);
  const said = await why('eve-none', 'Zebra');
  assert.equal(said.status, 404);
  assert.match(said.rules.at(-1).because, /exists/);
  assert.equal((await weir.reload(wide())).code, 0);
}, { timeout: 300_000 });

/** A generator that gives the same numbers for the same seed (mulberry32). */
function randomFrom(seed) {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

function randomConfig(random) {
  const config = { ...registry({ openai: upstream.url }), models: {}, groups: {}, users: {}, keys: {} };
  const names = (prefix, count) => Array.from({ length: count }, (_, i) => `${prefix}${i}`);
  const some = (all) => all.filter(() => random(3) === 0);
  const grant = (all) => (random(6) === 0 ? 'all' : some(all));
  const models = names('m', 5);
  const groups = names('g', 3);
  const users = names('u', 3);
  for (const name of models) config.models[name] = { context_window: 100, enabled: random(5) > 0, deployments: [{ provider: 'plain', model: `upstream-${name}` }] };
  for (const name of groups) config.groups[name] = { models: grant(models), disabled: random(5) === 0 };
  for (const name of users) config.users[name] = { models: grant(models), groups: some(groups), disabled: random(6) === 0 };
  const texts = {};
  for (const name of names('k', 6)) {
    texts[name] = `weir_random-${name}-00000000000000000000000000000000`;
    config.keys[name] = keyOf(texts[name], {
      user: random(4) > 0 ? users[random(users.length)] : undefined,
      group: random(3) === 0 ? groups[random(groups.length)] : undefined,
      allowed_models: random(3) === 0 ? some(models) : undefined,
      expires: random(8) === 0 ? '2020-01-01' : undefined,
      scopes: random(8) === 0 ? ['list'] : undefined,
      disabled: random(8) === 0,
    });
  }
  return { config, texts, models };
}

test('why answers as the gateway does, whatever the configuration', async () => {
  for (const seed of [1, 2, 3]) {
    const { config, texts, models } = randomConfig(randomFrom(seed));
    const { code, stderr } = await weir.reload(config);
    assert.equal(code, 0, `seed ${seed}: ${stderr}`);
    await assertAgreement(texts, models).catch((error) => assert.fail(`seed ${seed}: ${error.message}`));
  }
  assert.equal((await weir.reload(wide())).code, 0);
}, { timeout: 300_000 });

/** The line of the file that a rule names. */
function lineOf({ file, line, column }) {
  return fs.readFileSync(file, 'utf8').split('\n')[line - 1].slice(column - 1);
}

test('each rule is told with the place where it is written', async () => {
  const rule = (said, name) => said.rules.filter((each) => each.rule === name);
  const one = await why('bob-one', 'Zebra');
  assert.match(lineOf(rule(one, 'key')[0].where), /^bob-one:/);
  assert.match(lineOf(rule(one, 'allowed_models')[0].where), /^"Zebra", "claude-sonnet-4"\]/);
  assert.match(lineOf(rule(one, "user's grants")[0].where), /^models: \["last"\]/);
  const [minis, zebras] = rule(one, "group's grants");
  assert.equal(minis.answer, '-');
  assert.match(lineOf(minis.where), /^models: \["gpt-mini", "hidden"\]/);
  assert.equal(zebras.answer, 'grants');
  assert.match(lineOf(zebras.where), /^"Zebra"\]/);
  assert.match(lineOf(rule(await why('ada-expired', 'Zebra'), 'expiry')[0].where), /^expires: "2020-01-01"/);
  assert.match(lineOf(rule(await why('ada-disabled', 'Zebra'), 'enabled')[0].where), /^disabled: true/);
  assert.match(lineOf(rule(await why('lister', 'Zebra'), 'scope')[0].where), /^scopes: \["list"\]/);
  assert.match(lineOf(rule(await why('mia-key', 'Zebra'), 'user')[0].where), /^disabled: true/);
  assert.match(lineOf(rule(await why('ada-all', 'hidden'), 'model')[0].where), /^enabled: false/);
  const ivy = await why('ivy-key', 'Zebra');
  const directory = path.join(weir.folder, 'state', 'directory');
  assert.deepEqual(rule(ivy, 'key')[0].where, { directory, table: 'keys', row: 1 });
  assert.deepEqual(rule(ivy, 'user')[0].where, { directory, table: 'users', row: 1 });
  assert.deepEqual(rule(ivy, "group's grants")[0].where, { directory, table: 'groups', row: 1 });
  assert.deepEqual(rule(await why('ada-revoked', 'Zebra'), 'revocation')[0].where, { directory, table: 'revoked_names', row: 1 });
  assert.match((await why('ada-all', 'zebra-upstream')).rules.find((each) => each.rule === 'model').because, /clients know the model as "Zebra"/);
});

test('places in files that are included are theirs', async () => {
  const config = wide();
  const { keys, ...rest } = config;
  fs.mkdirSync(path.join(folder, 'conf.d'), { recursive: true });
  const keysFile = path.join(folder, 'conf.d', 'keys.yaml');
  fs.writeFileSync(keysFile, `# whose\n${toYaml({ keys })}`);
  const main = written('split.yaml', { include: ['conf.d/*.yaml'], ...rest });
  const { stdout } = await runWeir(['why', 'bob-one', 'Zebra', '--json', '--config', main]);
  const { rules } = JSON.parse(stdout);
  assert.equal(rules.find((rule) => rule.rule === 'key').where.file, keysFile);
  assert.equal(rules.find((rule) => rule.rule === 'model').where.file, main);
  assert.match(lineOf(rules.find((rule) => rule.rule === 'key').where), /^bob-one:/);
});

test('why says yes and no to people, in colour only on a terminal', async () => {
  const yes = await run('why', 'ada-all', 'Zebra');
  assert.equal(yes.code, 0);
  assert.match(yes.stdout, /^yes: ada-all may call Zebra$/m);
  assert.match(yes.stdout, new RegExp(`^grants +user's grants +the user "ada" grants all models +${weir.file}:\\d+$`, 'm'));
  const no = await run('why', 'eve-none', 'Zebra');
  assert.equal(no.code, 1);
  assert.match(no.stdout, /^no: eve-none may not call Zebra: HTTP 403 model_not_allowed: /m);
  assert.doesNotMatch(yes.stdout + no.stdout, /\x1b/);
  const terminal = await onTerminal(80, ['why', 'eve-none', 'Zebra', '--config', weir.file]);
  assert.equal(terminal.code, 1);
  assert.match(terminal.lines.join('\n'), /\x1b\[31mno\x1b\[0m: eve-none may not call/);
  for (const line of terminal.lines) assert.equal(line.split('\x1b[').length % 2, 1, `a style ends on its line: ${line}`);
  for (const columns of [120, 60, 40]) {
    const { lines } = await onTerminal(columns, ['why', 'eve-none', 'Zebra', '--config', weir.file]);
    const rows = lines.slice(0, lines.indexOf('')).map(plain);
    assert.ok(rows.length > 8);
    for (const row of rows) assert.ok([...row].length <= columns, `${columns}: ${row}`);
    assert.match(rows[1], /yaml:\d+$/, 'the line is what matters of a place');
  }
  const fromInput = await fed(`${KEYS.all}\n`, ['why', '-', 'Zebra']);
  assert.equal(fromInput.code, 0);
  assert.ok(!fromInput.stdout.includes(KEYS.all));
});

test('why knows what the client was told, and says of no model that it is granted', async () => {
  const said = await why('ada-all', 'no-such-model');
  assert.deepEqual(said.rules.filter((rule) => rule.rule === 'granted').map((rule) => rule.answer), ['-']);
  const answer = await weir.post('/v1/chat/completions', KEYS.all, { model: 'no-such-model', messages: [] });
  assert.equal(said.client_message, answer.json.error.message);
  const { stdout } = await run('why', 'ada-all', 'no-such-model');
  assert.ok(stdout.endsWith(`\nAn OpenAI client is told: ${answer.json.error.message}\n`), stdout);
  assert.doesNotMatch((await run('why', 'eve-none', 'Zebra')).stdout, /client is told/, 'nothing is said twice');
});

test('what cannot be told is neither yes nor no', async () => {
  const bad = path.join(folder, 'bad.yaml');
  fs.writeFileSync(bad, 'listen: ["nowhere"]\n');
  for (const args of [['why', 'a', 'b', '--config', bad], ['why', 'a'], ['why', 'a', 'b', 'c'], ['why', 'a', ''], ['diff', bad, '--config', weir.file],
    ['diff', weir.file, '--config', bad], ['diff', weir.file, '--config', path.join(folder, 'missing.yaml')], ['diff']]) {
    const { code, stdout, stderr } = await runWeir(args);
    assert.equal(code, 2, args.join(' '));
    assert.equal(stdout, '');
    assert.notEqual(stderr, '');
  }
  assert.match((await runWeir(['why', 'a', 'b', '--config', bad])).stderr, /bad\.yaml:1:10: error: listen/);
  assert.equal((await runWeir(['models', 'list', '--config', bad])).code, 1);
});

// --- diff ----------------------------------------------------------------------------------------

/** The document of `weir diff` for the fixture and what `change` makes of it. */
async function diffOf(change) {
  const config = wide();
  const other = structuredClone(config);
  change(other);
  const { code, stdout, stderr } = await runWeir(['diff', written('new.yaml', other), '--config', written('old.yaml', config), '--json']);
  assert.ok(code === 0 || code === 1, stderr);
  const found = JSON.parse(stdout);
  assert.equal(found.differs, code === 1);
  return found;
}

/** The changes; of what is new or gone only that it is. */
const brief = (found) => found.changes.map(({ section, name, change, path: at, from, to }) => (
  ['added', 'removed'].includes(change) ? [section, name, change] : [section, name, change, at, from, to]));

test('equal configurations do not differ', async () => {
  assert.deepEqual(await diffOf(() => {}), { differs: false, restart: false, changes: [], access: [] });
  const { code, stdout } = await run('diff', weir.file);
  assert.equal(code, 0);
  assert.equal(stdout, '');
});

const DIFFS = [
  ['a price', (config) => { config.models['gpt-mini'].price.input = '0.25'; },
    [['models', 'gpt-mini', 'changed', 'price.input', 0.15, 0.25]], []],
  ['a price that is not given any more', (config) => { delete config.models['gpt-mini'].price; },
    [['models', 'gpt-mini', 'changed', 'price.input', 0.15, null], ['models', 'gpt-mini', 'changed', 'price.output', 0.000001, null]], []],
  ['a model that is disabled', (config) => { config.models['gpt-mini'].enabled = false; },
    [['models', 'gpt-mini', 'changed', 'enabled', true, false]],
    [[['eve-group'], [], ['gpt-mini']], [['bob-some'], [], ['gpt-mini']], [['ada-all', 'ada-later', 'ada-revoked', 'caller'], [], ['gpt-mini']]]],
  ['a model that is enabled', (config) => { config.models.hidden.enabled = true; },
    [['models', 'hidden', 'changed', 'enabled', false, true]],
    [[['eve-group'], ['hidden'], []], [['bob-some'], ['hidden'], []], [['ada-all', 'ada-later', 'ada-revoked', 'caller'], ['hidden'], []]]],
  ['a model that is there and one that is gone', (config) => { config.models.next = config.models.last; delete config.models.last; config.users.bob.models = ['next']; },
    [['models', 'last', 'removed'], ['models', 'next', 'added'],
      ['users', 'bob', 'item_removed', 'models', 'last', null], ['users', 'bob', 'item_added', 'models', null, 'next']],
    [[['bob-some'], ['next'], ['last']], [['ada-all', 'ada-later', 'ada-revoked', 'caller'], ['next'], ['last']]]],
  ['a deployment', (config) => { config.models.Zebra.deployments.push({ provider: 'real', model: 'z', tier: 2, weight: 5 }); },
    [['models', 'Zebra', 'item_added', 'deployments', null, { provider: 'real', kind: 'openai', model: 'z', tier: 2, weight: 5, translation: null }]], []],
  ['how a deployment is translated for', (config) => { config.models.Zebra.deployments[0].translation = { thinking: 'effort', top_k: true }; },
    [['models', 'Zebra', 'item_removed', 'deployments', { provider: 'plain', kind: 'openai_compatible', model: 'zebra-upstream', tier: 1, weight: 1, translation: null }, null],
      ['models', 'Zebra', 'item_added', 'deployments', null, { provider: 'plain', kind: 'openai_compatible', model: 'zebra-upstream', tier: 1, weight: 1, translation: { thinking: 'effort', top_k: 'true' } }]], []],
  ['what is refused', (config) => { config.models.Zebra.strict_params = false; },
    [['models', 'Zebra', 'changed', 'strict_params', null, false]], []],
  ['a key that is disabled', (config) => { config.keys['eve-group'].disabled = true; },
    [['keys', 'eve-group', 'changed', 'disabled', false, true]], [[['eve-group'], [], ['gpt-mini']]]],
  ['a key without the scope', (config) => { config.keys['eve-group'].scopes = ['list']; },
    [['keys', 'eve-group', 'item_removed', 'scopes', 'call', null]], [[['eve-group'], [], ['gpt-mini']]]],
  ['a key that is new and one that is gone', (config) => { delete config.keys['eve-group']; config.keys.fresh = keyOf('x', { user: 'bob' }); },
    [['keys', 'eve-group', 'removed'], ['keys', 'fresh', 'added']],
    [[['fresh'], ['Zebra', 'gpt-mini', 'last'], []], [['eve-group'], [], ['gpt-mini']]]],
  ['a group that grants more', (config) => { config.groups.zebras.models.push('a.plain-one'); },
    [['groups', 'zebras', 'item_added', 'models', null, 'a.plain-one']], [[['bob-some'], ['a.plain-one'], []]]],
  ['a user that is disabled', (config) => { config.users.bob.disabled = true; },
    [['users', 'bob', 'changed', 'disabled', false, true]], [[['bob-one'], [], ['Zebra']], [['bob-some'], [], ['Zebra', 'gpt-mini', 'last']]]],
  ['a provider that is elsewhere', (config) => { config.providers.real.base_url = 'http://127.0.0.1:9/v1'; },
    [['providers', 'real', 'changed', 'base_url', undefined, 'http://127.0.0.1:9/v1']], []],
  ['who has no key', (config) => { config.anonymous = { models: ['last'] }; },
    [['settings', null, 'item_added', 'anonymous.models', null, 'last']], [[[null], ['last'], []]]],
  ['a limit that nobody enforces yet', (config) => { config.users.bob.limits = { requests: '60/min' }; },
    [['users', 'bob', 'changed', 'limits.requests.per_minute', null, 60], ['users', 'bob', 'changed', 'limits.requests.burst', null, 60]], []],
];

test('what changes is told member by member, with who gains and who loses', async () => {
  const sorted = (access) => access.map(({ keys, gains, loses }) => JSON.stringify([keys, gains.toSorted(), loses.toSorted()])).toSorted();
  for (const [name, change, changes, access] of DIFFS) {
    const found = await diffOf(change);
    const wanted = changes.map((row) => row.map((value) => (value === undefined ? upstream.url : value)));
    assert.deepEqual(brief(found), wanted, name);
    assert.deepEqual(sorted(found.access), sorted(access.map(([keys, gains, loses]) => ({ keys, gains, loses }))), name);
    assert.equal(found.restart, false, name);
  }
}, { timeout: 300_000 });

test('what is new or gone is told with all that it has', async () => {
  const found = await diffOf((config) => {
    config.models.next = { ...config.models['gpt-mini'], name: 'Next' };
    delete config.models.last;
    config.users.bob.models = ['next'];
    config.keys.fresh = keyOf('x', { user: 'bob', expires: '2099-01-01' });
    delete config.keys['eve-group'];
  });
  const of = (section, name) => found.changes.find((each) => each.section === section && each.name === name);
  const { where, granted_by: _, callable_by: __, ...last } = JSON.parse(await done('models', 'show', 'last', '--json'));
  assert.notEqual(where, null);
  assert.deepEqual(of('models', 'last').from, last);
  assert.equal(of('models', 'last').to, null);
  assert.equal(of('models', 'next').from, null);
  assert.equal(of('models', 'next').to.price.input, 0.15);
  assert.deepEqual([of('keys', 'fresh').to.user, of('keys', 'fresh').to.expires], ['bob', '2099-01-01T00:00:00Z']);
  assert.equal(of('keys', 'eve-group').from.user, 'eve');
  const { stdout } = await runWeir(['diff', path.join(folder, 'new.yaml'), '--config', path.join(folder, 'old.yaml')]);
  assert.match(stdout, /^ {2}\+ next\n {6}name +Next\n(?: {6}.*\n)* {6}price\.input +\$0\.15\/Mtok$/m);
  assert.match(stdout, /^ {2}- last\n(?: {6}.*\n)* {6}deployments +provider=/m);
  assert.match(stdout, /^ {2}\+ fresh\n {6}user +bob\n {6}expires +2099-01-01T00:00:00Z\n {6}may call +(?=.*\bnext\b)(?=.*\bZebra\b)/m);
  assert.match(stdout, /^ {2}- eve-group\n(?: {6}.*\n)* {6}may call +gpt-mini$/m);
  assert.match(stdout, /^ {2}\+ next\n(?: {6}.*\n)* {6}callable by +ada-all, bob-some, ada-later,.* fresh$/m);
  assert.match(stdout, /^ {2}- last\n(?: {6}.*\n)* {6}callable by +ada-all, bob-some/m);
  assert.match(stdout, /^ {2}fresh\n {6}gains .*next/m);
});

test('people read bytes and moments as the configuration has them', async () => {
  const config = wide();
  const other = structuredClone(config);
  config.limits = { body_bytes: 1048576 };
  config.keys['ada-later'].expires = '2098-01-01';
  other.keys['ada-later'].expires = '2099-01-01T12:00:00+02:00';
  other.users.bob.budget = { usd: '12.5', per: 'day' };
  const { stdout } = await runWeir(['diff', written('new.yaml', other), '--config', written('old.yaml', config)]);
  assert.match(stdout, /^ {6}limits\.body_bytes +1MiB -> 32MiB$/m);
  assert.match(stdout, /^ {6}expires +2098-01-01T00:00:00Z -> 2099-01-01T10:00:00Z$/m);
  assert.match(stdout, /^ {6}budget\.usd +- -> \$12\.50$/m);
});

test('a key that the directory revokes is not told to be disabled by the file', async () => {
  const config = wide();
  const { stdout } = await run('diff', written('new.yaml', { ...config, listen: [`127.0.0.1:${weir.port}`], control_socket: weir.config.control_socket }), '--json');
  const of = JSON.parse(stdout).changes.filter((each) => each.name === 'ada-revoked');
  assert.deepEqual(of.map(({ path: at, from, to }) => [at, from, to]), [['revoked', true, false]]);
});

test('what takes a restart is told, and it is what a reload refuses', async () => {
  const port = await freePort();
  for (const [change, at] of [[{ state: { cells_max: 8192 } }, 'state.cells_max'], [{ listen: [`127.0.0.1:${port}`] }, 'listen'],
    [{ control_socket: path.join(folder, 'c.sock') }, 'control_socket'], [{ ca_file: path.join(folder, 'ca.pem') }, 'ca_file']]) {
    const next = path.join(folder, 'next.yaml');
    fs.writeFileSync(next, toYaml({ ...weir.config, ...change }));
    const found = JSON.parse((await run('diff', next, '--json')).stdout);
    assert.ok(found.changes.length > 0);
    assert.ok(found.changes.every((each) => each.path === at && each.restart), JSON.stringify(found.changes));
    assert.ok((await run('diff', next)).stdout.endsWith(`\nA reload would refuse this file: \`${at}\` needs a restart.\n`));
    const { code, stderr } = await weir.reload({ ...wide(), ...change });
    assert.equal(code, 1, at);
    assert.match(stderr + weir.log, new RegExp(`${at.replace('.', '\\.')}: cannot change without a restart`));
    weir.configure(wide());
  }
  const found = JSON.parse((await run('diff', written('workers.yaml', { ...weir.config, workers: 3 }), '--json')).stdout);
  assert.deepEqual(brief(found), [['settings', null, 'changed', 'workers', 2, 3]]);
  assert.equal(found.restart, false);
  assert.equal((await weir.reload(wide())).code, 0);
});

test('people read prices in dollars, and long lists of keys cut short', async () => {
  const config = wide();
  for (let i = 0; i < 20; i++) config.keys[`many-${i}`] = keyOf(`many-${i}`, { group: 'zebras' });
  const old = written('old.yaml', config);
  const other = structuredClone(config);
  other.models['gpt-mini'].price.input = '0.2';
  other.groups.zebras.models = ['last'];
  const { code, stdout } = await runWeir(['diff', written('new.yaml', other), '--config', old]);
  assert.equal(code, 1);
  assert.match(stdout, /^ {2}~ gpt-mini\n {6}price\.input +\$0\.15\/Mtok -> \$0\.20\/Mtok$/m);
  assert.match(stdout, /^ {2}many-0, many-1, .* and 12 more\n {6}gains last\n {6}loses Zebra$/m);
  const { lines } = await onTerminal(80, ['diff', path.join(folder, 'new.yaml'), '--config', old]);
  assert.match(lines.join('\n'), /\x1b\[32m {6}gains \x1b\[0mlast/);
});
