// What the page of /connect shows is run as it stands there: docs/page.md.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after } from 'node:test';
import { KEYS, registry } from './fixture.mjs';
import { startWeir, test } from './harness.mjs';
import { snippets, text } from './html.mjs';
import { Upstream } from './upstream.mjs';

const upstream = await Upstream.start();
after(() => upstream.stop());
const config = registry({ openai: upstream.url });
const weir = await startWeir(config);

const get = (path, key = KEYS.all, headers = {}) => weir.get(path, key, { accept: 'text/html', host: `127.0.0.1:${weir.port}`, ...headers });

/** What runs a snippet, and how it reads what it answers. */
const RUNNERS = {
  sh: ['sh', '-c'],
  node: [process.execPath, '--input-type=module', '-e'],
  python: ['python3', '-c'],
};

function run(snippet, key = KEYS.all) {
  const [command, ...args] = RUNNERS[snippet.run];
  return new Promise((resolve) => {
    execFile(command, [...args, snippet.text], {
      cwd: new URL('..', import.meta.url).pathname, // beside node_modules
      env: { PATH: process.env.PATH, HOME: process.env.HOME, WEIR_API_KEY: key },
      timeout: 60_000,
    }, (error, stdout, stderr) => resolve({ code: error ? (error.code ?? error.signal) : 0, stdout, stderr }));
  });
}

async function hasPythonModule(name) {
  return (await run({ run: 'python', text: `import ${name}` })).code === 0;
}

/** How a call that succeeded reads, by the snippet's id. */
const READS = {
  'list-curl': (out) => assert.deepEqual(JSON.parse(out).data.map((model) => model.id).includes('gpt-mini'), true),
  'openai-curl': (out) => assert.equal(JSON.parse(out).choices[0].message.content, 'Hello!'),
  'call-openai': (out) => assert.equal(JSON.parse(out).choices[0].message.content, 'Hello!'),
  'openai-node': (out) => assert.equal(out, 'Hello!\n'),
  'openai-python': (out) => assert.equal(out, 'Hello!\n'),
  'anthropic-curl': (out) => assert.equal(JSON.parse(out).content[0].text, 'Hello!'),
  'call-anthropic': (out) => assert.equal(JSON.parse(out).content[0].text, 'Hello!'),
  'anthropic-node': (out) => assert.equal(out, 'Hello!\n'),
  'anthropic-python': (out) => assert.equal(out, 'Hello!\n'),
  'gemini-curl': (out) => assert.equal(JSON.parse(out).candidates[0].content.parts[0].text, 'Hello!'),
  'call-gemini': (out) => assert.equal(JSON.parse(out).candidates[0].content.parts[0].text, 'Hello!'),
  'gemini-node': (out) => assert.equal(out, 'Hello!\n'),
};
const MODULES = { 'openai-python': 'openai', 'anthropic-python': 'anthropic' };
// Nobody here speaks Gemini's protocol: the first model is called, by translation.
const MODELS = { openai: 'gpt-4o-mini-2024-07-18', anthropic: 'claude-sonnet-4-5-20250929', gemini: 'claude-sonnet-4-5-20250929' };

const shown = [...snippets((await get('/connect')).text), ...snippets((await get('/models')).text)];

test('every snippet that a computer can run is one that this file knows', () => {
  assert.deepEqual(shown.filter((each) => each.run).map((each) => each.id).sort(), Object.keys(READS).sort());
  for (const { id, text: body } of shown) assert.ok(!/[{}]{2}[a-z]|undefined/.test(body), `${id} has all of its slots filled`);
});

for (const snippet of shown.filter((each) => each.run)) {
  test(`${snippet.id} does what it shows`, async (t) => {
    const module = MODULES[snippet.id];
    if (module && !await hasPythonModule(module)) {
      t.skip(`there is no Python package ${module}`);
      return;
    }
    upstream.reset();
    const { code, stdout, stderr } = await run(snippet);
    assert.equal(code, 0, stderr);
    READS[snippet.id](stdout);
    if (snippet.id === 'list-curl') return;
    assert.equal(upstream.requests.length, 1);
    const [, protocol] = /(openai|anthropic|gemini)/.exec(snippet.id);
    assert.equal(upstream.last.json.model, MODELS[protocol]);
    assert.match(JSON.stringify(upstream.last.json.messages), /Say hello\./);
  });

  test(`${snippet.id} needs the key that it names`, async (t) => {
    if (MODULES[snippet.id] && !await hasPythonModule(MODULES[snippet.id])) {
      t.skip('as above');
      return;
    }
    const { code, stdout, stderr } = await run(snippet, 'wrong-key');
    assert.match(`${stdout}${stderr}`, /invalid_api_key|authentication_error|AuthenticationError|API_KEY_INVALID/);
    if (snippet.run !== 'sh') assert.notEqual(code, 0);
  });
}

test('the model that is asked for stands in every example, and can be called by each', async () => {
  const found = snippets((await get('/connect?model=gpt-mini')).text);
  for (const { id, text: body } of found) if (!/^(list|open-webui)/.test(id)) assert.match(body, /\bgpt-mini\b/, id);
  for (const id of ['anthropic-curl', 'gemini-curl']) {
    upstream.reset();
    const { stdout } = await run(found.find((each) => each.id === id));
    READS[id](stdout);
    assert.equal(upstream.last.json.model, MODELS.openai);
  }
  assert.match(text((await get('/connect?model=hidden')).text), /You may call no model named hidden\./);
});

test('without a model there is the list and nothing else', async () => {
  assert.deepEqual(snippets((await get('/connect', KEYS.none)).text).map((each) => each.id), ['list-curl']);
  const ids = snippets((await get('/connect', KEYS.some)).text).map((each) => each.id);
  assert.ok(ids.includes('openai-curl') && ids.includes('anthropic-curl') && ids.includes('gemini-curl'), ids.join());
});

test('the examples have the host that the browser called, and https where a proxy says so', async () => {
  for (const [headers, origin] of [
    [{ host: 'weir.example:8443' }, 'http://weir.example:8443'],
    [{ host: 'weir.example', 'x-forwarded-proto': 'https' }, 'https://weir.example'],
    [{ host: 'weir.example', 'x-forwarded-proto': 'http' }, 'http://weir.example'],
  ]) {
    const found = snippets((await get('/connect', KEYS.all, headers)).text).find((each) => each.id === 'list-curl');
    assert.ok(found.text.startsWith(`curl -sS ${origin}/v1/models`), found.text);
  }
});

test('settings of other programs name base URLs that answer', async () => {
  const texts = Object.fromEntries(shown.map((each) => [each.id, each.text]));
  for (const [id, pattern, suffix, headers] of [
    ['aider', /OPENAI_API_BASE=(\S+)/, '/models'],
    ['continue', /apiBase: (\S+)/, '/models'],
    ['open-webui', /OPENAI_API_BASE_URL=(\S+)/, '/models'],
    ['claude-code', /ANTHROPIC_BASE_URL=(\S+)/, '/v1/models', { 'anthropic-version': '2023-06-01' }],
  ]) {
    const [, url] = pattern.exec(texts[id]);
    const answer = await fetch(`${url}${suffix}`, { headers: { authorization: `Bearer ${KEYS.all}`, ...headers } });
    assert.equal(answer.status, 200, id);
    assert.ok((await answer.json()).data.length > 0, id);
  }
});
