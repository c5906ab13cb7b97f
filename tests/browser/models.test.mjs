// The list of models in a browser: what stands in it, and how to find one's way by links alone.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { effective } from '../e2e/config.mjs';
import { KEYS } from '../e2e/fixture.mjs';
import { startWeir, test } from '../e2e/harness.mjs';
import { fillKey, slugsOn, visiting } from './chromium.mjs';
import { BROWSER_KEYS, browserConfig, EVIL, MANY, PAGE_MODELS } from './registry.mjs';

const config = browserConfig();
const weir = await startWeir(config);
const base = `http://127.0.0.1:${weir.port}`;

/** A visit of somebody who has signed in. */
function signedIn(key, options, body) {
  return visiting(base, options, async (page, visit) => {
    await page.goto('/models');
    await fillKey(page, key);
    await page.getByRole('heading', { name: 'Models' }).waitFor();
    await body(page, visit);
  });
}

/** All slugs, page by page, by the link to the next one. */
async function slugsOfAllPages(page) {
  const found = [...await slugsOn(page)];
  for (const next = page.getByRole('link', { name: 'Next', exact: true }); await next.count() > 0;) {
    await next.click();
    found.push(...await slugsOn(page));
  }
  return found;
}

for (const [name, key] of Object.entries({ 'ada-all': KEYS.all, 'bob-some': KEYS.some, 'bob-one': KEYS.one, 'eve-group': KEYS.group, 'carl-many': BROWSER_KEYS.many })) {
  test(`exactly what is granted is shown, in its order: ${name}`, async () => {
    await signedIn(key, { javaScriptEnabled: false }, async (page) => {
      assert.deepEqual(await slugsOfAllPages(page), effective(config, config.keys[name]));
    });
  });
}

test('who is granted nothing is told so', async () => {
  await signedIn(KEYS.none, {}, async (page) => {
    assert.deepEqual(await slugsOn(page), []);
    await page.getByText('No model is granted to you yet.').waitFor();
  });
});

test('a row says what the configuration says, and a dash where it says nothing', async () => {
  await signedIn(KEYS.all, {}, async (page) => {
    const cells = async (slug) => page.locator('table.models tbody tr').filter({ has: page.getByText(slug, { exact: true }) }).first()
      .locator('td').evaluateAll((all) => all.map((cell) => cell.innerText.replace(/\s+/g, ' ').trim()));
    const full = await cells('claude-sonnet-4');
    assert.match(full[0], /^Claude Sonnet 4 Balanced "model" for coding/);
    assert.deepEqual(full.slice(1, 4), ['Chat', '180,000', '64,000']);
    assert.deepEqual(full.slice(5), ['3.00', '15.00', 'Anthropic']);
    const bare = await cells('Zebra');
    assert.match(bare[3], /^–/);
    assert.match(bare[5], /^–/);
    const capabilities = page.locator('table.models tbody tr').first().getByRole('img');
    assert.deepEqual(await capabilities.evaluateAll((all) => all.map((each) => each.querySelector('title').textContent)), ['reasoning', 'attachments', 'tools']);
    await page.getByRole('img', { name: 'No reasoning' }).first().waitFor();
  });
});

// --- by links alone -------------------------------------------------------------------------------

const column = (page, n) => page.locator(`table.models tbody tr > :nth-child(${n})`).evaluateAll((all) => all.map((cell) => cell.innerText.trim().split('\n')[0]));

/** Numbers of a column of cells; NaN for a dash. */
const numbers = (texts) => texts.map((text) => Number(text.replaceAll(',', '')));

function assertSorted(values, isFalling, what) {
  const given = values.filter((value) => !Number.isNaN(value));
  const sorted = [...given].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  assert.deepEqual(given, isFalling ? sorted.reverse() : sorted, what);
  // What is not given stands at the end, whichever way.
  assert.ok(values.slice(0, given.length).every((value) => !Number.isNaN(value)), what);
}

test('heads of columns sort, rising and falling', async () => {
  await signedIn(BROWSER_KEYS.many, { javaScriptEnabled: false }, async (page) => {
    for (const [name, place, read] of [
      ['Slug', 1, (texts) => texts], ['Name', 2, (texts) => texts], ['Context', 4, numbers], ['Max out', 5, numbers], ['Input', 7, numbers], ['Output', 8, numbers],
    ]) {
      for (const [sort, isFalling] of [['ascending', false], ['descending', true]]) {
        await page.locator('thead').getByRole('link', { name }).click();
        assert.equal(await page.locator(`thead th[aria-sort="${sort}"]`).count(), 1);
        const values = [...read(await column(page, place))];
        for (const next = page.getByRole('link', { name: 'Next', exact: true }); await next.count() > 0;) {
          await next.click();
          values.push(...read(await column(page, place)));
        }
        assert.equal(values.length, MANY);
        assertSorted(values, isFalling, `${name} ${sort}`);
      }
    }
  });
});

test('pages are reached by their numbers, forwards and backwards', async () => {
  await signedIn(BROWSER_KEYS.many, { javaScriptEnabled: false }, async (page) => {
    const all = effective(config, config.keys['carl-many']);
    const pager = page.getByRole('navigation', { name: 'Pages of the list' });
    const assertAt = async (number) => {
      assert.deepEqual(await slugsOn(page), all.slice((number - 1) * PAGE_MODELS, number * PAGE_MODELS));
      assert.equal(await pager.locator('[aria-current=page]').textContent(), `Page ${number}`);
    };
    await assertAt(1);
    assert.equal(await pager.getByRole('link', { name: 'Previous' }).count(), 0);
    await pager.getByRole('link', { name: 'Page 3' }).click();
    await assertAt(3);
    assert.equal(await pager.getByRole('link', { name: 'Next', exact: true }).count(), 0);
    await pager.getByRole('link', { name: 'Previous' }).click();
    await assertAt(2);
    await pager.getByRole('link', { name: 'Previous' }).click();
    await assertAt(1);
    await pager.getByRole('link', { name: 'Next', exact: true }).click();
    await assertAt(2);
    await page.goBack();
    await assertAt(1);
  });
});

test('a search finds slugs and names, and keeps the order of the list', async () => {
  await signedIn(BROWSER_KEYS.many, { javaScriptEnabled: false }, async (page) => {
    const search = async (text) => {
      await page.getByRole('searchbox').fill(text);
      await page.getByRole('button', { name: 'Search' }).click();
      return slugsOn(page);
    };
    const named = (text) => Object.entries(config.models).filter(([slug, model]) => slug.startsWith('many-') && model.name.includes(text)).map(([slug]) => slug);
    assert.deepEqual(await search('MANY-01'), Array.from({ length: 10 }, (_, n) => `many-01${n}`));
    assert.equal(await page.getByRole('searchbox').inputValue(), 'MANY-01');
    assert.deepEqual((await search('model 11')).sort(), named('Model 11').sort());
    await page.locator('thead').getByRole('link', { name: 'Name' }).click();
    assertSorted(await column(page, 2), false, 'sorted after a search');
    assert.equal((await slugsOn(page)).length, named('Model 11').length);
    await search('Model 10');
    assertSorted(await column(page, 2), false, 'searched after sorting');
    assert.deepEqual(await search('<script>"&\' %00 +/?'), []);
    await page.getByText('No slug and no name has that in it.').waitFor();
    assert.equal(await page.getByRole('searchbox').inputValue(), '<script>"&\' %00 +/?');
    await page.getByRole('link', { name: 'Show all' }).click();
    assert.equal((await slugsOn(page)).length, PAGE_MODELS);
  });
});

// --- with scripts ---------------------------------------------------------------------------------

test('a button copies a slug, another one an example', async () => {
  await signedIn(KEYS.all, { permissions: ['clipboard-read', 'clipboard-write'] }, async (page) => {
    const copied = () => page.evaluate(() => navigator.clipboard.readText());
    await page.getByRole('button', { name: 'Copy org/model:tag' }).click();
    await page.getByRole('status').getByText('Copied org/model:tag').waitFor();
    assert.equal(await copied(), 'org/model:tag');
    await page.getByRole('button', { name: /^Copy example: As OpenAI/ }).click();
    await page.getByRole('status').getByText('Copied example').waitFor();
    assert.equal(await copied(), await page.locator('#call-openai').textContent());
    assert.match(await copied(), new RegExp(`^curl -sS ${base}/v1/chat/completions `));
  });
});

test('light and dark follow the machine until somebody chooses, and the choice is kept', async () => {
  await signedIn(KEYS.all, { colorScheme: 'light' }, async (page, visit) => {
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await ground();
    assert.notEqual(light, dark);
    await visit.picture('models-dark');
    await page.getByRole('button', { name: 'Switch between light and dark' }).click();
    assert.equal(await ground(), light);
    await page.reload();
    assert.equal(await ground(), light);
    await visit.picture('models-light');
    await page.getByRole('button', { name: 'Switch between light and dark' }).click();
    assert.equal(await ground(), dark);
    await page.emulateMedia({ colorScheme: 'light' });
    assert.equal(await ground(), dark);
  });
});

test('what got into a page in spite of all would still run nothing and reach nobody', async () => {
  let reached = 0;
  const site = http.createServer((request, response) => { reached++; response.end(); }).listen(0, '127.0.0.1');
  await once(site, 'listening');
  const evil = `http://localhost:${site.address().port}`;
  await signedIn(KEYS.all, {}, async (page, visit) => {
    await page.evaluate((elsewhere) => {
      const put = (html) => document.body.insertAdjacentHTML('beforeend', html);
      put(`<img src="${elsewhere}/1"><img src="/x" onerror="window.hurt = 1"><a id=run href="javascript:window.hurt = 2">x</a>`);
      put(`<style>body { display: none }</style><iframe src="${elsewhere}/2"></iframe><form id=send action="${elsewhere}/3"></form>`);
      const script = document.createElement('script');
      script.textContent = 'window.hurt = 3';
      document.body.append(script);
      document.getElementById('run').click();
      document.getElementById('send').submit();
      fetch(`${elsewhere}/4`).catch(() => {});
    }, evil);
    const directives = ['img-src', 'script-src-attr', 'script-src-elem', 'style-src-elem', 'frame-src', 'connect-src', 'form-action'];
    await page.waitForFunction((all) => all.every((one) => globalThis.violations.some((each) => each.startsWith(one))), directives);
    assert.equal(await page.evaluate(() => window.hurt), undefined);
    assert.equal(await page.evaluate(() => getComputedStyle(document.body).display), 'block');
    // All of that is what these tests notice elsewhere.
    const noted = await visit.takeNoted();
    for (const what of ['console: ', 'policy: ', `request: ${evil}/1`]) assert.ok(noted.some((each) => each.startsWith(what)), what);
  });
  assert.equal(reached, 0);
  site.close();
});

test('names that are scripts are shown as text and do nothing', async () => {
  await signedIn(BROWSER_KEYS.evil, {}, async (page, visit) => {
    const names = await column(page, 2);
    assert.deepEqual(names, EVIL.map((text) => text.replace(/\s+/g, ' ')));
    assert.equal(await page.evaluate(() => window.hurt), undefined);
    assert.equal(await page.locator('table.models').getByRole('textbox').count(), 0);
    assert.equal(await page.locator('table.models img, table.models script, table.models style, table.models form, base, meta[http-equiv]').count(), 0);
    await visit.picture('models-evil');
    for (const text of EVIL) {
      await page.goto(`/models?q=${encodeURIComponent(text)}`);
      assert.equal(await page.getByRole('searchbox').inputValue(), text);
      await page.goto(`/connect?model=${encodeURIComponent(text)}`);
      await page.getByRole('heading', { name: 'Connect' }).waitFor();
    }
    assert.equal(await page.evaluate(() => window.hurt), undefined);
  });
});
