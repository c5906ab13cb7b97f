// The commands beside `serve`: docs/commands.md, and the files that people start from.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { KEYS, registry } from './fixture.mjs';
import { WEIR, runWeir, test, until, withWeir } from './harness.mjs';
import { fetchOnce } from './http.mjs';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'weir-commands-'));
after(() => fs.rmSync(folder, { recursive: true }));

function written(name, text) {
  const file = path.join(folder, name);
  fs.writeFileSync(file, text);
  return file;
}

/** The sample of DESIGN section 5, whole. */
const SAMPLE = `
listen: ["127.0.0.1:8080"]
workers: auto                       # one per usable core
state_dir: ${folder}

providers:
  openai:  { kind: openai,    api_key: "\${OPENAI_API_KEY}" }
  claude:  { kind: anthropic, api_key: "\${credential:anthropic}" }    # systemd LoadCredential
  local:   { kind: openai_compatible, base_url: "http://127.0.0.1:8000/v1" }

models:
  claude-sonnet-4:                          # the slug: what clients send; case-sensitive; a contract
    name: Claude Sonnet 4
    description: Balanced model for coding and agents
    kind: chat                              # chat | embedding | image
    owned_by: anthropic                     # default: the provider kind's word
    released: 2025-05-14
    context_window: 200000                  # total input + output
    max_input_tokens: 200000
    max_output_tokens: 64000
    capabilities: [reasoning, attachments, tools]
    input_modalities: [text, image]
    features: [json_mode]
    reasoning: { levels: {low: Quick answers, medium: Balanced, high: Deep work}, default: medium, summaries: true }
    verbosity: { default: low }
    parallel_tool_calls: true
    priority: 10                            # higher is listed first
    price: { input: "3.00", output: "15.00", cache_read: "0.30", cache_write: "3.75" }   # USD per 1M tokens
    enabled: true
    deployments:
      - { provider: claude, model: claude-sonnet-4-5-20250929, weight: 3 }
      - { provider: local,  model: sonnet-clone, tier: 2 }

groups:
  engineering: { models: [claude-sonnet-4], budget: { usd: "500", per: month } }
users:
  ada: { groups: [engineering], models: [claude-sonnet-4], limits: { requests: 600/min, input_tokens: 1M/min, concurrent: 20 } }
keys:
  ada-laptop: { user: ada, sha256: "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8", allowed_models: [claude-sonnet-4], expires: 2027-01-01 }
anonymous: { models: [] }                   # who has no key; empty = nobody
credits: { per_usd: 1000, margin: "1.4" }   # the credit-priced dialect
`;

test('the sample of the design loads; what cannot be resolved here is a warning', async () => {
  const file = written('sample.yaml', SAMPLE);
  const { code, stderr } = await runWeir(['check', '--config', file], { env: {} });
  assert.equal(code, 0, stderr);
  assert.match(stderr, /sample\.yaml:7:\d+: warning: .*OPENAI_API_KEY/);
  assert.doesNotMatch(stderr, /error/);
});

test('with --secrets what cannot be resolved is an error', async () => {
  const file = written('sample.yaml', SAMPLE);
  const missing = await runWeir(['check', '--secrets', '--config', file], { env: {} });
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /sample\.yaml:7:\d+: error: .*OPENAI_API_KEY/);
  fs.writeFileSync(path.join(folder, 'anthropic'), 'sk-ant-x\n');
  const env = { OPENAI_API_KEY: 'sk-x', CREDENTIALS_DIRECTORY: folder };
  const there = await runWeir(['check', '--secrets', '--config', file], { env });
  assert.equal(there.code, 0, there.stderr);
});

test('the example configuration of the package loads', async () => {
  const example = new URL('../../systemd/weir.example.yaml', import.meta.url).pathname;
  const { code, stderr } = await runWeir(['check', '--config', example]);
  assert.equal(code, 0, stderr);
});

test('the printed defaults are a file that loads', async () => {
  const { code, stdout } = await runWeir(['config', '--defaults']);
  assert.equal(code, 0);
  for (const name of ['listen', 'workers', 'stream_buffer_bytes', 'between_events_ms', 'cells_max']) assert.ok(stdout.includes(name), name);
  const { code: loads, stderr } = await runWeir(['check', '--config', written('defaults.yaml', stdout)]);
  assert.equal(loads, 0, stderr);
});

test('check says every problem at its place, on standard error', async () => {
  const file = written('bad.yaml', 'listen: ["nowhere"]\nworkers: 1000\nmodells: {}\n');
  const { code, stdout, stderr } = await runWeir(['check', '--config', file]);
  assert.equal(code, 1);
  assert.equal(stdout, '');
  for (const place of ['bad.yaml:1:10: error: listen', 'bad.yaml:2:10: error: workers', 'bad.yaml:3:1: error: ']) {
    assert.ok(stderr.includes(place), `${place} in:\n${stderr}`);
  }
  assert.match(stderr, /did you mean "models"\?/);
});

test('files that are included count like the main one, and are named in errors', async () => {
  fs.mkdirSync(path.join(folder, 'conf.d'));
  written('conf.d/10-models.yaml', 'models:\n  a:\n    context_window: 1000\n    deployments: [{ provider: local, model: x }]\n');
  const main = written('main.yaml', 'include: ["conf.d/*.yaml"]\nproviders:\n  local: { kind: openai_compatible, base_url: "http://127.0.0.1:1/v1" }\n');
  const good = await runWeir(['check', '--config', main]);
  assert.equal(good.code, 0, good.stderr);
  assert.match(good.stdout, /1 model,/);
  written('conf.d/20-more.yaml', 'models:\n  a:\n    context_window: 1000\n');
  const bad = await runWeir(['check', '--config', main]);
  assert.equal(bad.code, 1);
  assert.match(bad.stderr, /20-more\.yaml:2:3: error: /);
});

test('wrong arguments end with 2, and unknown words are met with a guess', async () => {
  for (const args of [[], ['sevre'], ['check', '--wrong'], ['config'], ['status', '--wrong'], ['reload', '--socket'], ['serve', '--wrong']]) {
    const { code, stdout } = await runWeir(args);
    assert.equal(code, 2, args.join(' '));
    assert.equal(stdout, '');
  }
  assert.match((await runWeir(['sevre'])).stderr, /serve/);
});

test('what is wrong is said with what to do', async () => {
  const nowhere = path.join(folder, 'nowhere.yaml');
  const rows = [
    [['check', 'n.yaml'], 2, /unexpected argument "n\.yaml"; a configuration is named with --config FILE/],
    [['status', 'x'], 2, /unexpected argument "x"/],
    [['check', '--config'], 2, /--config needs a value: FILE/],
    [['check', '--confg', 'x'], 2, /no option "--confg"; did you mean "--config"\?/],
    [['check', '--config', nowhere], 1, /nowhere\.yaml: error: No such file/],
    [['config'], 2, /weir config: what to print is missing/],
    [['why', 'a'], 2, /the argument SLUG is missing/],
    [['why'], 2, /the arguments KEY SLUG are missing/],
    [['why', 'a', ''], 2, /the argument SLUG is empty/],
    [['models', 'list', '--kind', 'x'], 2, /--kind: "x" is none of chat, embedding, image/],
    [['models', 'list', '--config', nowhere], 1, /the configuration cannot be loaded/],
    [['help', 'stats'], 2, /no command "stats"; did you mean "status"\?/],
    [['help', 'keys', 'lst'], 2, /no verb "lst"; did you mean "list"\?/],
    [['completion', 'fish'], 2, /none for "fish", only for bash\nusage: weir completion bash/],
    [['version', 'x'], 2, /weir version: unexpected argument "x"/],
    [['demo-upstream', '--listen', 'x'], 2, /"x" is not a numeric HOST:PORT/],
    [['demo-upstream', '--pace-ms', '99999'], 2, /--pace-ms: "99999" is more than 60000/],
  ];
  for (const [args, code, sentence] of rows) {
    const answer = await runWeir(args);
    assert.equal(answer.code, code, `weir ${args.join(' ')}: ${answer.stderr}`);
    assert.equal(answer.stdout, '', args.join(' '));
    assert.match(answer.stderr, sentence);
  }
});

test('help and version are printed', async () => {
  const help = await runWeir(['help']);
  assert.equal(help.code, 0);
  const lines = help.stdout.trimEnd().split('\n').filter((line) => line.startsWith('  '));
  const words = lines.map((line) => line.trim().split(' ')[0]);
  for (const word of ['serve', 'check', 'config', 'status', 'reload', 'demo-upstream', 'version', 'help']) assert.ok(words.includes(word), word);
  const at = lines[0].indexOf('run the gateway');
  for (const line of lines) assert.match([...line].slice(at - 2).join(''), /^ {2}\w/, `the sentences stand in one column: ${line}`);
  for (const word of words) {
    const long = await runWeir([word, '--help']);
    assert.equal(long.code, 0, `weir ${word} --help`);
    assert.match(long.stdout, new RegExp(`^usage: weir ${word}`));
    assert.deepEqual(await runWeir(['help', word]), long);
  }
  assert.deepEqual(await runWeir(['help', 'keys', 'create']), await runWeir(['keys', 'create', '--help']));
  const version = await runWeir(['version']);
  assert.match(version.stdout, /^weir \d+\.\d+\.\d+/);
});

test('options and what they are for do not run together', async () => {
  const { stdout } = await runWeir(['models', 'list', '--help']);
  assert.match(stdout, /^ {2}--capability reasoning\|attachments\|tools\n {29}only models that can do this; .* CAP has R, A and T$/m);
  assert.match(stdout, /^ {2}--provider KIND {12}only models/m);
  for (const line of stdout.split('\n')) assert.ok(line.length <= 100, line);
});

test('docs/operations.md has every counter that status shows', async () => {
  const page = fs.readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const told = page.split('| counter | |')[1].split('\n\n')[0].match(/^\| `\w+`/gm).map((row) => row.slice(3, -1));
  await withWeir(registry({ openai: 'http://127.0.0.1:9/v1' }), async (weir) => {
    const { counters, gauges } = await weir.totals();
    assert.deepEqual(told, [...Object.keys(counters), ...Object.keys(gauges)]);
  });
});

test('who reloads a file with a mistake hears it from the gateway', async () => {
  await withWeir(registry({ openai: 'http://127.0.0.1:9/v1' }), async (weir) => {
    fs.writeFileSync(weir.file, `${fs.readFileSync(weir.file, 'utf8')}\nworkers: many\n`);
    const { code, stderr } = await runWeir(['reload', '--config', weir.file]);
    assert.equal(code, 1);
    
    assert.doesNotMatch(stderr, /--socket/);
    assert.equal((await runWeir(['status', '--config', weir.file])).code, 0);
    fs.writeFileSync(weir.file, 'models: [\n');
    const unknown = await runWeir(['reload', '--config', weir.file]);
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /weir\.yaml:2:1: error: YAML: [^]*does not say where its gateway's control socket is; name it with --socket/);
  });
});

test('the demo upstream speaks both protocols, and weir carries it', async () => {
  const demo = spawn(WEIR, ['demo-upstream', '--listen', '127.0.0.1:0', '--pace-ms', '0'], { stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    let said = '';
    for (const stream of [demo.stdout, demo.stderr]) stream.on('data', (text) => { said += text; });
    const [, port] = await until(() => /http:\/\/127\.0\.0\.1:(\d+)/.exec(said), 'the demo upstream says its port');
    assert.deepEqual((await fetchOnce(Number(port), { path: '/v1/models' })).json.data.map((model) => model.id), ['demo']);
    await withWeir(registry({ openai: `http://127.0.0.1:${port}/v1` }), async (weir) => {
      for (const [url, model] of [['/v1/chat/completions', 'Zebra'], ['/v1/messages', 'claude-sonnet-4']]) {
        for (const stream of [false, true]) {
          const answer = await weir.post(url, KEYS.all, { model, stream, max_tokens: 50, messages: [{ role: 'user', content: 'a word to quote' }] });
          assert.equal(answer.status, 200, answer.text);
          assert.match(stream ? answer.data.join('') : answer.text, /quote/);
          assert.ok(answer.text.includes(`"model":"${model}"`));
        }
      }
    });
  } finally {
    demo.kill('SIGTERM');
  }
});
