// Signing in and out as a person does, with a browser that is not ours.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { after } from 'node:test';
import { displayOrder, effective } from '../e2e/config.mjs';
import { KEYS, registry } from '../e2e/fixture.mjs';
import { startWeir, test } from '../e2e/harness.mjs';
import { fillKey, slugsOn, visiting } from './chromium.mjs';
import { TlsProxy } from './proxy.mjs';

const config = registry({ openai: 'http://127.0.0.1:9/v1' });
const weir = await startWeir(config);
const base = `http://127.0.0.1:${weir.port}`;

const main = (page) => page.getByRole('main');
const alert = (page) => main(page).getByRole('alert');

async function signOut(page) {
  await page.getByRole('button', { name: 'Sign out' }).click();
}

async function assertSignedOut(page) {
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.deepEqual(await slugsOn(page), []);
  assert.equal(await page.getByRole('button', { name: 'Sign out' }).count(), 0);
}

async function assertSignedIn(page, user) {
  await page.getByText(`Signed in as ${user}`).waitFor();
}

/** The key is in nothing that the page, its scripts or its history can reach. */
async function assertNowhere(page, key) {
  const found = await page.evaluate(() => JSON.stringify([
    document.documentElement.outerHTML, [...document.querySelectorAll('input')].map((field) => field.value), { ...localStorage }, { ...sessionStorage },
    document.cookie, location.href, document.referrer, history.state, performance.getEntries().map((entry) => entry.name),
  ]));
  assert.ok(!found.includes(key), 'the key');
  assert.ok(!/weir_session/.test(found), 'the cookie');
}

for (const javaScriptEnabled of [true, false]) {
  test(`a key opens the list, and signing out closes it, ${javaScriptEnabled ? 'with' : 'without'} scripts`, async () => {
    await visiting(base, { javaScriptEnabled }, async (page, visit) => {
      await page.goto('/models');
      await assertSignedOut(page);
      await visit.picture('signin');
      await fillKey(page, KEYS.some);
      await assertSignedIn(page, 'bob');
      assert.equal(page.url(), `${base}/models`);
      assert.deepEqual(await slugsOn(page), effective(config, config.keys['bob-some']));
      if (javaScriptEnabled) await assertNowhere(page, KEYS.some);
      await page.reload();
      await assertSignedIn(page, 'bob');
      await signOut(page);
      await assertSignedOut(page);
      assert.deepEqual(await visit.context.cookies(), []);
      await page.goBack();
      await assertSignedOut(page);
      await page.goto('/connect');
      await assertSignedOut(page);
    });
  });
}

test('a wrong key leads back to the form, which says so and forgets it', async () => {
  await visiting(base, {}, async (page, visit) => {
    const wrong = 'weir_this-is-not-a-key-of-anybody';
    await page.goto('/models');
    await fillKey(page, wrong);
    await alert(page).getByText('The API key is not valid.').waitFor();
    assert.equal(page.url(), `${base}/models?signin=failed`);
    await assertNowhere(page, wrong);
    await visit.picture('signin-failed');
    await fillKey(page, KEYS.some);
    await assertSignedIn(page, 'bob');
    assert.equal(await alert(page).count(), 0);
  });
});

test('who comes to another page is there after signing in', async () => {
  await visiting(base, {}, async (page) => {
    await page.goto('/connect');
    await fillKey(page, 'weir_wrong');
    assert.equal(page.url(), `${base}/connect?signin=failed`);
    await alert(page).waitFor();
    await fillKey(page, KEYS.some);
    await assertSignedIn(page, 'bob');
    assert.equal(page.url(), `${base}/connect`);
  });
});

test('the browser keeps the cookie from scripts and from other sites', async () => {
  await visiting(base, {}, async (page, visit) => {
    await page.goto('/models');
    await fillKey(page, KEYS.some);
    await assertSignedIn(page, 'bob');
    const [cookie, ...more] = await visit.context.cookies();
    assert.equal(more.length, 0);
    assert.deepEqual(
      [cookie.name, cookie.domain, cookie.path, cookie.httpOnly, cookie.secure, cookie.sameSite],
      ['weir_session', '127.0.0.1', '/', true, false, 'Strict'],
    );
    assert.ok(Math.abs(cookie.expires - Date.now() / 1000 - 12 * 3600) < 60);
    assert.equal(await page.evaluate(() => document.cookie), '');
    // With the browser's cookies: it lists, and calls nothing.
    const { request } = visit.context;
    assert.equal((await request.get('/v1/models')).status(), 200);
    assert.equal((await request.post('/v1/chat/completions', { data: { model: 'Zebra', messages: [] } })).status(), 401);
  });
});

test('over https the cookie is secure and belongs to this host alone', async () => {
  const proxy = await TlsProxy.start(weir.port);
  try {
    await visiting(proxy.base, { ignoreHTTPSErrors: true }, async (page, visit) => {
      await page.goto('/models');
      await fillKey(page, KEYS.some);
      await assertSignedIn(page, 'bob');
      const [cookie, ...more] = await visit.context.cookies();
      assert.equal(more.length, 0);
      assert.deepEqual([cookie.name, cookie.secure, cookie.httpOnly, cookie.sameSite], ['__Host-weir_session', true, true, 'Strict']);
      await signOut(page);
      await assertSignedOut(page);
      assert.deepEqual(await visit.context.cookies(), []);
    });
  } finally {
    await proxy.stop();
  }
});

/** A site of somebody else: another host name, and the browser takes that for another site. */
async function startForeignSite(html) {
  const server = http.createServer((request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(`<!doctype html><title>foreign</title>${html}`);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(() => server.close());
  return `http://localhost:${server.address().port}`;
}

test('a page of another site signs nobody in or out, and a link from it brings no session along', async () => {
  const foreign = await startForeignSite(`
    <form id=in method=post action="${base}/signin"><input name=key value="${KEYS.group}"></form>
    <form id=out method=post action="${base}/signout"></form>
    <a id=link href="${base}/models">models</a>`);
  await visiting(base, {}, async (page, visit) => {
    await page.goto('/models');
    await fillKey(page, KEYS.some);
    await assertSignedIn(page, 'bob');
    const before = await visit.context.cookies();
    // A browser of its own for what is not quiet: the policy of our pages does not hold there.
    const other = await visit.context.newPage();
    for (const form of ['in', 'out']) {
      await other.goto(foreign);
      await Promise.all([other.waitForURL(`${base}/**`), other.evaluate((id) => document.getElementById(id).submit(), form)]);
      await other.getByText('The form was not sent by a page of this gateway.').waitFor();
      assert.deepEqual(await visit.context.cookies(), before);
    }
    await other.goto(foreign);
    await other.locator('#link').click();
    await assertSignedOut(other);
    await other.reload();
    await page.reload();
    await assertSignedIn(page, 'bob');
  });
});

test('a session that ended leads to the form, and the form opens it again', async () => {
  await visiting(base, {}, async (page, visit) => {
    await page.goto('/models');
    await fillKey(page, KEYS.all);
    await assertSignedIn(page, 'ada');
    assert.deepEqual(await slugsOn(page), displayOrder(config));
    const keys = { ...config.keys, 'ada-all': { ...config.keys['ada-all'], disabled: true } };
    assert.equal((await weir.reload({ ...config, keys })).code, 0);
    await page.reload();
    await assertSignedOut(page);
    await alert(page).getByText('The session has ended: sign in again.').waitFor();
    assert.deepEqual(await visit.context.cookies(), []);
    await visit.picture('signin-ended');
    assert.equal((await weir.reload(config)).code, 0);
    await fillKey(page, KEYS.all);
    await assertSignedIn(page, 'ada');
  });
});
