// Browsers: an ID token and an App Check token together are a credential, and nothing less is.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after } from 'node:test';
import { displayOrder, keyOf } from './config.mjs';
import { assertAnthropicError, assertOpenAiError, startWeir, test, until, Weir } from './harness.mjs';
import { APP_CHECK, checkClaims, ISSUER, KeyServer, makeKey, now, sign, userClaims, writeExport } from './tokens.mjs';
import { answerCompletion, Upstream } from './upstream.mjs';

const userKey = makeKey('user-1');
const checkKey = makeKey('check-1');
const otherKey = makeKey('user-1');
const KEY = 'weir_browser-test';

const upstream = await Upstream.start();
upstream.answer = answerCompletion;
const keys = await new KeyServer({ '/users': [userKey], '/check': [checkKey] }).start();
after(() => Promise.all([upstream.stop(), keys.stop()]));

function configOf(server) {
  const model = { context_window: 1000, deployments: [{ provider: 'plain', model: 'upstream' }] };
  return {
    providers: { plain: { kind: 'openai_compatible', base_url: upstream.url } },
    models: { m1: model, m2: model, m3: model, m4: model },
    groups: { visitors: { models: ['m1'] }, team: { models: ['m2'] } },
    users: { ada: { models: ['m3'], groups: ['team'] }, eve: { models: 'all', disabled: true } },
    keys: { k: keyOf(KEY, { user: 'ada' }) },
    browser: {
      issuers: [{ issuer: ISSUER, audience: 'app', jwks_url: server.url('/users') }],
      app_check: { issuer: APP_CHECK, audience: 'projects/1', jwks_url: server.url('/check') },
      users: { 'ada-uid': 'ada', 'eve-uid': 'eve' },
      default_group: 'visitors',
    },
  };
}

const config = configOf(keys);

function pairOf(user, check) {
  return {
    ...(user === undefined ? {} : { authorization: `Bearer ${user}` }),
    ...(check === undefined ? {} : { 'x-firebase-appcheck': check }),
  };
}

function goodPair(claims) {
  return pairOf(sign(userKey, userClaims(claims)), sign(checkKey, checkClaims()));
}

function exportTo(weir, { fetched = now(), users = [userKey], check = [checkKey], server = keys } = {}) {
  writeExport(path.join(weir.folder, 'state', 'keysets'), [
    { url: server.url('/users'), fetched, keys: users },
    { url: server.url('/check'), fetched, keys: check },
  ]);
}

function list(weir, headers) {
  return weir.get('/v1/models', undefined, headers);
}

/** Reload until a pair works: the steward's own fetch may ask for another one meanwhile. */
async function adopt(weir, headers, status) {
  const reloaded = await weir.reload();
  assert.equal(reloaded.code, 0, reloaded.stderr);
  assert.equal((await list(weir, headers)).status, status);
}

const weir = new Weir(config);
exportTo(weir);
await weir.start();
after(() => weir.stop());

test('a pair lists and calls what its user may, and an unknown subject what the default group may', async () => {
  const rows = [
    [goodPair(), ['m2', 'm3']],
    [goodPair({ sub: 'somebody' }), ['m1']],
    [goodPair({ aud: ['x', 'app'] }), ['m2', 'm3']],
    [goodPair({ exp: now() - 30 }), ['m2', 'm3']],
    [goodPair({ iat: now() + 30 }), ['m2', 'm3']],
  ];
  for (const [headers, slugs] of rows) {
    const listed = await list(weir, headers);
    assert.equal(listed.status, 200, listed.text);
    assert.deepEqual(listed.json.data.map((model) => model.id), slugs);
    assert.match(listed.headers.vary, /x-firebase-appcheck/i);
    for (const slug of displayOrder(config)) {
      const call = await weir.post('/v1/chat/completions', undefined, { model: slug, messages: [] }, headers);
      assert.equal(call.status, slugs.includes(slug) ? 200 : 403, call.text);
      assert.equal((await list(weir, headers)).status, 200);
      assert.equal((await weir.get(`/v1/models/${slug}`, undefined, headers)).status, slugs.includes(slug) ? 200 : 403);
    }
  }
});

test('a key works as it did, with an App Check token nowhere near it', async () => {
  assert.deepEqual((await weir.get('/v1/models', KEY)).json.data.map((model) => model.id), ['m2', 'm3']);
  assertOpenAiError(await weir.get('/v1/models', KEY, { 'x-firebase-appcheck': sign(checkKey, checkClaims()) }), 401, 'invalid_api_key');
});

test('everything but two good tokens is refused with 401, in the dialect of the route', async () => {
  const user = sign(userKey, userClaims());
  const check = sign(checkKey, checkClaims());
  const bad = {
    'alg none': pairOf(sign(userKey, userClaims(), { alg: 'none' }), check),
    'alg none, App Check': pairOf(user, sign(checkKey, checkClaims(), { alg: 'none' })),
    'HS256 with the public key as the secret': pairOf(sign(userKey, userClaims(), { alg: 'HS256' }), check),
    'another issuer': pairOf(sign(userKey, userClaims({ iss: 'https://evil.test' })), check),
    'another audience': pairOf(sign(userKey, userClaims({ aud: 'other' })), check),
    'another audience, App Check': pairOf(user, sign(checkKey, checkClaims({ aud: ['projects/2'] }))),
    expired: pairOf(sign(userKey, userClaims({ exp: now() - 120 })), check),
    'expired, App Check': pairOf(user, sign(checkKey, checkClaims({ exp: now() - 120 }))),
    'not yet valid': pairOf(sign(userKey, userClaims({ nbf: now() + 600 })), check),
    'issued in the future': pairOf(sign(userKey, userClaims({ iat: now() + 600 })), check),
    'no expiry': pairOf(sign(userKey, userClaims({ exp: undefined })), check),
    'no subject': pairOf(sign(userKey, userClaims({ sub: undefined })), check),
    'another key with the same kid': pairOf(sign(otherKey, userClaims()), check),
    'an unknown kid': pairOf(sign(userKey, userClaims(), { kid: 'user-2' }), check),
    'a key of its own': pairOf(sign(otherKey, userClaims(), { jwk: otherKey.jwk }), check),
    'a key from elsewhere': pairOf(sign(userKey, userClaims(), { jku: keys.url('/users') }), check),
    crit: pairOf(sign(userKey, userClaims(), { crit: ['exp'] }), check),
    'the App Check key': pairOf(sign({ ...checkKey, kid: 'user-1' }, userClaims()), check),
    'ID token missing': pairOf(undefined, check),
    'App Check token missing': pairOf(user, undefined),
    swapped: pairOf(check, user),
    'the ID token twice': pairOf(user, user),
    'a key and half a pair': { 'x-api-key': KEY, ...pairOf(undefined, check) },
    'a key beside the pair': { 'x-api-key': KEY, ...pairOf(user, check) },
    'no token': pairOf(KEY, check),
    'a disabled user': pairOf(sign(userKey, userClaims({ sub: 'eve-uid' })), check),
    'a touched signature': pairOf(`${user.slice(0, -8)}AAAAAAAA`, check),
    'a padded signature': pairOf(`${user}==`, check),
  };
  for (const [what, headers] of Object.entries(bad)) {
    const answer = await list(weir, headers);
    assert.equal(answer.status, 401, `${what}: ${answer.status}`);
    assertOpenAiError(answer, 401, 'invalid_api_key');
    const call = await weir.post('/v1/messages', undefined, { model: 'm3', messages: [], max_tokens: 1 }, headers);
    assertAnthropicError(call, 401, 'authentication_error');
  }
  assert.ok(upstream.requests.every((request) => !JSON.stringify(request.headers ?? {}).includes('appcheck')));
});

test('keys that nobody fetched for a day are not used, and a fresh set is', async () => {
  const stale = new Weir(config);
  const dead = await new KeyServer({}).start();
  stale.given = configOf(dead);
  await dead.stop();
  exportTo(stale, { fetched: now() - 25 * 3600, server: dead });
  await stale.start();
  try {
    const answer = await list(stale, goodPair());
    assertOpenAiError(answer, 401, 'invalid_api_key');
    assert.match(answer.json.error.message, /too old/);
    await until(() => stale.log.includes('tokens of browsers are refused'), 'the log says so');
    assert.match((await stale.status()).stdout, /stale_issuers=2/);
    assert.equal((await stale.get('/v1/models', KEY)).status, 200);

    exportTo(stale, { server: dead });
    await adopt(stale, goodPair(), 200);
    assert.doesNotMatch((await stale.status()).stdout, /stale_issuers/);

    exportTo(stale, { server: dead, users: [makeKey('user-1')] });
    await adopt(stale, goodPair(), 401);
  } finally {
    await stale.stop();
  }
});

test('without a configuration of browsers an App Check token means nothing', async () => {
  const { browser, ...plain } = config;
  assert.ok(browser);
  const other = await startWeir(plain);
  assert.equal((await other.get('/v1/models', KEY, { 'x-firebase-appcheck': 'x' })).status, 200);
  assert.equal((await list(other, goodPair())).status, 401);
});

/** A weir with a key server of its own, which starts with these sets. */
async function withFetching(sets, body) {
  const server = await new KeyServer(sets).start();
  const fetching = new Weir(configOf(server));
  await fetching.start();
  try {
    await body(fetching, server);
  } finally {
    await fetching.stop();
    await server.stop();
  }
}

function works(instance, headers, status = 200) {
  return until(async () => (await list(instance, headers)).status === status, `a pair is answered with ${status}`, 60_000);
}

test('the steward fetches the sets, and a gateway that had none serves browsers without being told', async () => {
  await withFetching({ '/users': [userKey], '/check': [checkKey] }, async (fetching, server) => {
    await works(fetching, goodPair());
    assert.deepEqual([server.count('/users'), server.count('/check')], [1, 1], 'a set is fetched once and kept');
    assert.equal(server.requests[0].method, 'GET');
    assert.equal(server.requests[0].headers['content-length'], undefined);
    assert.equal(server.requests[0].headers.authorization, undefined);
    const file = fs.readFileSync(path.join(fetching.folder, 'state', 'keysets'), 'utf8');
    assert.match(file, /^weir-keysets 1\nset \d+ http/);
    assert.equal(fs.statSync(path.join(fetching.folder, 'state', 'keysets')).mode & 0o777, 0o600);
  });
});

test('a steward that is killed does not keep a worker from serving, and the next one finds what has been rotated', async () => {
  await withFetching({ '/users': [userKey], '/check': [checkKey] }, async (fetching, server) => {
    const rotated = makeKey('user-2');
    const next = pairOf(sign(rotated, userClaims()), sign(checkKey, checkClaims()));
    await works(fetching, goodPair());
    assert.equal((await list(fetching, next)).status, 401);

    server.sets['/users'] = [rotated];
    fetching.expectDeaths();
    const [steward] = fetching.processes('steward');
    process.kill(steward, 'SIGKILL');
    assert.equal((await list(fetching, goodPair())).status, 200);
    await works(fetching, next);
    await works(fetching, goodPair(), 401);
    assert.notEqual(fetching.processes('steward')[0], steward);
  });
});

test('the last good set stays while the server is down or answers anything but a key set', async () => {
  const bad = [
    (response) => response.destroy(),
    (response) => { response.writeHead(500); response.end(); },
    (response) => { response.writeHead(302, { location: '/elsewhere' }); response.end(); },
    (response) => response.end('<html>'),
    (response) => response.end(JSON.stringify({ keys: [] })),
    (response) => response.end(JSON.stringify({ keys: [{ ...otherKey.jwk, kty: 'EC' }] })),
    (response) => response.end(' '.repeat(300 * 1024)),
  ];
  await withFetching({ '/users': [userKey], '/check': [checkKey], '/elsewhere': [otherKey] }, async (fetching, server) => {
    await works(fetching, goodPair());
    let asked = 0;
    server.sets['/users'] = (response) => bad[asked++ % bad.length](response);
    fetching.expectDeaths();
    process.kill(fetching.processes('steward')[0], 'SIGKILL');
    // The first pauses are short: 1, 2, 4 seconds, less the jitter.
    await until(() => asked >= 3, 'failures are tried again', 60_000);
    assert.equal((await list(fetching, goodPair())).status, 200);
    assert.equal((await fetching.reload()).code, 0);
    assert.equal((await list(fetching, goodPair())).status, 200);
    assert.equal(server.count('/elsewhere'), 0, 'no redirect is followed');
    assert.match(fetching.log, /keys cannot be fetched from http:\/\/127\.0\.0\.1:\d+\/users: /);
    server.sets['/users'] = [userKey];
    await until(() => fetching.log.includes('keys have been fetched from'), 'the steward goes on', 60_000);
    assert.equal((await list(fetching, goodPair())).status, 200);
  });
});

test('URLs that a reload brings are fetched, and those that it drops are not', async () => {
  await withFetching({ '/users': [userKey], '/check': [checkKey], '/moved': [otherKey] }, async (fetching, server) => {
    const moved = structuredClone(fetching.given);
    moved.browser.issuers[0].jwks_url = server.url('/moved');
    await works(fetching, goodPair());
    assert.equal((await fetching.reload(moved)).code, 0);
    await works(fetching, pairOf(sign(otherKey, userClaims()), sign(checkKey, checkClaims())));
    assert.equal((await list(fetching, goodPair())).status, 401);
    assert.equal(server.count('/users'), 1);
    const { browser, ...plain } = moved;
    assert.ok(browser);
    assert.equal((await fetching.reload(plain)).code, 0);
    assert.equal((await list(fetching, goodPair())).status, 401);
  });
});
