// The admin API over the socket of the machine: every route's good and bad case, with its own
// description as the oracle.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after } from 'node:test';
import { Admin, ask, assertRefused } from './admin.mjs';
import { digest, keyOf } from './config.mjs';
import { KEYS, registry } from './fixture.mjs';
import { freePort, startWeir, test, until, withWeir } from './harness.mjs';

const config = { ...registry({ openai: 'http://127.0.0.1:9/v1' }), workers: 2 };
const CONFIGURED = 'weir_configured-and-leaked-00000000000000000000';
config.users = { ...config.users, carl: { models: ['gpt-mini'] } };
config.keys = { ...config.keys, configured: keyOf(CONFIGURED, { user: 'carl' }) };
const adminPort = await freePort();
const weir = await startWeir({ ...config, admin: { listen: `127.0.0.1:${adminPort}` } });
const admin = new Admin(weir);
await until(() => admin.describe().catch(() => false), 'the admin API answers');

async function models(key) {
  const answer = await weir.get('/v1/models', key);
  return answer.status === 200 ? answer.json.data.map((each) => each.id).sort() : answer.status;
}

/** A key that lists what its user may call: [name, text]. */
async function makeKey(name, body = {}) {
  const answer = await admin.post('/admin/keys?wait=true', { name, ...body });
  assert.equal(answer.status, 201, answer.text);
  assert.equal(answer.headers['x-weir-effective'], 'published');
  return answer.json.key;
}

test('every path and method of the description answers something that it describes', async () => {
  const { paths } = await admin.describe();
  for (const [template, operations] of Object.entries(paths)) {
    if (template === '/admin/backup') continue; // has a test of its own
    const url = template.replace('{name}', 'nobody-of-that-name').replace('{slug}', 'no%2Fslug');
    for (const method of Object.keys(operations)) {
      const body = operations[method].requestBody ? {} : undefined;
      const answer = await admin.call(method.toUpperCase(), url, body);
      assert.notEqual(answer.status, 405, `${method} ${url}`);
      assert.ok(answer.status < 500, `${method} ${url}: ${answer.text}`);
    }
    if (['/admin/keys/import', '/admin/keys/revoke'].includes(template)) continue; // also a key of that name
    const wrong = ['GET', 'POST', 'PATCH', 'DELETE'].filter((method) => !(method.toLowerCase() in operations));
    for (const method of [...wrong, 'PUT', 'OPTIONS']) {
      const answer = await ask({ ...admin.where, method, path: url });
      assertRefused(answer, 405, 'method_not_allowed');
      const allowed = answer.headers.allow.split(', ').map((each) => each.toLowerCase());
      for (const known of Object.keys(operations)) assert.ok(allowed.includes(known), `${url}: ${answer.headers.allow}`);
      assert.ok(!allowed.includes(method.toLowerCase()), `${url}: ${answer.headers.allow}`);
    }
  }
});

test('what is not there is 404, and what is not HTTP is refused', async () => {
  for (const url of ['/', '/admin', '/admin/', '/admin/users/', '/admin/users/a/b', '/admin/keys/a/rotate/b', '/v1/models']) {
    assertRefused(await ask({ ...admin.where, path: url }), 404, 'not_found');
  }
  assertRefused(await ask({ ...admin.where, method: 'BREW', path: '/admin/users' }).catch(() => ({ status: 501, json: { error: { code: 'method_unknown' } } })), 501, 'method_unknown');
  assertRefused(await admin.get('/admin/users/a%zz'), 400, 'invalid_value', 'name');
});

test('a user and its grants from the first to the last moment', async () => {
  const created = await admin.post('/admin/users', { name: 'anna', display: 'Anna', models: ['gpt-mini'] });
  assert.equal(created.status, 201, created.text);
  assert.equal(created.headers.etag, '"1"');
  assert.deepEqual(created.json.models, ['gpt-mini']);
  assertRefused(await admin.post('/admin/users', { name: 'anna' }), 409, 'already_exists', 'name');
  for (const [kind, name] of [['users', 'ada'], ['groups', 'minis'], ['keys', 'ada-all']]) {
    const refused = await admin.post(`/admin/${kind}`, { name });
    assertRefused(refused, 409, 'already_exists', 'name');
    assert.match(refused.json.error.message, /the configuration has/, 'the next load would fail');
  }

  const key = await makeKey('anna-laptop', { user: 'anna' });
  assert.deepEqual(await models(key), ['gpt-mini']);

  const granted = await admin.post('/admin/users/anna/grants?wait=true', { model: 'org/model:tag' });
  assert.deepEqual(granted.json.models, ['gpt-mini', 'org/model:tag']);
  assert.deepEqual(await models(key), ['gpt-mini', 'org/model:tag']);
  assert.deepEqual((await admin.get('/admin/users/anna/grants')).json.models, ['gpt-mini', 'org/model:tag']);

  const taken = await admin.delete(`/admin/users/anna/grants/${encodeURIComponent('org/model:tag')}?wait=true`);
  assert.deepEqual(taken.json.models, ['gpt-mini']);
  assert.deepEqual(await models(key), ['gpt-mini']);

  const all = await admin.post('/admin/users/anna/grants', { all: true });
  assert.equal(all.json.all, true);
  assert.deepEqual(all.json.models, ['gpt-mini']);
  assertRefused(await admin.delete('/admin/users/anna/grants'), 400, 'invalid_value', 'all');
  assert.equal((await admin.delete('/admin/users/anna/grants?all=true')).json.all, false);
  for (const body of [{}, { all: true, model: 'gpt-mini' }, { all: false }]) {
    assert.equal((await admin.post('/admin/users/anna/grants', body)).status, 400);
  }
  assertRefused(await admin.post('/admin/users/anna/grants', { model: 'a b' }), 400, 'invalid_value');

  assertRefused(await admin.delete('/admin/users/anna'), 409, 'in_use');
  const removed = await admin.delete('/admin/users/anna?cascade=true');
  assert.equal(removed.status, 204, removed.text);
  assert.equal(await models(key), 401, 'its key is refused at once');
  assert.equal((await admin.get('/admin/users/anna')).status, 404);
});

test('a group gives its members what it is granted', async () => {
  assert.equal((await admin.post('/admin/groups', { name: 'engineering', models: 'all' })).status, 201);
  const user = await admin.post('/admin/users', { name: 'grace', groups: ['engineering'] });
  assert.deepEqual(user.json.groups, ['engineering']);
  const key = await makeKey('grace-desk', { user: 'grace', allowed_models: ['gpt-mini'] });
  assert.deepEqual(await models(key), ['gpt-mini']);
  assertRefused(await admin.post('/admin/users', { name: 'x', groups: ['nobody'] }), 404, 'not_found', 'groups');

  const changed = await admin.patch('/admin/groups/engineering?wait=true', { disabled: true, display: 'Engineers' });
  assert.equal(changed.json.disabled, true);
  assert.equal(changed.json.display, 'Engineers');
  assert.equal(changed.json.models, 'all', 'what is not given stays');
  assert.equal((await admin.get('/admin/groups')).json.data.length, 1);
});

test('a key opens what it may, rotates, is disabled, enabled and revoked', async () => {
  await admin.post('/admin/users', { name: 'kim', models: ['gpt-mini'] });
  const first = await makeKey('kim-1', { user: 'kim', expires: '2099-12-31' });
  assert.match(first, /^weir_[A-Za-z0-9_-]{43}$/);
  assert.deepEqual(await models(first), ['gpt-mini']);
  const shown = await admin.get('/admin/keys/kim-1');
  assert.equal(shown.json.expires, '2099-12-31T00:00:00Z');
  assert.equal(shown.json.state, 'active');
  assert.ok(!shown.text.includes(first), 'the text is shown once');

  const second = await admin.post('/admin/keys/kim-1/rotate?wait=true', { grace: 3600 });
  assert.notEqual(second.json.key, first);
  assert.notEqual(second.json.old_key_until, null);
  assert.deepEqual(await models(first), ['gpt-mini'], 'the old text has its grace');
  assert.deepEqual(await models(second.json.key), ['gpt-mini']);

  const third = await admin.post('/admin/keys/kim-1/rotate?wait=true');
  assert.equal(third.status, 200, third.text);
  assert.deepEqual([await models(first), await models(second.json.key)], [401, 401]);
  assert.deepEqual(await models(third.json.key), ['gpt-mini']);
  assertRefused(await admin.post('/admin/keys/kim-1/rotate', { grace: 1e12 }), 400, 'invalid_value', 'grace');

  assert.equal((await admin.patch('/admin/keys/kim-1', { disabled: true })).json.state, 'disabled');
  assert.equal(await models(third.json.key), 401, 'without waiting for a generation');
  assert.equal((await admin.patch('/admin/keys/kim-1?wait=true', { disabled: false })).json.state, 'active');
  assert.deepEqual(await models(third.json.key), ['gpt-mini']);
  assert.equal((await admin.patch('/admin/keys/kim-1', { expires: '2001-01-01' })).json.state, 'expired');
  assert.equal((await admin.patch('/admin/keys/kim-1?wait=true', { expires: null })).json.expires, null);
  assert.deepEqual(await models(third.json.key), ['gpt-mini']);

  const revoked = await admin.post('/admin/keys/kim-1/revoke');
  assert.deepEqual(revoked.json, { name: 'kim-1', state: 'revoked' });
  assert.equal(await models(third.json.key), 401);
  assertRefused(await admin.patch('/admin/keys/kim-1', { disabled: false }), 409, 'key_revoked');
  assertRefused(await admin.post('/admin/keys/kim-1/rotate', {}), 409, 'key_revoked');
  assert.equal((await admin.post('/admin/keys/kim-1/revoke')).status, 200, 'again is no change');
  assert.equal((await admin.delete('/admin/keys/kim-1')).status, 204);
  assert.equal((await admin.get('/admin/keys/kim-1')).status, 404);
  assert.equal(await models(third.json.key), 401, 'what was revoked stays so');
});

test('a key of the configuration is revoked by its name', async () => {
  const [name] = Object.keys(config.keys);
  assertRefused(await admin.post(`/admin/keys/${name}x/revoke`), 404, 'not_found', 'name');
  const answer = await admin.post(`/admin/keys/${name}/revoke`);
  assert.equal(answer.json.state, 'revoked');
});

test('a text that leaked is revoked by itself or by its digest, whoever it is', async () => {
  await admin.post('/admin/users', { name: 'leo', models: ['gpt-mini'] });
  const texts = [await makeKey('leo-1', { user: 'leo' }), await makeKey('leo-2', { user: 'leo' }), 'sk-nobody-has-it', CONFIGURED];
  const names = ['leo-1', 'leo-2', null, 'configured'];
  assert.deepEqual(await models(CONFIGURED), ['gpt-mini']);
  for (const [n, key] of texts.entries()) {
    const sha256 = digest(key);
    const [first, second] = n % 2 === 0 ? [{ key }, { sha256 }] : [{ sha256: sha256.toUpperCase() }, { key }];
    assert.deepEqual((await admin.post('/admin/keys/revoke', first)).json, { state: 'revoked', name: names[n], sha256 });
    assert.equal(await models(key), 401, 'at once');
    assert.equal((await admin.post('/admin/keys/revoke', second)).json.state, 'revoked', 'again is no change');
    const [change] = (await admin.get('/admin/audit?limit=1')).json.data;
    assert.equal(change.verb, 'revoke');
    assert.equal(change.name, n < 2 ? names[n] : null);
  }
  const late = await makeKey('leo-late', { user: 'leo' });
  const { json: { key: fresh } } = await admin.post('/admin/keys/leo-late/rotate?wait=true', { grace: 1 });
  await new Promise((done) => setTimeout(done, 2100));
  assert.equal((await admin.post('/admin/keys/revoke?wait=true', { key: late })).json.name, null, 'a text whose grace is over opens nothing');
  assert.deepEqual(await models(fresh), ['gpt-mini'], 'and its key goes on');

  const again = await admin.post('/admin/keys/revoke?wait=true', { key: CONFIGURED });
  assert.equal(again.json.name, 'configured');
  assert.equal(again.headers['x-weir-effective'], 'published');
  for (const key of texts) assert.equal(await models(key), 401, 'and from then on');
  assert.equal((await admin.get('/admin/keys/leo-2')).json.state, 'revoked');
  const imported = await admin.post('/admin/keys/import', { keys: [{ name: 'leo-3', key: texts[2], user: 'leo' }] });
  assert.equal(imported.json.data[0].code, 'key_revoked', 'nobody gets it any more');

  assertRefused(await admin.post('/admin/keys/revoke', {}), 400, 'invalid_value', 'key');
  assertRefused(await admin.post('/admin/keys/revoke', { key: 'a', sha256: digest('a') }), 400, 'invalid_value', 'key');
  assertRefused(await admin.post('/admin/keys/revoke', { key: 'with a blank\n' }), 400, 'invalid_value', 'key');
  assertRefused(await admin.post('/admin/keys/revoke', { sha256: 'abc' }), 400, 'invalid_value', 'sha256');
  assertRefused(await admin.post('/admin/keys/revoke', { name: 'leo-1' }), 400, 'unknown_member', 'name');
});

test('a page follows the other, and filters choose', async () => {
  await admin.post('/admin/users', { name: 'paul', models: [] });
  const names = Array.from({ length: 7 }, (_, n) => `page-${n}`);
  for (const name of names) await admin.post('/admin/keys', { name, user: 'paul' });
  await admin.patch('/admin/keys/page-3', { disabled: true });

  const found = [];
  let url = '/admin/keys?user=paul&limit=3';
  for (let pages = 0; url !== null; pages++) {
    assert.ok(pages < 4, 'pages end');
    const { json } = await admin.get(url);
    found.push(...json.data.map((each) => each.name));
    url = json.next === null ? null : `/admin/keys?user=paul&limit=3&after=${json.next}`;
  }
  assert.deepEqual(found, names);
  const disabled = await admin.get('/admin/keys?user=paul&state=disabled');
  assert.deepEqual(disabled.json.data.map((each) => each.name), ['page-3']);
  assert.equal((await admin.get('/admin/keys?group=engineering')).json.data.length, 0);
  for (const [query, field] of [['limit=0', 'limit'], ['limit=1001', 'limit'], ['limit=x', 'limit'], ['state=gone', 'state'], ['user=a&user=b', 'user']]) {
    assertRefused(await admin.get(`/admin/keys?${query}`), 400, 'invalid_value', field);
  }
  assertRefused(await admin.get('/admin/keys?secret=1'), 400, 'unknown_member');
});

test('an import takes each key by its own, and can be repeated', async () => {
  const keys = [
    { name: 'import-text', key: 'sk-imported-0123456789', user: 'paul' },
    { name: 'import-digest', sha256: digest('sk-other-0123456789'), scopes: ['list'] },
    { name: 'import-nobody', key: 'sk-x-0123456789', user: 'nobody' },
    { name: 'import-both', key: 'sk-y-0123456789', sha256: digest('a') },
    { name: 'Not A Name', key: 'sk-z-0123456789' },
    { name: 'import-odd', key: 'sk-w-0123456789', colour: 'red' },
    { name: 'import-known', key: KEYS.group },
  ];
  const first = await admin.post('/admin/keys/import', { keys });
  assert.deepEqual(first.json.data.map((each) => each.result), ['created', 'created', 'refused', 'refused', 'refused', 'refused', 'refused']);
  assert.deepEqual(first.json.data.slice(2).map((each) => each.field), ['user', 'key', 'name', 'colour', 'key']);
  assert.deepEqual([first.json.created, first.json.unchanged, first.json.refused], [2, 0, 5]);
  assert.ok(!first.text.includes('sk-'), 'no text of a key comes back');
  const again = await admin.post('/admin/keys/import', { keys: keys.slice(0, 2) });
  assert.deepEqual(again.json.data.map((each) => each.result), ['unchanged', 'unchanged']);
  const taken = await admin.post('/admin/keys/import', { keys: [{ name: 'import-text', key: 'sk-not-that-one-123' }] });
  assert.equal(taken.json.data[0].result, 'refused');
  const many = Array.from({ length: 1000 }, (_, n) => ({ name: `many-${n}`, sha256: digest(`many ${n}`) }));
  assert.equal((await admin.post('/admin/keys/import', { keys: many })).json.created, 1000);
  assertRefused(await admin.post('/admin/keys/import', { keys: [...many, many[0]] }), 400, 'invalid_value', 'keys');
});

test('a lost update is refused, and a version that is known is not sent again', async () => {
  await admin.post('/admin/users', { name: 'edda' });
  const seen = await admin.get('/admin/users/edda');
  const { etag } = seen.headers;
  assert.equal(etag, `"${seen.json.version}"`);
  assert.equal((await admin.get('/admin/users/edda', { 'if-none-match': etag })).status, 304);
  assert.equal((await admin.patch('/admin/users/edda', { display: 'One' }, { 'if-match': etag })).status, 200);
  for (const stale of [etag, '"999"', 'nonsense', 'W/"2"']) {
    assertRefused(await admin.patch('/admin/users/edda', { display: 'Two' }, { 'if-match': stale }), 412, 'version_conflict');
    assertRefused(await admin.delete('/admin/users/edda', { 'if-match': stale }), 412, 'version_conflict');
    assertRefused(await admin.post('/admin/users/edda/grants', { all: true }, { 'if-match': stale }), 412, 'version_conflict');
  }
  assert.equal((await admin.get('/admin/users/edda', { 'if-none-match': etag })).status, 200);
  assert.equal((await admin.get('/admin/users/edda')).json.display, 'One');
  assert.equal((await admin.delete('/admin/users/edda', { 'if-match': '*' })).status, 204);
});

test('a request that is sent again is done once', async () => {
  const headers = { 'idempotency-key': 'create-1' };
  const first = await admin.post('/admin/keys', { name: 'once' }, headers);
  const again = await admin.post('/admin/keys', { name: 'once' }, headers);
  assert.equal(first.status, 201);
  assert.equal(again.status, 201);
  assert.equal(again.headers['idempotency-replayed'], 'true');
  assert.deepEqual(again.json, { ...first.json, key: null }, 'the text is not kept anywhere');
  assertRefused(await admin.post('/admin/keys', { name: 'twice' }, headers), 422, 'idempotency_key_reused', 'idempotency_key');
  assert.equal((await admin.get('/admin/keys/twice')).status, 404);
  assertRefused(await admin.post('/admin/users', { name: 'edda2' }, { 'idempotency-key': 'x'.repeat(129) }), 400, 'invalid_value', 'idempotency_key');
  const failed = await admin.post('/admin/users', { name: 'BAD' }, { 'idempotency-key': 'fails-1' });
  assert.equal(failed.status, 400);
  assert.equal((await admin.post('/admin/users', { name: 'good' }, { 'idempotency-key': 'fails-1' })).status, 201, 'a refusal is not kept');
});

test('what is wrong with a body is said, with the member or the offset', async () => {
  const bad = [
    ['{"name":"a",}', 'invalid_json', null], ['{"name":"a"', 'invalid_json', null], ['[]', 'invalid_value', null],
    ['{"name":1}', 'invalid_value', 'name'], ['{"name":"a","name":"b"}', 'invalid_value', 'name'], ['{}', 'invalid_value', 'name'],
    ['{"name":"a","colour":1}', 'unknown_member', 'colour'], ['{"name":"a","models":"some"}', 'invalid_value', 'models'],
    ['{"name":"a","models":[1]}', 'invalid_value', 'models'], ['{"name":"a","disabled":"no"}', 'invalid_value', 'disabled'],
    ['{"name":"a","groups":null}', 'invalid_value', 'groups'], ['{"name":"A"}', 'invalid_value', 'name'],
    [`{"name":"${'\\u0061'}","models":[[[[[[[[[[]]]]]]]]]]}`, 'invalid_json', null],
  ];
  for (const [body, code, field] of bad) assertRefused(await admin.post('/admin/users', body), 400, code, field);
  const cut = await admin.post('/admin/users', '{"name":"a",}');
  assert.match(cut.json.error.message, /byte 12/);
  for (const [member, value] of [['expires', '2027-13-01'], ['expires', 5], ['scopes', []], ['scopes', ['root']], ['user', 7], ['allowed_models', []]]) {
    assertRefused(await admin.post('/admin/keys', { name: 'bad', [member]: value }), 400, 'invalid_value', member);
  }
  assertRefused(await admin.post('/admin/users', 'name=a', { 'content-type': 'application/x-www-form-urlencoded' }), 415, 'unsupported_media_type');
  assertRefused(await admin.post('/admin/users', JSON.stringify({ name: 'a', display: 'x'.repeat(1 << 20) })), 413, 'request_too_large');
  assertRefused(await admin.delete('/admin/users/paul?cascade=perhaps'), 400, 'invalid_value', 'cascade');
});

test('the trail says who did what, newest first', async () => {
  const { json } = await admin.get('/admin/audit?kind=user&name=grace&limit=10');
  assert.deepEqual(json.data.map((each) => each.verb), ['create']);
  assert.match(json.data[0].actor, /^uid:./);
  assert.equal(json.data[0].before, null);
  assert.equal(json.data[0].after.name, 'grace');
  const page = await admin.get('/admin/audit?limit=2');
  const [newest, older] = page.json.data;
  assert.ok(newest.change > older.change);
  const next = await admin.get(`/admin/audit?limit=2&before=${page.json.next}`);
  assert.ok(next.json.data[0].change < older.change);
  assertRefused(await admin.get('/admin/audit?before=x'), 400, 'invalid_value', 'before');
  const whole = await admin.get('/admin/audit?limit=1000');
  assert.ok(!/weir_[A-Za-z0-9_-]{43}/.test(whole.text), 'no secret in it');
});

test('a backup is a whole database, also while changes are made', async () => {
  const changes = Promise.all(Array.from({ length: 20 }, (_, n) => admin.post('/admin/users', { name: `during-${n}` })));
  const answer = await admin.get('/admin/backup');
  await changes;
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['content-type'], 'application/vnd.sqlite3');
  const file = path.join(weir.folder, 'backup.db');
  fs.writeFileSync(file, answer.bytes);
  const said = execFileSync('python3', ['-c', 'import sqlite3,sys; c=sqlite3.connect(sys.argv[1]);'
    + 'print(c.execute("pragma integrity_check").fetchone()[0], c.execute("select count(*) from keys").fetchone()[0])', file]).toString();
  assert.match(said, /^ok 1\d\d\d/);
  assert.deepEqual(fs.readdirSync(path.join(weir.folder, 'state')).filter((name) => name.startsWith('backup')), [], 'nothing is left behind');
});

test('over TCP a key with the scope admin is needed, and names the actor', async () => {
  const where = { host: '127.0.0.1', port: adminPort };
  const over = (key, method = 'GET', url = '/admin/users', body = undefined) => admin.call(method, url, body, key ? { authorization: `Bearer ${key}` } : {}, where);
  const { key: root } = (await admin.post('/admin/keys', { name: 'root-key', scopes: ['admin'] })).json;
  const { key: plain } = (await admin.post('/admin/keys', { name: 'plain-key' })).json;
  assertRefused(await over(undefined), 401, 'invalid_api_key');
  assertRefused(await over('weir_nobody'), 401, 'invalid_api_key');
  assertRefused(await over(plain), 403, 'insufficient_permissions');
  assertRefused(await ask({ ...where, path: '/admin/nothing' }), 401, 'invalid_api_key');
  assert.equal((await over(root)).status, 200);
  assert.equal((await over(root, 'POST', '/admin/users', { name: 'by-tcp' })).status, 201);
  const trail = await admin.get('/admin/audit?kind=user&name=by-tcp');
  assert.equal(trail.json.data[0].actor, 'key:root-key');
  await admin.patch('/admin/keys/root-key', { disabled: true });
  assertRefused(await over(root), 401, 'invalid_api_key');
  await admin.patch('/admin/keys/root-key', { disabled: false, user: 'by-tcp' });
  assert.equal((await over(root)).status, 200);
  await admin.patch('/admin/users/by-tcp', { disabled: true });
  assertRefused(await over(root), 401, 'invalid_api_key');
});

test('many changes make few generations', async () => {
  const before = await weir.generation();
  await Promise.all(Array.from({ length: 50 }, (_, n) => admin.post('/admin/users', { name: `burst-${n}` })));
  assert.equal((await admin.post('/admin/users?wait=true', { name: 'burst-last' })).headers['x-weir-effective'], 'published');
  const made = await weir.generation() - before;
  assert.ok(made >= 1 && made < 25, `${made} generations`);
});

test('a configuration that does not load is told to who waits', async () => {
  await withWeir(config, async (own) => {
    const api = new Admin(own);
    await until(() => api.describe().catch(() => false), 'the admin API answers');
    own.writeText('models: 7\n');
    const answer = await api.post('/admin/users?wait=true', { name: 'a' });
    assert.equal(answer.status, 201);
    assert.equal(answer.headers['x-weir-effective'], 'refused');
    own.configure(config);
    assert.equal((await api.post('/admin/users?wait=true', { name: 'b' })).headers['x-weir-effective'], 'published');
    assert.equal((await api.post('/admin/users', { name: 'c' }, { prefer: 'wait=5' })).headers['preference-applied'], 'wait');
  });
});

test('connections beyond the bound are refused, the others go on, and the other place has its own', async () => {
  const places = [{ socketPath: admin.where.socketPath }, { host: '127.0.0.1', port: adminPort }];
  const statusOf = ({ socketPath, port }) => ask({ ...(socketPath ? { socketPath } : { port }), path: '/admin/status' }).then(({ status }) => status, () => 0);
  for (const [n, place] of places.entries()) {
    const sockets = await Promise.all(Array.from({ length: 64 }, () => new Promise((resolve, reject) => {
      const socket = net.connect(place.socketPath ? { path: place.socketPath } : place, () => resolve(socket));
      socket.on('error', reject);
    })));
    assert.equal(await statusOf(place), 0);
    assert.equal(await statusOf(places[1 - n]), n === 0 ? 401 : 200);
    for (const socket of sockets) socket.destroy();
    await until(async () => await statusOf(place) !== 0, 'there is room again');
  }
});

test('the socket is of the owner and the group alone', () => {
  assert.equal(fs.statSync(admin.where.socketPath).mode & 0o777, 0o660);
});

test('a database that is locked is 503 in time, and nothing else suffers', async () => {
  const file = path.join(weir.folder, 'state', 'weir.db');
  const locker = spawn('python3', ['-c', 'import sqlite3,sys; c=sqlite3.connect(sys.argv[1], isolation_level=None);'
    + 'c.execute("begin exclusive"); print("locked", flush=True); sys.stdin.read()', file], { stdio: ['pipe', 'pipe', 'inherit'] });
  after(() => locker.kill('SIGKILL'));
  await new Promise((resolve) => locker.stdout.once('data', resolve));

  const refused = await admin.post('/admin/users', { name: 'while-locked' });
  assertRefused(refused, 503, 'database_unavailable');
  assert.match(refused.json.error.message, /lock/);
  assert.equal(refused.headers['retry-after'], '1');
  assert.equal((await admin.get('/admin/users')).status, 200, 'reading goes on');
  assert.equal((await weir.get('/v1/models', 'nobody')).status, 401, 'and so do the workers');
  await until(async () => (await weir.status()).stdout.includes('database=locked'), 'the status names it');
  assert.equal((await admin.get('/admin/status')).json.database.usable, false);
  locker.stdin.end();
  await until(async () => (await admin.post('/admin/users', { name: 'after-lock' })).status === 201, 'it recovers');
  await until(async () => (await weir.status()).stdout.includes('database=ok'), 'the status says so');
});

test('a database that is removed is 503, never a new and empty one, and recovers without a restart', async () => {
  const file = path.join(weir.folder, 'state', 'weir.db');
  const key = await makeKey('survivor');
  const steward = weir.processes('steward');
  fs.renameSync(file, `${file}.away`);
  assertRefused(await admin.get('/admin/users'), 503, 'database_unavailable');
  assertRefused(await admin.post('/admin/users', { name: 'while-gone' }), 503, 'database_unavailable');
  await until(async () => (await weir.status()).stdout.includes('database=missing'), 'the status names it');
  assert.equal((await weir.reload()).code, 0);
  assert.deepEqual(await models(key), [], 'keys of the directory work without the database');
  assert.ok(!fs.existsSync(file), 'no empty database takes its place');
  fs.renameSync(`${file}.away`, file);
  await until(async () => (await admin.get('/admin/keys/survivor')).status === 200, 'it recovers');
  assert.deepEqual(weir.processes('steward'), steward, 'by itself');
});

test('a file that is no database is refused with its name until a sound one is back', async () => {
  const file = path.join(weir.folder, 'state', 'weir.db');
  fs.renameSync(file, `${file}.away`);
  fs.writeFileSync(file, 'this is no database at all, and long enough to be read as one'.repeat(100));
  await until(async () => (await weir.status()).stdout.includes('database=corrupt'), 'the status names it');
  assertRefused(await admin.get('/admin/users'), 503, 'database_unavailable');
  fs.renameSync(`${file}.away`, file);
  await until(async () => (await admin.get('/admin/users')).status === 200, 'it recovers');
});

test('a backup takes the place of the database under a running steward, whole', async () => {
  const file = path.join(weir.folder, 'state', 'weir.db');
  fs.writeFileSync(`${file}.backup`, (await admin.get('/admin/backup')).bytes);
  // What the log of the replaced file holds must not get into the other one.
  for (let n = 0; n < 50; n++) await admin.post('/admin/users', { name: `after-backup-${n}` });
  // The workers know of changes that the backup does not: only then is something taken back.
  await admin.post('/admin/users?wait=true', { name: 'after-backup-published' });
  fs.renameSync(`${file}.backup`, file);
  await until(async () => (await admin.get('/admin/users/after-backup-0')).status === 404, 'the backup is what is open');
  assert.equal((await admin.post('/admin/users?wait=true', { name: 'restored' })).headers['x-weir-effective'], 'published');
  const said = execFileSync('python3', ['-c', 'import sqlite3,sys; print(sqlite3.connect(sys.argv[1]).execute("pragma integrity_check").fetchall())', file]).toString();
  assert.equal(said.trim(), "[('ok',)]");
  const { json } = await admin.get('/admin/audit?limit=3');
  assert.ok(json.data.some((each) => each.verb === 'restore'), 'the trail says that there was a restoration');
});

test('a file that is no socket is left alone where the socket should be', async () => {
  await withWeir(config, async (own) => {
    const precious = path.join(own.folder, 'precious');
    fs.writeFileSync(precious, 'not to be lost');
    assert.equal((await own.reload({ ...config, admin: { socket: precious } })).code, 0);
    await until(() => own.log.includes(`the admin API cannot listen on ${precious}: Address already in use`), 'it says so');
    assert.equal(fs.readFileSync(precious, 'utf8'), 'not to be lost');
    fs.unlinkSync(precious);
    await until(() => ask({ socketPath: precious, path: '/admin/status' }).then((answer) => answer.status === 200, () => false), 'it listens once the path is free');
  });
});

test('a steward that is killed comes back to the same directory and the same socket', async () => {
  await withWeir(config, async (own) => {
    const api = new Admin(own);
    await until(() => api.describe().catch(() => false), 'the admin API answers');
    await api.post('/admin/users', { name: 'kept', models: ['gpt-mini'] });
    const { key } = (await api.post('/admin/keys', { name: 'kept', user: 'kept' })).json;
    own.expectDeaths();
    process.kill(own.processes('steward')[0], 'SIGKILL');
    await until(() => api.get('/admin/users/kept').then((answer) => answer.status === 200, () => false), 'a successor answers');
    // Whatever the death cut off between the commit and the reload is made up for.
    await until(async () => (await own.get('/v1/models', key)).status === 200, 'the key works');
  });
});

test('every operation of the description was asked, with a success and a refusal where it has one', async () => {
  const { paths } = await admin.describe();
  for (const [template, operations] of Object.entries(paths)) {
    for (const method of Object.keys(operations)) {
      const statuses = [...(admin.seen.get(`${method.toUpperCase()} ${template}`) ?? [])];
      assert.ok(statuses.length > 0, `${method} ${template} was never asked`);
      assert.ok(statuses.some((status) => status < 300) || /groups|keys\/\{name\}\/grants/.test(template), `${method} ${template}: ${statuses}`);
    }
  }
});
