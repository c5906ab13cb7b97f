// Every page in both schemes and at the width of a desk and of a hand, for those who do not see it,
// who see it weakly, and who have a keyboard alone.
import assert from 'node:assert/strict';
import { KEYS } from '../e2e/fixture.mjs';
import { startWeir, test, withWeir } from '../e2e/harness.mjs';
import { audit, tabThrough } from './audit.mjs';
import { fillKey, slugsOn, visiting } from './chromium.mjs';
import { BROWSER_KEYS, browserConfig } from './registry.mjs';

const config = browserConfig();
const weir = await startWeir(config);
const base = `http://127.0.0.1:${weir.port}`;

const SIZES = { desk: { width: 1280, height: 900 }, hand: { width: 320, height: 640 } };

/** What can be on the screen: [name, key, path]. */
const SIGHTS = [
  ['the form', undefined, '/models'],
  ['the form after a wrong key', undefined, '/models?signin=failed'],
  ['the list', KEYS.all, '/models'],
  ['the second page, sorted', BROWSER_KEYS.many, '/models?sort=name&order=desc&page=2'],
  ['a search', BROWSER_KEYS.many, '/models?q=many-01'],
  ['a search that finds nothing', KEYS.all, '/models?q=nothing-has-this'],
  ['names that are scripts', BROWSER_KEYS.evil, '/models'],
  ['an empty list', KEYS.none, '/models'],
  ['a page that there is not', KEYS.all, '/models?page=0'],
  ['how to connect', KEYS.all, '/connect'],
  ['how to connect to a model', KEYS.all, '/connect?model=Zebra'],
];

async function openSight(page, [, key, path]) {
  await page.goto('/models');
  if (key) {
    await fillKey(page, key);
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
  }
  await page.goto(path);
}

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ['light', 'dark']) {
    for (const sight of SIGHTS) {
      test(`${sight[0]}: ${colorScheme}, ${size}`, async () => {
        await visiting(base, { viewport, colorScheme }, async (page, visit) => {
          await openSight(page, sight);
          await visit.picture(`audit-${sight[0].replaceAll(' ', '-')}-${colorScheme}-${size}`);
          assert.deepEqual(await audit(page), []);
        });
      });
    }
  }
}

test('the form in the bar, for who sees the models of everybody', async () => {
  await withWeir({ ...config, anonymous: { models: ['Zebra'] } }, async (open) => {
    await visiting(`http://127.0.0.1:${open.port}`, {}, async (page) => {
      await page.goto('/models');
      assert.deepEqual(await slugsOn(page), ['Zebra']);
      await page.locator('summary').click();
      assert.deepEqual(await audit(page), []);
      await fillKey(page, KEYS.some);
      await page.getByText('Signed in as bob').waitFor();
    });
  });
});

// --- a keyboard alone -----------------------------------------------------------------------------

test('Tab goes through a page once, in its order, and always shows where it is', async () => {
  await visiting(base, {}, async (page) => {
    for (const sight of SIGHTS.filter(([name]) => ['the form', 'the second page, sorted', 'how to connect'].includes(name))) {
      await page.context().clearCookies();
      await openSight(page, sight);
      const reached = await tabThrough(page);
      assert.equal(reached[0].what, 'Skip to the content');
      assert.deepEqual(reached.filter((each) => !each.isVisible).map((each) => each.what), [], 'no ring');
      assert.deepEqual(reached.filter((each) => !each.isInView).map((each) => each.what), [], 'out of view');
      assert.deepEqual(reached.map((each) => each.order), reached.map((each) => each.order).sort((a, b) => a - b), 'out of order');
      const usable = await page.locator('a[href], button, input:not([type=hidden]), pre').evaluateAll((all) => all.filter((each) => each.checkVisibility()).length);
      assert.equal(reached.length, usable, sight[0]);
    }
  });
});

test('a keyboard alone signs in, skips to the content, sorts, searches, copies and signs out', async () => {
  await visiting(base, { permissions: ['clipboard-read', 'clipboard-write'] }, async (page) => {
    const tabTo = async (what) => {
      for (let n = 0; n < 200; n++) {
        await page.keyboard.press('Tab');
        if (await page.evaluate((text) => {
          const element = document.activeElement;
          return (element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent ?? element.textContent).trim().startsWith(text);
        }, what)) return;
      }
      assert.fail(`Tab does not reach ${what}`);
    };
    await page.goto('/models');
    await tabTo('API key');
    await page.keyboard.type(KEYS.some);
    await page.keyboard.press('Enter');
    await page.getByText('Signed in as bob').waitFor();

    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
    await tabTo('Search slugs and names');
    await page.keyboard.type('zeb');
    await page.keyboard.press('Enter');
    await page.getByText('1 of 3 models').waitFor();
    assert.deepEqual(await slugsOn(page), ['Zebra']);
    await tabTo('Slug');
    await page.keyboard.press('Enter');
    await page.locator('th[aria-sort=ascending]').waitFor();
    await tabTo('Copy Zebra');
    await page.keyboard.press('Space');
    await page.getByRole('status').getByText('Copied Zebra').waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'Zebra');
    await page.goto('/models');
    await tabTo('Sign out');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });
});
