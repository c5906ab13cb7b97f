// The list is the admission check (DESIGN section 1, promise 1): every key, model and dialect; the
// list, the single model and the call.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { after } from 'node:test';
import { displayOrder, keyOf } from './config.mjs';
import { IS_LONG, startWeir, test } from './harness.mjs';
import { requestBytes } from './http.mjs';
import { cellOf, Revocations } from './revocation.mjs';
import { Upstream } from './upstream.mjs';
import { LISTINGS, questions } from './ways.mjs';

const upstream = await Upstream.start();
after(() => upstream.stop());

const NOBODY = { revoked: new Set() };

/** What the grants of an entity come to: slugs. A disabled one grants nothing. */
function granted(entity, all) {
  if (entity === undefined || entity.disabled) return [];
  return entity.models === 'all' ? all : (entity.models ?? []);
}

/** The rules of DESIGN section 6, written down a second time. `name`: a key, `anonymous` or `unknown`. */
class Rules {
  constructor(config, { revoked } = NOBODY) {
    Object.assign(this, { config, revoked, all: displayOrder(config) });
  }

  slugs(name) {
    const { users, groups, keys, anonymous } = this.config;
    if (name === 'anonymous') return this.all.filter((slug) => granted(anonymous, this.all).includes(slug));
    const key = keys[name];
    const user = users[key.user];
    const set = new Set([user, groups[key.group], ...(user?.groups ?? []).map((group) => groups[group])].flatMap((each) => granted(each, this.all)));
    return this.all.filter((slug) => set.has(slug) && ((key.allowed_models ?? []).length === 0 || key.allowed_models.includes(slug)));
  }

  /** What becomes of whoever comes with that key, before any model is looked at: undefined, 'refused', 'missing' or 'scope'. */
  refusal(name, scope) {
    if (name === 'anonymous') return this.slugs(name).length === 0 ? 'missing' : undefined;
    const key = this.config.keys[name];
    if (key === undefined || this.revoked.has(name) || key.disabled || this.config.users[key.user]?.disabled) return 'refused';
    if (key.expires !== undefined && Date.parse(key.expires) <= Date.now()) return 'refused';
    return (key.scopes ?? ['list', 'call']).includes(scope) ? undefined : 'scope';
  }

  verdict(name, scope, slug) {
    const refusal = this.refusal(name, scope);
    if (refusal !== undefined) return refusal;
    if (!this.all.includes(slug)) return 'unknown';
    if (this.slugs(name).includes(slug)) return 'may';
    return this.config.conceal_ungranted ? 'unknown' : 'ungranted';
  }
}

const STATUS = {
  openai: { may: 200, refused: 401, missing: 401, scope: 403, ungranted: 403, unknown: 404 },
  gemini: { may: 200, refused: 400, missing: 403, scope: 403, ungranted: 403, unknown: 404 },
};

/** The status of a call that was let through is whatever its provider makes of it. */
function assertVerdict(answer, { label, errors, isCall }, verdict, who) {
  const expected = STATUS[errors][verdict];
  if (isCall && verdict === 'may') assert.ok(![401, 403, 404].includes(answer.status), `${who}: ${label}: ${answer.status} ${answer.text}`);
  else assert.equal(answer.status, expected, `${who}: ${label}: ${verdict} ${answer.text}`);
}

const BATCH = 20;

/** Ask all of the questions on one connection, some at a time. */
async function ask(connection, asked, check) {
  for (let at = 0; at < asked.length; at += BATCH) {
    const batch = asked.slice(at, at + BATCH);
    await connection.write(Buffer.concat(batch.map(({ request }) => requestBytes(request))));
    for (const question of batch) check(await connection.readAnswer(), question);
  }
}

const credential = (name, secret) => (name === 'anonymous' ? {} : { 'x-api-key': secret });

async function assertLists(connection, rules, name, headers, who) {
  const refusal = rules.refusal(name, 'list');
  const asked = LISTINGS.map(({ list, query = '', headers: own, ...listing }) => ({
    label: list + query, ...listing, request: { path: list + query, headers: { ...own, ...headers } },
  }));
  await ask(connection, asked, (answer, question) => {
    assertVerdict(answer, question, refusal ?? 'may', who);
    if (refusal === undefined) assert.deepEqual(question.ids(answer.json), rules.slugs(name), `${who}: ${question.label}`);
  });
}

/** All that one caller can ask, for each of these slugs. */
async function assertCaller(weir, rules, { name, secret }, slugs, what) {
  const connection = await weir.connect();
  const headers = credential(name, secret);
  const who = `${what}, ${name}`;
  await assertLists(connection, rules, name, headers, who);
  for (const slug of slugs) {
    const verdicts = { list: rules.verdict(name, 'list', slug), call: rules.verdict(name, 'call', slug) };
    await ask(connection, questions(slug, headers), (answer, question) => assertVerdict(answer, question, verdicts[question.isCall ? 'call' : 'list'], who));
  }
  connection.close();
}

const secretOf = (name) => `weir_key-of-${name}`;

function keys(entries) {
  return Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, keyOf(secretOf(name), entry)]));
}

const PROVIDERS = {
  plain: { kind: 'openai_compatible', base_url: upstream.url, api_key: 'sk-p' },
  real: { kind: 'openai', base_url: upstream.url, api_key: 'sk-r' },
  claude: { kind: 'anthropic', base_url: upstream.url.replace(/\/v1$/, ''), api_key: 'sk-c' },
};
const served = (provider, rest = {}) => ({ context_window: 1000, deployments: [{ provider, model: `upstream-${provider}` }], ...rest });

/** One of each that there is. */
const rich = {
  providers: PROVIDERS,
  retries: { attempts_max: 1, retry_after_max_ms: 0 },
  breaker: { failures: 255, open_ms: 100 },
  models: {
    'gpt-mini': served('real', { priority: 10 }),
    claude: served('claude', { priority: 10, capabilities: ['reasoning', 'tools'] }),
    'org/model:tag': served('plain', { priority: 5, price: { input: '1', output: '2' } }),
    'a/b/c@1+x': served('plain', { lifecycle: 'retired' }),
    'vendor.model-v2:0': served('claude', { lifecycle: 'deprecated' }),
    Upper: served('plain', { kind: 'embedding' }),
    upper: served('real', { kind: 'image', priority: -7 }),
    'not-in-api': served('plain', { in_api: false }),
    off: served('plain', { enabled: false, priority: 99 }),
    'off/too:0': served('claude', { enabled: false }),
  },
  groups: {
    minis: { models: ['gpt-mini', 'off'] },
    slashes: { models: ['org/model:tag', 'a/b/c@1+x', 'off/too:0'] },
    everything: { models: 'all' },
    closed: { models: 'all', disabled: true },
    empty: { models: [] },
  },
  users: {
    all: { models: 'all' },
    some: { groups: ['minis', 'slashes'], models: ['Upper'] },
    closed: { groups: ['closed'], models: ['claude'] },
    none: { models: [] },
    gone: { models: 'all', disabled: true },
  },
  keys: keys({
    all: { user: 'all' },
    some: { user: 'some' },
    'group-alone': { group: 'slashes' },
    'user-and-group': { user: 'some', group: 'everything' },
    'user-and-closed-group': { user: 'none', group: 'closed' },
    'user-of-closed-group': { user: 'closed' },
    none: { user: 'none' },
    bare: {},
    empty: { group: 'empty' },
    narrowed: { user: 'all', allowed_models: ['upper', 'org/model:tag', 'off'] },
    'narrowed-beyond-its-grants': { user: 'some', allowed_models: ['claude', 'Upper'] },
    'narrowed-to-nothing': { user: 'some', allowed_models: ['claude', 'off'] },
    'narrowed-by-an-empty-list': { user: 'some', allowed_models: [] },
    disabled: { user: 'all', disabled: true },
    expired: { user: 'all', expires: '2020-01-01' },
    later: { user: 'some', expires: '2099-12-31' },
    revoked: { user: 'all' },
    'of-a-disabled-user': { user: 'gone' },
    'may-list': { user: 'all', scopes: ['list'] },
    'may-call': { user: 'all', scopes: ['call'] },
  }),
};

const weir = await startWeir(rich);
const callers = (config) => [...Object.keys(config.keys), 'unknown', 'anonymous'].map((name) => ({ name, secret: secretOf(name) }));

async function reloadTo(config) {
  const { code, stdout, stderr } = await weir.reload(config);
  assert.equal(code, 0, stdout + stderr);
}

for (const conceal of [false, true]) {
  for (const anonymous of [[], ['Upper', 'off', 'org/model:tag']]) {
    const label = `conceal_ungranted ${conceal}, ${anonymous.length} models for everybody`;

    test(`every key, model and dialect: list, single model and call agree (${label})`, async () => {
      const config = { ...rich, conceal_ungranted: conceal, anonymous: { models: anonymous } };
      await reloadTo(config);
      new Revocations(weir).set(cellOf(weir, secretOf('revoked')));
      const rules = new Rules(config, { revoked: new Set(['revoked']) });
      const slugs = [...Object.keys(config.models), 'unknown', 'upstream-plain', 'UPPER', 'gpt-mini '];
      for (const caller of callers(config)) await assertCaller(weir, rules, caller, slugs, label);
    });
  }
}

test('what was let through has reached a provider, under its own name there', () => {
  assert.ok(upstream.requests.length > 100);
  assert.ok(upstream.requests.every((request) => request.json.model.startsWith('upstream-')));
});

/** A generator of numbers that gives the same registry for a seed (mulberry32). */
function numbers(seed) {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Any registry at all. */
function generate(seed) {
  const number = numbers(seed);
  const oneIn = (n) => number(n) === 0;
  const pick = (list) => list[number(list.length)];
  const forms = [(i) => `m${i}`, (i) => `org/m${i}`, (i) => `m${i}:0`, (i) => `M.${i}@x`];
  const slugs = Array.from({ length: number(90) }, (_, i) => pick(forms)(i));
  const some = (n) => slugs.filter(() => oneIn(n));
  const grant = () => (oneIn(8) ? 'all' : some(1 + number(12)));
  const entries = (prefix, count, make) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`${prefix}${i}`, make(i)]));
  const group = () => `g${number(6)}`;
  const maybe = (n, value) => (oneIn(n) ? value() : {});
  return {
    ...rich,
    conceal_ungranted: oneIn(2),
    anonymous: { models: oneIn(2) ? [] : some(4) },
    models: Object.fromEntries(slugs.map((slug) => [slug, served(pick(Object.keys(PROVIDERS)), {
      priority: number(3) - 1, enabled: !oneIn(8), kind: pick(['chat', 'chat', 'embedding', 'image']), lifecycle: pick(['active', 'preview', 'deprecated', 'retired']),
    })])),
    groups: entries('g', 6, () => ({ models: grant(), disabled: oneIn(10) })),
    users: entries('u', 6, () => ({ models: grant(), groups: [...new Set([group(), group()])], disabled: oneIn(12) })),
    keys: keys(entries('k', 16, () => ({
      ...maybe(2, () => ({ user: `u${number(6)}` })), ...maybe(2, () => ({ group: group() })), ...maybe(3, () => ({ allowed_models: some(3) })),
      ...maybe(12, () => ({ disabled: true })), ...maybe(12, () => ({ expires: pick(['2020-01-01', '2099-01-01']) })),
      ...maybe(10, () => ({ scopes: pick([['list'], ['call']]) })),
    }))),
  };
}

const FIRST_SEED = Number(process.env.WEIR_SEED ?? randomInt(2 ** 31));

test(`list, single model and call agree in registries that chance made (WEIR_SEED=${FIRST_SEED})`, async () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + (IS_LONG ? 200 : 5); seed++) {
    const config = generate(seed);
    await reloadTo(config);
    const rules = new Rules(config);
    const number = numbers(~seed);
    const slugs = [...Object.keys(config.models), 'm7', 'nope'];
    for (const caller of callers(config)) {
      const asked = slugs.filter(() => number(8) === 0);
      await assertCaller(weir, rules, caller, asked, `WEIR_SEED=${seed}`);
    }
  }
});
