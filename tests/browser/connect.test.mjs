// The gateway's URL in the examples: it is rewritten everywhere, and stays in the browser.
import assert from 'node:assert/strict';
import { KEYS, registry } from '../e2e/fixture.mjs';
import { startWeir, test } from '../e2e/harness.mjs';
import { fillKey, visiting } from './chromium.mjs';

const weir = await startWeir(registry({ openai: 'http://127.0.0.1:9/v1' }));
const base = `http://127.0.0.1:${weir.port}`;

function signedIn(options, body) {
  return visiting(base, options, async (page, visit) => {
    await page.goto('/connect');
    await fillKey(page, KEYS.all);
    await page.getByRole('heading', { name: 'Connect' }).waitFor();
    await body(page, visit);
  });
}

const field = (page) => page.getByLabel('Your gateway URL');

/** Every URL of the gateway on the page. */
const urls = async (page) => [...new Set(await page.locator('.url').allTextContents())];
const examples = async (page) => (await page.locator('pre').allTextContents()).join('\n');

test('a URL in the field stands in every example, on every page, after a reload too', async () => {
  await signedIn({}, async (page, visit) => {
    assert.equal(await field(page).inputValue(), base);
    assert.deepEqual(await urls(page), [base]);
    const asked = [];
    page.on('request', (request) => asked.push(request.url()));
    await field(page).fill('https://llm.example.com/gateway/');
    assert.deepEqual(await urls(page), ['https://llm.example.com/gateway']);
    assert.ok(!(await examples(page)).includes(base));
    assert.match(await examples(page), /curl -sS https:\/\/llm\.example\.com\/gateway\/v1\/models /);
    assert.deepEqual(asked, [], 'nobody is told');
    await visit.picture('connect');
    await page.reload();
    assert.deepEqual(await urls(page), ['https://llm.example.com/gateway']);
    await page.goto('/models');
    assert.deepEqual(await urls(page), ['https://llm.example.com/gateway']);
    assert.deepEqual(await page.evaluate(() => ({ ...localStorage })), { 'weir.gateway': 'https://llm.example.com/gateway' });
    assert.ok(asked.every((url) => !url.includes('llm.example.com')));
    await page.getByRole('button', { name: 'Reset' }).click();
    assert.deepEqual(await urls(page), [base]);
    await page.reload();
    assert.deepEqual(await urls(page), [base]);
  });
});

test('the models that a key may call are offered for the examples, and each can be chosen', async () => {
  await signedIn({}, async (page) => {
    const model = page.getByLabel('Model in the examples');
    const offered = await model.evaluate((input) => [...input.list.options].map((option) => option.value));
    assert.ok(offered.length > 1 && offered.includes('gpt-mini') && !offered.includes('hidden'), offered.join());
    await model.fill(offered.at(-1));
    await page.getByRole('button', { name: 'Show' }).click();
    assert.ok((await examples(page)).includes(`"model": "${offered.at(-1)}"`));
  });
});

test('what is no URL is marked and changes nothing', async () => {
  await signedIn({}, async (page) => {
    for (const text of ['', 'x', 'javascript:alert(1)', 'https://', 'https://a b', 'https://a"; rm -rf ~; "', 'https://$(id)', '<script>alert(1)</script>', 'ftp://a']) {
      await field(page).fill(text);
      assert.equal(await field(page).getAttribute('aria-invalid'), 'true', text);
      await page.getByRole('status').getByText('This is no http or https URL').waitFor();
      assert.deepEqual(await urls(page), [base], text);
    }
    await page.getByRole('button', { name: 'Reset' }).click();
    assert.equal(await page.locator('#gateway-wrong').textContent(), '');
    assert.deepEqual(await page.evaluate(() => ({ ...localStorage })), {});
    await page.evaluate(() => localStorage.setItem('weir.gateway', '"><img src=x onerror=alert(1)>'));
    await page.reload();
    assert.deepEqual(await urls(page), [base]);
  });
});

test('a button that copies hides no letter of what it copies', async () => {
  for (const width of [320, 400, 1280]) {
    await signedIn({ viewport: { width, height: 800 } }, async (page) => {
      const covered = await page.locator('.snippet').evaluateAll((all) => all.filter((each) => {
        const copy = each.querySelector('.copy').getBoundingClientRect();
        return [each.querySelector('pre'), each.closest('figure').querySelector('figcaption')].some((other) => {
          const box = document.createRange();
          box.selectNodeContents(other);
          return [...box.getClientRects(), ...(other.matches('pre') ? [other.getBoundingClientRect()] : [])].some((text) => text.left < copy.right - 1
            && copy.left < text.right - 1 && text.top < copy.bottom - 1 && copy.top < text.bottom - 1);
        });
      }).map((each) => each.textContent.slice(0, 40)));
      assert.deepEqual(covered, [], `at ${width}`);
    });
  }
});

test('the bar is one row at the width of a hand', async () => {
  for (const width of [320, 400, 500, 640]) {
    await signedIn({ viewport: { width, height: 800 } }, async (page) => {
      const rows = await page.locator('.home, .bar nav, .account').evaluateAll((all) => all.map((each) => each.getBoundingClientRect())
        .map(({ top, bottom }) => Math.round((top + bottom) / 4)));
      assert.equal(new Set(rows).size, 1, `at ${width}: ${rows}`);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `at ${width}`);
    });
  }
});

test('without scripts the examples have the URL that the browser came to, and nothing pretends to work', async () => {
  await signedIn({ javaScriptEnabled: false }, async (page) => {
    assert.deepEqual(await urls(page), [base]);
    assert.equal(await field(page).isVisible(), false);
    assert.equal(await page.getByRole('button', { name: /copy|switch/i }).count(), 0);
    await page.getByLabel('Model in the examples').fill('Zebra');
    await page.getByRole('button', { name: 'Show' }).click();
    assert.match(await examples(page), /"model": "Zebra"/);
  });
});
