// Signing in with a browser: what the cookie is worth, for whom, for what, and until when.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after } from 'node:test';
import { effective, keyOf } from './config.mjs';
import { KEYS, registry } from './fixture.mjs';
import { assertAnthropicError, assertOpenAiError, generationOf, startWeir, test, until, withWeir } from './harness.mjs';
import { chunked, requestBytes } from './http.mjs';
import { Revocations, cellOf } from './revocation.mjs';
import { makeToken, OWN_HTTPS_PAGE, OWN_PAGE, postForm, sessionKeyFile, setCookies, signIn } from './signin.mjs';

const CALLER = 'weir_may-call-but-not-list-00000000000000000000';
const config = { ...registry({ openai: 'http://127.0.0.1:9/v1' }), credits: { per_usd: 1000, margin: '1.4' } };
config.keys['ada-calls'] = keyOf(CALLER, { user: 'ada', scopes: ['call'] });
const weir = await startWeir(config);

const LISTS = [
  '/v1/models', '/v1/models?client_version=1.0.0', '/models', '/api/models', '/api/v1/models', '/backend-api/codex/models',
  '/gateway/openai/v1/models', '/gateway/anthropic/v1/models', '/claude/v1/models', '/v1beta/models',
  '/gateway/gemini/v1beta/models', '/gemini/v1beta/models',
];
const SINGLES = ['/v1/models/Zebra', '/gateway/openai/v1/models/Zebra', '/claude/v1/models/Zebra', '/v1beta/models/Zebra'];
const CALLS = ['/v1/chat/completions', '/gateway/openai/v1/chat/completions', '/v1/messages', '/claude/v1/messages', '/gateway/anthropic/v1/messages'];

const nowSeconds = () => Math.floor(Date.now() / 1000);
const list = (cookie, headers = {}, to = weir) => to.get('/v1/models', undefined, { ...(cookie === undefined ? {} : { cookie }), ...headers });
const idsOf = (answer) => answer.json.data.map((model) => model.id);

async function assertEnded(session, to = weir) {
  assertOpenAiError(await list(session.headers.cookie, {}, to), 401, 'invalid_api_key');
}

async function assertWorks(session, to = weir) {
  assert.equal((await list(session.headers.cookie, {}, to)).status, 200);
}

async function reload(next, to = weir) {
  const { code, stdout, stderr } = await to.reload(next);
  assert.equal(code, 0, `${stdout}${stderr}`);
}

// --- the cookie -----------------------------------------------------------------------------------

test('a key in the form gives a cookie that scripts, other sites and other paths cannot have', async () => {
  for (const [headers, name, isSecure] of [
    [OWN_PAGE, 'weir_session', false],
    [OWN_HTTPS_PAGE, '__Host-weir_session', true],
    [{ ...OWN_HTTPS_PAGE, 'sec-fetch-site': 'same-origin' }, '__Host-weir_session', true],
  ]) {
    const answer = await postForm(weir, '/signin', { key: KEYS.some }, headers);
    assert.equal(answer.status, 303);
    assert.equal(answer.headers.location, '/models');
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.equal(answer.text, '');
    const cookies = setCookies(answer);
    assert.equal(cookies.length, 1);
    assert.equal(cookies[0].name, name);
    assert.match(cookies[0].value, /^[A-Za-z0-9_-]{96}$/);
    assert.deepEqual([...cookies[0].attributes.keys()].sort(), ['HttpOnly', 'Max-Age', 'Path', 'SameSite', ...(isSecure ? ['Secure'] : [])].sort());
    assert.equal(cookies[0].attributes.get('Path'), '/');
    assert.equal(cookies[0].attributes.get('SameSite'), 'Strict');
    assert.equal(cookies[0].attributes.get('Max-Age'), String(12 * 3600));
    assert.ok(!answer.lines.join('\n').includes(KEYS.some));
  }
});

test('a cookie lists what its key lists, in every dialect', async () => {
  for (const [name, key] of Object.entries({ 'ada-all': KEYS.all, 'bob-some': KEYS.some, 'bob-one': KEYS.one, 'eve-group': KEYS.group, 'eve-none': KEYS.none })) {
    const { headers } = await signIn(weir, key);
    assert.deepEqual(idsOf(await list(headers.cookie)), effective(config, config.keys[name]));
    for (const url of [...LISTS, ...SINGLES]) {
      const byKey = await weir.get(url, key);
      const byCookie = await weir.get(url, undefined, headers);
      assert.equal(byCookie.status, byKey.status, url);
      assert.match(byCookie.headers.vary ?? '', byKey.status === 200 ? /\bcookie\b/i : /^$/);
      assert.equal(byCookie.headers.etag, byKey.headers.etag);
      assert.equal(byCookie.text.replace(/req_\w+/g, ''), byKey.text.replace(/req_\w+/g, ''), url);
      const head = await weir.fetch({ method: 'HEAD', path: url, headers });
      assert.equal(head.status, byKey.status, url);
      assert.equal(head.headers['content-length'], byKey.headers['content-length']);
      if (byKey.headers.etag) {
        assert.equal((await weir.get(url, undefined, { ...headers, 'if-none-match': byKey.headers.etag })).status, 304);
      }
    }
  }
});

test('a token is what the documentation says, and shows no digest', async () => {
  const session = await signIn(weir, KEYS.some);
  const bytes = Buffer.from(session.value, 'base64url');
  const expires = Number(bytes.readBigInt64BE(0));
  assert.ok(Math.abs(expires - nowSeconds() - 12 * 3600) < 60);
  assert.equal(makeToken(weir, KEYS.some, expires), session.value);
  assert.equal(fs.statSync(sessionKeyFile(weir)).mode & 0o777, 0o600);
  assert.equal(fs.statSync(sessionKeyFile(weir)).size, 32);
});

test('a token with any character changed is refused', async () => {
  const { name, value } = await signIn(weir, KEYS.some);
  const connection = await weir.connect();
  const ask = async (token) => {
    await connection.write(requestBytes({ path: '/v1/models', headers: { cookie: `${name}=${token}` } }));
    return connection.readAnswer();
  };
  for (let at = 0; at < value.length; at++) {
    const other = value[at] === 'A' ? 'B' : 'A';
    assertOpenAiError(await ask(value.slice(0, at) + other + value.slice(at + 1)), 401, 'invalid_api_key');
  }
  for (const token of [value.slice(1), value.slice(0, -1), `${value}A`, `${value}=`, `"${value}"`, value.slice(0, 48) + value.slice(0, 48)]) {
    assertOpenAiError(await ask(token), 401, 'invalid_api_key');
  }
  assert.equal((await ask(value)).status, 200);
  connection.close();
});

// --- the form -------------------------------------------------------------------------------------

test('a key that does not work leads back to the form, whatever is wrong with it', async () => {
  const bad = {
    unknown: 'weir_nobody-has-this-one', empty: '', blank: '  ', expired: KEYS.expired, disabled: KEYS.disabled,
    'without the scope': CALLER, long: 'x'.repeat(600), 'not ASCII': 'weir_ä', 'with a line': `${KEYS.all}\nx`,
  };
  for (const [what, key] of Object.entries(bad)) {
    const answer = await postForm(weir, '/signin', { key });
    assert.equal(answer.status, 303, what);
    assert.equal(answer.headers.location, '/models?signin=failed');
    assert.deepEqual(setCookies(answer), [], what);
    assert.ok(key.trim() === '' || !answer.lines.join('\n').includes(key));
  }
  assert.equal((await postForm(weir, '/signin', {})).headers.location, '/models?signin=failed');
  assert.equal((await postForm(weir, '/signin', { key: 'x', next: '/connect?a=b' })).headers.location, '/connect?signin=failed');
});

test('white space around a key is not a part of it', async () => {
  assert.equal((await postForm(weir, '/signin', { key: ` \t${KEYS.some}\r\n ` })).headers.location, '/models');
});

test('what signing in did is counted, and no log line says a key', async () => {
  const before = (await weir.totals()).counters;
  await signIn(weir, KEYS.some);
  await postForm(weir, '/signin', { key: 'weir_a-key-for-the-log' });
  const { counters } = await weir.totals();
  assert.equal(counters.signins, before.signins + 1);
  assert.equal(counters.signins_refused, before.signins_refused + 1);
  assert.ok(!weir.log.includes('weir_a-key-for-the-log') && !weir.log.includes(KEYS.some));
});

test('after signing in a browser goes to a page of ours, and nowhere else', async () => {
  for (const next of ['/models', '/connect', '/models?q=a%20b&sort=name']) {
    assert.equal((await postForm(weir, '/signin', { key: KEYS.some, next })).headers.location, next);
  }
  for (const next of [
    'https://evil.test/', '//evil.test', '//evil.test/models', '/\\evil.test', '\\/evil.test', 'javascript:alert(1)', '/models/../x',
    '/v1/models', '/models\r\nset-cookie: a=b', '/models?\r\nset-cookie: a=b', '/models?ä', '/', '', `/models?${'a'.repeat(600)}`,
  ]) {
    const answer = await postForm(weir, '/signin', { key: KEYS.some, next });
    assert.equal(answer.headers.location, '/models', next);
    assert.equal(setCookies(answer).length, 1);
  }
});

/** Readable by a person, and nothing was set. */
function assertRefused(answer, status, text) {
  assert.equal(answer.status, status, answer.text);
  assert.match(answer.headers['content-type'], /^text\/plain/);
  assert.match(answer.text, text);
  assert.deepEqual(setCookies(answer), []);
}

test('a form that a page of another host sent is refused, for signing in and out', async () => {
  for (const headers of [
    {}, { origin: 'null' }, { origin: '' }, { origin: 'http://evil.test' }, { origin: 'https://weir.test.evil.test' },
    { origin: 'http://weir.test:8080' }, { origin: 'ftp://weir.test' }, { ...OWN_PAGE, 'sec-fetch-site': 'cross-site' },
    { ...OWN_PAGE, 'sec-fetch-site': 'same-site' }, { ...OWN_PAGE, 'sec-fetch-site': 'none' }, { 'sec-fetch-site': 'cross-site' },
  ]) {
    for (const url of ['/signin', '/signout']) {
      assertRefused(await postForm(weir, url, { key: KEYS.all }, headers), 403, /not sent by a page of this gateway/);
    }
  }
  // A proxy that asks for another host than the browser did.
  const proxied = { ...OWN_HTTPS_PAGE, host: '127.0.0.1:1', 'sec-fetch-site': 'same-origin' };
  assert.equal((await signIn(weir, KEYS.some, proxied)).name, '__Host-weir_session');
});

test('what is no form is refused, and a form is bounded', async () => {
  const body = new URLSearchParams({ key: KEYS.all }).toString();
  for (const type of ['text/plain', 'application/json', 'multipart/form-data; boundary=x', '']) {
    assertRefused(await postForm(weir, '/signin', body, { ...OWN_PAGE, 'content-type': type }), 415, /must be a form/);
  }
  for (const broken of ['key=%', 'key=%zz', 'key=a%00', `key=${KEYS.all}&next=%f`]) {
    assertRefused(await postForm(weir, '/signin', broken), 400, /malformed/);
  }
  const long = `key=${KEYS.all}&more=${'x'.repeat(5000)}`;
  assertRefused(await postForm(weir, '/signin', long), 413, /larger/);
  const pieces = { method: 'POST', path: '/signin', headers: { ...OWN_PAGE, 'content-type': 'application/x-www-form-urlencoded', 'transfer-encoding': 'chunked' } };
  assertRefused(await weir.fetch({ ...pieces, body: chunked(long) }), 413, /larger/);
  const cut = await weir.fetch({ ...pieces, body: chunked(body, 1) });
  assert.equal(cut.status, 303);
  assert.equal(setCookies(cut).length, 1);
  for (const url of ['/signin', '/signout']) {
    for (const method of ['GET', 'HEAD', 'DELETE']) {
      const answer = await weir.fetch({ method, path: url });
      assert.equal(answer.status, 405);
      assert.equal(answer.headers.allow, 'POST');
      if (method !== 'HEAD') assertRefused(answer, 405, /method/);
    }
  }
});

test('a client that leaves in the middle of a form leaves nothing behind', async () => {
  const whole = requestBytes({ method: 'POST', path: '/signin', headers: { ...OWN_PAGE, 'content-type': 'application/x-www-form-urlencoded' }, body: `key=${KEYS.all}` });
  for (const leave of ['close', 'reset', 'halfClose']) {
    const connection = await weir.connect();
    await connection.write(whole.subarray(0, whole.length - 5));
    connection[leave]();
    await connection.ends().catch(() => {});
    connection.close();
  }
  await until(async () => (await weir.totals()).gauges.connections_open <= 1, 'the connections are gone');
});

test('signing out takes the cookie away, under both names', async () => {
  const { headers } = await signIn(weir, KEYS.some);
  const answer = await postForm(weir, '/signout', '', { ...OWN_PAGE, ...headers });
  assert.equal(answer.status, 303);
  assert.equal(answer.headers.location, '/models');
  assert.equal(answer.headers['clear-site-data'], '"cache"');
  const cookies = setCookies(answer);
  assert.deepEqual(cookies.map(({ name, value }) => [name, value]), [['__Host-weir_session', ''], ['weir_session', '']]);
  for (const { name, attributes } of cookies) {
    assert.equal(attributes.get('Max-Age'), '0');
    assert.equal(attributes.get('Path'), '/');
    assert.equal(attributes.has('Secure'), name.startsWith('__Host-'));
  }
  // Who is not signed in gets the same answer.
  assert.equal((await postForm(weir, '/signout', '')).status, 303);
});

// --- what a cookie opens --------------------------------------------------------------------------

test('a cookie makes no call', async () => {
  const { headers } = await signIn(weir, KEYS.all);
  for (const url of CALLS) {
    const answer = await weir.post(url, undefined, { model: 'Zebra', messages: [], max_tokens: 1 }, headers);
    if (url.includes('messages')) assertAnthropicError(answer, 401, 'authentication_error');
    else assertOpenAiError(answer, 401, 'invalid_api_key');
  }
});

test('what a client says of itself goes before its cookie', async () => {
  const some = await signIn(weir, KEYS.some);
  const ofGroup = (answer) => assert.deepEqual(idsOf(answer), effective(config, config.keys['eve-group']));
  for (const cookie of [some.headers.cookie, 'weir_session=broken', `weir_session=${'A'.repeat(96)}; weir_session=${'B'.repeat(96)}`]) {
    ofGroup(await list(cookie, { authorization: `Bearer ${KEYS.group}` }));
    ofGroup(await list(cookie, { 'x-api-key': KEYS.group }));
    ofGroup(await weir.get(`/v1/models?key=${KEYS.group}`, undefined, { cookie }));
  }
  for (const headers of [{ authorization: 'Bearer weir_unknown' }, { 'x-api-key': KEYS.expired }, { authorization: 'Basic abc' }]) {
    assertOpenAiError(await list(some.headers.cookie, headers), 401, 'invalid_api_key');
  }
  assert.equal((await list(some.headers.cookie, { authorization: 'Bearer', 'x-api-key': '' })).status, 200);
});

test('of several cookies the one with the prefix counts, and two that differ are refused', async () => {
  const some = await signIn(weir, KEYS.some);
  const group = await signIn(weir, KEYS.group, OWN_HTTPS_PAGE);
  const both = `${some.headers.cookie}; ${group.headers.cookie}`;
  assert.deepEqual(idsOf(await list(both)), effective(config, config.keys['eve-group']));
  assert.deepEqual(idsOf(await list(`a=b; ${some.headers.cookie}; c; ${some.headers.cookie}`)), effective(config, config.keys['bob-some']));
  const other = await signIn(weir, KEYS.one);
  assertOpenAiError(await list(`${some.headers.cookie}; ${other.headers.cookie}`), 401, 'invalid_api_key');
  const twice = `GET /v1/models HTTP/1.1\r\nhost: weir.test\r\ncookie: ${some.headers.cookie}\r\ncookie: ${other.headers.cookie}\r\n\r\n`;
  const connection = await weir.connect();
  await connection.write(Buffer.from(twice));
  assert.equal((await connection.readAnswer()).status, 401);
  connection.close();
});

test('giant cookies and many cookies do no harm', async () => {
  const { headers } = await signIn(weir, KEYS.some);
  assert.equal((await list(`${'a=b; '.repeat(3000)}${headers.cookie}`)).status, 200);
  assert.equal((await list(`${'weir_session=; '.repeat(1500)}${headers.cookie}`)).status, 200);
  assert.equal((await list(`weir_session=${'A'.repeat(20000)}`)).status, 401);
  assert.equal((await list(`weir_session=${'A'.repeat(40000)}`)).status, 431);
  assert.equal((await list(';;==;weir_session;=weir_session=x;;')).status, 401);
});

// --- until when -----------------------------------------------------------------------------------

test('a session ends with its second', async () => {
  const cookieOf = (seconds) => `weir_session=${makeToken(weir, KEYS.some, nowSeconds() + seconds)}`;
  assert.equal((await list(cookieOf(60))).status, 200);
  for (const seconds of [-1, -3600, -nowSeconds()]) {
    const answer = await list(cookieOf(seconds));
    assertOpenAiError(answer, 401, 'invalid_api_key');
    assert.match(answer.json.error.message, /session has ended/);
  }
  assertOpenAiError(await list(`weir_session=${makeToken(weir, 'weir_a-key-that-nobody-has', nowSeconds() + 60)}`), 401, 'invalid_api_key');
});

test('session.lifetime_ms says how long, and session.https_only where', async () => {
  await withWeir({ ...config, session: { lifetime_ms: 1000 } }, async (brief) => {
    const answer = await postForm(brief, '/signin', { key: KEYS.some });
    const [{ value, attributes }] = setCookies(answer);
    assert.equal(attributes.get('Max-Age'), '1');
    const cookie = `weir_session=${value}`;
    await until(async () => (await list(cookie, {}, brief)).status === 401, 'the session ends');

    await reload({ ...config, session: { https_only: true } }, brief);
    assertRefused(await postForm(brief, '/signin', { key: KEYS.some }), 403, /https/);
    const secure = await signIn(brief, KEYS.some, OWN_HTTPS_PAGE);
    assert.equal(secure.name, '__Host-weir_session');
    await assertWorks(secure, brief);
    assert.equal((await list(`weir_session=${secure.value}`, {}, brief)).status, 401);
  });
});

test('a session is worth what its key is worth at each request', async () => {
  const ours = 'weir_one-that-comes-and-goes';
  const withKey = (rest, users = {}) => ({ ...config, users: { ...config.users, ...users }, keys: { ...config.keys, ...(rest === undefined ? {} : { ours: keyOf(ours, { user: 'ada', ...rest }) }) } });
  const endings = {
    disabled: () => reload(withKey({ disabled: true })),
    'its user disabled': () => reload(withKey({}, { ada: { models: 'all', disabled: true } })),
    removed: () => reload(withKey(undefined)),
    'given another text': () => reload(withKey({ ...keyOf('weir_its-successor') })),
    expired: () => reload(withKey({ expires: '2020-01-01' })),
    revoked: () => {
      const bits = new Revocations(weir);
      bits.set(cellOf(weir, ours));
      bits.close();
    },
  };
  for (const [what, end] of Object.entries(endings)) {
    await reload(withKey({}));
    const session = await signIn(weir, ours);
    await assertWorks(session);
    await end();
    await assertEnded(session).catch((error) => assert.fail(`${what}: ${error.message}`));
    assert.equal((await postForm(weir, '/signin', { key: ours })).headers.location, '/models?signin=failed', what);
  }
  const bits = new Revocations(weir);
  bits.clear(cellOf(weir, ours));
  bits.close();

  await reload(withKey({}));
  const session = await signIn(weir, ours);
  await reload(withKey({ scopes: ['call'] }));
  assertOpenAiError(await list(session.headers.cookie), 403, 'insufficient_permissions');
  await reload(withKey({ allowed_models: ['Zebra'] }));
  assert.deepEqual(idsOf(await list(session.headers.cookie)), ['Zebra']);
  await reload(config);
});

test('the pages are for sessions too, and take away one that is over', async () => {
  const html = { accept: 'text/html' };
  const session = await signIn(weir, KEYS.some);
  for (const url of ['/models', '/connect']) {
    const page = await weir.get(url, undefined, { ...html, ...session.headers });
    assert.equal(page.status, 200);
    assert.match(page.headers['content-type'], /^text\/html/);
    assert.match(page.headers.vary, /\bcookie\b/i);
    assert.match(page.headers['cache-control'], /\bprivate\b/);
    assert.ok(!page.text.includes(session.value));

    const over = [`weir_session=${makeToken(weir, KEYS.some, nowSeconds() - 1)}`, `weir_session=${makeToken(weir, KEYS.disabled, nowSeconds() + 60)}`, 'weir_session=broken', `weir_session=${'A'.repeat(96)}; weir_session=${'B'.repeat(96)}`];
    for (const cookie of over) {
      const answer = await weir.get(url, undefined, { ...html, cookie });
      assert.equal(answer.status, 401);
      assert.match(answer.text, /The session (has ended|is not valid): sign in again\./);
      assert.deepEqual(setCookies(answer).map(({ name, value }) => [name, value]), [['__Host-weir_session', ''], ['weir_session', '']]);
    }
    // Who leads a browser here from elsewhere, where it sends no cookie, signs nobody out by it.
    for (const request of [{ path: `${url}?key=weir_wrong` }, { path: `${url}?signin=failed` }, { path: url }, { path: url, headers: { ...session.headers, 'x-api-key': 'weir_wrong' } }]) {
      const answer = await weir.fetch({ ...request, headers: { ...html, ...request.headers } });
      assert.equal(answer.status, 401);
      assert.deepEqual(setCookies(answer), []);
    }
  }
});

test('a session outlives reloads, workers and the service', async () => {
  await withWeir(config, async (own) => {
    own.expectDeaths();
    const session = await signIn(own, KEYS.some);
    const before = generationOf(await list(session.headers.cookie, {}, own));
    await reload({ ...config, models: { ...config.models, fresh: { ...config.models.Zebra } } }, own);
    const after = await list(session.headers.cookie, {}, own);
    assert.equal(after.status, 200);
    assert.ok(generationOf(after) > before);

    const pids = own.workers();
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await until(async () => own.workers().length === pids.length && !own.workers().some((pid) => pids.includes(pid))
      && (await own.status()).stdout.includes('state=running'), 'there are new workers');
    // Each of them knows it: connections are spread over them.
    for (let n = 0; n < 20; n++) await assertWorks(session, own);

    await restart(own);
    await assertWorks(session, own);
  });
});

/** Stop, change what lies in its folder, start again; on another port. */
async function restart(own, change = () => {}) {
  process.kill(own.pid, 'SIGTERM');
  await until(() => own.ended, 'weir ends');
  own.ended = undefined;
  change();
  await own.start();
}

test('a lost or damaged key ends the sessions and nothing more', async () => {
  await withWeir(config, async (own) => {
    for (const [change, warning] of [
      [() => fs.rmSync(sessionKeyFile(own)), undefined],
      [() => fs.writeFileSync(sessionKeyFile(own), 'short'), /session-key: warning: the key of sessions was damaged/],
      [() => fs.writeFileSync(sessionKeyFile(own), Buffer.alloc(32, 7)), undefined],
    ]) {
      const session = await signIn(own, KEYS.some);
      await assertWorks(session, own);
      own.log = '';
      await restart(own, change);
      await assertEnded(session, own);
      if (warning) assert.match(own.log, warning);
      else assert.doesNotMatch(own.log, /: warning:/);
      await assertWorks(await signIn(own, KEYS.some), own);
      assert.equal((await own.get('/v1/models', KEYS.some)).status, 200);
    }
    // In a service that runs: a reload makes another one.
    const session = await signIn(own, KEYS.some);
    fs.rmSync(sessionKeyFile(own));
    await assertWorks(session, own);
    await reload(undefined, own);
    await assertEnded(session, own);
    await assertWorks(await signIn(own, KEYS.some), own);
  });
});

test('without a key nobody signs in, and all else goes on', async () => {
  await withWeir(config, async (own) => {
    const session = await signIn(own, KEYS.some);
    fs.rmSync(sessionKeyFile(own));
    fs.mkdirSync(sessionKeyFile(own));
    const { code, stdout, stderr } = await own.reload();
    assert.equal(code, 0);
    assert.match(`${stdout}${stderr}${own.log}`, /session-key: warning: the key of sessions can be neither read nor made/);
    await assertEnded(session, own);
    assertRefused(await postForm(own, '/signin', { key: KEYS.some }), 503, /Nobody can sign in/);
    assert.equal((await own.get('/v1/models', KEYS.some)).status, 200);
    fs.rmdirSync(sessionKeyFile(own));
  });
});

after(() => {
  for (const key of Object.values(KEYS)) assert.ok(!weir.log.includes(key));
});
