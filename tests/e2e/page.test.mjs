// The pages for people: docs/page.md. Read as a browser without scripts reads them.
import assert from 'node:assert/strict';
import { displayOrder, effective, keyOf } from './config.mjs';
import { KEYS, registry } from './fixture.mjs';
import { startWeir, test, withWeir } from './harness.mjs';
import { attribute, links, rows, text } from './html.mjs';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8';
const upstream = { openai: 'http://127.0.0.1:9/v1' };
const config = registry(upstream);
Object.assign(config.models['gpt-mini'], { capabilities: ['tools'], max_output_tokens: 16384, lifecycle: 'deprecated' });
Object.assign(config.models['org/model:tag'], { name: '<b>Bold</b> & "quoted" \'name\'', description: '</td><script>alert(1)</script>' });
Object.assign(config.models.Zebra, { kind: 'embedding' });
const weir = await startWeir(config);

const page = (path, key = KEYS.all, headers = {}, on = weir) => on.get(path, key, { accept: BROWSER, ...headers });
const slugs = (answer) => rows(answer.text).map((row) => row[0]);

/** A page is HTML, says that nothing of others may run in it, and is for this caller alone. */
function assertPage(answer, status = 200) {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.headers['content-type'], 'text/html; charset=utf-8');
  assert.equal(answer.headers['content-security-policy'],
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
  assert.equal(answer.headers['x-content-type-options'], 'nosniff');
  assert.equal(answer.headers['referrer-policy'], 'same-origin');
  assert.equal(Number(answer.headers['content-length']), answer.body.length);
  assert.ok(answer.text.startsWith('<!doctype html>') && answer.text.trimEnd().endsWith('</html>'));
}

test('the page is for who prefers HTML; everybody else gets the credit-priced list', async () => {
  const expected = (await weir.get('/models', KEYS.all)).text;
  for (const [accept, isPage] of [
    [BROWSER, true], ['text/html', true], ['text/html;q=0.9, application/json;q=0.8', true], ['text/*', true],
    ['*/*', false], ['application/json', false], ['application/json, text/html', false], ['text/html;q=0', false],
    ['text/html;q=0.5, application/json', false], ['text/html;level=1, */*;q=0.1', false], ['', false],
  ]) {
    const answer = await weir.get('/models', KEYS.all, { accept });
    if (isPage) assertPage(answer);
    else assert.equal(answer.text, expected, accept);
    assert.match(answer.headers.vary, /\bAccept\b/);
    assert.match(answer.headers.vary, /\bCookie\b/);
    assert.equal(answer.headers['cache-control'], 'private, no-cache');
  }
});

test('every key finds the models that it may call, in display order, and no other', async () => {
  for (const [name, entry] of Object.entries(config.keys)) {
    if (entry.disabled || entry.expires === '2020-01-01') continue;
    const [secretName] = Object.entries(KEYS).find(([, secret]) => keyOf(secret).sha256 === entry.sha256);
    const answer = await page('/models', KEYS[secretName]);
    assertPage(answer);
    assert.deepEqual(slugs(answer), effective(config, entry), name);
  }
});

test('a row says what a person asks: context, output, capabilities, prices, provider', async () => {
  const found = Object.fromEntries(rows((await page('/models')).text).map((row) => [row[0], row.slice(1)]));
  assert.deepEqual(found['claude-sonnet-4'], ['Claude Sonnet 4Balanced "model" for coding,\nand agents – ünïcode', 'Chat', '180,000', '64,000',
    'reasoningattachmentstools', '3.00', '15.00', 'Anthropic']);
  assert.deepEqual(found['gpt-mini'], ['GPT mini deprecated', 'Chat', '128,000', '16,384', 'No reasoningNo attachmentstools', '0.15', '0.000001', 'OpenAI']);
  // No price is a dash and words, and never a zero; a price of zero is one.
  assert.deepEqual(found.Zebra.slice(1), ['Embedding', '4,096', '–not given', 'No reasoningNo attachmentsNo tools', '–not given', '–not given', 'OpenAI-compatible']);
  assert.deepEqual(found['org/model:tag'].slice(5, 7), ['0.00', '10.00']);
});

test('names and descriptions are text, whatever they hold', async () => {
  const answer = await page('/models');
  const row = rows(answer.text).find(([slug]) => slug === 'org/model:tag');
  assert.equal(row[1], '<b>Bold</b> & "quoted" \'name\'</td><script>alert(1)</script>');
  assert.ok(!answer.text.includes('<b>Bold') && !answer.text.includes('<script>alert'));
  assert.ok(answer.text.includes('href="/connect?model=org%2Fmodel%3Atag"'));
});

test('a search finds parts of slugs and names, whatever the case, and comes back as text', async () => {
  for (const [q, expected] of [
    ['MINI', ['gpt-mini']], ['sonnet', ['claude-sonnet-4']], ['Claude+S', ['claude-sonnet-4']], ['%22quoted', ['org/model:tag']],
    ['++zebra++', ['Zebra']], ['a', displayOrder(config).filter((slug) => /a|<b/i.test(`${slug}\n${config.models[slug].name ?? slug}`))],
    ['', displayOrder(config)], ['nothing-has-this', []], ['%3Cscript%3E', []],
  ]) {
    const answer = await page(`/models?q=${q}`);
    assertPage(answer);
    assert.deepEqual(slugs(answer), expected, q);
    assert.equal(attribute(answer.text, 'id="q"', 'value'), decodeURIComponent(q.replaceAll('+', ' ')).trim());
    assert.ok(!answer.text.includes('<script>'), q);
  }
  assert.match((await page('/models?q=nothing-has-this')).text, /No slug and no name has that in it\./);
});

const by = (value, order) => (a, b) => {
  const [x, y] = [value(config.models[a], a), value(config.models[b], b)];
  if (x === undefined || y === undefined) return (x === undefined) - (y === undefined);
  return (x < y ? -1 : Number(x > y)) * (order === 'desc' ? -1 : 1);
};
const kindOf = { real: 'openai', claude: 'anthropic', plain: 'openai-compatible' };
const SORTS = {
  slug: (model, slug) => slug.toLowerCase(),
  name: (model, slug) => (model.name ?? slug).toLowerCase(),
  context: (model) => model.max_input_tokens ?? model.context_window,
  max_output: (model) => model.max_output_tokens,
  input: (model) => (model.price ? Number(model.price.input) : undefined),
  output: (model) => (model.price ? Number(model.price.output) : undefined),
  provider: (model) => kindOf[model.deployments[0].provider],
};

test('the list is sorted by each column in both directions, by links alone', async () => {
  for (const [sort, value] of Object.entries(SORTS)) {
    const first = links((await page('/models')).text).find((link) => link.includes(`sort=${sort}`));
    const rising = await page(first);
    // What a model does not have stands last in both directions; among equals the display order decides.
    assert.deepEqual(slugs(rising), displayOrder(config).sort(by(value, 'asc')), sort);
    assert.match(rising.text, /<th scope="col" aria-sort="ascending">/);
    const second = links(rising.text).find((link) => link.includes(`sort=${sort}&order=desc`));
    const falling = await page(second);
    assert.deepEqual(slugs(falling), displayOrder(config).sort(by(value, 'desc')), sort);
    assert.match(falling.text, /<th scope="col" aria-sort="descending">/);
    assert.equal((falling.text.match(/aria-sort/g) ?? []).length, 1);
  }
});

test('a query that cannot be meant is told so, on a page', async () => {
  for (const query of ['sort=nothing', 'sort=slug&order=up', 'page=0', 'page=x', 'q=%zz', `q=${'x'.repeat(101)}`, 'after=!', 'after=AAAA']) {
    const answer = await page(`/models?${query}`);
    assertPage(answer, 400);
    assert.match(answer.text, /role="alert"/, query);
    assert.equal(answer.headers['cache-control'], 'no-store');
  }
});

test('HEAD is GET without the body, and what did not change is a 304', async () => {
  for (const path of ['/models', '/models?sort=input&q=a', '/connect', '/connect?model=gpt-mini']) {
    const answer = await page(path);
    const head = await weir.fetch({ method: 'HEAD', path, headers: { authorization: `Bearer ${KEYS.all}`, accept: BROWSER } });
    assert.equal(head.status, 200);
    assert.equal(head.body.length, 0);
    assert.equal(head.headers['content-length'], answer.headers['content-length']);
    assert.equal(head.headers.etag, answer.headers.etag);
    const again = await page(path, KEYS.all, { 'if-none-match': `"x", ${answer.headers.etag}` });
    assert.equal(again.status, 304);
    assert.equal(again.body.length, 0);
    assert.equal(again.headers.etag, answer.headers.etag);
    assert.equal((await page(path, KEYS.some, { 'if-none-match': answer.headers.etag })).status, 200, 'it is the caller\'s own');
  }
  const tags = await Promise.all(['/models', '/models?q=a', '/models?sort=slug', '/models?page=2', '/connect'].map(async (path) => (await page(path)).headers.etag));
  assert.equal(new Set(tags).size, tags.length);
});

test('the gateway\'s bare address leads to the models', async () => {
  for (const method of ['GET', 'HEAD']) {
    const answer = await weir.fetch({ method, path: '/' });
    assert.equal(answer.status, 303);
    assert.equal(answer.headers.location, '/models');
  }
  assert.equal((await weir.fetch({ method: 'POST', path: '/' })).status, 405);
});

test('who is signed in is named, and can sign out', async () => {
  for (const path of ['/models', '/connect']) {
    const answer = await page(path, KEYS.some);
    assert.match(text(answer.text), /Signed in as bob/);
    assert.match(answer.text, /<form method="post" action="\/signout">/);
  }
});

test('who is not gets the form, whose page is where it leads back', async () => {
  for (const path of ['/models', '/connect']) {
    const answer = await page(path, null);
    assertPage(answer, 401);
    assert.match(answer.headers['www-authenticate'], /^Bearer/);
    assert.match(answer.text, /<form class="key" method="post" action="\/signin">/);
    assert.equal(attribute(answer.text, 'name="next"', 'value'), path);
    assert.ok(!answer.text.includes('role="alert"') && !answer.text.includes('<table'));
    const failed = await page(`${path}?signin=failed`, null);
    assertPage(failed, 401);
    assert.match(text(failed.text), /The API key is not valid\./);
  }
  for (const [key, sentence] of [['unknown', /is not valid/], [KEYS.disabled, /is disabled/], [KEYS.expired, /has expired/]]) {
    const answer = await page('/models', key);
    assertPage(answer, 401);
    assert.match(text(answer.text), sentence);
  }
  assert.equal((await weir.get('/models', undefined, { accept: 'application/json' })).headers['content-type'], 'application/json');
});

test('an empty grant is a sentence, and anonymous grants are a list with a form', async () => {
  const none = await page('/models', KEYS.none);
  assertPage(none);
  assert.match(text(none.text), /No model is granted to you yet\./);
  assert.match(text((await page('/connect', KEYS.none)).text), /There is no model yet that you may call/);
  await withWeir({ ...registry(upstream), anonymous: { models: ['gpt-mini'] } }, async (open) => {
    const answer = await page('/models', null, {}, open);
    assertPage(answer);
    assert.deepEqual(slugs(answer), ['gpt-mini']);
    assert.match(answer.text, /<details class="signin">/);
    assertPage(await page('/models?signin=failed', null, {}, open), 401);
  });
});

test('only GET and HEAD are for the pages', async () => {
  for (const path of ['/connect', '/assets/weir.css']) {
    const answer = await weir.post(path, KEYS.all, '{}');
    assert.equal(answer.status, 405);
    assert.equal(answer.headers.allow, 'GET, HEAD');
  }
});

test('what the pages refer to is served by this gateway, for ever, and to anybody', async () => {
  const html = (await page('/models')).text;
  const assets = [...html.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map((match) => match[1]);
  assert.equal(assets.length, 3);
  for (const path of assets) {
    const answer = await weir.get(path);
    assert.equal(answer.status, 200);
    assert.match(path, /^\/assets\/weir\.[0-9a-f]{16}\.(css|js|svg)$/);
    assert.equal(answer.headers['cache-control'], 'public, max-age=31536000, immutable');
    assert.match(answer.headers['content-type'], { css: /^text\/css/, js: /^text\/javascript/, svg: /^image\/svg\+xml/ }[path.split('.').at(-1)]);
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    assert.ok(path.includes(answer.headers.etag.slice(1, -1)), 'the tag is the digest in the name');
    const again = await weir.get(path, undefined, { 'if-none-match': answer.headers.etag });
    assert.deepEqual([again.status, again.body.length], [304, 0]);
    const head = await weir.fetch({ method: 'HEAD', path });
    assert.deepEqual([head.status, head.body.length, Number(head.headers['content-length'])], [200, 0, answer.body.length]);
    assert.ok(!/https?:\/\/(?!www\.w3\.org\/)/.test(answer.text.replace(/`[^`]*`|\/\^https[^\n]*/g, '')), 'nothing from elsewhere');
  }
  for (const path of ['/assets/weir.css', '/assets/weir.0000000000000000.css', '/assets/..%2fmodels', '/assets/']) assert.equal((await weir.get(path)).status, 404);
});

test('nothing on a page is inline, and nothing comes from elsewhere', async () => {
  for (const path of ['/models', '/models?q=a', '/connect', '/models?page=0']) {
    const html = (await page(path)).text;
    assert.ok(!/<style|<script(?! src="\/assets\/)|\son[a-z]+=|\sstyle=|javascript:/i.test(html), path);
    for (const [, url] of html.matchAll(/(?:href|src|action)="([^"]*)"/g)) assert.match(url, /^[/#](?!\/)/);
  }
});

/** A registry of many models, in pages. */
function many(names, rest = {}) {
  const models = Object.fromEntries(names.map((name, index) => [name, {
    context_window: 1000 + (index * 7919) % 300, deployments: [{ provider: 'plain', model: 'x' }],
    ...(index % 3 === 0 ? { price: { input: String((index * 31) % 17), output: '1' } } : {}), ...rest[name],
  }]));
  const base = registry(upstream);
  return { providers: base.providers, models, users: { ada: { models: 'all' } }, keys: { all: keyOf(KEYS.all, { user: 'ada' }) } };
}

const numbered = (count) => Array.from({ length: count }, (_, index) => `m-${String(index).padStart(4, '0')}`);
const linkTo = (html, label) => links(html, label)[0];

test('pages have fifty models each and links between them, in every order', async () => {
  await withWeir(many(numbered(230)), async (big) => {
    for (const query of ['', 'sort=name&order=desc', 'sort=input', 'sort=context&order=desc', 'q=m-0&sort=output', 'sort=provider']) {
      const seen = [];
      const pages = [];
      for (let path = `/models?${query}`; path; path = linkTo(pages.at(-1).text, 'Next')) {
        pages.push(await page(path, KEYS.all, {}, big));
        assertPage(pages.at(-1));
        seen.push(...slugs(pages.at(-1)));
      }
      assert.deepEqual([...seen].sort(), numbered(230), query);
      assert.deepEqual(pages.map((each) => rows(each.text).length), [50, 50, 50, 50, 30]);
      // Back again, page by page.
      let at = pages.length - 1;
      for (let path = linkTo(pages[at].text, 'Previous'); path; path = linkTo(pages[at].text, 'Previous')) {
        at -= 1;
        assert.deepEqual(slugs(await page(path, KEYS.all, {}, big)), seen.slice(at * 50, at * 50 + 50));
      }
      assert.equal(at, 0);
      // By number.
      const third = links(pages[0].text, 'Page 3')[0];
      assert.deepEqual(slugs(await page(third, KEYS.all, {}, big)), seen.slice(100, 150));
    }
    const beyond = await page('/models?page=6', KEYS.all, {}, big);
    assertPage(beyond);
    assert.match(text(beyond.text), /The list ends before this page\./);
    assert.match(text((await page('/models?page=2', KEYS.all, {}, big)).text), /51–100 of 230/);
  });
});

test('a reload between two pages neither repeats nor skips a model', async () => {
  const before = numbered(200);
  // Models come and go in front of the place, and the model that names it goes itself.
  const gone = new Set(['m-0003', 'm-0049', 'm-0050', 'm-0099', 'm-0100', 'm-0149']);
  const after = [...before.filter((name) => !gone.has(name)), ...Array.from({ length: 30 }, (_, index) => `a-${index}`), 'm-0049x', 'm-0148x'];
  for (const query of ['', 'sort=slug', 'sort=context', 'sort=input&order=desc', 'sort=name&order=desc']) {
    await withWeir(many(before), async (big) => {
      // What stays is sorted by what it was sorted by.
      const kept = (config_, names) => many(names, Object.fromEntries(before.map((name) => [name, { price: undefined, ...config_.models[name] }])));
      const start = many(before);
      const first = await page(`/models?${query}`, KEYS.all, {}, big);
      const seen = slugs(first);
      assert.equal((await big.reload(kept(start, after))).code, 0);
      for (let path = linkTo(first.text, 'Next'); path;) {
        const answer = await page(path, KEYS.all, {}, big);
        assertPage(answer);
        seen.push(...slugs(answer));
        path = linkTo(answer.text, 'Next');
      }
      assert.equal(new Set(seen).size, seen.length, `${query}: none twice`);
      for (const name of before) assert.ok(gone.has(name) || seen.includes(name), `${query}: ${name} is not skipped`);
    });
  }
});

test('the tag of a page changes with what stands on it, and an equal reload keeps it', async () => {
  await withWeir(many(numbered(60)), async (big) => {
    const tagOf = async (path) => (await page(path, KEYS.all, {}, big)).headers.etag;
    const [first, second] = [await tagOf('/models'), await tagOf('/models?page=2')];
    assert.equal((await big.reload()).code, 0);
    assert.deepEqual([await tagOf('/models'), await tagOf('/models?page=2')], [first, second]);
    assert.equal((await big.reload(many(numbered(60), { 'm-0055': { name: 'Renamed' } }))).code, 0);
    assert.notEqual(await tagOf('/models?page=2'), second);
    assert.match((await page('/models?page=2', KEYS.all, {}, big)).text, /Renamed/);
  });
});
