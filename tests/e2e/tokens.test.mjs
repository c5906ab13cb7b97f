// Providers with a service account: tokens are minted, refreshed, kept and never told. DESIGN sections 2, 3 and 10.
import assert from 'node:assert/strict';
import { createVerify, generateKeyPairSync } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after } from 'node:test';
import { keyOf } from './config.mjs';
import { assertOpenAiError, test, until, withWeir } from './harness.mjs';
import { mappedMemfds, openMemfds } from './proc.mjs';
import { Upstream, completion } from './upstream.mjs';

const KEY = 'weir_tokens-00000000000000000000000000000000000';
const CHAT = '/v1/chat/completions';
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** A service account, and the endpoint that gives tokens to it: `life` seconds each, or `answer` instead. */
class Account {
  count = 0;
  life = 3600;
  answer = undefined;
  problems = [];

  static async start(name) {
    const account = new Account();
    account.name = name;
    account.rotate('key-1');
    account.endpoint = await Upstream.start();
    account.url = `http://127.0.0.1:${account.endpoint.port}/token`;
    account.endpoint.answer = (request, reply) => account.#serve(request, reply);
    after(() => account.endpoint.stop());
    return account;
  }

  rotate(keyId) {
    this.keyId = keyId;
    this.pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    this.pem = this.pair.privateKey.export({ type: 'pkcs8', format: 'pem' });
  }

  get email() {
    return `${this.name}@project.iam.gserviceaccount.com`;
  }

  /** The credentials file. */
  get json() {
    return JSON.stringify({
      type: 'service_account', project_id: 'project', private_key_id: this.keyId, private_key: this.pem,
      client_email: this.email, token_uri: this.url,
    });
  }

  /** The newest token. */
  get token() {
    return `ya29.${this.name}-canary-${this.count}`;
  }

  /** What of an account nobody may find anywhere. */
  get canaries() {
    const line = this.pem.split('\n')[3];
    return [line, `ya29.${this.name}-canary-`];
  }

  #check(request) {
    const form = new URLSearchParams(request.text);
    assert.equal(request.method, 'POST');
    assert.equal(request.headers['content-type'], 'application/x-www-form-urlencoded');
    assert.equal(request.headers.authorization, undefined);
    assert.deepEqual([...form.keys()], ['grant_type', 'assertion']);
    assert.equal(form.get('grant_type'), GRANT);
    const [head, claims, signature] = form.get('assertion').split('.');
    assert.ok(createVerify('RSA-SHA256').update(`${head}.${claims}`).verify(this.pair.publicKey, signature, 'base64url'), 'the signature');
    const decode = (text) => JSON.parse(Buffer.from(text, 'base64url').toString());
    assert.deepEqual(decode(head), { alg: 'RS256', typ: 'JWT', kid: this.keyId });
    const { iat, exp, ...who } = decode(claims);
    assert.deepEqual(who, { iss: this.email, scope: SCOPE, aud: this.url });
    assert.ok(exp - iat <= 3600 && Math.abs(iat - Date.now() / 1000) < 60, `${iat} … ${exp}`);
  }

  async #serve(request, reply) {
    try {
      this.#check(request);
    } catch (error) {
      this.problems.push(error);
    }
    if (this.answer) return this.answer(reply);
    this.count += 1;
    return reply.json({ access_token: this.token, expires_in: this.life, token_type: 'Bearer' });
  }

  get asked() {
    return this.endpoint.requests.length;
  }
}

/** An upstream that takes any token of these accounts, and remembers which. */
async function startUpstream() {
  const upstream = await Upstream.start();
  upstream.answer = (request, reply) => {
    const bearer = /^Bearer (ya29\..+)$/.exec(request.headers.authorization ?? '')?.[1];
    return bearer ? reply.json(completion('m')) : reply.json({ error: { message: 'no bearer' } }, { status: 401 });
  };
  after(() => upstream.stop());
  return upstream;
}

function registry(upstream, account, rest = {}) {
  const providers = { vertex: { kind: 'openai_compatible', base_url: upstream.url, credentials: { kind: 'service_account', file: 'account.json' } }, ...rest.providers };
  return {
    retries: { attempts_max: 2, pause_ms: 1, retry_percent: 100 },
    breaker: { failures: 1, open_ms: 600_000 },
    models: { m: { context_window: 1000, deployments: [{ provider: 'vertex', model: 'm' }] }, ...rest.models },
    users: { u: { models: 'all' } },
    keys: { k: keyOf(KEY, { user: 'u' }) },
    ...rest.more,
    providers,
  };
}

/** A weir whose credentials file is there before it starts. */
async function withAccount(account, config, body, options) {
  await withWeir(config, body, { ...options, files: { 'account.json': account.json } });
  assert.deepEqual(account.problems, []);
}

function call(weir, model = 'm') {
  return weir.post(CHAT, KEY, { model, messages: [] });
}

/** Call until it is answered: a worker that has just begun may not have the token yet. */
async function callSoon(weir) {
  let answer;
  await until(async () => { answer = await call(weir); return answer.status !== 503; }, 'a token is there');
  assert.equal(answer.status, 200, answer.text);
  return answer;
}

const bearers = (upstream) => upstream.requests.map((request) => request.headers.authorization);

test('a call carries the token that the account was given', async () => {
  const [account, upstream] = [await Account.start('first'), await startUpstream()];
  await withAccount(account, registry(upstream, account), async (weir) => {
    await callSoon(weir);
    await Promise.all(Array.from({ length: 40 }, () => call(weir)));
    assert.deepEqual([...new Set(bearers(upstream))], [`Bearer ${account.token}`]);
    assert.equal(account.asked, 1, 'one asking for all workers and calls');
  });
});

test('a token is refreshed before it ends, one asking at a time', async () => {
  const [account, upstream] = [await Account.start('short'), await startUpstream()];
  account.life = 2;
  await withAccount(account, registry(upstream, account), async (weir) => {
    await callSoon(weir);
    const deadline = Date.now() + 60_000;
    while (account.count < 4 && Date.now() < deadline) {
      const answer = await call(weir);
      assert.equal(answer.status, 200, answer.text);
    }
    assert.ok(account.count >= 4, `${account.count} tokens`);
    const sent = [...new Set(bearers(upstream))];
    assert.ok(sent.length >= 3, sent.join());
    assert.equal(account.asked, account.count);
  });
});

test('a token that the provider refuses before its end is replaced', async () => {
  const [account, upstream] = [await Account.start('refused'), await startUpstream()];
  const more = { breaker: { failures: 255, open_ms: 100 }, workers: 2 };
  await withAccount(account, registry(upstream, account, { more }), async (weir) => {
    await callSoon(weir);
    const refused = `Bearer ${account.token}`;
    const { answer } = upstream;
    upstream.answer = (request, reply) => (request.headers.authorization === refused ? reply.json({ error: { message: 'revoked' } }, { status: 401 }) : answer(request, reply));
    assertOpenAiError(await call(weir), 502, 'upstream_auth_error');
    await until(async () => (await call(weir)).status === 200, 'another token is sent');
    assert.equal(account.asked, 2, 'one asking for all the refusals');
    assert.equal(bearers(upstream).at(-1), `Bearer ${account.token}`);
    assert.match(weir.log, /provider vertex: refuses its token: another one is asked for/);
  });
});

test('while the endpoint fails the old token is used until it ends, then calls wait for no one', async () => {
  const [account, upstream] = [await Account.start('failing'), await startUpstream()];
  account.life = 4;
  await withAccount(account, registry(upstream, account), async (weir) => {
    await callSoon(weir);
    account.answer = (reply) => reply.json({ error: 'invalid_grant', error_description: 'secret words' }, { status: 400 });
    await until(() => account.asked >= 2, 'a refresh is tried');
    const kept = await call(weir);
    assert.equal(kept.status, 200, 'the old token is good');
    let answer;
    await until(async () => { answer = await call(weir); return answer.status !== 200; }, 'the token ends');
    assertOpenAiError(answer, 503, 'upstream_auth_pending');
    assert.ok(Number(answer.headers['retry-after']) > 0);
    assert.deepEqual([...new Set(bearers(upstream))], [`Bearer ${account.token}`]);
    assert.match(weir.log, /provider vertex: no token was given: status 400, invalid_grant/);
    assert.ok(!weir.log.includes('secret words'));
    account.answer = undefined;
    await callSoon(weir);
    assert.equal(upstream.last.headers.authorization, `Bearer ${account.token}`);
  });
});

test('a call without a token moves on to another deployment, and the breaker stays closed', async () => {
  const [account, upstream] = [await Account.start('pending'), await startUpstream()];
  const other = await Upstream.start();
  after(() => other.stop());
  account.answer = (reply) => reply.json({}, { status: 500 });
  const config = registry(upstream, account, {
    providers: { plain: { kind: 'openai_compatible', base_url: other.url, api_key: 'sk-x' } },
    models: { pair: { context_window: 1000, deployments: [{ provider: 'vertex', model: 'm', tier: 1 }, { provider: 'plain', model: 'm', tier: 2 }] } },
  });
  await withAccount(account, config, async (weir) => {
    for (let i = 0; i < 4; i++) {
      const answer = await call(weir, 'pair');
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.headers['x-weir-attempts'], 'vertex=auth_pending, plain=ok');
    }
    const alone = await call(weir);
    assertOpenAiError(alone, 503, 'upstream_auth_pending');
    assert.equal(upstream.requests.length, 0, 'never a call without a token');
    assert.equal((await weir.totals()).counters.breakers_opened, 0);
    account.answer = undefined;
    await callSoon(weir);
  });
});

test('a reload takes no token away and asks for none', async () => {
  const [account, upstream] = [await Account.start('reload'), await startUpstream()];
  await withAccount(account, registry(upstream, account), async (weir) => {
    await callSoon(weir);
    for (let n = 0; n < 5; n++) {
      const name = `Renamed ${n}`;
      const config = registry(upstream, account);
      config.models.m.name = name;
      const { code, stdout, stderr } = await weir.reload(config);
      assert.equal(code, 0, stdout + stderr);
      const answers = await Promise.all(Array.from({ length: 8 }, () => call(weir)));
      assert.deepEqual([...new Set(answers.map((answer) => answer.status))], [200]);
    }
    assert.equal(account.asked, 1);
    assert.deepEqual([...new Set(bearers(upstream))], [`Bearer ${account.token}`]);
  });
});

test('a new private key is asked with at once, and no call is refused meanwhile', async () => {
  const [account, upstream] = [await Account.start('rotated'), await startUpstream()];
  await withAccount(account, registry(upstream, account), async (weir) => {
    await callSoon(weir);
    account.rotate('key-2');
    fs.writeFileSync(path.join(weir.folder, 'account.json'), account.json);
    assert.equal((await weir.reload()).code, 0);
    await until(async () => {
      const answer = await call(weir);
      assert.equal(answer.status, 200, answer.text);
      return upstream.last.headers.authorization === 'Bearer ya29.rotated-canary-2';
    }, 'the token of the new key is sent');
    assert.equal(account.asked, 2);
  });
});

test('a provider that is added by a reload gets its token', async () => {
  const [account, upstream] = [await Account.start('added'), await startUpstream()];
  const without = registry(upstream, account, { providers: { vertex: { kind: 'openai_compatible', base_url: upstream.url, api_key: 'ya29.static' } } });
  await withAccount(account, without, async (weir) => {
    assert.equal((await call(weir)).status, 200);
    assert.equal((await weir.reload(registry(upstream, account))).code, 0);
    await callSoon(weir);
    assert.equal(upstream.last.headers.authorization, `Bearer ${account.token}`);
    assert.equal((await weir.reload(without)).code, 0);
    assert.equal((await call(weir)).status, 200);
    assert.equal(upstream.last.headers.authorization, 'Bearer ya29.static');
  });
});

test('a killed steward costs no call and no token, and a worker that comes later has it', async () => {
  const [account, upstream] = [await Account.start('killed'), await startUpstream()];
  await withAccount(account, registry(upstream, account), async (weir) => {
    await callSoon(weir);
    weir.expectDeaths();
    const [steward] = weir.processes('steward');
    process.kill(steward, 'SIGKILL');
    for (let i = 0; i < 10; i++) assert.equal((await call(weir)).status, 200);
    await until(() => weir.processes('steward').some((pid) => pid !== steward), 'a new steward');
    const config = registry(upstream, account);
    config.models.m.name = 'Renamed';
    assert.equal((await weir.reload(config)).code, 0);
    for (const worker of weir.workers()) process.kill(worker, 'SIGKILL');
    await until(async () => (await weir.status()).stdout.includes('state=running'), 'new workers serve');
    await callSoon(weir);
    assert.equal(account.asked, 1, 'the successor goes on with what there is');
    assert.deepEqual([...new Set(bearers(upstream))], [`Bearer ${account.token}`]);
  });
});

test('an open stream goes on with the token it began with', async () => {
  const [account, upstream] = [await Account.start('stream'), await startUpstream()];
  account.life = 2;
  await withAccount(account, registry(upstream, account), async (weir) => {
    await callSoon(weir);
    let release;
    const held = new Promise((resolve) => { release = resolve; });
    const usual = upstream.answer;
    upstream.answer = async (request, reply) => {
      await reply.streamHead();
      await reply.chunk('data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n');
      await held;
      await reply.chunk('data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n');
      await reply.raw('0\r\n\r\n');
    };
    const before = upstream.requests.length;
    const stream = weir.post(CHAT, KEY, { model: 'm', stream: true, messages: [] });
    await until(() => upstream.requests.length > before, 'the stream has begun');
    upstream.answer = usual;
    const then = account.count;
    await until(async () => { await call(weir); return account.count >= then + 2; }, 'two more tokens');
    release();
    const answer = await stream;
    assert.equal(answer.status, 200);
    assert.match(answer.text, /\[DONE\]/);
  });
});

/** Every process of a weir, and the memfds that each has. */
function everywhere(weir) {
  return [weir.pid, ...weir.workers(), ...weir.processes('steward')];
}

test('neither the private key nor a token is where it need not be', async () => {
  const [account, upstream] = [await Account.start('secret'), await startUpstream()];
  await withAccount(account, registry(upstream, account), async (weir) => {
    const good = await callSoon(weir);
    const seen = [good.text, JSON.stringify(good.headers), (await weir.status()).stdout, (await weir.run('status', '--json')).stdout];
    upstream.answer = (request, reply) => reply.json({ error: { message: 'denied' } }, { status: 401 });
    seen.push((await call(weir)).text);
    for (const answer of await Promise.all(['/v1/models', '/readyz', '/healthz'].map((url) => weir.get(url, KEY)))) seen.push(answer.text);
    // Whoever has a memfd of another kind finds neither in it.
    for (const pid of everywhere(weir)) {
      for (const { name, path: file } of openMemfds(pid)) {
        if (!/^weir-(secrets|accounts|tokens)/.test(name)) seen.push(fs.readFileSync(file, 'latin1'));
      }
    }
    seen.push(weir.log);
    for (const canary of account.canaries) {
      assert.ok(seen.every((text) => !text.includes(canary)), `${canary.slice(0, 12)}…`);
    }
    const [worker] = weir.workers();
    const [steward] = weir.processes('steward');
    const mapped = (pid) => mappedMemfds(pid).map((name) => name.replace(/-\d+$/, ''));
    assert.ok(mapped(worker).includes('weir-tokens'));
    assert.ok(!mapped(worker).includes('weir-accounts'), 'a worker has no private key');
    assert.ok(mapped(steward).includes('weir-accounts'));
    assert.ok(!mapped(steward).includes('weir-secrets'), 'the steward has no key of a provider');
    for (const name of ['weir-accounts', 'weir-tokens', 'weir-secrets']) assert.ok(!mapped(weir.pid).includes(name), `the master maps ${name}`);
  });
});

test('credentials come through a reference as well', async () => {
  const [account, upstream] = [await Account.start('reference'), await startUpstream()];
  const config = registry(upstream, account);
  config.providers.vertex.credentials = { kind: 'service_account', file: '${ACCOUNT_JSON}' };
  await withAccount(account, config, async (weir) => {
    await callSoon(weir);
  }, { env: { ACCOUNT_JSON: account.json } });
});
